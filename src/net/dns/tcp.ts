import { connect } from "node:net";
import { addressId } from "../../model/address.ts";
import type { Failure } from "../../model/failure.ts";
import type { DnsAnswer } from "../../model/resolution.ts";
import type { Deadline } from "../deadline.ts";
import type { Question } from "./message.ts";
import { dnsFailure, encodeQuestion, readPacket } from "./message.ts";
import type { DnsServer } from "./udp.ts";
import { stopFailure, unreachable } from "./udp.ts";

/**
 * Asks over TCP: each message is preceded by its length in two bytes (RFC 1035 section 4.2.2), so
 * an answer cannot exceed 64 KiB, and whatever follows it is not read.
 */
export function askTcp(
  server: DnsServer,
  question: Question,
  deadline: Deadline,
): Promise<DnsAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: server.ip, port: server.port, noDelay: true });
    let settled = false;
    let received: Buffer = Buffer.alloc(0);
    const settle = (answer: DnsAnswer): void => {
      if (settled) return;
      settled = true;
      deadline.signal.removeEventListener("abort", onStop);
      socket.destroy();
      resolve(answer);
    };
    const fail = (failure: Failure): void => settle({ kind: "failed", failure });
    const onStop = (): void => fail(stopFailure(deadline, server, 0, 0));
    // Stays on for good: a late reset must not become an uncaught 'error' event.
    socket.on("error", (error) => fail(unreachable(error, server)));
    socket.once("connect", () => {
      const packet = encodeQuestion(question);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(packet.length);
      socket.write(Buffer.concat([length, packet]));
    });
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const packet = firstMessage(received);
      if (packet !== undefined) settle(readTcpPacket(packet, question, server));
    });
    socket.once("end", () => fail(invalid(server, "ended before the answer was complete")));
    deadline.signal.addEventListener("abort", onStop, { once: true });
    if (deadline.signal.aborted) onStop();
  });
}

function firstMessage(received: Buffer): Buffer | undefined {
  if (received.length < 2) return undefined;
  const end = 2 + received.readUInt16BE(0);
  return received.length < end ? undefined : received.subarray(2, end);
}

function readTcpPacket(packet: Buffer, question: Question, server: DnsServer): DnsAnswer {
  const reading = readPacket(packet, question);
  switch (reading.kind) {
    case "answer":
      return reading.answer;
    case "malformed":
      return { kind: "failed", failure: invalid(server, "sent an answer that cannot be read") };
    case "unrelated":
      return { kind: "failed", failure: invalid(server, "answered another question") };
    case "truncated":
      return { kind: "failed", failure: invalid(server, "sent a truncated answer") };
  }
}

function invalid(server: DnsServer, what: string): Failure {
  const message = `DNS server ${addressId(server.ip, server.port)} over TCP ${what}`;
  return dnsFailure("dns-answer-invalid", "resolver", message);
}
