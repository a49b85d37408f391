import * as v from "valibot";
import {
  type Drain,
  type DrainSide,
  EVENT_KINDS,
  type EventSubject,
  type Outage,
  type WatchEvent,
} from "../../model/watch/event.ts";
import type { LatencyReport, LoadReport } from "../../model/watch/load.ts";
import type { RecordHeader, RecordLine } from "../../model/watch/record.ts";
import { count, harmless, maybe, text, texts, time } from "./parts.ts";
import { SAMPLE } from "./sample-schema.ts";

const subject: v.GenericSchema<unknown, EventSubject> = v.object({
  address: v.exactOptional(text),
  eni: v.exactOptional(text),
  server: v.exactOptional(text),
  update: v.exactOptional(text),
  source: v.exactOptional(text),
});

const outage: v.GenericSchema<unknown, Outage> = v.object({
  startedAt: time,
  endedAt: maybe(time),
  durationMs: maybe(v.number()),
  attempts: count,
  firstError: text,
  lastError: text,
});

const drainSide: v.GenericSchema<unknown, DrainSide> = v.object({
  last200At: maybe(time),
  first401At: maybe(time),
  firstResetAt: maybe(time),
  firstTimeoutAt: maybe(time),
});

const drain: v.GenericSchema<unknown, Drain> = v.object({
  droppedFromDnsAt: maybe(time),
  droppedFromEc2At: maybe(time),
  fresh: drainSide,
  kept: drainSide,
  deadAt: maybe(time),
  answeredForMs: v.number(),
});

const event: v.GenericSchema<unknown, WatchEvent> = v.object({
  seq: count,
  kind: v.picklist(EVENT_KINDS),
  severity: v.picklist(["bad", "good", "warn", "info"]),
  at: time,
  after: maybe(time),
  reportedAt: time,
  subject,
  what: text,
  was: maybe(text),
  is: maybe(text),
  evidence: texts,
  outage: v.exactOptional(outage),
  drain: v.exactOptional(drain),
  during: v.exactOptional(v.object({ updateId: text, type: text })),
});

const kinds: ReadonlySet<unknown> = new Set(EVENT_KINDS);

/** An event that only a later version knows is left out. */
const events: v.GenericSchema<unknown, readonly WatchEvent[]> = v.pipe(
  v.array(v.looseObject({ kind: v.string() })),
  v.transform((all): unknown => all.filter(({ kind }) => kinds.has(kind))),
  v.array(event),
);

const latency: v.GenericSchema<unknown, LatencyReport> = v.object({
  count,
  p50Ms: v.number(),
  p90Ms: v.number(),
  p99Ms: v.number(),
  maxMs: v.number(),
});

const counts = v.record(v.pipe(v.string(), v.transform(harmless)), count);

const load: v.GenericSchema<unknown, LoadReport> = v.object({
  plan: v.object({
    rps: v.number(),
    path: text,
    connections: v.picklist(["fresh", "kept"]),
  }),
  durationMs: v.number(),
  sent: count,
  held: v.object({ busy: count, backingOff: count, late: count }),
  underWay: count,
  statuses: counts,
  failures: counts,
  latency: maybe(latency),
  byAddress: v.array(
    v.object({ address: text, sent: count, answered: count, latency: maybe(latency) }),
  ),
  shed: v.array(v.object({ flowSchemaUid: text, priorityLevelUid: text, count })),
  backedOff: v.object({ times: count, totalMs: v.number() }),
});

/** `recordVersion` is looked at before. */
export const HEADER: v.GenericSchema<unknown, RecordHeader> = v.object({
  kind: v.literal("header"),
  recordVersion: count,
  tool: v.object({ name: text, version: text }),
  startedAt: time,
  cluster: text,
  region: maybe(text),
  endpointHost: maybe(text),
  from: text,
  intervalMs: v.number(),
  simulated: v.boolean(),
});

/** Every line, by its `kind`. A `kind` that is not here is of a later version. */
export const LINES: {
  readonly [Kind in RecordLine["kind"]]: v.GenericSchema<
    unknown,
    Extract<RecordLine, { readonly kind: Kind }>
  >;
} = {
  header: HEADER,
  run: v.object({ kind: v.literal("run"), at: time, run: v.unknown() }),
  round: v.object({ kind: v.literal("round"), sample: SAMPLE, events }),
  resumed: v.object({ kind: v.literal("resumed"), at: time, intervalMs: v.number() }),
  end: v.object({
    kind: v.literal("end"),
    at: time,
    end: v.picklist(["time", "signal"]),
    load: maybe(load),
  }),
};
