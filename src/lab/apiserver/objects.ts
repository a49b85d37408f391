import type { LabCluster } from "../scenario.ts";
import { isWorking, type LabProcess } from "../timeline/processes.ts";
import { deriveUid } from "./uids.ts";
import type { Json } from "./yaml.ts";

export interface ObjectContext {
  readonly cluster: LabCluster;
  /** When the lab started. Both by the right clock, whatever the servers' own clocks say. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Every run of an API server so far. Default: one for each of the cluster's servers. */
  readonly processes?: readonly LabProcess[] | undefined;
}

const PORT = { name: "https", port: 443, protocol: "TCP" } as const;

/** `default/kubernetes`: the ENI addresses of the API servers that serve, or as the scenario has it. */
export function endpointsDocument(context: ObjectContext): Json {
  return {
    kind: "Endpoints",
    apiVersion: "v1",
    metadata: {
      ...objectMeta(context, "endpoints", "default", "kubernetes"),
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    subsets: [{ addresses: servingIps(context.cluster).map((ip) => ({ ip })), ports: [PORT] }],
  };
}

/** The EndpointSlices of the namespace `default`, of the API version asked for. */
export function endpointSlicesDocument(context: ObjectContext, version: string): Json {
  const slice = {
    metadata: {
      ...objectMeta(context, "endpointslice", "default", "kubernetes"),
      labels: { "kubernetes.io/service-name": "kubernetes" },
    },
    addressType: "IPv4",
    endpoints: servingIps(context.cluster).map((ip) => ({
      addresses: [ip],
      conditions: { ready: true },
    })),
    ports: [{ name: PORT.name, protocol: PORT.protocol, port: PORT.port }],
  };
  return listDocument("EndpointSliceList", `discovery.k8s.io/${version}`, [slice]);
}

export function listDocument(kind: string, apiVersion: string, items: readonly Json[]): Json {
  return { kind, apiVersion, metadata: { resourceVersion: "210" }, items };
}

export function objectMeta(
  context: ObjectContext,
  kind: string,
  namespace: string,
  name: string,
  createdAtMs: number = context.startedAtMs,
): { readonly [key: string]: string } & { readonly name: string } {
  return {
    name,
    namespace,
    uid: deriveUid(context.cluster.name, kind, name),
    resourceVersion: "209",
    creationTimestamp: `${new Date(createdAtMs).toISOString().slice(0, 19)}Z`,
  };
}

function servingIps(cluster: LabCluster): readonly string[] {
  const serving = cluster.servers.filter(isWorking).map(({ eniIp }) => eniIp);
  return (cluster.endpointIps ?? serving).toSorted();
}
