const MAX_DEPTH = 8;

/**
 * Every `code` of an error, its causes and, for an AggregateError, the errors inside it, outermost
 * first. undici and happy-eyeballs wrap the error that matters.
 */
export function errorCodes(error: unknown, depth = 0): readonly string[] {
  if (typeof error === "string") return [error];
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return [];
  const own = "code" in error && typeof error.code === "string" ? [error.code] : [];
  const cause = "cause" in error ? errorCodes(error.cause, depth + 1) : [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [...own, ...cause, ...inner.flatMap((each: unknown) => errorCodes(each, depth + 1))];
}
