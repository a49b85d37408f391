import * as fc from "fast-check";
import type { Fact } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import { sanitizeText } from "../../src/model/text.ts";
import { EVENT_KINDS, type WatchEvent } from "../../src/model/watch/event.ts";
import type { RecordHeader, RecordLine, RecordRound } from "../../src/model/watch/record.ts";
import type { KeptSeen, ProbeSeen, WatchSample } from "../../src/model/watch/sample.ts";
import { NOTHING_SEEN, track } from "../../src/watch/track/track.ts";

/** 2026-03-01T00:00:00Z */
const START_MS = 1_772_323_200_000;

const time: fc.Arbitrary<string> = fc
  .nat({ max: 86_400_000 })
  .map((ms) => new Date(START_MS + ms).toISOString());

/** What the adapters let through: no control characters. */
const text = fc
  .oneof(
    fc.constantFrom("a", "ip-172-16-57-254", 'a "b" \\ c', "日本語"),
    fc.string({ unit: "binary" }),
  )
  .map((any) => sanitizeText(any, 200));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 3 });
const ms = fc
  .double({ min: 0, max: 30_000, noNaN: true })
  .map((given) => (Object.is(given, -0) ? 0 : given));
const count = fc.nat({ max: 1_000 });
const address = fc.constantFrom("10.0.20.41:443", "43.200.53.253:443", "[fd00::1]:443");
const server = fc.constantFrom("A", "B", "C");
const fingerprint = fc.constantFrom("A1:A1", "B2:B2");

const failure: fc.Arbitrary<Failure> = fc
  .record(
    {
      code: fc.constantFrom("tcp-timeout", "dns-nxdomain", "http-status"),
      phase: fc.constantFrom("tcp", "dns", "http"),
      side: fc.constantFrom("network", "server"),
      message: text,
      cause: text,
    },
    { requiredKeys: ["code", "phase", "side", "message"] },
  )
  .map((all) => all as Failure);

function fact<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Fact<T>> {
  return fc.oneof(
    { weight: 3, arbitrary: value.map((one): Fact<T> => ({ kind: "known", value: one })) },
    failure.map((why): Fact<T> => ({ kind: "unknown", failure: why })),
    text.map((reason): Fact<T> => ({ kind: "skipped", reason })),
  );
}

const probe: fc.Arbitrary<ProbeSeen> = fc.record({
  address,
  attempt: fc.integer({ min: 1, max: 8 }),
  at: time,
  status: maybe(fc.constantFrom(200, 401, 403)),
  failure: maybe(failure),
  server: maybe(server),
  fingerprint: maybe(fingerprint),
  notBefore: maybe(time),
  notAfter: maybe(time),
  tcpMs: maybe(ms),
  tlsMs: maybe(ms),
  ttfbMs: maybe(ms),
});

const kept: fc.Arbitrary<KeptSeen> = fc.record({
  address,
  openedAt: time,
  at: time,
  outcome: fc.oneof(
    fc.record({
      kind: fc.constant("answered" as const),
      status: fc.constantFrom(200, 401),
      ttfbMs: ms,
    }),
    fc.record({ kind: fc.constant("ended" as const), failure }),
  ),
  server: maybe(server),
  fingerprint: maybe(fingerprint),
  readyz: maybe(fact(fc.record({ healthy: fc.boolean(), checks: count, failing: few(text) }))),
  version: maybe(fact(fc.record({ gitVersion: text, platform: maybe(text) }))),
});

const sample: fc.Arbitrary<WatchSample> = fc.record({
  n: fc.constant(1),
  at: time,
  durationMs: ms,
  dns: maybe(
    few(
      fc.record({
        resolver: fc.constantFrom("10.0.0.2", "system lookup"),
        type: fc.constantFrom("A" as const, "AAAA" as const),
        answer: fc.oneof(
          fc.record({
            kind: fc.constant("records" as const),
            ips: few(fc.constantFrom("10.0.20.41", "43.200.53.253")),
            ttlSeconds: maybe(count),
          }),
          fc.constant({ kind: "nodata" as const }),
          fc.record({ kind: fc.constant("failed" as const), failure }),
        ),
      }),
    ),
  ),
  enis: maybe(
    fact(
      few(
        fc.record({
          id: fc.constantFrom("eni-0a", "eni-0b"),
          privateIp: fc.constantFrom("10.0.20.41", "10.0.95.229"),
          subnetId: maybe(text),
          availabilityZone: maybe(text),
          status: maybe(text),
          securityGroupIds: maybe(few(text)),
        }),
      ),
    ),
  ),
  cluster: maybe(
    fact(
      fc.record({
        status: maybe(text),
        version: maybe(text),
        platformVersion: maybe(text),
        endpointHost: maybe(text),
        access: maybe(text),
        publicAccessCidrs: maybe(few(text)),
        securityGroupIds: maybe(few(text)),
        subnetIds: maybe(few(text)),
        scalingTier: maybe(text),
      }),
    ),
  ),
  updates: maybe(
    fact(
      few(
        fc.record({
          id: text,
          type: maybe(text),
          status: maybe(text),
          createdAt: maybe(time),
          errors: few(fc.record({ code: text, message: text })),
        }),
      ),
    ),
  ),
  token: maybe(fact(fc.record({ expiresAt: time }))),
  probes: few(probe),
  kept: few(kept),
  lists: maybe(
    fc.record({
      address,
      leases: fact(
        few(
          fc.record({ name: text, host: maybe(text), incarnation: maybe(text), renewTime: time }),
        ),
      ),
      serviceEndpoints: fact(
        fc.record({
          source: fc.constantFrom("endpointslices/v1" as const, "endpoints/v1" as const),
          addresses: few(
            fc.record({
              ip: fc.constantFrom("10.0.20.41", "10.0.95.229"),
              port: fc.constant(443),
              ready: fc.constantFrom("yes" as const, "no" as const, "unknown" as const),
            }),
          ),
        }),
      ),
    }),
  ),
});

const side = fc.record({
  last200At: maybe(time),
  first401At: maybe(time),
  firstResetAt: maybe(time),
  firstTimeoutAt: maybe(time),
});

const event: fc.Arbitrary<WatchEvent> = fc
  .record(
    {
      seq: count,
      kind: fc.constantFrom(...EVENT_KINDS),
      severity: fc.constantFrom("bad", "good", "warn", "info"),
      at: time,
      after: maybe(time),
      reportedAt: time,
      subject: fc.record({ address, eni: text, source: text }, { requiredKeys: [] }),
      what: text,
      was: maybe(text),
      is: maybe(text),
      evidence: few(text),
      outage: fc.record({
        startedAt: time,
        endedAt: maybe(time),
        durationMs: maybe(ms),
        attempts: count,
        firstError: text,
        lastError: text,
      }),
      drain: fc.record({
        droppedFromDnsAt: maybe(time),
        droppedFromEc2At: maybe(time),
        fresh: side,
        kept: side,
        deadAt: maybe(time),
        answeredForMs: ms,
      }),
      during: fc.record({ updateId: text, type: text }),
    },
    {
      requiredKeys: [
        "seq",
        "kind",
        "severity",
        "at",
        "after",
        "reportedAt",
        "subject",
        "what",
        "was",
        "is",
        "evidence",
      ],
    },
  )
  .map((all) => all as WatchEvent);

const latency = fc.record({ count, p50Ms: ms, p90Ms: ms, p99Ms: ms, maxMs: ms });
const counts = fc.dictionary(fc.constantFrom("200", "429", "tcp-reset"), count, {
  noNullPrototype: true,
});

const header: fc.Arbitrary<RecordHeader> = fc.record({
  kind: fc.constant("header" as const),
  recordVersion: fc.constant(1),
  tool: fc.record({ name: text, version: text }),
  startedAt: time,
  cluster: fc.constant("gonz-eks-pub"),
  region: maybe(text),
  endpointHost: maybe(text),
  from: text,
  intervalMs: fc.constantFrom(5_000, 10_000),
  simulated: fc.boolean(),
});

const round: fc.Arbitrary<RecordRound> = fc.record({
  kind: fc.constant("round" as const),
  sample,
  events: few(event),
});

const other: fc.Arbitrary<RecordLine> = fc.oneof(
  fc.record({
    kind: fc.constant("run" as const),
    at: time,
    run: fc.jsonValue().map((any): unknown => JSON.parse(JSON.stringify(any))),
  }),
  fc.record({
    kind: fc.constant("resumed" as const),
    at: time,
    intervalMs: fc.constantFrom(5_000, 10_000),
  }),
  fc.record({
    kind: fc.constant("end" as const),
    at: time,
    end: fc.constantFrom("time" as const, "signal" as const),
    load: maybe(
      fc.record({
        plan: fc.record({
          rps: count,
          path: text,
          connections: fc.constantFrom("fresh" as const, "kept" as const),
        }),
        durationMs: ms,
        sent: count,
        held: fc.record({ busy: count, backingOff: count, late: count }),
        underWay: count,
        statuses: counts,
        failures: counts,
        latency: maybe(latency),
        byAddress: few(
          fc.record({ address, sent: count, answered: count, latency: maybe(latency) }),
        ),
        shed: few(fc.record({ flowSchemaUid: text, priorityLevelUid: text, count })),
        backedOff: fc.record({ times: count, totalMs: ms }),
      }),
    ),
  }),
);

/** A whole record: a header, then anything, its rounds in their order. */
export const recordLines: fc.Arbitrary<readonly RecordLine[]> = fc
  .tuple(header, fc.array(fc.oneof({ weight: 3, arbitrary: round }, other), { maxLength: 8 }))
  .map(([first, rest]) =>
    // With the prototype of what JSON.parse makes.
    structuredClone([first, ...rest.map(numbered)]),
  );

/** A record as a watch writes it: its events are those that its rounds give. */
export const watchedLines: fc.Arbitrary<readonly RecordLine[]> = recordLines.map((lines) => {
  let state = NOTHING_SEEN;
  let intervalMs = 0;
  return lines.map((line): RecordLine => {
    if (line.kind === "header" || line.kind === "resumed") intervalMs = line.intervalMs;
    if (line.kind !== "round") return line;
    const tracked = track(state, line.sample, intervalMs);
    state = tracked.state;
    return { ...line, events: tracked.events };
  });
});

function numbered(line: RecordLine, index: number): RecordLine {
  return line.kind === "round" ? { ...line, sample: { ...line.sample, n: index + 1 } } : line;
}
