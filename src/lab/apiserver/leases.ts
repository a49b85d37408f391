import { createHash } from "node:crypto";
import { type LabProcess, processesOf } from "../timeline/processes.ts";
import { listDocument, type ObjectContext, objectMeta } from "./objects.ts";
import { deriveUid } from "./uids.ts";
import type { Json } from "./yaml.ts";

const RENEWAL_MS = 10_000;
const STALE_MS = 50 * 60_000;
/** Servers are as old as their certificates, those that were restarted excepted. */
const SERVER_AGE_MS = 4 * 86_400_000;
const RESTART_AGE_MS = 10 * 60_000;

interface Lease {
  readonly name: string;
  readonly labels: Json;
  readonly holder: string;
  readonly createdAtMs: number;
  readonly renewedAtMs: number;
}

/** The identity Leases of `kube-system`, each with the times of the clock of the server it is of. */
export function leasesDocument(context: ObjectContext): Json {
  const processes = context.processes ?? processesOf(context.cluster);
  const leases = [
    ...latestOfEachName(processes.flatMap((process) => leasesOf(process, context))),
    ...(context.cluster.deadLeases ?? []).map(({ host, ageSeconds }) =>
      leaseOf(host, `dead ${host}`, context, {
        createdAtMs: context.startedAtMs - SERVER_AGE_MS,
        renewedAtMs: context.startedAtMs - ageSeconds * 1000,
      }),
    ),
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return listDocument(
    "LeaseList",
    "coordination.k8s.io/v1",
    leases.map((lease) => leaseDocument(lease, context)),
  );
}

/** A process that follows another under the same name renews the Lease that it finds. */
function latestOfEachName(leases: readonly Lease[]): readonly Lease[] {
  const latest = new Map<string, Lease>();
  for (const lease of leases) {
    const { createdAtMs } = latest.get(lease.name) ?? lease;
    latest.set(lease.name, { ...lease, createdAtMs });
  }
  return [...latest.values()];
}

/** One for each process; in the old form also the one that the process before a restart left. */
function leasesOf(process: LabProcess, context: ObjectContext): readonly Lease[] {
  const { server } = process;
  if (server.lease === "none") return [];
  const name = `${server.id}${server.starts ? ` start ${server.starts}` : ""}`;
  const skewMs = (server.clockSkewSeconds ?? 0) * 1000;
  const madeAtMs = startOf(process, context) + skewMs;
  const renewedAtMs = skewMs + lastRenewalMs(process, context);
  if (server.restarted !== true || process.startedAtSeconds !== undefined) {
    return [leaseOf(server.host, name, context, { createdAtMs: madeAtMs, renewedAtMs })];
  }
  const restartedAtMs = context.startedAtMs - RESTART_AGE_MS + skewMs;
  const isModern = context.cluster.leaseForm !== "uuid";
  const lease = leaseOf(server.host, `${name} restarted`, context, {
    createdAtMs: isModern ? madeAtMs : restartedAtMs,
    renewedAtMs,
  });
  if (isModern) return [lease];
  const left = { createdAtMs: madeAtMs, renewedAtMs: restartedAtMs - RENEWAL_MS };
  return [lease, leaseOf(server.host, name, context, left)];
}

function startOf({ startedAtSeconds }: LabProcess, { startedAtMs }: ObjectContext): number {
  return startedAtSeconds === undefined
    ? startedAtMs - SERVER_AGE_MS
    : startedAtMs + startedAtSeconds * 1000;
}

/** The last one for good, for a process that has ended. */
function lastRenewalMs(process: LabProcess, { startedAtMs, nowMs }: ObjectContext): number {
  const { server, startedAtSeconds = 0, endedAtSeconds } = process;
  if (server.lease === "stale") return startedAtMs - STALE_MS;
  const sinceMs = startedAtMs + startedAtSeconds * 1000;
  const untilMs =
    endedAtSeconds === undefined ? nowMs : Math.min(nowMs, startedAtMs + endedAtSeconds * 1000);
  const age = Math.max(0, untilMs - sinceMs);
  return sinceMs + Math.floor(age / RENEWAL_MS) * RENEWAL_MS;
}

/** `process` stands for one start of the server: it makes the uuid. */
function leaseOf(
  host: string,
  process: string,
  { cluster }: ObjectContext,
  times: Pick<Lease, "createdAtMs" | "renewedAtMs">,
): Lease {
  const uuid = deriveUid(cluster.name, "process", process);
  if (cluster.leaseForm === "uuid") {
    const name = `kube-apiserver-${uuid}`;
    return { name, labels: { "k8s.io/component": "kube-apiserver" }, holder: name, ...times };
  }
  const name = identityLeaseName(host);
  const labels = {
    "apiserver.kubernetes.io/identity": "kube-apiserver",
    "kubernetes.io/hostname": host,
  };
  return { name, labels, holder: `${name}_${uuid}`, ...times };
}

function leaseDocument(lease: Lease, context: ObjectContext): Json {
  const { name, labels, holder, createdAtMs, renewedAtMs } = lease;
  return {
    metadata: {
      ...objectMeta(context, "lease", "kube-system", name, createdAtMs),
      labels,
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: 3600,
      renewTime: microTime(renewedAtMs),
    },
  };
}

/**
 * `apiserver-` and base32 of half the sha256 of host name and component, each behind its length in
 * two bytes. It gives the names of the recorded Leases from their host names.
 */
function identityLeaseName(host: string): string {
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

/** Leases carry microseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
