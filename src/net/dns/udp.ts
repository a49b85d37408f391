import { createSocket } from "node:dgram";
import { addressId } from "../../model/address.ts";
import type { Failure } from "../../model/failure.ts";
import { familyOf } from "../../model/ip.ts";
import type { Clock } from "../../model/ports.ts";
import { interrupted } from "../../model/ports.ts";
import type { DnsAnswer } from "../../model/resolution.ts";
import type { Deadline } from "../deadline.ts";
import { errorCodes } from "../error-codes.ts";
import type { Question } from "./message.ts";
import { dnsFailure, encodeQuestion, readPacket } from "./message.ts";

export interface DnsServer {
  readonly ip: string;
  readonly port: number;
}

export type UdpOutcome =
  | { readonly kind: "answer"; readonly answer: DnsAnswer }
  | { readonly kind: "truncated" };

/** When the question goes out again, as parts of the whole time: a lost packet costs 1/5 of it. */
const RETRY_AT: readonly number[] = [1 / 5, 1 / 2];

/**
 * Asks over UDP until a packet fits the question. The socket is connected, so that the kernel lets
 * in packets of the asked server only; what does not fit is ignored and waiting goes on.
 */
export function askUdp(
  server: DnsServer,
  question: Question,
  clock: Clock,
  deadline: Deadline,
): Promise<UdpOutcome> {
  return new Promise((resolve) => {
    const packet = encodeQuestion(question);
    const done = new AbortController();
    let malformed = 0;
    let unrelated = 0;
    const socket = createSocket({
      type: familyOf(server.ip) === 6 ? "udp6" : "udp4",
      lookup: (host, _options, callback) => callback(null, host, familyOf(host)),
    });
    const settle = (outcome: UdpOutcome): void => {
      if (done.signal.aborted) return;
      done.abort();
      deadline.signal.removeEventListener("abort", onStop);
      socket.close();
      resolve(outcome);
    };
    const fail = (failure: Failure): void =>
      settle({ kind: "answer", answer: { kind: "failed", failure } });
    const onStop = (): void => fail(stopFailure(deadline, server, malformed, unrelated));
    const onSendError = (error: Error | null): void => {
      if (error !== null) fail(unreachable(error, server));
    };
    // Stays on for good: a late ICMP error must not become an uncaught 'error' event.
    socket.on("error", (error) => fail(unreachable(error, server)));
    socket.on("message", (message) => {
      const reading = readPacket(message, question);
      if (reading.kind === "malformed") malformed += 1;
      else if (reading.kind === "unrelated") unrelated += 1;
      else settle(reading);
    });
    const send = (): void => {
      if (!done.signal.aborted) socket.send(packet, onSendError);
    };
    socket.once("connect", () => {
      send();
      for (const part of RETRY_AT)
        void clock.wait(part * deadline.timeoutMs, done.signal).then(send);
    });
    deadline.signal.addEventListener("abort", onStop, { once: true });
    if (deadline.signal.aborted) return onStop();
    socket.connect(server.port, server.ip);
  });
}

const LOCAL_CODES: readonly string[] = ["EMFILE", "ENFILE", "EACCES", "EPERM", "ENOBUFS"];

/** `dns-unreachable`: the network or this host said no before the server could answer. */
export function unreachable(error: unknown, server: DnsServer): Failure {
  const code = errorCodes(error)[0] ?? "unknown";
  const side = LOCAL_CODES.includes(code) ? "local" : "network";
  const message = `DNS server ${addressId(server.ip, server.port)} cannot be reached (${code})`;
  return dnsFailure("dns-unreachable", side, message, code);
}

/** `interrupted`, or why the time ran out: nothing came, or nothing that could be read. */
export function stopFailure(
  deadline: Deadline,
  server: DnsServer,
  malformed: number,
  unrelated: number,
): Failure {
  if (deadline.cause() === "interrupted") return interrupted("dns");
  const who = `DNS server ${addressId(server.ip, server.port)}`;
  const limit = `within ${deadline.timeoutMs} ms`;
  if (malformed > 0)
    return dnsFailure("dns-answer-invalid", "resolver", `${who} sent only garbage ${limit}`);
  const ignored = unrelated === 0 ? "" : ` (${unrelated} packets did not fit the question)`;
  return dnsFailure("dns-timeout", "resolver", `no answer from ${who} ${limit}${ignored}`);
}
