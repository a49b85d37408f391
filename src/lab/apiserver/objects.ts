import { createHash } from "node:crypto";
import type { LabCluster } from "../scenario.ts";
import { deriveUid } from "./uids.ts";
import type { Json } from "./yaml.ts";

export interface ObjectContext {
  readonly cluster: LabCluster;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

const LEASE_RENEWAL_MS = 10_000;
const PORT = { name: "https", port: 443, protocol: "TCP" } as const;

/** `default/kubernetes`: the ENI addresses of the API servers that serve. */
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

/** The identity Leases of `kube-system`, one per server, in the form of 1.26 and later. */
export function leasesDocument(context: ObjectContext): Json {
  const leases = context.cluster.servers.map((server) => {
    const name = identityLeaseName(server.host);
    return {
      metadata: {
        ...objectMeta(context, "lease", "kube-system", name),
        labels: {
          "apiserver.kubernetes.io/identity": "kube-apiserver",
          "kubernetes.io/hostname": server.host,
        },
      },
      spec: {
        holderIdentity: `${name}_${deriveUid(context.cluster.name, "process", server.id)}`,
        leaseDurationSeconds: 3600,
        renewTime: microTime(lastRenewalMs(context)),
      },
    };
  });
  const sorted = leases.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return listDocument("LeaseList", "coordination.k8s.io/v1", sorted);
}

/**
 * `apiserver-` and base32 of half the sha256 of host name and component, each behind its length in
 * two bytes. It gives the names of the recorded Leases from their host names.
 */
export function identityLeaseName(host: string): string {
  const digest = createHash("sha256");
  for (const part of [host, "kube-apiserver"]) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(Buffer.byteLength(part));
    digest.update(length).update(part);
  }
  return `apiserver-${base32(digest.digest().subarray(0, 16))}`;
}

/** RFC 4648 without padding, in lower case. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,5}/g) ?? [];
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

function listDocument(kind: string, apiVersion: string, items: readonly Json[]): Json {
  return { kind, apiVersion, metadata: { resourceVersion: "210" }, items };
}

function objectMeta(
  context: ObjectContext,
  kind: string,
  namespace: string,
  name: string,
): { readonly [key: string]: string } & { readonly name: string } {
  return {
    name,
    namespace,
    uid: deriveUid(context.cluster.name, kind, name),
    resourceVersion: "209",
    creationTimestamp: `${new Date(context.startedAtMs).toISOString().slice(0, 19)}Z`,
  };
}

function servingIps(cluster: LabCluster): readonly string[] {
  return cluster.servers.map((server) => server.eniIp).toSorted();
}

function lastRenewalMs(context: ObjectContext): number {
  const age = Math.max(0, context.nowMs - context.startedAtMs);
  return context.startedAtMs + Math.floor(age / LEASE_RENEWAL_MS) * LEASE_RENEWAL_MS;
}

/** Leases carry microseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
