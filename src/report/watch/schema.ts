import { EVENT_KINDS } from "../../model/watch/event.ts";
import {
  flag,
  integer,
  list,
  number,
  orNull,
  record,
  ref,
  type Schema,
  text,
  texts,
  words,
} from "../json/schema-parts.ts";
import { WATCH_SCHEMA_VERSION } from "./ndjson.ts";

const TIME: Schema = { format: "date-time" };

function time(description: string): Schema {
  return text(description, TIME);
}

const TOOL = record("what made it", { name: text("eks-probe"), version: text("semantic version") });

const SCHEMA_VERSION = integer("raised when a property goes or changes its meaning", {
  const: WATCH_SCHEMA_VERSION,
});

const HEADER: Readonly<Record<string, Schema>> = {
  tool: TOOL,
  startedAt: time("when the watch, or the first part of one that was resumed, began"),
  cluster: text("name of the cluster"),
  region: orNull(text("AWS region")),
  endpointHost: orNull(text("host of the cluster's endpoint")),
  from: text("host name of the machine that watched"),
  intervalMs: number("milliseconds from round to round"),
  simulated: flag("made against a simulation"),
};

const watching = record("as the first round has it", {
  paths: list(
    "every address that is watched",
    record("an address", {
      address: text("ip:port"),
      kind: words("vip: DNS names it, no ENI owns it; eni: an ENI owns it", [
        "vip",
        "eni",
        "other",
      ]),
      state: words("never-up: no fresh connection was answered so far", ["up", "down", "never-up"]),
      servers: texts("host names of the API servers it leads to, latest first"),
      dropped: flag("nobody names it any more; it is followed until it is dead"),
    }),
  ),
  enis: orNull(
    list(
      "the cluster's ENIs; null: EC2 did not tell",
      record("an ENI", { id: text("its id"), privateIp: text("its primary address") }),
    ),
  ),
  resolvers: texts("who names an address"),
  serviceEndpoints: orNull(texts("IPs of default/kubernetes; null: could not be read")),
  liveLeases: orNull(integer("API servers that renew their Lease; null: could not be read")),
  blind: list(
    "what cannot be seen",
    record("a source", { source: text("ec2, leases, …"), reason: text("why not") }),
  ),
});

const OUTAGE: Readonly<Record<string, Schema>> = {
  startedAt: time("the first that failed"),
  endedAt: orNull(time("the first that was answered again; null while it lasts")),
  durationMs: orNull(number("milliseconds; null while it lasts")),
  attempts: integer("connections that failed"),
  firstError: text("what went wrong first"),
  lastError: text("what went wrong last"),
};

function drainSide(over: string): Schema {
  return record(over, {
    last200At: orNull(time("last answer 200")),
    first401At: orNull(time("first answer 401")),
    firstResetAt: orNull(time("first reset")),
    firstTimeoutAt: orNull(time("first that was refused, unreachable or silent")),
  });
}

const DRAIN: Readonly<Record<string, Schema>> = {
  droppedFromDnsAt: orNull(time("DNS first without it")),
  droppedFromEc2At: orNull(time("EC2 first without its ENI")),
  fresh: drainSide("over fresh connections"),
  kept: drainSide("over the connection that was open when it was dropped"),
  deadAt: orNull(time("nothing answered any more; null: was followed no longer")),
  answeredForMs: number("from the first drop to the last 200; 0: none came after it"),
};

const EVENT: Readonly<Record<string, Schema>> = {
  seq: integer("1-based, goes on over a resume"),
  kind: words("what happened", EVENT_KINDS),
  severity: words("bad: something that worked does not; good: it does again; info: it changed", [
    "bad",
    "good",
    "warn",
    "info",
  ]),
  at: time("first seen to be so"),
  after: orNull(time("last seen to be otherwise; it happened in between")),
  reportedAt: time("enough had been seen to say so"),
  subject: record(
    "what it is about",
    {},
    {
      address: text("ip:port, or an IP"),
      eni: text("id of the ENI"),
      server: text("host of the API server"),
      update: text("id of the cluster's update"),
      source: text("dns, ec2, eks, updates, leases, service-endpoints, token"),
    },
  ),
  what: text("one sentence"),
  was: orNull(text("what it was")),
  is: orNull(text("what it is")),
  evidence: texts("what was seen, most telling first"),
  outage: orNull(ref("outage")),
  drain: orNull(ref("drain")),
  during: orNull(
    record("the cluster's update that was under way, or had just ended", {
      updateId: text("its id"),
      type: text("VersionUpdate, …"),
    }),
  ),
};

const latency = record("milliseconds from the request to the first byte, within 1 %", {
  count: integer("answers"),
  p50Ms: number("median"),
  p90Ms: number("90 %"),
  p99Ms: number("99 %"),
  maxMs: number("slowest"),
});

function counts(description: string): Schema {
  return { type: "object", description, additionalProperties: { type: "integer" } };
}

const load = record("what --load met", {
  plan: record("what was to be sent", {
    rps: number("requests a second"),
    path: text("path of the request"),
    connections: words("of a request each, or kept", ["fresh", "kept"]),
  }),
  durationMs: number("how long it sent"),
  sent: integer("requests"),
  held: record("due and not sent", {
    busy: integer("too many were under way"),
    backingOff: integer("it was backing off, or had no address"),
    late: integer("this machine came too late for it"),
  }),
  underWay: integer("sent, and cut off at the end"),
  statuses: counts("answers by status; failed: none came"),
  failures: counts("by failure code"),
  latency: orNull(ref("latency")),
  byAddress: list(
    "address by address",
    record("an address", {
      address: text("ip:port"),
      sent: integer("requests"),
      answered: integer("answers"),
      latency: orNull(ref("latency")),
    }),
  ),
  shed: list(
    "429s by the flow schema that shed them",
    record("a flow schema", {
      flowSchemaUid: text("its uid"),
      priorityLevelUid: text("uid of its priority level"),
      count: integer("429s"),
    }),
  ),
  backedOff: record("pauses after a 429 or Retry-After", {
    times: integer("how often"),
    totalMs: number("milliseconds in all"),
  }),
});

const ADDRESS: Readonly<Record<string, Schema>> = { address: text("ip:port") };
const OUTAGE_WORDS = "a time in which fresh connections got no usable answer";
const DRAIN_WORDS = "how an address ended that was dropped; null: was not seen";

const SUMMARY: Readonly<Record<string, Schema>> = {
  cluster: text("name of the cluster"),
  from: time("first round"),
  until: time("last round"),
  samples: integer("rounds"),
  end: words("how it ended", ["time", "signal", "record-ends"]),
  events: counts("how many of each kind"),
  paths: list(
    "every address that was watched",
    record("an address", {
      address: text("ip:port"),
      attempts: integer("fresh connections"),
      answered: integer("of them"),
      state: words("at the end", ["up", "down", "never-up", "dead"]),
      server: orNull(text("host of the API server it last led to")),
    }),
  ),
  outages: list("the latest 100", record(OUTAGE_WORDS, { ...OUTAGE, ...ADDRESS })),
  drains: list("the latest 100", record(DRAIN_WORDS, { ...DRAIN, ...ADDRESS })),
  omitted: integer("left out of these two lists"),
  blind: texts("what could not be seen at the end, and why"),
  serversAtStart: texts("host names"),
  serversAtEnd: texts("host names"),
  enisAtStart: orNull(texts("ids; null: EC2 did not tell")),
  enisAtEnd: orNull(texts("ids; null: EC2 did not tell")),
  liveLeasesAtStart: orNull(integer("null: could not be read")),
  liveLeasesAtEnd: orNull(integer("null: could not be read")),
  load: orNull(ref("load")),
};

/** Where there are more paths than are told one by one. */
const SUMMARY_MORE: Readonly<Record<string, Schema>> = {
  morePaths: record("further paths, those that ended longest ago, as one", {
    paths: integer("addresses"),
    attempts: integer("fresh connections"),
    answered: integer("of them"),
  }),
};

function typed(type: string): Readonly<Record<string, Schema>> {
  return { type: text("which line this is", { const: type }) };
}

/** What `watch -o ndjson` prints a line, what --on-event reads, and `-o json` of a whole record. */
export const WATCH_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "eks-probe watch",
  description:
    "a line of watch -o ndjson (start, event, summary), the event on the stdin of --on-event, or replay -o json of a whole record",
  oneOf: [ref("start"), ref("event"), ref("summary"), ref("document")],
  $defs: {
    start: record("the first line", {
      ...typed("start"),
      schemaVersion: SCHEMA_VERSION,
      ...HEADER,
      watching,
    }),
    event: record("an event, as it comes", {
      ...typed("event"),
      cluster: text("name of the cluster"),
      ...EVENT,
    }),
    summary: record("the last line", { ...typed("summary"), ...SUMMARY }, SUMMARY_MORE),
    document: record("a whole record", {
      schemaVersion: SCHEMA_VERSION,
      header: record("where and when", HEADER),
      events: list("in their order", record("an event", EVENT)),
      summary: orNull(record("what it came to; null: no round was made", SUMMARY, SUMMARY_MORE)),
    }),
    outage: record(OUTAGE_WORDS, OUTAGE),
    drain: record(DRAIN_WORDS, DRAIN),
    latency,
    load,
  },
};
