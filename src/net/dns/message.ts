import type { Answer, DecodedPacket } from "dns-packet";
import { decode, encode, RECURSION_DESIRED } from "dns-packet";
import type { Failure, FailureCode, FailureSide } from "../../model/failure.ts";
import type { DnsAnswer, DnsRecord, RecordType } from "../../model/resolution.ts";
import { sanitizeText } from "../../model/text.ts";
import { isWellFramed } from "./framing.ts";

/** RFC 6891; 1232 bytes pass every path with an IPv6 minimum MTU unfragmented (DNS flag day 2020). */
const UDP_SIZE = 1232;
const MAX_CHAIN = 16;
const MAX_RECORDS = 256;
const MAX_NAME = 255;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: RecordType;
}

/** What a packet is to a question. `unrelated` and `malformed` ones are ignored over UDP. */
export type PacketReading =
  | { readonly kind: "unrelated" }
  | { readonly kind: "malformed" }
  | { readonly kind: "truncated" }
  | { readonly kind: "answer"; readonly answer: DnsAnswer };

/** Whether a name can be put into a question at all: RFC 1035 section 2.3.4. */
export function isAskableName(name: string): boolean {
  const labels = name.replace(/\.$/, "").split(".");
  return (
    labels.every((label) => label.length > 0 && Buffer.byteLength(label) <= 63) &&
    Buffer.byteLength(name) <= 253
  );
}

/** One recursive question with EDNS0, the name absolute. */
export function encodeQuestion(question: Question): Buffer {
  return encode({
    type: "query",
    id: question.id,
    flags: RECURSION_DESIRED,
    questions: [{ type: question.type, name: question.name }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: UDP_SIZE,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/**
 * Reads one packet as the answer to a question: the id, the QR bit, the opcode and the question
 * must fit, and records count only at the end of the CNAME chain that starts at the question's
 * name. Never throws.
 */
export function readPacket(packet: Buffer, question: Question): PacketReading {
  if (packet.length < 12) return { kind: "malformed" };
  const flags = packet.readUInt16BE(2);
  const isAnswer = (flags & 0x8000) !== 0 && (flags & 0x7800) === 0;
  if (packet.readUInt16BE(0) !== question.id || !isAnswer) return { kind: "unrelated" };
  const head = tryDecode(withoutRecords(packet));
  if (head === undefined) return { kind: "malformed" };
  const rcode = flags & 0x0f;
  if (!fitsQuestion(head, question, rcode)) return { kind: "unrelated" };
  if ((flags & 0x0200) !== 0) return { kind: "truncated" };
  const failure = rcodeFailure(rcode, question);
  if (failure !== undefined) return { kind: "answer", answer: { kind: "failed", failure } };
  const full = isWellFramed(packet) ? tryDecode(packet) : undefined;
  if (full === undefined) return { kind: "malformed" };
  return { kind: "answer", answer: followChain(full.answers ?? [], question) };
}

/** A failure of phase `dns`. */
export function dnsFailure(
  code: FailureCode,
  side: FailureSide,
  message: string,
  cause?: string,
): Failure {
  const failure = { code, phase: "dns" as const, side, message: sanitizeText(message, 400) };
  return cause === undefined ? failure : { ...failure, cause };
}

/** The header and the question alone: a truncated packet may end inside a record. */
function withoutRecords(packet: Buffer): Buffer {
  const copy = Buffer.from(packet);
  copy.fill(0, 6, 12);
  return copy;
}

function tryDecode(packet: Buffer): DecodedPacket | undefined {
  try {
    return decode(packet);
  } catch {
    return undefined;
  }
}

/** Servers that cannot or will not read a question may leave it out of their refusal. */
const BARE_RCODES: readonly number[] = [1, 2, 4, 5];

function fitsQuestion(packet: DecodedPacket, question: Question, rcode: number): boolean {
  const asked = packet.questions ?? [];
  if (asked.length === 0) return BARE_RCODES.includes(rcode);
  const [first] = asked;
  return (
    asked.length === 1 &&
    first !== undefined &&
    first.type === question.type &&
    first.class === "IN" &&
    canonical(first.name) === canonical(question.name)
  );
}

const RCODE_NAMES: readonly string[] = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
];

function rcodeFailure(rcode: number, question: Question): Failure | undefined {
  const cause = RCODE_NAMES[rcode] ?? `RCODE${rcode}`;
  const what = `${question.name} ${question.type}`;
  if (rcode === 0) return undefined;
  if (rcode === 3) return dnsFailure("dns-nxdomain", "resolver", `no such name: ${what}`, cause);
  if (rcode === 2)
    return dnsFailure("dns-servfail", "resolver", `the server failed to resolve ${what}`, cause);
  if (rcode === 5)
    return dnsFailure("dns-refused", "resolver", `the server refused to answer ${what}`, cause);
  return dnsFailure(
    "dns-answer-invalid",
    "resolver",
    `the server answered ${cause} to ${what}`,
    cause,
  );
}

function followChain(answers: readonly Answer[], question: Question): DnsAnswer {
  const targets = new Map<string, string>();
  for (const answer of answers)
    if (answer.type === "CNAME" && isInternet(answer) && !targets.has(canonical(answer.name)))
      targets.set(canonical(answer.name), answer.data);
  const cnames: string[] = [];
  const seen = new Set<string>();
  let end = canonical(question.name);
  for (let target = targets.get(end); target !== undefined; target = targets.get(end)) {
    if (seen.has(end) || seen.size >= MAX_CHAIN) {
      const message = `the CNAME chain of ${question.name} does not end`;
      return { kind: "failed", failure: dnsFailure("dns-answer-invalid", "resolver", message) };
    }
    seen.add(end);
    cnames.push(sanitizeText(target, MAX_NAME));
    end = canonical(target);
  }
  const records = answers.flatMap((answer) => recordAt(answer, end, question.type));
  if (records.length === 0) return { kind: "nodata" };
  return { kind: "records", records: records.slice(0, MAX_RECORDS), cnames };
}

function recordAt(answer: Answer, name: string, type: RecordType): readonly DnsRecord[] {
  if ((answer.type !== "A" && answer.type !== "AAAA") || answer.type !== type) return [];
  if (canonical(answer.name) !== name || !isInternet(answer)) return [];
  return [{ type, ip: answer.data, ttlSeconds: answer.ttl ?? 0 }];
}

function isInternet(answer: { readonly class?: string | undefined }): boolean {
  return answer.class === "IN";
}

function canonical(name: string): string {
  return name.replace(/\.$/, "").toLowerCase();
}
