import { readFile, stat } from "node:fs/promises";
import * as v from "valibot";
import { awsFaultSchema } from "./aws/fault-schema.ts";
import { milliseconds } from "./fronts/fault-schema.ts";
import { CLIENT_DETAILS } from "./scenario/client-schema.ts";
import { clusterChangeSchema, clusterSchema } from "./scenario/cluster-schema.ts";
import { ip, orAbsent, texts } from "./scenario/parts.ts";
import { vpcDetailsSchema } from "./scenario/vpc-schema.ts";
import type { DnsFault, LabStep, Scenario } from "./scenario.ts";
import { findTimelineProblem } from "./timeline/problems.ts";

const MAX_BYTES = 1_000_000;
/** A year. */
const MAX_SECONDS = 31_536_000;

const DNS_FAULTS = [
  "nxdomain",
  "nodata",
  "drop-private",
  "servfail",
  "refused",
  "never",
  "truncated",
  "garbage",
  "wrong-id",
] as const satisfies readonly DnsFault[];
const dnsFaultSchema = v.picklist(DNS_FAULTS);

const stepSchema: v.GenericSchema<unknown, LabStep> = v.strictObject({
  atSeconds: v.pipe(v.number(), v.gtValue(0), v.maxValue(MAX_SECONDS)),
  what: v.string(),
  cluster: orAbsent(v.string()),
  set: orAbsent(clusterChangeSchema),
  awsFaults: orAbsent(v.array(awsFaultSchema)),
  dnsFault: orAbsent(v.picklist([...DNS_FAULTS, "none"])),
});

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
  timeline: orAbsent(v.array(stepSchema)),
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
  const lost = findTimelineProblem(parsed.output) ?? findDanglingName(parsed.output);
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

/** Details of a VPC, or a context or a worker for a cluster, that the scenario does not have. */
function findDanglingName({
  clusters,
  kubeconfig,
  vpcDetails,
  vpcs,
  worker,
}: Scenario): string | undefined {
  const vpc = Object.keys(vpcDetails ?? {}).find((id) => !Object.hasOwn(vpcs, id));
  if (vpc !== undefined) return `vpcDetails names ${vpc}, which is not among the vpcs`;
  const named = kubeconfig?.entries.map(({ cluster }) => cluster) ?? [];
  const lost = named.find((name) => !isThere(clusters, name));
  if (lost !== undefined) return `the kubeconfig names cluster ${lost}, which is not there`;
  return worker === undefined || isThere(clusters, worker.cluster)
    ? undefined
    : `the worker names cluster ${worker.cluster}, which is not there`;
}

function isThere(clusters: Scenario["clusters"], name: string): boolean {
  return clusters.some((cluster) => cluster.name === name);
}
