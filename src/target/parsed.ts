/** The outcome of reading something a user wrote. `problem` names what was wrong and what is right. */
export type Parsed<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "bad"; readonly problem: string };

export function ok<T>(value: T): Parsed<T> {
  return { kind: "ok", value };
}

export function bad(problem: string): Parsed<never> {
  return { kind: "bad", problem };
}

/** The input as it may be shown back: quoted, short, without control characters. */
export function quoteInput(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return JSON.stringify(short).replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}
