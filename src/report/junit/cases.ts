import type { Finding } from "../../model/finding.ts";
import { type FindingCode, layerName } from "../../model/finding-code.ts";
import type { Path } from "../../model/map.ts";
import { bearingOf, explainHint, symptomsOf } from "../bearing.ts";
import type { CheckReport } from "../check-report.ts";
import { changeWords, driftWords } from "../run-words.ts";

export type CaseResult =
  | { readonly kind: "passed"; readonly said: readonly string[] }
  | {
      /** error: it could not be told. */
      readonly kind: "failure" | "error";
      readonly type: string;
      readonly message: string;
      readonly lines: readonly string[];
    }
  | { readonly kind: "skipped"; readonly message: string };

export interface Case {
  /** Shown as a package: `eks-probe.network`. */
  readonly group: string;
  readonly name: string;
  readonly timeMs: number;
  readonly result: CaseResult;
}

/** What these assert they assert of each address, also when all is well. */
const OF_EACH_ADDRESS: ReadonlySet<FindingCode> = new Set(["N01"]);

/** A case for each check, and where a check is about addresses, for each of them. */
export function casesOf(report: CheckReport): readonly Case[] {
  return [
    ...report.findings.flatMap((finding) => casesOfFinding(finding, report)),
    ...interruptedCase(report),
    ...driftCase(report),
  ];
}

function casesOfFinding(finding: Finding, report: CheckReport): readonly Case[] {
  const result = resultOf(finding, report);
  const base = {
    group: `eks-probe.${layerName(finding.code)}`,
    name: `${finding.code} ${finding.topic}: ${finding.title}`,
    timeMs: 0,
  };
  const others = otherPaths(finding, report);
  if (finding.addresses.length === 0 && others.length === 0) return [{ ...base, result }];
  const ofAddress = (address: string, one: CaseResult): Case => ({
    ...base,
    name: `${base.name} [${address}]`,
    // A connection's time is told once, by the check that asserts that it can be made.
    timeMs: finding.code === "N01" ? timeOf(address, report) : 0,
    result: one,
  });
  return [
    ...finding.addresses.map((address) => ofAddress(address, result)),
    ...others.map(({ address, state }) =>
      ofAddress(
        address,
        state.kind === "skipped"
          ? { kind: "skipped", message: state.reason }
          : { kind: "passed", said: [] },
      ),
    ),
  ];
}

/** The addresses that a check does not blame, as far as the map knows that they are fine, or why not. */
function otherPaths(finding: Finding, { map }: CheckReport): readonly Path[] {
  const isTold = finding.addresses.length > 0 || OF_EACH_ADDRESS.has(finding.code);
  if (!isTold || finding.status === "skip") return [];
  const seen = new Set(finding.addresses);
  return map.paths.filter(({ address, state }) => {
    if (seen.has(address)) return false;
    seen.add(address);
    const isFine = state.kind === "ok" || state.kind === "answered";
    return isFine || (state.kind === "skipped" && OF_EACH_ADDRESS.has(finding.code));
  });
}

function timeOf(address: string, { map }: CheckReport): number {
  return map.times.find((one) => one.address === address)?.total?.p50Ms ?? 0;
}

function resultOf(finding: Finding, report: CheckReport): CaseResult {
  const bearing = bearingOf(finding, report);
  const message = finding.summary;
  const lines = linesOf(finding, report.findings);
  switch (bearing.kind) {
    case "passed":
      return { kind: "passed", said: [finding.summary, ...finding.details] };
    case "warning":
      return { kind: "passed", said: [`warning: ${finding.summary}`, ...lines] };
    case "failed":
      return { kind: "failure", type: finding.status, message, lines };
    case "untold":
      return { kind: "error", type: "could not tell", message, lines };
    case "open":
      return { kind: "skipped", message: `could not tell: ${message}` };
    case "skipped":
      return { kind: "skipped", message };
    case "symptom":
      return { kind: "skipped", message: `symptom of ${bearing.of}: ${message}` };
    case "ignored":
      return { kind: "skipped", message: `ignored: ${bearing.reason}; it says: ${message}` };
  }
}

function linesOf(finding: Finding, findings: readonly Finding[]): readonly string[] {
  const symptoms = symptomsOf(finding, findings);
  return [
    ...finding.details,
    ...(symptoms === undefined ? [] : [`explains ${symptoms}`]),
    ...(finding.side === undefined ? [] : [`to act: ${finding.side}`]),
    ...(finding.next === undefined ? [] : [`next: ${finding.next}`]),
    explainHint(finding),
  ];
}

function interruptedCase({ snapshot }: CheckReport): readonly Case[] {
  if (!snapshot.interrupted) return [];
  const message = "interrupted: what is here is what was known by then";
  const result = { kind: "error", type: "interrupted", message, lines: [] } as const;
  return [{ group: "eks-probe.run", name: "the run came to its end", timeMs: 0, result }];
}

function driftCase(report: CheckReport): readonly Case[] {
  const { drift } = report;
  const message = driftWords(report);
  if (drift === undefined || message === undefined) return [];
  const lines = drift.changes.map(changeWords);
  const result: CaseResult =
    lines.length === 0
      ? { kind: "passed", said: [message] }
      : { kind: "failure", type: "drift", message, lines };
  return [
    { group: "eks-probe.drift", name: "the cluster is as in the baseline", timeMs: 0, result },
  ];
}
