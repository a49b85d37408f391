import type { FailureCode } from "../../model/failure.ts";
import { counts, type Finding } from "../../model/finding.ts";
import { layerOf } from "../../model/finding-code.ts";
import type { CheckReport } from "../check-report.ts";

/** Fixed by the Monitoring Plugins; not the program's own codes. */
export const NAGIOS_EXIT = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

export type NagiosState = keyof typeof NAGIOS_EXIT;

/**
 * The guidelines: what is beyond a plugin's control, such as a name that does not resolve or a
 * time-out, is not UNKNOWN. That is for a plugin that could not do its work.
 */
const BEYOND_CONTROL: ReadonlySet<FailureCode> = new Set([
  "aws-unreachable",
  "deadline",
  "dns-nxdomain",
  "dns-nodata",
  "dns-servfail",
  "dns-refused",
  "dns-timeout",
  "dns-unreachable",
]);

export function nagiosState(report: CheckReport): NagiosState {
  const counting = report.findings.filter(counts);
  if (report.snapshot.interrupted) return "UNKNOWN";
  if (counting.some(({ status }) => status === "fail")) return "CRITICAL";
  const untold = counting.filter(({ status, optional }) => status === "unknown" && !optional);
  if (untold.some((finding) => isBeyondControl(finding, report))) return "CRITICAL";
  if (untold.length > 0 || report.verdict.status === "unknown") return "UNKNOWN";
  const drifted = report.drift !== undefined && report.drift.changes.length > 0;
  return drifted || counting.some(({ status }) => status === "warn") ? "WARNING" : "OK";
}

/** The exit code that a monitoring system of the Nagios kind reads. */
export function nagiosExitCode(report: CheckReport): number {
  return NAGIOS_EXIT[nagiosState(report)];
}

function isBeyondControl({ code }: Finding, { snapshot }: CheckReport): boolean {
  const layer = layerOf(code);
  if (layer === "D" || layer === "N") return true;
  const { cluster } = snapshot;
  return layer === "C" && cluster.kind === "unknown" && BEYOND_CONTROL.has(cluster.failure.code);
}
