import type { Finding } from "../../model/finding.ts";
import { type Bearing, bearingOf, explainHint } from "../bearing.ts";
import type { CheckReport } from "../check-report.ts";
import { oneLine } from "../one-line.ts";
import { changeWords, driftWords, runWords } from "../run-words.ts";
import { DRIFT_RULE } from "./rules.ts";

/** kind and level of SARIF 2.1.0, 3.27.9 and 3.27.10: only `fail` may have a level but `none`. */
interface Grade {
  readonly kind: "fail" | "open" | "informational";
  readonly level: "error" | "warning" | "none";
}

interface Suppression {
  readonly kind: "external";
  readonly status: "accepted";
  readonly justification: string;
}

export interface SarifResult extends Grade {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly message: { readonly text: string };
  readonly locations: readonly unknown[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions?: readonly Suppression[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** What is in trouble, counting or not; what passed is in the rules. */
export function resultsOf(report: CheckReport): readonly SarifResult[] {
  return report.findings.flatMap((finding, ruleIndex) => ofFinding(finding, ruleIndex, report));
}

function ofFinding(
  finding: Finding,
  ruleIndex: number,
  report: CheckReport,
): readonly SarifResult[] {
  const bearing = bearingOf(finding, report);
  const grade = gradeOf(finding, bearing);
  if (grade === undefined) return [];
  return [
    {
      ruleId: finding.code,
      ruleIndex,
      ...grade,
      message: { text: messageOf(finding, bearing) },
      locations: locationsOf(report, finding.addresses),
      partialFingerprints: fingerprintOf(finding.code, report),
      ...(bearing.kind === "ignored"
        ? {
            suppressions: [
              { kind: "external", status: "accepted", justification: oneLine(bearing.reason) },
            ] as const,
          }
        : {}),
      properties: {
        optional: finding.optional,
        ...(finding.side === undefined ? {} : { side: finding.side }),
        ...(finding.causedBy.length === 0 ? {} : { causedBy: finding.causedBy }),
      },
    },
  ];
}

function gradeOf({ status }: Finding, bearing: Bearing): Grade | undefined {
  switch (bearing.kind) {
    case "passed":
    case "skipped":
      return undefined;
    case "symptom":
      return { kind: "informational", level: "none" };
    case "untold":
    case "open":
      return { kind: "open", level: "none" };
    case "failed":
    case "warning":
    case "ignored":
      if (status === "unknown") return { kind: "open", level: "none" };
      return { kind: "fail", level: status === "fail" ? "error" : "warning" };
  }
}

function messageOf({ summary, details, next, code }: Finding, bearing: Bearing): string {
  const head = bearing.kind === "symptom" ? `symptom of ${bearing.of}: ${summary}` : summary;
  return [head, ...details, ...(next === undefined ? [] : [`next: ${next}`]), explainHint({ code })]
    .map(oneLine)
    .join("\n");
}

/**
 * A cluster is no file. Viewers that want one get a name made of the cluster's, as scanners of images
 * do; what is meant is in the logical location.
 */
function locationsOf(report: CheckReport, addresses: readonly string[]): readonly unknown[] {
  const { cluster, region } = runWords(report);
  const uri = ["eks", region, cluster].map(encodeURIComponent).join("/");
  const physicalLocation = { artifactLocation: { uri }, region: { startLine: 1 } };
  const logical =
    addresses.length === 0
      ? [{ name: cluster, fullyQualifiedName: `${region}/${cluster}`, kind: "resource" }]
      : addresses.map((address) => ({
          name: oneLine(address),
          fullyQualifiedName: `${region}/${cluster}/${oneLine(address)}`,
          kind: "resource",
        }));
  return [{ physicalLocation, logicalLocations: logical }];
}

/** The same check of the same cluster is the same alert, whatever addresses it is about today. */
function fingerprintOf(rule: string, report: CheckReport): Readonly<Record<string, string>> {
  const { cluster, region } = runWords(report);
  return { "eksProbe/v1": `${region}/${cluster}/${rule}` };
}

export function driftResult(report: CheckReport, ruleIndex: number): readonly SarifResult[] {
  const since = driftWords(report);
  if (report.drift === undefined || since === undefined || report.drift.changes.length === 0)
    return [];
  return [
    {
      ruleId: DRIFT_RULE,
      ruleIndex,
      kind: "fail",
      level: "warning",
      message: { text: [since, ...report.drift.changes.map(changeWords)].join("\n") },
      locations: locationsOf(report, []),
      partialFingerprints: fingerprintOf(DRIFT_RULE, report),
    },
  ];
}
