import { counts, type Finding, type Verdict } from "../model/finding.ts";

/** From which status on a finding stops a pipeline. */
export type FailOn = "fail" | "warn";

export interface GateRules {
  readonly failOn: FailOn;
  /** Stop nothing: 0 whatever was found, but for an interrupted run. */
  readonly exitZero: boolean;
}

const INTERRUPTED = 130;
const WARNINGS = 4;
const DRIFT = 5;

/**
 * The exit code of `check`. Codes never change their meaning; where several apply, a failure comes
 * before not knowing, that before drift from a baseline, that before warnings.
 */
export function gateExitCode(
  verdict: Verdict,
  findings: readonly Finding[],
  hasDrifted: boolean,
  { failOn, exitZero }: GateRules,
): number {
  if (verdict.exitCode === INTERRUPTED) return INTERRUPTED;
  if (exitZero) return 0;
  if (verdict.exitCode !== 0) return verdict.exitCode;
  if (hasDrifted) return DRIFT;
  const warned = findings.some((finding) => finding.status === "warn" && counts(finding));
  return failOn === "warn" && warned ? WARNINGS : 0;
}
