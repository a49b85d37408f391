import type { WatchEvent } from "./event.ts";
import type { LoadReport } from "./load.ts";
import type { WatchSample } from "./sample.ts";

/** Raised by one when a field is removed or changes its meaning; new fields do not raise it. */
export const RECORD_VERSION = 1;

/**
 * One line of a record (`watch --record`), JSON. A line is written at once and whole: a round and
 * the events that it gave stand and fall together.
 */
export type RecordLine =
  | RecordHeader
  /** A whole run, as `-o json` has it: before the first round, and at an orderly end. */
  | { readonly kind: "run"; readonly at: string; readonly run: unknown }
  | RecordRound
  /** A watch that went on from here; its interval may be another one. */
  | { readonly kind: "resumed"; readonly at: string; readonly intervalMs: number }
  | {
      readonly kind: "end";
      readonly at: string;
      readonly end: "time" | "signal";
      readonly load: LoadReport | undefined;
    };

/** The first line. */
export interface RecordHeader {
  readonly kind: "header";
  readonly recordVersion: number;
  readonly tool: { readonly name: string; readonly version: string };
  /** ISO 8601. */
  readonly startedAt: string;
  readonly cluster: string;
  readonly region: string | undefined;
  readonly endpointHost: string | undefined;
  /** Host name of the machine that watched. */
  readonly from: string;
  readonly intervalMs: number;
  readonly simulated: boolean;
}

export interface RecordRound {
  readonly kind: "round";
  readonly sample: WatchSample;
  readonly events: readonly WatchEvent[];
}
