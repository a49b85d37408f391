import type { Failure } from "./failure.ts";

/**
 * A fact that may not be had. "Not asked" and "could not tell" are variants of their own, so that
 * neither can be mistaken for false, zero or empty.
 */
export type Fact<T> =
  | { readonly kind: "known"; readonly value: T }
  | { readonly kind: "unknown"; readonly failure: Failure }
  | { readonly kind: "skipped"; readonly reason: string };

/** Something that may be a plain yes or no, or not be known. */
export type Tri = "yes" | "no" | "unknown";

export function known<T>(value: T): Fact<T> {
  return { kind: "known", value };
}

export function unknown(failure: Failure): Fact<never> {
  return { kind: "unknown", failure };
}

export function skipped(reason: string): Fact<never> {
  return { kind: "skipped", reason };
}

/** The value, or `undefined` when it is not known, for callers that report the reason elsewhere. */
export function valueOf<T>(fact: Fact<T>): T | undefined {
  return fact.kind === "known" ? fact.value : undefined;
}

/** Why it is not known; `undefined` where it is. */
export function reasonOf(fact: Fact<unknown>): string | undefined {
  switch (fact.kind) {
    case "known":
      return undefined;
    case "unknown":
      return fact.failure.message;
    case "skipped":
      return fact.reason;
  }
}

/** `true` → yes, `false` → no, absent → unknown: absence is never a no. */
export function triOf(value: boolean | undefined): Tri {
  if (value === undefined) return "unknown";
  return value ? "yes" : "no";
}
