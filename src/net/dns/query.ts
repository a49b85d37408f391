import { randomInt } from "node:crypto";
import type { Clock } from "../../model/ports.ts";
import type { DnsAnswer, RecordType, Resolution, ResolverRef } from "../../model/resolution.ts";
import { startDeadline } from "../deadline.ts";
import { dnsFailure, isAskableName } from "./message.ts";
import { askTcp } from "./tcp.ts";
import { askUdp } from "./udp.ts";

/**
 * One question to one server, over UDP and, when the answer is truncated, again over TCP, both
 * within `timeoutMs`. The name is taken as absolute: no search domains, no hosts file.
 *
 * Failures: `dns-nxdomain`, `dns-servfail`, `dns-refused`, `dns-timeout`, `dns-unreachable`,
 * `dns-answer-invalid` (also, with side `user`, for a name that no question can carry),
 * `interrupted`.
 */
export async function queryServer(
  clock: Clock,
  server: Extract<ResolverRef, { kind: "server" }>,
  name: string,
  type: RecordType,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Resolution> {
  const startedMs = clock.monotonicMs();
  const finish = (answer: DnsAnswer, transport: Resolution["transport"]): Resolution => ({
    resolver: server,
    name,
    type,
    answer,
    durationMs: clock.monotonicMs() - startedMs,
    transport,
  });
  if (!isAskableName(name)) {
    const message = `${name} is no name that DNS can be asked for`;
    const failure = dnsFailure("dns-answer-invalid", "user", message);
    return finish({ kind: "failed", failure }, "none");
  }
  const question = { id: randomInt(0x1_0000), name, type };
  const deadline = startDeadline(clock, timeoutMs, signal);
  try {
    const outcome = await askUdp(server, question, clock, deadline);
    if (outcome.kind === "answer") return finish(outcome.answer, "udp");
    const again = { ...question, id: randomInt(0x1_0000) };
    return finish(await askTcp(server, again, deadline), "tcp");
  } finally {
    deadline.release();
  }
}
