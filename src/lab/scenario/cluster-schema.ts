import * as v from "valibot";
import { findBadWeights } from "../fronts/choice.ts";
import { faultSchema, milliseconds } from "../fronts/fault-schema.ts";
import type { LabCluster, LabClusterChange } from "../scenario.ts";
import { CLUSTER_DETAILS } from "./eks-schema.ts";
import { ip, orAbsent, texts, whole } from "./parts.ts";

const records = v.strictObject({
  a: v.array(ip),
  aaaa: v.array(ip),
  ttlSeconds: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const serverSchema = v.strictObject({
  id: v.string(),
  host: v.string(),
  eniIp: ip,
  notAfterOffsetSeconds: v.pipe(v.number(), v.integer()),
  lifetimeDays: orAbsent(v.pipe(v.number(), v.minValue(1), v.maxValue(36_500))),
  withoutKeyIds: orAbsent(v.boolean()),
  reportsAs: orAbsent(v.string()),
  version: orAbsent(v.string()),
  lease: orAbsent(v.picklist(["live", "stale", "none"])),
  restarted: orAbsent(v.boolean()),
  failingChecks: orAbsent(texts),
  shedsAbove: orAbsent(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000))),
  clockSkewSeconds: orAbsent(v.pipe(v.number(), v.minValue(-86_400), v.maxValue(86_400))),
  starts: orAbsent(whole(0, 1_000_000)),
  leaf: orAbsent(whole(0, 1000)),
  down: orAbsent(v.boolean()),
  retired: orAbsent(v.boolean()),
});

const frontSchema = v.pipe(
  v.strictObject({
    ip,
    port,
    policy: v.picklist(["pinned", "balanced"]),
    servers: v.pipe(texts, v.minLength(1)),
    weights: orAbsent(v.array(v.pipe(v.number(), v.minValue(0)))),
    seed: orAbsent(v.pipe(v.number(), v.integer())),
    fault: orAbsent(faultSchema),
    whenGone: orAbsent(v.picklist(["silence", "reset"])),
  }),
  v.check(
    (front) => findBadWeights(front) === undefined,
    ({ input }) => findBadWeights(input) ?? "",
  ),
);

const CHANGING = {
  status: v.picklist(["ACTIVE", "CREATING", "UPDATING", "DELETING", "FAILED", "PENDING"]),
  version: v.string(),
  platformVersion: v.string(),
  vpcId: v.string(),
  subnetIds: texts,
  securityGroupIds: texts,
  clusterSecurityGroupId: v.string(),
  endpointPublicAccess: v.boolean(),
  endpointPrivateAccess: v.boolean(),
  publicAccessCidrs: texts,
  servers: v.array(serverSchema),
  enis: v.array(
    v.strictObject({
      id: v.string(),
      ip,
      secondaryIps: v.array(ip),
      subnetId: v.string(),
      availabilityZone: v.string(),
      status: v.picklist(["in-use", "available"]),
      description: v.string(),
      requesterId: v.string(),
      attachmentOwnerId: v.string(),
    }),
  ),
  fronts: v.array(frontSchema),
  dns: records,
  outsideDns: orAbsent(records),
  leaseForm: orAbsent(v.picklist(["modern", "uuid"])),
  deadLeases: orAbsent(
    v.array(v.strictObject({ host: v.string(), ageSeconds: v.pipe(v.number(), v.minValue(0)) })),
  ),
  endpointIps: orAbsent(v.array(ip)),
  hasEndpointSlices: orAbsent(v.picklist(["v1", "v1beta1", "none"])),
  tokenVerificationMs: orAbsent(milliseconds),
} as const;

const { localId, connector, ...changingDetails } = CLUSTER_DETAILS;

export const clusterSchema: v.GenericSchema<unknown, LabCluster> = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty()),
  endpointHost: v.pipe(v.string(), v.nonEmpty()),
  serviceIpv4Cidr: v.string(),
  localId,
  connector,
  ...CHANGING,
  ...changingDetails,
});

/** What of a cluster a step may change; whatever is left out stays. */
export const clusterChangeSchema: v.GenericSchema<unknown, LabClusterChange> = v.partial(
  v.strictObject({ ...CHANGING, ...changingDetails }),
);
