import { type FindingCode, LAYERS, type Layer } from "../model/finding-code.ts";
import type { NodeCode } from "../model/node/report.ts";

/** Layers of a run in the order of its report, then what is told on a worker (`node`). */
export const EXPLAINED_LAYERS: Readonly<Record<ExplainedLayer, string>> = {
  ...LAYERS,
  W: "worker",
};

export type ExplainedLayer = Layer | "W";

export type ExplainedCode = FindingCode | NodeCode;

/** What a finding means, for `explain` and the docs; lazily loaded, the checks themselves do not need it. */
export interface Explanation {
  /** What it asserts and why it matters, in a few sentences. */
  readonly means: string;
  /** What the program looks at, and what it then concludes. */
  readonly found: string;
  /** Steps, most likely first; a command is followed by `   # why`, a step in words is not. */
  readonly fix: readonly string[];
  /** Where the facts come from: public pages, sources, issue threads. */
  readonly sources: readonly string[];
  /** Numbers in the catalogue of failures (docs/failures.md) that it names. */
  readonly rows: readonly number[];
}

/** A way in which people lose their endpoint, as they first see it. */
export interface KnownFailure {
  /** 1 to 50, fixed for good. */
  readonly number: number;
  readonly area: string;
  /** What is seen by whom it happens to. */
  readonly symptom: string;
}

/** A failure that no run from outside the worker can name, or not alone. */
export interface OutsideFailure {
  readonly number: number;
  /** Why it cannot be told from where the program stands. */
  readonly why: string;
  /** How to look by hand. */
  readonly look: readonly string[];
}

/** All there is to say about one check. */
export interface ExplainedCheck extends Explanation {
  readonly code: ExplainedCode;
  readonly layer: ExplainedLayer;
  readonly topic: string;
  /** What it asserts, as a predicate. */
  readonly title: string;
  readonly failures: readonly KnownFailure[];
}
