import { createHash } from "node:crypto";

/** `arn:aws:iam::111122223333:user/name`, taken apart; undefined when it is not one. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly account: string;
  readonly resource: string;
}

export function parseArn(arn: string): Arn | undefined {
  const [head, partition, service, , account, ...resource] = arn.split(":");
  if (head !== "arn" || partition === undefined || service === undefined) return undefined;
  if (account === undefined || resource.length === 0) return undefined;
  return { partition, service, account, resource: resource.join(":") };
}

/** The role a principal is, or is a session of; undefined for a user. */
export function roleArnOf(principalArn: string): string | undefined {
  const arn = parseArn(principalArn);
  if (arn === undefined) return undefined;
  if (arn.service === "iam" && arn.resource.startsWith("role/")) return principalArn;
  const session = /^assumed-role\/([^/]+)\/[^/]+$/.exec(arn.resource);
  if (arn.service !== "sts" || session === null) return undefined;
  return `arn:${arn.partition}:iam::${arn.account}:role/${session[1]}`;
}

/** The session's ARN: the path of a role is not part of it. */
export function sessionArn(roleArn: string, sessionName: string): string {
  const arn = parseArn(roleArn);
  const name = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  return `arn:${arn?.partition ?? "aws"}:sts::${arn?.account ?? ""}:assumed-role/${name}/${sessionName}`;
}

/** What STS calls UserId: a user's id, or a role's with the session's name after a colon. */
export function userIdOf(arn: string): string {
  const role = roleArnOf(arn);
  const id = createHash("sha256")
    .update(role ?? arn)
    .digest("hex")
    .slice(0, 12)
    .toUpperCase();
  return role === undefined
    ? `AIDALAB${id}`
    : `AROALAB${id}:${arn.slice(arn.lastIndexOf("/") + 1)}`;
}
