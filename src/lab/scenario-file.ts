import { readFile, stat } from "node:fs/promises";
import * as v from "valibot";
import { findBadWeights } from "./fronts/choice.ts";
import type { Scenario } from "./scenario.ts";

const MAX_BYTES = 1_000_000;

const ip = v.pipe(v.string(), v.ip());
const records = v.strictObject({
  a: v.array(ip),
  aaaa: v.array(ip),
  ttlSeconds: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
const milliseconds = v.pipe(v.number(), v.minValue(0), v.maxValue(600_000));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
/** JSON has no undefined: a key that may be undefined may be left out or null. */
function orAbsent<const S extends v.GenericSchema>(schema: S) {
  return v.pipe(
    v.optional(v.nullable(schema), null),
    v.transform((value) => value ?? undefined),
  );
}

const texts = v.array(v.string());

const faultSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("late"), phase: v.picklist(["tls", "http"]), ms: milliseconds }),
  v.strictObject({ kind: v.literal("never"), phase: v.picklist(["tls", "http"]) }),
  v.strictObject({ kind: v.literal("refuse") }),
  v.strictObject({ kind: v.literal("reset"), phase: v.picklist(["tcp", "tls", "http"]) }),
  v.strictObject({
    kind: v.literal("wrong-certificate"),
    flaw: v.picklist([
      "foreign-ca",
      "self-signed",
      "expired",
      "not-yet-valid",
      "other-name",
      "inspection",
    ]),
  }),
  v.strictObject({ kind: v.literal("garbage") }),
  v.strictObject({
    kind: v.literal("status"),
    status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  }),
  v.strictObject({ kind: v.literal("redirect"), location: v.string() }),
  v.strictObject({
    kind: v.literal("body"),
    body: v.picklist([
      "invalid-json",
      "other-shape",
      "escape-sequences",
      "empty",
      "huge",
      "one-byte-a-second",
    ]),
  }),
  v.strictObject({ kind: v.literal("endless-header") }),
]);

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
  status: v.picklist(["ACTIVE", "CREATING", "UPDATING", "DELETING", "FAILED"]),
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
});

const scenarioSchema = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty()),
  description: v.string(),
  region: v.string(),
  accountId: v.pipe(v.string(), v.regex(/^[0-9]{12}$/)),
  vpcs: v.record(v.string(), texts),
  principals: v.array(
    v.strictObject({
      accessKeyId: v.string(),
      secretAccessKey: v.string(),
      sessionToken: orAbsent(v.string()),
      arn: v.string(),
      kubernetesUser: orAbsent(v.string()),
      permissions: orAbsent(v.array(v.picklist(["leases", "endpointslices", "endpoints"]))),
    }),
  ),
  clusters: v.pipe(v.array(clusterSchema), v.minLength(1)),
  latency: v.strictObject({ awsMs: milliseconds, dnsMs: milliseconds, addressMs: milliseconds }),
  awsFaults: v.array(
    v.strictObject({
      action: v.picklist([
        "eks:DescribeCluster",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeVpcs",
        "sts:GetCallerIdentity",
        "sts:AssumeRole",
        "*",
      ]),
      kind: v.picklist([
        "access-denied",
        "throttling",
        "expired-token",
        "unrecognized-client",
        "server-error",
        "never",
        "garbage",
      ]),
      times: orAbsent(v.pipe(v.number(), v.integer(), v.minValue(1))),
    }),
  ),
  dnsFault: orAbsent(
    v.picklist(["nxdomain", "servfail", "refused", "never", "truncated", "garbage", "wrong-id"]),
  ),
  resolvers: v.strictObject({ inside: ip, outside: ip }),
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
  const lost = findDanglingServer(parsed.output);
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
