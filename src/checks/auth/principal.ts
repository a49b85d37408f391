/** `arn:PARTITION:sts::ACCOUNT:assumed-role/NAME/SESSION` */
const ASSUMED_ROLE = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/[^/]+$/;

/** `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, its path left out of the groups. */
const ROLE = /^arn:([\w-]+):iam::(\d{12}):role\/(?:[\w+=,.@-]+\/)*([\w+=,.@-]+)$/;

/**
 * The principal behind a caller's ARN as aws-iam-authenticator has it: of a session the role, without
 * path and session name, since the session's ARN has lost the path.
 */
export function principalOf(arn: string): string {
  const [, partition, account, name] = ASSUMED_ROLE.exec(arn) ?? [];
  return name === undefined ? arn : `arn:${partition}:iam::${account}:role/${name}`;
}

/** Whether an access entry's principal is the caller; a role is known by account and name, whatever its path. */
export function isEntryOf(entry: string, callerArn: string): boolean {
  const principal = principalOf(callerArn);
  return entry === principal || withoutPath(entry) === withoutPath(principal);
}

function withoutPath(arn: string): string {
  const [, partition, account, name] = ROLE.exec(arn) ?? [];
  return name === undefined ? arn : `arn:${partition}:iam::${account}:role/${name}`;
}
