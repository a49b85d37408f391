import type { FailureSide } from "./failure.ts";

export type FindingStatus = "ok" | "warn" | "fail" | "skip" | "unknown";

/**
 * Stable codes by layer: C cluster, D DNS, N network, T TLS, A auth, P API server,
 * K Kubernetes data. Add, never reuse.
 */
export type FindingCode =
  | "C01"
  | "C02"
  | "D01"
  | "D02"
  | "D03"
  | "N01"
  | "T01"
  | "T02"
  | "T03"
  | "A01"
  | "A02"
  | "A03"
  | "A04"
  | "A05"
  | "P01"
  | "P02"
  | "P03"
  | "P04"
  | "P05"
  | "P06"
  | "P07"
  | "K01"
  | "K02"
  | "K03";

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
}

export type VerdictStatus = "healthy" | "warning" | "failed" | "unknown" | "interrupted";

export interface Verdict {
  readonly status: VerdictStatus;
  /** 0 ok, 1 failed, 3 could not tell, 130 interrupted. */
  readonly exitCode: number;
  /** One line for the end of the report. */
  readonly summary: string;
}
