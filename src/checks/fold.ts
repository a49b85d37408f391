import { type Finding, type FindingStatus, isTrouble } from "../model/finding.ts";
import type { FindingCode } from "../model/finding-code.ts";
import type { Check } from "./check.ts";

/** How bad: a cause is never milder than what it explains. */
const SEVERITY = { ok: 0, skip: 0, warn: 1, unknown: 2, fail: 3 } as const satisfies Record<
  FindingStatus,
  number
>;

type Explains = Readonly<Record<FindingCode, Pick<Check, "explains">>>;

/**
 * Folds each symptom under the findings that explain it. A symptom that is about addresses is folded
 * only when its causes account for every one of them; a cause that names no address accounts for
 * all. The cause takes over the symptom's severity, so that folding never makes a run look better.
 */
export function foldSymptoms(findings: readonly Finding[], checks: Explains): readonly Finding[] {
  const causes = new Map<FindingCode, readonly FindingCode[]>();
  for (const symptom of findings) {
    if (!isTrouble(symptom)) continue;
    const able = findings.filter((finding) => canExplain(finding, symptom, checks));
    if (accountsFor(able, symptom.addresses)) {
      causes.set(
        symptom.code,
        able.filter((cause) => concerns(cause, symptom)).map(({ code }) => code),
      );
    }
  }
  const worst = (finding: Finding): FindingStatus =>
    findings
      .filter(({ code }) => causes.get(code)?.includes(finding.code))
      .map(worst)
      .reduce((a, b) => (SEVERITY[b] > SEVERITY[a] ? b : a), finding.status);
  return findings.map((finding) => ({
    ...finding,
    status: worst(finding),
    causedBy: causes.get(finding.code) ?? [],
  }));
}

function canExplain(finding: Finding, symptom: Finding, checks: Explains): boolean {
  if (!isTrouble(finding) || !checks[finding.code].explains?.includes(symptom.code)) return false;
  // Not knowing explains not knowing, nothing else.
  return finding.status !== "unknown" || (symptom.status === "unknown" && !finding.optional);
}

function accountsFor(causes: readonly Finding[], addresses: readonly string[]): boolean {
  if (causes.length === 0) return false;
  if (addresses.length === 0 || causes.some((cause) => cause.addresses.length === 0)) return true;
  return addresses.every((id) => causes.some((cause) => cause.addresses.includes(id)));
}

function concerns(cause: Finding, symptom: Finding): boolean {
  return (
    cause.addresses.length === 0 ||
    symptom.addresses.length === 0 ||
    cause.addresses.some((id) => symptom.addresses.includes(id))
  );
}
