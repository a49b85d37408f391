import { judge } from "../../src/checks/verdict.ts";
import type { Drift } from "../../src/model/drift.ts";
import { unknown } from "../../src/model/fact.ts";
import type { Finding } from "../../src/model/finding.ts";
import type { FindingCode } from "../../src/model/finding-code.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import type { CheckReport, Gate } from "../../src/report/check-report.ts";
import { makeRequest } from "../../src/target/request.ts";
import {
  failedAt,
  makeSnapshot,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  seen,
} from "./snapshots.ts";

export const TOOL = { name: "eks-probe", version: "0.0.0" };

export function makeFinding(code: FindingCode, change: Partial<Finding> = {}): Finding {
  return {
    code,
    topic: "topic",
    title: "it is as it should be",
    status: "ok",
    summary: "it is",
    details: [],
    side: undefined,
    next: undefined,
    addresses: [],
    optional: false,
    causedBy: [],
    blockedBy: [],
    ignored: undefined,
    ...change,
  };
}

export interface ReportParts {
  readonly findings?: readonly Finding[];
  readonly drift?: Drift;
  readonly gate?: Partial<Gate>;
}

/** What check reports of a snapshot: with the findings of the real checks, or with those given. */
export function checkReportOf(snapshot: Snapshot, parts: ReportParts = {}): CheckReport {
  const input = reportOf(snapshot);
  const findings = parts.findings ?? input.findings;
  const verdict = judge(input, findings);
  const gate = { exitCode: verdict.exitCode, failOn: "fail", ...parts.gate } as const;
  return { ...input, findings, verdict, drift: parts.drift, gate };
}

const CLUSTER_OK = makeFinding("C01", {
  topic: "cluster",
  title: "DescribeCluster gives an endpoint and a CA",
  summary: "ACTIVE, Kubernetes 1.25",
});
const PATHS = {
  topic: "paths",
  title: "every address that should be reachable from here answers",
} as const;

/** Everything is fine, and one check was not asked for. */
const HEALTHY_FINDINGS: readonly Finding[] = [
  CLUSTER_OK,
  makeFinding("N01", { ...PATHS, summary: "4/4 answer" }),
  makeFinding("K01", { topic: "service", status: "skip", summary: "not asked; --deep asks" }),
];

/** One of each: a failure and its symptom, a warning, two that could not be told, one ignored, a skip. */
export const TROUBLED_FINDINGS: readonly Finding[] = [
  CLUSTER_OK,
  makeFinding("D02", {
    topic: "resolvers",
    title: "every resolver gives an answer",
    status: "unknown",
    summary: "10.0.0.2 gave no answer within 3s",
    side: "resolver",
    next: "dig @10.0.0.2 example   # asks it directly",
    optional: true,
  }),
  makeFinding("N01", {
    ...PATHS,
    status: "fail",
    summary: "1 of 4 paths failed",
    details: ["52.79.39.107: no answer to the connection attempt within 5s"],
    side: "network",
    next: "aws eks describe-cluster --name gonz-eks-pub   # is your egress IP in publicAccessCidrs?",
    addresses: ["52.79.39.107:443"],
  }),
  makeFinding("T02", {
    topic: "expiry",
    title: "certificates are good for weeks",
    status: "warn",
    summary: "1 certificate ends in 9 days",
    side: "aws",
    next: "aws eks describe-update   # is one under way?",
    addresses: ["43.200.53.253:443"],
  }),
  makeFinding("A03", {
    topic: "clock",
    title: "the clocks agree",
    status: "warn",
    summary: "this host's clock is 90 s late",
    ignored: "a build host without NTP | known",
  }),
  makeFinding("A02", {
    topic: "accepted",
    title: "the token is accepted",
    status: "unknown",
    summary: "no answer to go by",
    side: "server",
  }),
  makeFinding("P01", {
    topic: "map",
    title: "every address leads to a known API server",
    status: "fail",
    summary: "52.79.39.107 leads to nobody",
    addresses: ["52.79.39.107:443"],
    causedBy: ["N01"],
  }),
  makeFinding("K01", {
    topic: "service",
    status: "skip",
    summary: "needs A02 (accepted), which is not ok",
    blockedBy: ["A02"],
  }),
];

export const DRIFT: Drift = {
  baseline: "before.json",
  baselineStartedAt: "2023-04-20T15:41:31.000Z",
  notComparable: ["version of API server ip-172-16-57-254: not asked now"],
  changes: [
    { kind: "changed", what: "Kubernetes version", before: "1.24", after: "1.25" },
    { kind: "added", what: "address 52.79.39.107:443", before: undefined, after: "API server B" },
    { kind: "removed", what: "address 3.35.1.2:443", before: "API server B", after: undefined },
  ],
};

const DENIED = unknown({
  code: "access-denied",
  phase: "describe-cluster",
  side: "user",
  message: "eks:DescribeCluster was denied",
  cause: "AccessDeniedException",
});

export const healthyReport: CheckReport = checkReportOf(pubSnapshot(), {
  findings: HEALTHY_FINDINGS,
});

/** In the lab, with a baseline. */
export const troubledReport: CheckReport = checkReportOf(
  pubSnapshot({
    request: makeRequest("gonz-eks-pub", { simulated: true }),
    observations: [
      seen("43.200.53.253", PUB_ONE),
      failedAt("52.79.39.107"),
      seen("10.0.20.41", PUB_ONE),
      seen("10.0.95.229", PUB_TWO),
    ],
  }),
  { findings: TROUBLED_FINDINGS, drift: DRIFT },
);

/** Nothing could be had. */
export const untoldReport: CheckReport = checkReportOf(
  makeSnapshot({ cluster: DENIED, enis: DENIED, token: DENIED, vpcCidrs: DENIED }),
  {
    findings: [
      makeFinding("C01", {
        topic: "cluster",
        title: "DescribeCluster gives an endpoint and a CA",
        status: "unknown",
        summary: "eks:DescribeCluster was denied",
        side: "user",
        next: "eks-probe iam --cluster gonz-eks-pub   # prints the least policy",
      }),
      makeFinding("N01", {
        ...PATHS,
        status: "skip",
        summary: "needs C01 (cluster), which is not ok",
        blockedBy: ["C01"],
      }),
    ],
  },
);

/** Stopped in the middle, with failures of which nobody knows whether they would have stayed. */
export const interruptedReport: CheckReport = checkReportOf(
  pubSnapshot({ interrupted: true, observations: [failedAt("43.200.53.253")] }),
  { findings: [CLUSTER_OK] },
);

export const REPORTS: readonly (readonly [name: string, report: CheckReport])[] = [
  ["healthy", healthyReport],
  ["troubled", troubledReport],
  ["untold", untoldReport],
  ["interrupted", interruptedReport],
  ["as the real checks see it", checkReportOf(pubSnapshot())],
  [
    "in which nothing answers",
    checkReportOf(pubSnapshot({ observations: [failedAt("43.200.53.253")] })),
  ],
  [
    "with a warning that fails the gate",
    checkReportOf(pubSnapshot(), {
      findings: TROUBLED_FINDINGS,
      gate: { failOn: "warn", exitCode: 4 },
    }),
  ],
  [
    "without drift from its baseline",
    checkReportOf(pubSnapshot(), { drift: { ...DRIFT, changes: [] } }),
  ],
];
