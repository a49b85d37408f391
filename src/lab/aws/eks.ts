import { describeAccessEntry, listAccessEntries } from "./eks-access.ts";
import { clusterDocument } from "./eks-cluster.ts";
import { clustersIn, eksArn, listPage, withCluster } from "./eks-find.ts";
import { describeUpdate, listUpdates } from "./eks-updates.ts";
import type { AwsCall, AwsWorld, Operation, ServiceResult } from "./service.ts";
import { ok } from "./service.ts";

/** The EKS API: clusters, their updates and their access entries, for reading alone. */
export function routeEks(call: AwsCall, world: AwsWorld): Operation {
  const [collection, ...path] = call.request.path.split("/").slice(1).map(decodeSegment);
  if (call.request.method !== "GET" || collection !== "clusters") return notRouted(call);
  const [name, part, id, ...more] = path;
  if (more.length > 0) return notRouted(call);
  if (name === undefined || name === "") {
    return operation(call, "ListClusters", eksArn(call, world, "cluster/*"), () =>
      listClusters(call, world),
    );
  }
  return routeCluster(name, [part, id], call, world) ?? notRouted(call);
}

function routeCluster(
  name: string,
  [part, id]: readonly [string | undefined, string | undefined],
  call: AwsCall,
  world: AwsWorld,
): Operation | undefined {
  const arn = eksArn(call, world, `cluster/${name}`);
  if (part === undefined) {
    return operation(call, "DescribeCluster", arn, () =>
      withCluster(name, call, world, (cluster) =>
        ok(JSON.stringify({ cluster: clusterDocument(cluster, call, world) })),
      ),
    );
  }
  if (part === "updates") {
    return operation(call, id === undefined ? "ListUpdates" : "DescribeUpdate", arn, () =>
      withCluster(name, call, world, (cluster) =>
        id === undefined ? listUpdates(cluster, call) : describeUpdate(cluster, id, world),
      ),
    );
  }
  if (part !== "access-entries") return undefined;
  if (id === undefined) {
    return operation(call, "ListAccessEntries", arn, () =>
      withCluster(name, call, world, (cluster) => listAccessEntries(cluster, call, world)),
    );
  }
  const entry = eksArn(call, world, `access-entry/${name}/*`);
  return operation(call, "DescribeAccessEntry", entry, () =>
    withCluster(name, call, world, (cluster) => describeAccessEntry(cluster, id, call, world)),
  );
}

function operation(
  call: AwsCall,
  name: string,
  resource: string,
  run: () => ServiceResult,
): Operation {
  const action = `eks:${name}`;
  const denial = (): string =>
    `User: ${call.caller.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  return { action, denial, run };
}

/** Amazon API Gateway, which stands before EKS, says so of every route it does not have. */
function notRouted(call: AwsCall): Operation {
  return operation(call, "Unknown", "*", () => ({
    kind: "problem",
    problem: { kind: "missing-authentication" },
  }));
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Clusters that EKS Connector connected are named only to who asks for them. */
function listClusters(call: AwsCall, world: AwsWorld): ServiceResult {
  const all = call.request.params.get("include") === "all";
  const names = clustersIn(call, world)
    .filter(({ connector }) => all || connector === undefined)
    .map(({ name }) => name)
    .toSorted();
  return listPage("clusters", names, call);
}
