import {
  integer,
  number,
  orNull,
  problem,
  record,
  ref,
  type Schema,
  TRI,
  text,
  texts,
  words,
} from "./schema-parts.ts";

/** The parts of the schema that describe one connection and what came back over it. */

const TIME = { format: "date-time" };

const ms = (what: string): Schema =>
  orNull(number(`${what}, milliseconds; null when the phase was not completed`));
const peer = (what: string): Schema =>
  record(what, {
    ip: text("IP address"),
    port: integer("TCP port", { minimum: 0, maximum: 65_535 }),
  });

export const certificate: Schema = record("a TLS leaf", {
  subject: text("CN=kube-apiserver"),
  issuer: text("CN=kubernetes"),
  dnsNames: texts("DNS SANs"),
  ipAddresses: texts("IP SANs"),
  serialNumber: text("hexadecimal"),
  notBefore: text("valid from", TIME),
  notAfter: text("valid until", TIME),
  sha256: text("fingerprint, as openssl prints it"),
  subjectKeyId: words("has a subject key identifier", TRI),
  authorityKeyId: words("has an authority key identifier", TRI),
});

const tls = record("the TLS connection", {
  protocol: text("TLSv1.3"),
  cipher: text("cipher suite"),
  alpn: orNull(text("h2, http/1.1")),
  clientCertificateRequested: words("the server asked for a client certificate", TRI),
  leaf: { anyOf: [ref("certificate"), { type: "null" }] },
  verification: record(
    "against the cluster's CA and the endpoint's name",
    { kind: words("outcome", ["verified", "refused"]) },
    { failure: ref("failure") },
  ),
});

const http = record("the answer", {
  status: integer("HTTP status"),
  version: text("2 or 1.1"),
  auditId: orNull(text("audit-id")),
  flowSchemaUid: orNull(text("x-kubernetes-pf-flowschema-uid")),
  priorityLevelUid: orNull(text("x-kubernetes-pf-prioritylevel-uid")),
  date: orNull(text("the server's Date", TIME)),
  clockSkewMs: orNull(number("server clock minus ours, within a second")),
  bodyBytes: integer("bytes of body read"),
  deniedUser: orNull(text("whom a 403 refuses, as its body says")),
  retryAfterSeconds: orNull(integer("Retry-After")),
});

export const probe: Schema = record("one fresh connection and one request", {
  address: text("address id"),
  sample: integer("number, from 1, per address"),
  startedAt: text("when", TIME),
  dialed: peer("what was dialled"),
  local: orNull(peer("our end of the connection")),
  timings: record("each phase by itself", {
    tcpMs: ms("TCP connect"),
    tlsMs: ms("TLS handshake"),
    ttfbMs: ms("request to first byte"),
    totalMs: number("everything, milliseconds"),
  }),
  tls: orNull(tls),
  http: orNull(http),
  serverAddress: orNull(text("which API server /api named")),
  token: words("whether the bearer token went out", ["sent", "none", "withheld-unverified"]),
  problem,
});
