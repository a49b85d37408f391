import type { ResolverChoice } from "../../model/request.ts";
import type { Resolution } from "../../model/resolution.ts";
import { DNS_RETRY_MS, NEGATIVE_TTL_MS, UNTOLD_TTL_MS } from "./constants.ts";

/** When each resolver may be asked again; monotonic, in the order of the choices. */
export interface DnsPace {
  readonly choices: readonly ResolverChoice[];
  readonly dueMs: readonly number[];
}

export function startDnsPace(choices: readonly ResolverChoice[], nowMs: number): DnsPace {
  const all: readonly ResolverChoice[] = choices.length > 0 ? choices : [{ kind: "system" }];
  return { choices: all, dueMs: all.map(() => nowMs) };
}

export function dueResolvers(pace: DnsPace, nowMs: number): readonly ResolverChoice[] {
  return pace.choices.filter((_, index) => nowMs >= (pace.dueMs[index] ?? 0));
}

/** After `asked` answered at `nowMs`. */
export function dnsPaceAfter(
  pace: DnsPace,
  nowMs: number,
  asked: readonly ResolverChoice[],
  answers: readonly Resolution[],
): DnsPace {
  return {
    choices: pace.choices,
    dueMs: pace.choices.map((choice, index) =>
      asked.includes(choice)
        ? nowMs + restMs(answers.filter((answer) => isOf(answer, choice)))
        : (pace.dueMs[index] ?? nowMs),
    ),
  };
}

function isOf({ resolver }: Resolution, choice: ResolverChoice): boolean {
  if (choice.kind === "system") {
    return resolver.kind === "system-lookup" || (resolver.kind === "server" && resolver.system);
  }
  return (
    resolver.kind === "server" &&
    !resolver.system &&
    resolver.ip === choice.ip &&
    resolver.port === choice.port
  );
}

/** For how long the answers hold: the least TTL among them, as a cache would keep them. */
export function restMs(answers: readonly Resolution[]): number {
  const ttls = answers.flatMap(({ resolver, answer }) =>
    resolver.kind === "server" && answer.kind === "records"
      ? answer.records.map(({ ttlSeconds }) => ttlSeconds * 1_000)
      : [],
  );
  if (ttls.length > 0) return Math.min(...ttls);
  if (answers.some(({ answer }) => answer.kind === "records")) return UNTOLD_TTL_MS;
  const isDenied = answers.some(
    ({ answer }) =>
      answer.kind === "nodata" ||
      (answer.kind === "failed" && answer.failure.code === "dns-nxdomain"),
  );
  return isDenied ? NEGATIVE_TTL_MS : DNS_RETRY_MS;
}
