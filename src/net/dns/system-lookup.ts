import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import type { Failure } from "../../model/failure.ts";
import type { Clock } from "../../model/ports.ts";
import { interrupted } from "../../model/ports.ts";
import type { DnsAnswer, RecordType, Resolution } from "../../model/resolution.ts";
import type { StopCause } from "../deadline.ts";
import { startDeadline, whenStopped } from "../deadline.ts";
import { errorCodes } from "../error-codes.ts";
import { dnsFailure } from "./message.ts";

/** getaddrinfo, or what a test puts in its place. */
export type LookupAll = (name: string) => Promise<readonly LookupAddress[]>;

export const lookupAll: LookupAll = (name) => lookup(name, { all: true, verbatim: true });

/**
 * What getaddrinfo says, as one row for A and one for AAAA. It runs in the thread pool and cannot
 * be stopped, so at the deadline its result is left behind. It tells no lifetimes: `ttlSeconds` is
 * 0, and it cannot tell a name without addresses from no such name: both are `dns-nxdomain` with
 * the cause ENOTFOUND.
 *
 * Failures: `dns-nxdomain`, `dns-servfail` (EAI_AGAIN), `dns-timeout`, `dns-answer-invalid`,
 * `interrupted`.
 */
export async function systemLookup(
  clock: Clock,
  ask: LookupAll,
  name: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<readonly Resolution[]> {
  const startedMs = clock.monotonicMs();
  const deadline = startDeadline(clock, timeoutMs, signal);
  const stopped = whenStopped(deadline).then((cause) => stopFailure(cause, name, timeoutMs));
  try {
    const result = await Promise.race([asked(ask, name), stopped]);
    const durationMs = clock.monotonicMs() - startedMs;
    const row = (type: RecordType, family: number): Resolution => ({
      resolver: { kind: "system-lookup" },
      name,
      type,
      answer: answerOf(result, type, family),
      durationMs,
      transport: "none",
    });
    return [row("A", 4), row("AAAA", 6)];
  } finally {
    deadline.release();
  }
}

type Asked = readonly LookupAddress[] | Failure;

async function asked(ask: LookupAll, name: string): Promise<Asked> {
  try {
    return await ask(name);
  } catch (error) {
    return lookupFailure(error, name);
  }
}

function stopFailure(cause: StopCause, name: string, timeoutMs: number): Failure {
  if (cause === "interrupted") return interrupted("dns");
  const message = `this machine's resolver gave no answer for ${name} within ${timeoutMs} ms`;
  return dnsFailure("dns-timeout", "resolver", message);
}

function answerOf(result: Asked, type: RecordType, family: number): DnsAnswer {
  if ("code" in result) return { kind: "failed", failure: result };
  const records = result
    .filter((each) => each.family === family)
    .map((each) => ({ type, ip: each.address, ttlSeconds: 0 }));
  return records.length === 0 ? { kind: "nodata" } : { kind: "records", records, cnames: [] };
}

function lookupFailure(error: unknown, name: string): Failure {
  const cause = errorCodes(error)[0] ?? "unknown";
  const message = `this machine's resolver found no address for ${name} (${cause})`;
  if (cause === "ENOTFOUND") return dnsFailure("dns-nxdomain", "resolver", message, cause);
  if (cause === "EAI_AGAIN") return dnsFailure("dns-servfail", "resolver", message, cause);
  return dnsFailure("dns-answer-invalid", "local", message, cause);
}
