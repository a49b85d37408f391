/** How deep a chain of causes is followed; also ends a chain that bites its own tail. */
const MAX_ERRORS = 20;

/** An error as far as one may look at it: codes and where it was going. */
export interface ErrorFacts {
  /** The class or service code: `AccessDeniedException`, `CredentialsProviderError`. */
  readonly name: string;
  /** Node's code: `ECONNREFUSED`. */
  readonly code: string | undefined;
  readonly message: string;
  readonly status: number | undefined;
  /** The SDK marks what the service itself said; its own errors carry no such mark. */
  readonly fromService: boolean;
  /** Whether an HTTP answer was there when it was thrown. */
  readonly answered: boolean;
  readonly host: string | undefined;
}

/** The error and everything that caused it, outermost first. */
export function errorChain(error: unknown): readonly ErrorFacts[] {
  const queue: unknown[] = [error];
  const seen = new Set<unknown>();
  const facts: ErrorFacts[] = [];
  while (queue.length > 0 && facts.length < MAX_ERRORS) {
    const next = queue.shift();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    facts.push(factsOf(next));
    queue.push(field(next, "cause"));
    const errors = field(next, "errors");
    if (Array.isArray(errors)) queue.push(...errors);
  }
  return facts;
}

function factsOf(error: object): ErrorFacts {
  const metadata = field(error, "$metadata");
  const status =
    typeof metadata === "object" && metadata !== null
      ? field(metadata, "httpStatusCode")
      : undefined;
  return {
    name: textOf(field(error, "name")) ?? "Error",
    code: textOf(field(error, "code")),
    message: textOf(field(error, "message")) ?? "",
    status: typeof status === "number" ? status : undefined,
    fromService: field(error, "$fault") !== undefined,
    answered: field(error, "$response") !== undefined,
    host: textOf(field(error, "hostname")) ?? textOf(field(error, "address")),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function field(holder: object, name: string): unknown {
  return Reflect.get(holder, name);
}
