import { type Finding, isTrouble } from "../model/finding.ts";
import type { CheckReport } from "./check-report.ts";

/**
 * What a finding means for the gate. Every format goes by it, so that none calls a failure what
 * another calls a skip.
 */
export type Bearing =
  | { readonly kind: "passed" }
  /** Wrong, but no reason to stop. */
  | { readonly kind: "warning" }
  /** The gate fails by it. */
  | { readonly kind: "failed" }
  /** Could not be told, and should have been. */
  | { readonly kind: "untold" }
  /** Could not be told, which changes nothing. */
  | { readonly kind: "open" }
  /** Not applicable, not asked, or a prerequisite is not ok. */
  | { readonly kind: "skipped" }
  /** In trouble, but another finding names the cause and counts for both. */
  | { readonly kind: "symptom"; readonly of: string }
  /** In trouble, and the user wants it not to count. */
  | { readonly kind: "ignored"; readonly reason: string };

export function bearingOf(finding: Finding, { gate }: Pick<CheckReport, "gate">): Bearing {
  if (isTrouble(finding)) {
    if (finding.ignored !== undefined) return { kind: "ignored", reason: finding.ignored };
    if (finding.causedBy.length > 0) return { kind: "symptom", of: finding.causedBy.join(", ") };
  }
  switch (finding.status) {
    case "ok":
      return { kind: "passed" };
    case "skip":
      return { kind: "skipped" };
    case "warn":
      return { kind: gate.failOn === "warn" ? "failed" : "warning" };
    case "fail":
      return { kind: "failed" };
    case "unknown":
      return { kind: finding.optional ? "open" : "untold" };
  }
}

/** What is folded under a finding, in words; undefined where nothing is. */
export function symptomsOf({ code }: Finding, findings: readonly Finding[]): string | undefined {
  const symptoms = findings.filter((one) => one.causedBy.includes(code));
  if (symptoms.length === 0) return undefined;
  return symptoms.map((one) => `${one.code} (${one.topic}: ${one.summary})`).join("; ");
}

/** Where to read what a finding means. */
export function explainHint({ code }: Pick<Finding, "code">): string {
  return `eks-probe explain ${code}`;
}
