import type { FailureSide } from "./failure.ts";
import type { FindingCode } from "./finding-code.ts";

export type FindingStatus = "ok" | "warn" | "fail" | "skip" | "unknown";

/** The outcome of one check. */
export interface Finding {
  readonly code: FindingCode;
  /** Short word for the line's head in the text report. */
  readonly topic: string;
  readonly status: FindingStatus;
  /** What was seen, in one line. */
  readonly summary: string;
  /** Further lines of evidence. */
  readonly details: readonly string[];
  /** Who has to act; undefined when nobody has to. */
  readonly side: FailureSide | undefined;
  /** The next command or step; undefined only where nothing is to be done. */
  readonly next: string | undefined;
  /** Address ids it is about. */
  readonly addresses: readonly string[];
  /** It adds to the map: that it could not tell does not change the verdict. */
  readonly optional: boolean;
  /** What it asserts, as a predicate. */
  readonly title: string;
  /** Findings that already name the cause of this one: it is their symptom, and counts with them. */
  readonly causedBy: readonly FindingCode[];
  /** Prerequisites that are not met, for which it was skipped. */
  readonly blockedBy: readonly FindingCode[];
  /** Why the user wants it not to count; undefined where it counts. */
  readonly ignored: string | undefined;
}

/** Whether it says that something is not as it should be, or not known. */
export function isTrouble({ status }: Pick<Finding, "status">): boolean {
  return status === "fail" || status === "warn" || status === "unknown";
}

/** Whether the verdict goes by it: no symptom of another, and not ignored. */
export function counts({
  causedBy,
  ignored,
}: Pick<Finding, "ignored"> & { readonly causedBy: readonly string[] }): boolean {
  return causedBy.length === 0 && ignored === undefined;
}

export type VerdictStatus = "healthy" | "warning" | "failed" | "unknown" | "interrupted";

export interface Verdict {
  readonly status: VerdictStatus;
  /** 0 ok, 1 failed, 3 could not tell, 130 interrupted. */
  readonly exitCode: number;
  /** One line for the end of the report. */
  readonly summary: string;
}
