import type { Expectations } from "../model/expectations.ts";
import type { Finding, Verdict } from "../model/finding.ts";
import type { ControlPlaneMap } from "../model/map.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** Everything a renderer gets. */
export interface ReportInput {
  readonly snapshot: Snapshot;
  readonly map: ControlPlaneMap;
  readonly expectations: Expectations;
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
}
