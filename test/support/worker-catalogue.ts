import type { FindingStatus } from "../../src/model/finding.ts";
import type { NodeCode } from "../../src/model/node/report.ts";

/** One thing that can be wrong with a worker, provoked: what has to be said of it, and nothing else. */
export interface WorkerCase {
  /** Numbers in the catalogue of failures; none for what is told and is no failure there. */
  readonly rows: readonly number[];
  readonly scenario: string;
  /** The finding that names the cause. */
  readonly code: NodeCode;
  readonly status: FindingStatus;
  /** What its summary has to say. */
  readonly says: RegExp;
  readonly exitCode: number;
}

function caseOf(status: FindingStatus, exitCode: number) {
  return (rows: readonly number[], scenario: string, code: NodeCode, says: RegExp): WorkerCase => ({
    rows,
    scenario,
    code,
    status,
    says,
    exitCode,
  });
}

const fails = caseOf("fail", 1);
const warns = caseOf("warn", 0);
const tells = caseOf("ok", 0);

export const WORKER_CATALOGUE: readonly WorkerCase[] = [
  fails([46], "worker-stale-rules", "W01", /leads to 10\.0\.61\.7, which is no ENI/),
  fails([46], "worker-no-rules", "W02", /no rule translates 172\.20\.0\.1, though kube-proxy runs/),
  fails([46], "worker-odd-shares", "W03", /33\.3% of new connections are led to no target/),
  fails([47], "worker-former-eni", "W04", /waits for 10\.0\.61\.7, which is no ENI any more/),
  warns([48], "worker-way-out", "W05", /go out to 13\.124\.61\.17, 15\.164\.210\.44/),
  warns(
    [49],
    "worker-proxied",
    "W06",
    /kubelet goes to the endpoint through http:\/\/10\.0\.3\.128/,
  ),
  fails([], "worker-conntrack-full", "W07", /129806 of 131072 .* \(99%\)/),
  warns([50], "worker-ipvs", "W08", /1 of 2 connections through IPVS has no TCP keepalive/),
  tells([], "field-notes", "W09", /comes in from 10\.0\.20\.41 to kubelet's port 10250/),
];

/** Where nothing is wrong. */
export const HEALTHY_WORKERS: readonly string[] = [
  "field-notes",
  "gonz-eks-pub",
  "gonz-eks-pri",
  "worker-nftables",
];
