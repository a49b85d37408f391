import dnsPacket, { type Answer } from "dns-packet";
import type { DnsPeerOptions } from "./hostile-servers.ts";
import { vip } from "./hostile-world.ts";

/** An answer with these records, marked truncated where asked. */
function answerWith(query: Buffer, answers: Answer[], truncated = false): Buffer {
  const { id, questions } = dnsPacket.decode(query);
  if (id === undefined || questions === undefined) throw new Error("no question");
  const flags = dnsPacket.RECURSION_DESIRED | (truncated ? dnsPacket.TRUNCATED_RESPONSE : 0);
  return dnsPacket.encode({ type: "response", id, flags, questions, answers });
}

function asked(query: Buffer): { readonly name: string; readonly isA: boolean } {
  const [question] = dnsPacket.decode(query).questions ?? [];
  return { name: question?.name ?? "", isA: question?.type === "A" };
}

function framed(packet: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

function cname(from: string, to: string): Answer {
  return { type: "CNAME", name: from, data: to };
}

const truncate: DnsPeerOptions["udp"] = (query, reply) => reply(answerWith(query, [], true));

/** DNS servers that answer in bad faith, and the code their answers get; undefined: none. */
export const DNS_ABUSES: Readonly<
  Record<string, DnsPeerOptions & { readonly code: string | undefined }>
> = {
  "1,000 records over TCP": {
    code: undefined,
    udp: truncate,
    tcp: (query, socket) => {
      const { name, isA } = asked(query);
      const many = Array.from({ length: isA ? 1_000 : 0 }, (_, index) => ({
        type: "A" as const,
        name,
        ttl: 60,
        data: index === 0 ? vip(1) : `44.${index >> 8}.${index & 0xff}.7`,
      }));
      socket.end(framed(answerWith(query, many)));
    },
  },
  "a loop of CNAMEs": {
    code: "dns-answer-invalid",
    udp: (query, reply) => {
      const { name } = asked(query);
      reply(answerWith(query, [cname(name, "a.example"), cname("a.example", name)]));
    },
  },
  "a chain of 50 CNAMEs": {
    code: "dns-answer-invalid",
    udp: (query, reply) => {
      const { name } = asked(query);
      const links = Array.from({ length: 50 }, (_, index) => ({
        type: "CNAME" as const,
        name: index === 0 ? name : `n${index}.example`,
        data: `n${index + 1}.example`,
      }));
      reply(answerWith(query, links));
    },
  },
  "names with escape sequences": {
    code: undefined,
    udp: (query, reply) => {
      const { name, isA } = asked(query);
      const evil = "\u001b[2j\u0007evil\u001b]0;x\u0007.example";
      reply(
        answerWith(query, [
          { type: "CNAME", name, data: evil },
          ...(isA ? [{ type: "A" as const, name: evil, ttl: 60, data: vip(1) }] : []),
        ]),
      );
    },
  },
  "TCP that trickles": {
    code: "dns-timeout",
    udp: truncate,
    tcp: (query, socket) => {
      const bytes = framed(answerWith(query, []));
      let sent = 0;
      const timer = setInterval(() => {
        if (sent < bytes.length - 1) socket.write(bytes.subarray(sent, sent + 1));
        sent += 1;
      }, 200);
      socket.once("close", () => clearInterval(timer));
    },
  },
  "a flood of answers to other questions": {
    code: "dns-timeout",
    udp: (query, reply) => {
      const foreign = Buffer.from(answerWith(query, []));
      foreign.writeUInt16BE((foreign.readUInt16BE(0) + 1) & 0xffff, 0);
      for (let count = 0; count < 2_000; count += 1) reply(foreign);
    },
  },
  "pointers that bite their tail": {
    code: "dns-answer-invalid",
    udp: (query, reply) => {
      const looped = Buffer.concat([query, Buffer.from("c00c0001000100000001000401020304", "hex")]);
      looped.writeUInt16BE(0x8180, 2);
      looped.writeUInt16BE(1, 6);
      looped.writeUInt16BE(0xc000 | query.length, query.length);
      reply(looped);
    },
  },
};
