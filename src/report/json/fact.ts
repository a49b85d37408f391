import type { Fact } from "../../model/fact.ts";
import type { Failure } from "../../model/failure.ts";

/** A fact as the document has it: a value, or the reason why there is none. */
export interface FactDocument<T> {
  readonly state: "known" | "unknown" | "skipped";
  readonly value: T | undefined;
  /** Why there is no value. */
  readonly reason: string | undefined;
  readonly problem: Failure | undefined;
}

export function factDocument<T, D>(fact: Fact<T>, draw: (value: T) => D): FactDocument<D> {
  switch (fact.kind) {
    case "known":
      return { state: "known", value: draw(fact.value), reason: undefined, problem: undefined };
    case "unknown": {
      const { failure } = fact;
      return { state: "unknown", value: undefined, reason: failure.message, problem: failure };
    }
    case "skipped":
      return { state: "skipped", value: undefined, reason: fact.reason, problem: undefined };
  }
}

export function problemOf(fact: Fact<unknown>): Failure | undefined {
  return fact.kind === "unknown" ? fact.failure : undefined;
}
