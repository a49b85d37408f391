import { certainty, coverage, inspected, latency, topology } from "./certainty-schema.ts";
import { cluster, eni, vantage } from "./cluster-schema.ts";
import { SCHEMA_VERSION } from "./document.ts";
import { expectations, investigation, local } from "./evidence-schema.ts";
import { drift, EXIT_CODES, gate } from "./gate-schema.ts";
import { certificate, probe } from "./probe-schema.ts";
import { request } from "./request-schema.ts";
import {
  flag,
  integer,
  list,
  number,
  orNull,
  problem,
  record,
  ref,
  type Schema,
  text,
  texts,
  words,
} from "./schema-parts.ts";

const TIME = { format: "date-time" };
const SIGNALS = ["server-address", "certificate-host", "certificate-fingerprint"];
const KINDS = ["vip", "eni", "other"];

export const failure: Schema = record(
  "why something could not be had",
  {
    code: text("stable code: tcp-timeout, tls-untrusted, access-denied, …"),
    phase: text("where in the run: describe-cluster, dns, tcp, tls, http, body, …"),
    side: words("who has to act", ["local", "resolver", "network", "server", "aws", "user"]),
    message: text("one line for people"),
  },
  { cause: text("the platform's or service's own code, as given") },
);

const resolution = record("one question to one resolver", {
  resolver: record(
    "who was asked",
    {
      kind: words("server: a DNS server; system-lookup: getaddrinfo; hosts-file", [
        "server",
        "system-lookup",
        "hosts-file",
      ]),
    },
    {
      ip: text("address of the server"),
      port: integer("its port"),
      system: flag("one of this machine's own"),
    },
  ),
  name: text("the name asked for"),
  type: words("record type", ["A", "AAAA"]),
  transport: words("how it was asked; none: no packet was needed", ["udp", "tcp", "none"]),
  durationMs: number("milliseconds"),
  outcome: words("nodata: the name exists without such a record", ["records", "nodata", "failed"]),
  records: list(
    "what it said",
    record("a record", {
      type: words("type", ["A", "AAAA"]),
      ip: text("address"),
      ttlSeconds: orNull(integer("TTL; null where there is none (hosts file, system lookup)")),
    }),
  ),
  cnames: texts("aliases followed, in order"),
  problem,
});

const address = record("an IP and port that may lead to the control plane", {
  id: text("ip:port, the key that probes and paths refer to"),
  ip: text("IP address"),
  port: integer("port"),
  family: integer("4 or 6", { enum: [4, 6] }),
  kind: words("vip: resolved, no ENI owns it; eni: an ENI owns it; other: neither is known", KINDS),
  sources: list(
    "who named it",
    record(
      "a source",
      { kind: words("kind", ["dns", "eni", "hosts-file", "system-lookup"]) },
      {
        resolver: text("the DNS server"),
        eniId: text("the ENI"),
        primary: flag("its primary address"),
      },
    ),
  ),
});

const apiServer = record("one kube-apiserver", {
  id: text("A, B, …"),
  host: orNull(text("host name of the instance")),
  serverAddress: orNull(text("as /api named it")),
  identifiedBy: words("the strongest signal that names it", SIGNALS),
  certificates: list("leaves it showed", ref("certificate")),
  reachedBy: texts("address ids"),
  agreement: record(
    "what the other signals say",
    { kind: words("outcome", ["agree", "single", "disagree"]) },
    {
      signals: list("signals that agree", words("signal", [...SIGNALS, "identity-lease"])),
      signal: words("the only signal", SIGNALS),
      reason: text("why there is only one"),
      detail: text("how they disagree"),
    },
  ),
  inspected: orNull(inspected),
});

const path = record("address to API server", {
  address: text("address id"),
  kind: words("kind of the address", KINDS),
  apiServer: orNull(text("API server id; null: not known")),
  seen: integer("probes of the address that met this API server"),
  of: integer("probes of the address"),
  state: words("answered: with a status other than 200", [
    "ok",
    "answered",
    "failed",
    "skipped",
    "unknown",
  ]),
  reason: orNull(text("why it was skipped")),
  problem,
});

const finding = record("the outcome of one check", {
  code: text("stable code, layer letter first"),
  topic: text("short word"),
  status: words("outcome", ["ok", "warn", "fail", "skip", "unknown"]),
  summary: text("what was seen"),
  details: texts("evidence"),
  side: orNull(words("who has to act", ["local", "resolver", "network", "server", "aws", "user"])),
  next: orNull(text("the next command or step")),
  addresses: texts("address ids it is about"),
  optional: flag("that it could not tell does not change the verdict"),
  title: text("what it asserts"),
  causedBy: texts("codes of the findings that it is a symptom of; it then counts with them"),
  blockedBy: texts("codes of the prerequisites for lack of which it was skipped"),
  ignored: orNull(text("why the user wants it not to count")),
});

/** What `-o json` of endpoints and check prints. Every property is always there; null says not known, `problem` says why. */
export const REPORT_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "eks-probe",
  ...record(
    "one run of eks-probe endpoints or check",
    {
      schemaVersion: integer("raised when a property goes or changes its meaning", {
        const: SCHEMA_VERSION,
      }),
      tool: record("what made it", { name: text("eks-probe"), version: text("semantic version") }),
      startedAt: text("when", TIME),
      durationMs: number("milliseconds"),
      interrupted: flag("stopped before it was done"),
      vantage,
      cluster,
      enis: record("the cluster's ENIs", {
        items: list("one each", eni),
        reason: orNull(text("why EC2 was not asked; items then tells nothing")),
        problem,
      }),
      token: record("the bearer token, without the token", {
        state: words("signed, not wanted, or not to be had", ["signed", "none", "unknown"]),
        expiresAt: orNull(text("when it ends", TIME)),
        reason: orNull(text("why there is none")),
        problem,
      }),
      resolutions: list("DNS, hosts file and system lookup", resolution),
      addresses: list("every address any of them named", address),
      probes: list("every connection", probe),
      apiServers: list("who answered", apiServer),
      paths: list("the map", path),
      certainty: list("how many API servers each address leads to", certainty),
      latency: list("percentiles, address by address", latency),
      coverage,
      topology,
      local,
      investigation,
      expectations,
      findings: list("what the checks say", finding),
      verdict: record("the end of it", {
        status: words("in a word", ["healthy", "warning", "failed", "unknown", "interrupted"]),
        exitCode: integer("what the findings come to; of check see gate", { enum: EXIT_CODES }),
        summary: text("in a line"),
      }),
    },
    {
      simulated: flag("made against a simulation; absent otherwise"),
      request,
      gate,
      drift,
    },
  ),
  $defs: { failure, certificate },
};
