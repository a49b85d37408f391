/** Fixed for good, with the same meaning in every command. */
export const EXIT = {
  ok: 0,
  /** A check failed: a path that should work does not. */
  failed: 1,
  /** Usage or configuration error. */
  usage: 2,
  /** Could not tell: no credentials, access denied, AWS API unreachable, internal error. */
  unknown: 3,
  /** Warnings only, where those are to fail. */
  warnings: 4,
  /** Not as it was in the baseline. */
  drift: 5,
  interrupted: 130,
} as const;
