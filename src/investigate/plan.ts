import { valueOf } from "../model/fact.ts";
import type { FailureCode } from "../model/failure.ts";
import { counts, type Finding } from "../model/finding.ts";
import type { Question } from "../model/investigation.ts";
import type { Path } from "../model/map.ts";
import type { ReportInput } from "../report/input.ts";

const ALL: readonly Question[] = [
  "tokenReplay",
  "accessEntries",
  "securityGroups",
  "networkAcls",
  "routeTables",
  "subnets",
  "natGateways",
  "vpcDns",
  "updates",
  "instance",
  "egress",
];

/**
 * What is worth asking after a run: all of it with `deep`; else what could explain the failures, and
 * nothing when there are none. Pure.
 */
export function planQuestions(report: ReportInput): ReadonlySet<Question> {
  const { snapshot, findings } = report;
  if (snapshot.interrupted) return new Set();
  if (snapshot.request.deep) return new Set(ALL);
  const failed = findings.filter(isFailure);
  if (failed.length === 0) return new Set();
  return new Set([
    ...forPaths(report, failed),
    ...forNames(failed),
    ...forAnswers(report),
    ...forCluster(failed),
    ...forCredentials(report),
  ]);
}

/** What changes the exit code of a run without any expectation. */
function isFailure(finding: Finding): boolean {
  if (!counts(finding)) return false;
  return finding.status === "fail" || (finding.status === "unknown" && !finding.optional);
}

/** Silence or a refusal on the way: what may have dropped or turned away the packets. */
const NOT_CONNECTED: ReadonlySet<FailureCode> = new Set([
  "tcp-timeout",
  "tcp-refused",
  "tcp-reset",
  "tcp-unreachable",
]);

function forPaths({ map }: ReportInput, failed: readonly Finding[]): readonly Question[] {
  const dead = map.paths.filter(isDead);
  // All silent, as it seems by design: whether this host is in the VPC after all, and what then
  // drops the packets, decides what that silence means.
  const judgedByPlace = failed.some(
    ({ code, status }) => (code === "N01" || code === "N04") && status === "unknown",
  );
  if (dead.length === 0 && judgedByPlace) {
    return ["instance", "securityGroups", "networkAcls", "routeTables", "subnets", "updates"];
  }
  if (dead.length === 0) return [];
  const ofVpc = dead.filter(({ kind }) => kind !== "vip");
  return [
    "instance",
    "updates",
    ...(ofVpc.length > 0
      ? (["securityGroups", "networkAcls", "routeTables", "subnets"] as const)
      : []),
    ...(dead.length > ofVpc.length ? (["egress", "natGateways"] as const) : []),
  ];
}

function isDead({ state }: Path): boolean {
  return state.kind === "failed" && NOT_CONNECTED.has(state.failure.code);
}

function forNames(failed: readonly Finding[]): readonly Question[] {
  return failed.some(({ code }) => code.startsWith("D")) ? ["vpcDns", "updates"] : [];
}

function forAnswers({ snapshot }: ReportInput): readonly Question[] {
  const statuses = snapshot.observations.flatMap(({ http }) => http?.status ?? []);
  return statuses.includes(401) ? ["tokenReplay", "accessEntries"] : [];
}

function forCluster(failed: readonly Finding[]): readonly Question[] {
  const troubled = failed.some(({ code, status }) => code.startsWith("C") && status === "fail");
  return troubled ? ["subnets", "updates"] : [];
}

/** No credentials at all may mean a metadata service that cannot be reached from a container. */
function forCredentials({ snapshot }: ReportInput): readonly Question[] {
  const { cluster, token } = snapshot;
  const failure = [token, cluster].find((fact) => fact.kind === "unknown");
  const isLost = failure?.kind === "unknown" && failure.failure.code === "no-credentials";
  return isLost && valueOf(cluster) === undefined ? ["instance"] : [];
}
