import type { Failure, FailureCode, FailurePhase, FailureSide } from "../model/failure.ts";

/** A step of a call: its value, or why there is none. */
export type Outcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: Failure };

export function ok<T>(value: T): Outcome<T> {
  return { kind: "ok", value };
}

export function failed(failure: Failure): Outcome<never> {
  return { kind: "failed", failure };
}

/** A failure whose text is ours; `cause` is the platform's code, where there is one. */
export function failureOf(
  code: FailureCode,
  phase: FailurePhase,
  side: FailureSide,
  message: string,
  cause?: string,
): Failure {
  return cause === undefined
    ? { code, phase, side, message }
    : { code, phase, side, message, cause };
}
