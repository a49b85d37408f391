import * as v from "valibot";
import type {
  HealthReport,
  IdentityLease,
  ServerVersion,
  ServiceEndpoints,
} from "../../model/inspection.ts";
import type { ClusterUpdate } from "../../model/investigation.ts";
import type {
  ClusterSeen,
  DnsSeen,
  EniSeen,
  ListsSeen,
  WatchSample,
} from "../../model/watch/sample.ts";
import { MAX_AFTER_MS, type Packed, type PackedTime, unpackSample } from "./pack.ts";
import { count, fact, failure, maybe, text, texts, time } from "./parts.ts";

const milliseconds = maybe(v.number());

const dns: v.GenericSchema<unknown, DnsSeen> = v.object({
  resolver: text,
  type: v.picklist(["A", "AAAA"]),
  answer: v.variant("kind", [
    v.object({ kind: v.literal("records"), ips: texts, ttlSeconds: maybe(v.number()) }),
    v.object({ kind: v.literal("nodata") }),
    v.object({ kind: v.literal("failed"), failure }),
  ]),
});

const eni: v.GenericSchema<unknown, EniSeen> = v.object({
  id: text,
  privateIp: text,
  subnetId: maybe(text),
  availabilityZone: maybe(text),
  status: maybe(text),
  securityGroupIds: maybe(texts),
});

const cluster: v.GenericSchema<unknown, ClusterSeen> = v.object({
  status: maybe(text),
  version: maybe(text),
  platformVersion: maybe(text),
  endpointHost: maybe(text),
  access: maybe(text),
  publicAccessCidrs: maybe(texts),
  securityGroupIds: maybe(texts),
  subnetIds: maybe(texts),
  scalingTier: maybe(text),
});

const update: v.GenericSchema<unknown, ClusterUpdate> = v.object({
  id: text,
  type: maybe(text),
  status: maybe(text),
  createdAt: maybe(text),
  errors: v.array(v.object({ code: text, message: text })),
});

const readyz: v.GenericSchema<unknown, HealthReport> = v.object({
  healthy: v.boolean(),
  checks: v.number(),
  failing: texts,
});

const version: v.GenericSchema<unknown, ServerVersion> = v.object({
  gitVersion: text,
  platform: maybe(text),
});

const lease: v.GenericSchema<unknown, IdentityLease> = v.object({
  name: text,
  host: maybe(text),
  incarnation: maybe(text),
  renewTime: text,
});

const serviceEndpoints: v.GenericSchema<unknown, ServiceEndpoints> = v.object({
  source: v.picklist(["endpointslices/v1", "endpointslices/v1beta1", "endpoints/v1"]),
  addresses: v.array(
    v.object({ ip: text, port: v.number(), ready: v.picklist(["yes", "no", "unknown"]) }),
  ),
});

const lists: v.GenericSchema<unknown, ListsSeen> = v.object({
  address: text,
  leases: fact(v.array(lease)),
  serviceEndpoints: fact(serviceEndpoints),
});

const peer = v.object({
  server: maybe(text),
  fingerprint: maybe(text),
  notBefore: maybe(text),
  notAfter: maybe(text),
});

const report = v.object({ readyz: maybe(fact(readyz)), version: maybe(fact(version)) });

const packedTime: v.GenericSchema<unknown, PackedTime> = v.union([
  time,
  v.pipe(v.number(), v.integer(), v.minValue(-MAX_AFTER_MS), v.maxValue(MAX_AFTER_MS)),
]);

const probe = v.object({
  address: text,
  attempt: count,
  at: packedTime,
  status: maybe(v.number()),
  failure: maybe(failure),
  peer: maybe(count),
  tcpMs: milliseconds,
  tlsMs: milliseconds,
  ttfbMs: milliseconds,
});

const kept = v.object({
  address: text,
  openedAt: packedTime,
  at: packedTime,
  outcome: v.variant("kind", [
    v.object({ kind: v.literal("answered"), status: v.number(), ttfbMs: v.number() }),
    v.object({ kind: v.literal("ended"), failure }),
  ]),
  peer: maybe(count),
  report: maybe(count),
});

const packed: v.GenericSchema<unknown, Packed> = v.object({
  n: v.pipe(count, v.minValue(1)),
  at: time,
  durationMs: v.number(),
  dns: maybe(v.array(dns)),
  enis: maybe(fact(v.array(eni))),
  cluster: maybe(fact(cluster)),
  updates: maybe(fact(v.array(update))),
  token: maybe(fact(v.object({ expiresAt: text }))),
  peers: v.array(peer),
  probes: v.array(probe),
  reports: v.array(report),
  kept: v.array(kept),
  lists: maybe(lists),
});

/** A round as it stands in a line. */
export const SAMPLE: v.GenericSchema<unknown, WatchSample> = v.pipe(
  packed,
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const sample = unpackSample(dataset.value);
    if (sample !== undefined) return sample;
    addIssue({ message: "refers to a peer or report that is not there" });
    return NEVER;
  }),
);
