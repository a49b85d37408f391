import type { LabCluster } from "../scenario.ts";
import { partitionOf } from "./partition.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";

const MAX_LIST_RESULTS = 100;

export function eksArn(call: AwsCall, world: AwsWorld, resource: string): string {
  const partition = partitionOf(call.region)?.id ?? "aws";
  return `arn:${partition}:eks:${call.region}:${world.scenario.accountId}:${resource}`;
}

export function clustersIn(call: AwsCall, world: AwsWorld): readonly LabCluster[] {
  return call.region === world.scenario.region ? world.scenario.clusters : [];
}

/** What `answer` makes of the cluster, or that there is none of this name. */
export function withCluster(
  name: string,
  call: AwsCall,
  world: AwsWorld,
  answer: (cluster: LabCluster) => ServiceResult,
): ServiceResult {
  const cluster = clustersIn(call, world).find((one) => one.name === name);
  if (cluster !== undefined) return answer(cluster);
  const message = `No cluster found for name: ${name}.`;
  return serviceError("ResourceNotFoundException", message, 404, { clusterName: name });
}

/** A page of texts that differ from each other, under `member`, in their order. */
export function listPage(member: string, all: readonly string[], call: AwsCall): ServiceResult {
  const { params } = call.request;
  const wanted = Number(params.get("maxResults") ?? MAX_LIST_RESULTS);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_LIST_RESULTS) {
    return serviceError("InvalidParameterException", "maxResults must be between 1 and 100.");
  }
  const start = startOf(params.get("nextToken"), all);
  if (start === undefined) {
    return serviceError("InvalidParameterException", "Invalid pagination token.");
  }
  const page = all.slice(start, start + wanted);
  const last = page.at(-1);
  const hasMore = start + page.length < all.length && last !== undefined;
  return ok(JSON.stringify({ [member]: page, nextToken: hasMore ? tokenOf(last) : null }));
}

function tokenOf(last: string): string {
  return Buffer.from(`after:${last}`).toString("base64url");
}

function startOf(token: string | undefined, all: readonly string[]): number | undefined {
  if (token === undefined || token === "") return 0;
  const text = Buffer.from(token, "base64url").toString("utf8");
  const at = text.startsWith("after:") ? all.indexOf(text.slice("after:".length)) : -1;
  return at === -1 ? undefined : at + 1;
}
