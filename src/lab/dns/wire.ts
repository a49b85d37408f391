import dnsPacket from "dns-packet";
import ipaddr from "ipaddr.js";

/** Response codes of RFC 1035 section 4.1.1 and RFC 6891 section 9. */
export const RCODE = {
  noError: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
  badVers: 16,
} as const;

/** What the lab's OPT record offers: dnsmasq's default, recorded. */
export const EDNS_UDP_SIZE = 1232;

const HEADER_BYTES = 12;
const TYPE_OPT = 41;
const TYPE_SOA = 6;
const CLASS_IN = 1;

/** Whatever of a packet is needed to answer it. */
export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly question: Question | undefined;
  readonly edns: Edns | undefined;
}

export interface Question {
  /** As asked; comparison is the caller's business. */
  readonly name: string;
  /** `A`, `AAAA`, …; `UNKNOWN_65` for a number dns-packet has no name for. */
  readonly type: string;
  /** `IN`, `CH`, … */
  readonly class: string;
  /** The question's bytes, echoed as they came: case and unknown numbers survive. */
  readonly bytes: Buffer;
}

export interface Edns {
  readonly version: number;
  readonly udpSize: number;
  readonly dnssecOk: boolean;
}

/** ignore: nothing to answer, or an answer itself. malformed: a header, and then not a query. */
export type Received =
  | { readonly kind: "query"; readonly query: Query }
  | { readonly kind: "malformed"; readonly query: Query }
  | { readonly kind: "ignore" };

/** Reads one DNS message. Never throws, whatever the bytes are. */
export function readQuery(message: Buffer): Received {
  if (message.length < HEADER_BYTES) return { kind: "ignore" };
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) !== 0) return { kind: "ignore" };
  const bare: Query = {
    id: message.readUInt16BE(0),
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & 0x0100) !== 0,
    question: undefined,
    edns: undefined,
  };
  if (bare.opcode !== 0) return { kind: "query", query: bare };
  return readBody(message, bare);
}

function readBody(message: Buffer, bare: Query): Received {
  try {
    const packet = dnsPacket.decode(message);
    const [asked, ...more] = packet.questions ?? [];
    const options = (packet.additionals ?? []).filter(({ type }) => type === "OPT");
    if (asked === undefined || more.length > 0 || options.length > 1) {
      return { kind: "malformed", query: bare };
    }
    const option = options[0];
    const question = {
      name: asked.name,
      type: asked.type,
      class: asked.class ?? "IN",
      bytes: Buffer.from(message.subarray(HEADER_BYTES, endOfQuestion(message))),
    };
    const edns =
      option?.type === "OPT"
        ? {
            version: option.ednsVersion,
            udpSize: option.udpPayloadSize,
            dnssecOk: option.flag_do,
          }
        : undefined;
    return { kind: "query", query: { ...bare, question, edns } };
  } catch {
    return { kind: "malformed", query: bare };
  }
}

/** A first question has nothing before it to point back to, so its name is plain labels. */
function endOfQuestion(message: Buffer): number {
  let offset = HEADER_BYTES;
  for (let length = message.readUInt8(offset); length !== 0; length = message.readUInt8(offset)) {
    // dns-packet follows a pointer into the header; nothing sane asks so.
    if (length > 63) throw new RangeError("not a label");
    offset += length + 1;
  }
  return offset + 5;
}

/** One resource record, as bytes. */
export type RecordBytes = Buffer;

export interface Reply {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly RecordBytes[];
  readonly authorities: readonly RecordBytes[];
}

/**
 * An A or AAAA record whose owner points back to the question. dns-packet spells every owner out;
 * real servers compress (RFC 1035 section 4.1.4), and a client has to cope with that.
 */
export function addressRecord(ip: string, ttlSeconds: number): RecordBytes {
  const data = Buffer.from(ipaddr.parse(ip).toByteArray());
  return record(HEADER_BYTES, data.length === 4 ? 1 : 28, ttlSeconds, data);
}

/** The SOA of the asked name's parent, with the numbers Route 53 gives a new zone. */
export function soaRecord(question: Question): RecordBytes {
  const zone = HEADER_BYTES + 1 + question.bytes.readUInt8(0);
  const data = Buffer.concat([label("ns-1"), pointer(zone), label("hostmaster"), pointer(zone)]);
  const numbers = Buffer.alloc(20);
  [1, 7200, 900, 1_209_600, 86_400].forEach((value, index) => {
    numbers.writeUInt32BE(value, index * 4);
  });
  return record(zone, TYPE_SOA, 900, Buffer.concat([data, numbers]));
}

function record(owner: number, type: number, ttlSeconds: number, data: Buffer): RecordBytes {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(ttlSeconds, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([pointer(owner), fixed, data]);
}

function label(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, "ascii")]);
}

function pointer(offset: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(0xc000 | offset);
  return bytes;
}

/**
 * The whole message, of at most `limit` bytes: records that do not fit are left out whole and TC
 * says so.
 */
export function writeReply(query: Query, reply: Reply, limit: number): Buffer {
  const question = query.question?.bytes ?? Buffer.alloc(0);
  const option = query.edns === undefined ? [] : [optRecord(query.edns, reply.rcode)];
  const room = limit - HEADER_BYTES - question.length - lengthOf(option);
  const answers = fitting(reply.answers, room);
  const authorities = fitting(reply.authorities, room - lengthOf(answers));
  const truncated =
    answers.length < reply.answers.length || authorities.length < reply.authorities.length;

  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(flagsOf(query, reply, truncated), 2);
  header.writeUInt16BE(question.length === 0 ? 0 : 1, 4);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt16BE(authorities.length, 8);
  header.writeUInt16BE(option.length, 10);
  return Buffer.concat([header, question, ...answers, ...authorities, ...option]);
}

/** QR and RA always, AA only with records, RD as asked: recorded from dnsmasq. */
function flagsOf(query: Query, reply: Reply, truncated: boolean): number {
  return (
    0x8080 |
    (query.opcode << 11) |
    (reply.authoritative ? 0x0400 : 0) |
    (truncated ? 0x0200 : 0) |
    (query.recursionDesired ? 0x0100 : 0) |
    (reply.rcode & 0xf)
  );
}

function optRecord(edns: Edns, rcode: number): Buffer {
  const bytes = Buffer.alloc(11);
  bytes.writeUInt16BE(TYPE_OPT, 1);
  bytes.writeUInt16BE(EDNS_UDP_SIZE, 3);
  bytes.writeUInt8(rcode >> 4, 5);
  bytes.writeUInt16BE(edns.dnssecOk ? 0x8000 : 0, 7);
  return bytes;
}

function fitting(records: readonly RecordBytes[], room: number): readonly RecordBytes[] {
  let left = room;
  const kept: RecordBytes[] = [];
  for (const bytes of records) {
    left -= bytes.length;
    if (left < 0) break;
    kept.push(bytes);
  }
  return kept;
}

function lengthOf(records: readonly Buffer[]): number {
  return records.reduce((sum, bytes) => sum + bytes.length, 0);
}
