import { randomBytes } from "node:crypto";
import ipaddr from "ipaddr.js";
import type { DnsFault, DnsRecords } from "../scenario.ts";
import type { Zone } from "./records.ts";
import type { Query, Question, Reply } from "./wire.ts";
import { addressRecord, EDNS_UDP_SIZE, RCODE, readQuery, soaRecord, writeReply } from "./wire.ts";

export type DnsTransport = "udp" | "tcp";

/** One question that reached the server, whatever came of it. */
export interface DnsLogEntry {
  readonly name: string;
  readonly type: string;
  readonly transport: DnsTransport;
}

/** A reply, or undefined for silence, and what to write down. */
export interface Answered {
  readonly reply: Buffer | undefined;
  readonly logged: DnsLogEntry | undefined;
}

export interface AnswerContext {
  readonly zone: Zone;
  readonly fault: DnsFault | undefined;
  readonly transport: DnsTransport;
  /** How often this name and type was answered before: the records are turned by as much. */
  timesAsked(key: string): number;
}

/** What plain DNS over UDP may carry (RFC 1035 section 4.2.1). */
const PLAIN_UDP_BYTES = 512;
const TCP_BYTES = 65_535;
const GARBAGE_BYTES = 60;

/** Answers one message. Never throws, whatever the bytes are. */
export function answerMessage(message: Buffer, context: AnswerContext): Answered {
  const received = readQuery(message);
  switch (received.kind) {
    case "ignore":
      return { reply: undefined, logged: undefined };
    case "malformed":
      return {
        reply: writeReply(received.query, refusal(RCODE.formErr), PLAIN_UDP_BYTES),
        logged: undefined,
      };
    case "query":
      return answerQuery(received.query, context);
  }
}

function answerQuery(query: Query, context: AnswerContext): Answered {
  const { question } = query;
  const logged =
    question === undefined
      ? undefined
      : { name: question.name, type: question.type, transport: context.transport };
  return { reply: applyFault(query, context), logged };
}

function applyFault(query: Query, context: AnswerContext): Buffer | undefined {
  const limit = limitOf(query, context.transport);
  switch (context.fault) {
    case undefined:
      return writeReply(query, decide(query, context), limit);
    case "never":
      return undefined;
    case "servfail":
      return writeReply(query, refusal(RCODE.servFail), limit);
    case "refused":
      return writeReply(query, refusal(RCODE.refused), limit);
    case "nxdomain":
      return writeReply(query, nxDomain(query.question), limit);
    case "nodata":
      return writeReply(query, refusal(RCODE.noError), limit);
    case "drop-private":
      return writeReply(query, withoutPrivate(query, context), limit);
    case "truncated":
      return context.transport === "tcp"
        ? writeReply(query, decide(query, context), limit)
        : truncate(query);
    case "garbage":
      return garbage(query);
    case "wrong-id":
      return writeReply({ ...query, id: (query.id + 1) & 0xffff }, decide(query, context), limit);
  }
}

function limitOf(query: Query, transport: DnsTransport): number {
  if (transport === "tcp") return TCP_BYTES;
  if (query.edns === undefined) return PLAIN_UDP_BYTES;
  return Math.max(PLAIN_UDP_BYTES, Math.min(query.edns.udpSize, EDNS_UDP_SIZE));
}

function decide(query: Query, context: AnswerContext): Reply {
  const { question } = query;
  if (query.opcode !== 0 || question === undefined) return refusal(RCODE.notImp);
  if (query.edns !== undefined && query.edns.version !== 0) return refusal(RCODE.badVers);
  if (question.class !== "IN") return refusal(RCODE.refused);

  const name = question.name.toLowerCase();
  const found = context.zone.get(name);
  if (found === undefined) {
    return isParentOfName(name, context.zone) ? refusal(RCODE.noError) : nxDomain(question);
  }
  const ips = addressesOf(found, question.type);
  if (ips.length === 0) return refusal(RCODE.noError);
  const turn = context.timesAsked(`${question.type} ${name}`) % ips.length;
  return {
    rcode: RCODE.noError,
    authoritative: true,
    answers: [...ips.slice(turn), ...ips.slice(0, turn)].map((ip) =>
      addressRecord(ip, found.ttlSeconds),
    ),
    authorities: [],
  };
}

function addressesOf(records: DnsRecords, type: string): readonly string[] {
  if (type === "A") return records.a;
  return type === "AAAA" ? records.aaaa : [];
}

/** A name with names below it exists, though it has no records of its own (RFC 8020). */
function isParentOfName(name: string, zone: Zone): boolean {
  if (name === ".") return true;
  return [...zone.keys()].some((known) => known.endsWith(`.${name}`));
}

/** No records: an error, or with noError the empty answer, which dnsmasq gives without AA. */
function refusal(rcode: number): Reply {
  return { rcode, authoritative: false, answers: [], authorities: [] };
}

function nxDomain(question: Question | undefined): Reply {
  return {
    rcode: RCODE.nxDomain,
    authoritative: false,
    answers: [],
    authorities: question === undefined || question.name === "." ? [] : [soaRecord(question)],
  };
}

/** As dnsmasq's stop-dns-rebind and unbound's private-address do: what remains is no error. */
function withoutPrivate(query: Query, context: AnswerContext): Reply {
  const zone = new Map(
    [...context.zone].map(([name, records]) => [
      name,
      { ...records, a: records.a.filter(isPublic), aaaa: records.aaaa.filter(isPublic) },
    ]),
  );
  return decide(query, { ...context, zone });
}

function isPublic(ip: string): boolean {
  return ipaddr.parse(ip).range() === "unicast";
}

/** TC and not one record, so that a client that overlooks TC gets nothing to be content with. */
function truncate(query: Query): Buffer {
  const bytes = writeReply(query, { ...refusal(RCODE.noError), authoritative: true }, TCP_BYTES);
  bytes.writeUInt16BE(bytes.readUInt16BE(2) | 0x0200, 2);
  return bytes;
}

/** Random bytes that begin as the answer to this query, so that the client has to read on. */
function garbage(query: Query): Buffer {
  const bytes = randomBytes(GARBAGE_BYTES);
  bytes.writeUInt16BE(query.id, 0);
  bytes.writeUInt8(bytes.readUInt8(2) | 0x80, 2);
  // At least 2^15 questions: 60 bytes can never hold them.
  bytes.writeUInt8(bytes.readUInt8(4) | 0x80, 4);
  return bytes;
}
