import * as v from "valibot";
import type { Address, AddressSource } from "../../../model/address.ts";
import type {
  Certificate,
  HttpFacts,
  Observation,
  ServerIdentity,
  TlsFacts,
  Verification,
} from "../../../model/observation.ts";
import type { DnsAnswer, Resolution, ResolverRef } from "../../../model/resolution.ts";
import {
  anyWord,
  duration,
  failure,
  flag,
  list,
  maybe,
  name,
  number,
  type Read,
  text,
  time,
  tri,
  unreadable,
  word,
} from "./parts.ts";

/** What was resolved, and what was dialled. */

const resolver: Read<ResolverRef> = v.pipe(
  v.object({
    kind: name,
    ip: maybe(name),
    port: maybe(number),
    system: v.nullish(flag, false),
  }),
  v.transform(
    ({ kind, ip = kind, port = 53, system }): ResolverRef =>
      kind === "system-lookup" || kind === "hosts-file"
        ? { kind }
        : { kind: "server", ip, port, system },
  ),
);

const type: Read<Resolution["type"]> = anyWord();

/** Without a TTL where there is none: then nobody looks at it. */
const record = v.pipe(
  v.object({ type, ip: name, ttlSeconds: maybe(number) }),
  v.transform(({ ttlSeconds = 0, ...rest }) => ({ ...rest, ttlSeconds })),
);

export const resolution: Read<Resolution> = v.pipe(
  v.object({
    resolver,
    name,
    type,
    transport: word(["udp", "tcp", "none"], "none"),
    durationMs: duration,
    outcome: name,
    records: list(record),
    cnames: list(name),
    problem: maybe(failure),
  }),
  v.transform(({ outcome, records, cnames, problem, ...rest }) => ({
    ...rest,
    answer: answerOf(outcome, records, cnames, problem),
  })),
);

function answerOf(
  outcome: string,
  records: Extract<DnsAnswer, { kind: "records" }>["records"],
  cnames: readonly string[],
  problem: Observation["failure"],
): DnsAnswer {
  if (outcome === "records") return { kind: "records", records, cnames };
  if (outcome === "nodata") return { kind: "nodata" };
  return { kind: "failed", failure: problem ?? unreadable(outcome) };
}

const source: Read<AddressSource> = v.pipe(
  v.object({
    kind: name,
    resolver: maybe(name),
    eniId: maybe(name),
    primary: v.nullish(flag, false),
  }),
  v.transform(({ kind, resolver: by = kind, eniId = "?", primary }): AddressSource => {
    if (kind === "eni") return { kind, eniId, primary };
    return kind === "hosts-file" || kind === "system-lookup"
      ? { kind }
      : { kind: "dns", resolver: by };
  }),
);

export const addressKind: Read<Address["kind"]> = word(["vip", "eni", "other"], "other");

export const address: Read<Address> = v.object({
  id: name,
  ip: name,
  port: number,
  family: v.pipe(
    v.number(),
    v.transform((value) => (value === 6 ? 6 : 4)),
  ),
  kind: addressKind,
  sources: list(source),
});

export const certificate: Read<Certificate> = v.object({
  subject: text,
  issuer: text,
  dnsNames: list(text),
  ipAddresses: list(name),
  serialNumber: name,
  notBefore: name,
  notAfter: name,
  sha256: name,
  subjectKeyId: v.nullish(tri, "unknown"),
  authorityKeyId: v.nullish(tri, "unknown"),
});

const verification: Read<Verification> = v.pipe(
  v.object({ kind: name, failure: maybe(failure) }),
  v.transform(
    ({ kind, failure: why }): Verification =>
      kind === "verified" ? { kind } : { kind: "refused", failure: why ?? unreadable(kind) },
  ),
);

const tls: Read<TlsFacts> = v.object({
  protocol: name,
  cipher: name,
  alpn: maybe(name),
  clientCertificateRequested: tri,
  leaf: maybe(certificate),
  verification,
});

const http: Read<HttpFacts> = v.object({
  status: number,
  version: name,
  auditId: maybe(name),
  flowSchemaUid: maybe(name),
  priorityLevelUid: maybe(name),
  date: maybe(name),
  clockSkewMs: maybe(number),
  bodyBytes: number,
  deniedUser: maybe(text),
  retryAfterSeconds: maybe(number),
});

const peer = v.object({ ip: name, port: number });

export const probe: Read<Observation> = v.pipe(
  v.object({
    address: name,
    sample: number,
    startedAt: time,
    dialed: peer,
    local: maybe(peer),
    tls: maybe(tls),
    token: word(["sent", "none", "withheld-unverified"], "none"),
    http: maybe(http),
    timings: v.object({
      tcpMs: maybe(duration),
      tlsMs: maybe(duration),
      ttfbMs: maybe(duration),
      totalMs: duration,
    }),
    serverAddress: maybe(name),
    problem: maybe(failure),
  }),
  v.transform(({ serverAddress, problem, ...rest }) => ({
    ...rest,
    identity: identityOf(serverAddress),
    failure: problem,
  })),
);

/** `host:port`, an IPv6 address in brackets. */
function identityOf(serverAddress: string | undefined): ServerIdentity | undefined {
  if (serverAddress === undefined) return undefined;
  const host = serverAddress.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return { serverAddress, host };
}
