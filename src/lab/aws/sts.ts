import { parseArn, roleArnOf, sessionArn, userIdOf } from "./arn.ts";
import { headerValues } from "./canonical.ts";
import type { AwsRequest } from "./request.ts";
import type { AwsCall, AwsWorld, Operation, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";
import { writeXml, type XmlNode } from "./xml.ts";

export const STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

const VERSION = "2011-06-15";

/** A result that is written as XML or as JSON, whichever was asked for. */
interface Tree {
  readonly [name: string]: string | number | Tree;
}

/** The STS API: GetCallerIdentity and AssumeRole, by POST or GET; others are InvalidAction. */
export function routeSts(call: AwsCall, world: AwsWorld): Operation {
  const name = call.request.params.get("Action") ?? "";
  const action = `sts:${name}`;
  const role = call.request.params.get("RoleArn");
  const denial = (): string => {
    const on = role === undefined ? "" : ` on resource: ${role}`;
    return `User: ${call.caller.arn} is not authorized to perform: ${action}${on}`;
  };
  return { action, denial, run: () => runAction(name, call, world, denial) };
}

/** Whether the answer is to be JSON: STS obliges, and aws-iam-authenticator relies on it. */
export function wantsJson(request: AwsRequest): boolean {
  return headerValues(request, "accept").some((value) => value.includes("application/json"));
}

function runAction(
  name: string,
  call: AwsCall,
  world: AwsWorld,
  denial: () => string,
): ServiceResult {
  const version = call.request.params.get("Version");
  if (version === VERSION && name === "GetCallerIdentity") return getCallerIdentity(call);
  if (version === VERSION && name === "AssumeRole") return assumeRole(call, world, denial);
  const message = `Could not find operation ${name || "unspecified"} for version ${version ?? "NO_VERSION_SPECIFIED"}`;
  return serviceError("InvalidAction", message);
}

function getCallerIdentity(call: AwsCall): ServiceResult {
  const { arn } = call.caller;
  const account = parseArn(arn)?.account ?? "";
  return answer("GetCallerIdentity", { Arn: arn, UserId: userIdOf(arn), Account: account }, call);
}

function assumeRole(call: AwsCall, world: AwsWorld, denial: () => string): ServiceResult {
  const { params } = call.request;
  const roleArn = params.get("RoleArn");
  const sessionName = params.get("RoleSessionName");
  if (roleArn === undefined || roleArn.length < 20) return invalid("roleArn");
  if (sessionName === undefined || !/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    return invalid("roleSessionName");
  }
  const seconds = Number(params.get("DurationSeconds") ?? 3600);
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > 43_200) {
    return invalid("durationSeconds");
  }
  const template = world.scenario.principals.find(
    (principal) => roleArnOf(principal.arn) === roleArn,
  );
  const externalId = world.externalIds[roleArn];
  const isTrusted = externalId === undefined || params.get("ExternalId") === externalId;
  if (template === undefined || !isTrusted) {
    return { kind: "problem", problem: { kind: "access-denied", message: denial() } };
  }
  const expiresAtMs = world.nowMs + seconds * 1000;
  const { kubernetesUser, permissions, withoutDiscovery } = template;
  const arn = sessionArn(roleArn, sessionName);
  const session = world.principals.mint({
    arn,
    kubernetesUser,
    permissions,
    withoutDiscovery,
    expiresAtMs,
  });
  return answer(
    "AssumeRole",
    {
      AssumedRoleUser: { AssumedRoleId: userIdOf(arn), Arn: arn },
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        SessionToken: session.sessionToken ?? "",
        Expiration: new Date(expiresAtMs).toISOString().replace(/\.\d{3}Z$/, "Z"),
      },
    },
    call,
  );
}

function invalid(member: string): ServiceResult {
  return serviceError(
    "ValidationError",
    `1 validation error detected: Value at '${member}' failed to satisfy constraint`,
  );
}

function answer(name: string, result: Tree, call: AwsCall): ServiceResult {
  const tree = {
    [`${name}Response`]: {
      [`${name}Result`]: result,
      ResponseMetadata: { RequestId: call.requestId },
    },
  };
  if (wantsJson(call.request)) return ok(JSON.stringify(tree));
  const [root] = nodesOf(tree);
  return root === undefined ? ok("") : ok(writeXml(root, STS_NAMESPACE));
}

function nodesOf(tree: Tree): readonly XmlNode[] {
  return Object.entries(tree).map(([name, value]) => [
    name,
    typeof value === "object" ? nodesOf(value) : value,
  ]);
}
