import { readFile, stat } from "node:fs/promises";
import * as v from "valibot";
import { awsFaultSchema } from "./aws/fault-schema.ts";
import { findBadWeights } from "./fronts/choice.ts";
import { faultSchema, milliseconds } from "./fronts/fault-schema.ts";
import { CLIENT_DETAILS } from "./scenario/client-schema.ts";
import { CLUSTER_DETAILS } from "./scenario/eks-schema.ts";
import { ip, orAbsent, texts } from "./scenario/parts.ts";
import { vpcDetailsSchema } from "./scenario/vpc-schema.ts";
import type { Scenario } from "./scenario.ts";

const MAX_BYTES = 1_000_000;

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
  clockSkewSeconds: orAbsent(v.pipe(v.number(), v.minValue(-86_400), v.maxValue(86_400))),
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
  }),
  v.check(
    (front) => findBadWeights(front) === undefined,
    ({ input }) => findBadWeights(input) ?? "",
  ),
);

const clusterSchema = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty()),
  status: v.picklist(["ACTIVE", "CREATING", "UPDATING", "DELETING", "FAILED", "PENDING"]),
  endpointHost: v.pipe(v.string(), v.nonEmpty()),
  version: v.string(),
  platformVersion: v.string(),
  vpcId: v.string(),
  subnetIds: texts,
  securityGroupIds: texts,
  clusterSecurityGroupId: v.string(),
  endpointPublicAccess: v.boolean(),
  endpointPrivateAccess: v.boolean(),
  publicAccessCidrs: texts,
  serviceIpv4Cidr: v.string(),
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
  ...CLUSTER_DETAILS,
});

const dnsFaultSchema = v.picklist([
  "nxdomain",
  "nodata",
  "drop-private",
  "servfail",
  "refused",
  "never",
  "truncated",
  "garbage",
  "wrong-id",
]);

const scenarioSchema = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty()),
  description: v.string(),
  region: v.string(),
  accountId: v.pipe(v.string(), v.regex(/^[0-9]{12}$/)),
  vpcs: v.record(v.string(), texts),
  vpcDetails: orAbsent(v.record(v.string(), vpcDetailsSchema)),
  principals: v.array(
    v.strictObject({
      accessKeyId: v.string(),
      secretAccessKey: v.string(),
      sessionToken: orAbsent(v.string()),
      arn: v.string(),
      kubernetesUser: orAbsent(v.string()),
      permissions: orAbsent(v.array(v.picklist(["leases", "endpointslices", "endpoints"]))),
      withoutDiscovery: orAbsent(v.boolean()),
    }),
  ),
  clusters: v.pipe(v.array(clusterSchema), v.minLength(1)),
  latency: v.strictObject({ awsMs: milliseconds, dnsMs: milliseconds, addressMs: milliseconds }),
  awsFaults: v.array(awsFaultSchema),
  dnsFault: orAbsent(dnsFaultSchema),
  dnsFaults: orAbsent(
    v.strictObject({ inside: orAbsent(dnsFaultSchema), outside: orAbsent(dnsFaultSchema) }),
  ),
  catchAll: orAbsent(v.picklist(["stray", "drop"])),
  resolvers: v.strictObject({ inside: ip, outside: ip }),
  ...CLIENT_DETAILS,
});

export type ScenarioFile =
  | { readonly kind: "ok"; readonly value: Scenario }
  | { readonly kind: "bad"; readonly problem: string };

/** Reads a scenario of the user's own: JSON as `lab --print` writes it. */
export async function readScenarioFile(path: string): Promise<ScenarioFile> {
  const file = await readSmallFile(path);
  if (file.kind === "bad") return file;
  let json: unknown;
  try {
    json = JSON.parse(file.text);
  } catch {
    return { kind: "bad", problem: `${path} is not JSON` };
  }
  const parsed = v.safeParse(scenarioSchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return {
      kind: "bad",
      problem: `${path}: ${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`,
    };
  }
  const lost = findDanglingServer(parsed.output) ?? findDanglingName(parsed.output);
  return lost === undefined
    ? { kind: "ok", value: parsed.output }
    : { kind: "bad", problem: `${path}: ${lost}` };
}

type SmallFile =
  | { readonly kind: "ok"; readonly text: string }
  | { readonly kind: "bad"; readonly problem: string };

async function readSmallFile(path: string): Promise<SmallFile> {
  try {
    if ((await stat(path)).size > MAX_BYTES)
      return { kind: "bad", problem: `${path} is larger than ${MAX_BYTES} bytes` };
    return { kind: "ok", text: await readFile(path, "utf8") };
  } catch {
    return {
      kind: "bad",
      problem: `${JSON.stringify(path)} is neither a built-in scenario nor a readable file`,
    };
  }
}

function findDanglingServer({ clusters }: Scenario): string | undefined {
  for (const { name, fronts, servers } of clusters) {
    for (const front of fronts) {
      const missing = front.servers.find((id) => !servers.some((server) => server.id === id));
      if (missing !== undefined)
        return `cluster ${name}: the front ${front.ip} leads to server ${missing}, which is not there`;
    }
  }
  return undefined;
}

/** Details of a VPC, or a context for a cluster, that the scenario does not have. */
function findDanglingName({
  clusters,
  kubeconfig,
  vpcDetails,
  vpcs,
}: Scenario): string | undefined {
  const vpc = Object.keys(vpcDetails ?? {}).find((id) => !Object.hasOwn(vpcs, id));
  if (vpc !== undefined) return `vpcDetails names ${vpc}, which is not among the vpcs`;
  const named = kubeconfig?.entries.map(({ cluster }) => cluster) ?? [];
  const lost = named.find((name) => !clusters.some((cluster) => cluster.name === name));
  return lost === undefined
    ? undefined
    : `the kubeconfig names cluster ${lost}, which is not there`;
}
