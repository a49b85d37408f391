import type { Drift } from "../model/drift.ts";
import type { ReportInput } from "./input.ts";

/** What the gate makes of a run. */
export interface Gate {
  /** 0 ok, 1 failed, 3 could not tell, 4 warnings only, 5 drift, 130 interrupted. */
  readonly exitCode: number;
  /** From which status on a finding fails the gate. */
  readonly failOn: "fail" | "warn";
}

/** Everything that a renderer of `check` gets. */
export interface CheckReport extends ReportInput {
  /** Undefined without a baseline. */
  readonly drift: Drift | undefined;
  readonly gate: Gate;
}
