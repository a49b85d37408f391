import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fact } from "../../src/model/fact.ts";
import { known, skipped, unknown } from "../../src/model/fact.ts";
import type { FailureCode } from "../../src/model/failure.ts";
import type { ClusterUpdate } from "../../src/model/investigation.ts";
import type { EventDraft } from "../../src/model/watch/event.ts";
import type {
  ClusterSeen,
  DnsSeen,
  EniSeen,
  ListsSeen,
  ProbeSeen,
  WatchSample,
} from "../../src/model/watch/sample.ts";
import {
  DELETED_AFTER,
  LEFT_DNS_AFTER_MAX,
  LEFT_SERVICE_AFTER,
} from "../../src/watch/constants.ts";
import { NO_CLUSTER, trackCluster } from "../../src/watch/track/discovery/cluster.ts";
import { NO_DNS, trackDns } from "../../src/watch/track/discovery/dns.ts";
import { NO_ENIS, trackEnis } from "../../src/watch/track/discovery/enis.ts";
import { NO_LISTS, trackLists } from "../../src/watch/track/discovery/lists.ts";
import { NO_UPDATES, trackUpdates, updateDuring } from "../../src/watch/track/discovery/updates.ts";
import { blindLines, NO_SOURCES, trackSources } from "../../src/watch/track/sources/sources.ts";
import type { Round, Step } from "../../src/watch/track/step.ts";
import {
  dnsAnswer,
  dnsFailed,
  eniSeen,
  failureOf,
  follow,
  followRounds,
  listsSeen,
  round,
  sampleOf,
  timeOf,
} from "../support/watch-samples.ts";

const NOTHING = {
  dns: NO_DNS,
  enis: NO_ENIS,
  cluster: NO_CLUSTER,
  updates: NO_UPDATES,
  lists: NO_LISTS,
  sources: NO_SOURCES,
};

/** All trackers of what is named, side by side. */
function trackAll(state: typeof NOTHING, one: Round): Step<typeof NOTHING> {
  const steps = {
    dns: trackDns(state.dns, one),
    enis: trackEnis(state.enis, one),
    cluster: trackCluster(state.cluster, one),
    updates: trackUpdates(state.updates, one),
    lists: trackLists(state.lists, one),
    sources: trackSources(state.sources, one),
  };
  return {
    state: {
      dns: steps.dns.state,
      enis: steps.enis.state,
      cluster: steps.cluster.state,
      updates: steps.updates.state,
      lists: steps.lists.state,
      sources: steps.sources.state,
    },
    events: Object.values(steps).flatMap(({ events }) => events),
  };
}

/** Few values each, so that rounds often have things in common. */
const ip = fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1");
const ips = fc.uniqueArray(ip, { maxLength: 4 });
const word = fc.constantFrom("a", "b", "c");
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const resolver = fc.constantFrom("10.9.0.2", "10.9.0.3", "system lookup");
const LEAVES_OPEN = ["dns-servfail", "dns-timeout", "dns-refused", "dns-answer-invalid"] as const;
const openCode: fc.Arbitrary<FailureCode> = fc.constantFrom(...LEAVES_OPEN);
const lostFact: fc.Arbitrary<Fact<never>> = fc.oneof(
  fc
    .constantFrom<FailureCode>("throttled", "access-denied", "aws-unreachable", "http-timeout")
    .map((code) => unknown(failureOf(code))),
  fc.constant(skipped("over budget")),
);

/** Both types of a resolver that is asked, so that its first answer is its whole baseline. */
const usableView = fc.oneof(
  { weight: 4, arbitrary: ips.map((named) => dnsAnswer(named)) },
  { weight: 1, arbitrary: fc.constant(dnsAnswer([], { answer: { kind: "nodata" } })) },
  { weight: 1, arbitrary: fc.constant(dnsFailed("dns-nxdomain")) },
);
const openView = openCode.map((code) => dnsFailed(code));
const asked = (view: fc.Arbitrary<DnsSeen>): fc.Arbitrary<readonly DnsSeen[]> =>
  fc.uniqueArray(
    fc
      .record({ view, resolver })
      .map(({ view: seen, resolver: name }) => ({ ...seen, resolver: name })),
    { maxLength: 3, selector: (seen) => seen.resolver },
  );
const dns = asked(
  fc.oneof({ weight: 3, arbitrary: usableView }, { weight: 1, arbitrary: openView }),
);

const eni: fc.Arbitrary<EniSeen> = fc.record({
  id: fc.constantFrom("eni-0a", "eni-0b", "eni-0c", "__proto__"),
  privateIp: ip,
  subnetId: maybe(word),
  availabilityZone: maybe(word),
  status: maybe(word),
  securityGroupIds: maybe(fc.array(word, { maxLength: 3 })),
});
const enis = fc.uniqueArray(eni, { maxLength: 4, selector: ({ id }) => id });
const cluster: fc.Arbitrary<ClusterSeen> = fc.record({
  status: maybe(word),
  version: maybe(word),
  platformVersion: maybe(word),
  endpointHost: maybe(word),
  access: maybe(word),
  publicAccessCidrs: maybe(fc.array(word, { maxLength: 3 })),
  securityGroupIds: maybe(fc.array(word, { maxLength: 3 })),
  subnetIds: maybe(fc.array(word, { maxLength: 3 })),
  scalingTier: maybe(word),
});
const time = fc.integer({ min: -5, max: 40 }).map(timeOf);
const update: fc.Arbitrary<ClusterUpdate> = fc.record({
  id: fc.constantFrom("u-1", "u-2", "u-3"),
  type: maybe(word),
  status: maybe(fc.constantFrom("InProgress", "Successful", "Failed", "Cancelled", "New")),
  createdAt: maybe(time),
  errors: fc.constant([]),
});
const factOf = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Fact<T> | undefined> =>
  fc.oneof(
    { weight: 4, arbitrary: value.map((one): Fact<T> => known(one)) },
    { weight: 1, arbitrary: lostFact },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
const lists: fc.Arbitrary<ListsSeen | undefined> = fc.oneof(
  ips.map((listed) => listsSeen(listed).lists),
  lostFact.map((fact) => listsSeen([], { leases: fact, serviceEndpoints: fact }).lists),
);
const probe: fc.Arbitrary<ProbeSeen> = fc.record({
  address: ip.map((one) => `${one}:443`),
  attempt: fc.constant(1),
  at: time,
  status: maybe(fc.constantFrom(200, 401, 403, 500)),
  failure: fc.constant(undefined),
  server: fc.constant(undefined),
  fingerprint: fc.constant(undefined),
  notBefore: fc.constant(undefined),
  notAfter: fc.constant(undefined),
  tcpMs: fc.constant(undefined),
  tlsMs: fc.constant(undefined),
  ttfbMs: fc.constant(undefined),
});

const seen: fc.Arbitrary<Partial<WatchSample>> = fc.record({
  dns: maybe(dns),
  enis: factOf<readonly EniSeen[]>(enis),
  cluster: factOf<ClusterSeen>(cluster),
  updates: factOf<readonly ClusterUpdate[]>(
    fc.uniqueArray(update, { maxLength: 3, selector: ({ id }) => id }),
  ),
  token: factOf(fc.record({ expiresAt: time })),
  probes: fc.array(probe, { maxLength: 3 }),
  lists,
});
const history = fc.array(seen, { maxLength: 12 });

/** What is told of what is named. When an update began depends on when it was listed. */
function stated(events: readonly EventDraft[]): readonly unknown[] {
  return events
    .filter(({ kind }) => !/^(?:source|caller|update)-/.test(kind))
    .map(({ kind, what, was, is }) => ({ kind, what, was, is }));
}

/** A round that is asked and answers nothing. */
const blank: fc.Arbitrary<Partial<WatchSample>> = fc.record({
  dns: asked(openView),
  enis: lostFact,
  cluster: lostFact,
  updates: lostFact,
  token: lostFact,
  lists: lostFact.map((fact) => listsSeen([], { leases: fact, serviceEndpoints: fact }).lists),
});

function roundsOf(samples: readonly Partial<WatchSample>[]): readonly Round[] {
  return samples.map((one, index) => round(index + 1, one));
}

/** By subject: events of the one kind less events of the other. */
function balance(
  events: readonly EventDraft[],
  kinds: readonly [plus: EventDraft["kind"], minus: EventDraft["kind"]],
  part: "address" | "eni",
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { kind, subject } of events) {
    const sign = kinds.indexOf(kind);
    if (sign === -1) continue;
    const key = subject[part] ?? "";
    sums.set(key, (sums.get(key) ?? 0) + (sign === 0 ? 1 : -1));
  }
  return sums;
}

function settled(sums: ReadonlyMap<string, number>): boolean {
  return [...sums.values()].every((sum) => sum === 0);
}

describe("an answer that could not be had", () => {
  test("changes nothing that is named, and gives no event but of its source", () => {
    fc.assert(
      fc.property(history, fc.array(blank, { minLength: 1, maxLength: 4 }), (before, blanks) => {
        const { state } = followRounds(trackAll, NOTHING, roundsOf(before));
        const later = blanks.map((one, index) => round(before.length + index + 1, one));
        const after = followRounds(trackAll, state, later);
        const kinds = new Set(after.events.map(({ kind }) => kind));
        kinds.delete("source-lost");
        expect([...kinds]).toEqual([]);
        expect({ ...after.state, sources: undefined }).toEqual({ ...state, sources: undefined });
      }),
    );
  });

  test("between two rounds does not change what those tell", () => {
    fc.assert(
      fc.property(history, blank, (rounds, hole) => {
        const whole = followRounds(trackAll, NOTHING, roundsOf(rounds));
        const holed = followRounds(
          trackAll,
          NOTHING,
          roundsOf(rounds.flatMap((one) => [hole, one])),
        );
        expect(stated(holed.events)).toEqual(stated(whole.events));
      }),
    );
  });
});

test("the same rounds give the same events, also from a state that was written down", () => {
  fc.assert(
    fc.property(history, fc.nat({ max: 12 }), (samples, cut) => {
      const rounds = roundsOf(samples);
      const whole = followRounds(trackAll, NOTHING, rounds);
      expect(followRounds(trackAll, NOTHING, rounds)).toEqual(whole);
      const first = followRounds(trackAll, NOTHING, rounds.slice(0, cut));
      const written: typeof NOTHING = JSON.parse(JSON.stringify(first.state));
      const rest = followRounds(trackAll, written, rounds.slice(cut));
      expect([...first.events, ...rest.events]).toEqual(whole.events);
    }),
  );
});

/** More answers than any resolver is waited for after so few rounds, however it rotated in them. */
const PATIENT = 45;

describe("a set that ends as it began gives as many arrivals as departures", () => {
  test("of addresses in DNS, whatever its resolvers said between", () => {
    const views = ["10.9.0.2", "10.9.0.3", "system lookup"];
    fc.assert(
      fc.property(ips, ips, history, (one, other, between) => {
        const [first, ...rest] = views;
        const whole: readonly DnsSeen[] = [
          dnsAnswer(one, { resolver: first ?? "" }),
          ...rest.map((name) => dnsAnswer(other, { resolver: name })),
        ];
        const ends = Array.from({ length: PATIENT }, () => ({ dns: whole }));
        const { events, state } = follow(trackDns, NO_DNS, [{ dns: whole }, ...between, ...ends]);
        const sums = balance(events, ["address-joined-dns", "address-left-dns"], "address");
        expect(settled(sums)).toBe(true);
        expect(Object.keys(state.named).toSorted()).toEqual(
          [...new Set([...one, ...other])].toSorted(),
        );
      }),
    );
  });

  test("of ENIs", () => {
    const list = ["eni-0a", "eni-0b"].map((id, index) => eniSeen(id, `10.0.0.${index + 1}`));
    fc.assert(
      fc.property(history, (between) => {
        const whole = { enis: known(list) };
        const ends = Array.from({ length: DELETED_AFTER }, () => whole);
        const { events, state } = follow(trackEnis, NO_ENIS, [whole, ...between, ...ends]);
        expect(settled(balance(events, ["eni-created", "eni-deleted"], "eni"))).toBe(true);
        expect(Object.keys(state.listed ?? {}).toSorted()).toEqual(["eni-0a", "eni-0b"]);
        expect(state.missing).toEqual({});
      }),
    );
  });

  test("of endpoints", () => {
    fc.assert(
      fc.property(ips, history, (listed, between) => {
        const whole = listsSeen(listed);
        const ends = Array.from({ length: LEFT_SERVICE_AFTER }, () => whole);
        const { events, state } = follow(trackLists, NO_LISTS, [whole, ...between, ...ends]);
        const kinds = ["endpoint-joined-service", "endpoint-left-service"] as const;
        expect(settled(balance(events, kinds, "address"))).toBe(true);
        expect(state.serviceIps?.toSorted()).toEqual(listed.toSorted());
      }),
    );
  });
});

describe("what is known", () => {
  test("holds of DNS no more than each resolver's latest usable answers named", () => {
    fc.assert(
      fc.property(history, (samples) => {
        const { state } = follow(trackDns, NO_DNS, samples);
        const answers = samples.flatMap((one) => one.dns ?? []).filter(isUsable);
        const latest = new Set(
          [...new Set(answers.map((one) => one.resolver))].flatMap((name) =>
            answers
              .filter((one) => one.resolver === name)
              .slice(-LEFT_DNS_AFTER_MAX)
              .flatMap(({ answer }) => (answer.kind === "records" ? answer.ips : [])),
          ),
        );
        for (const one of Object.keys(state.named)) expect(latest).toContain(one);
        for (const one of Object.keys(state.left)) expect(state.named).not.toHaveProperty([one]);
      }),
    );
  });

  test("does not have an IP as left that an ENI owns", () => {
    fc.assert(
      fc.property(history, (samples) => {
        const { state } = follow(trackEnis, NO_ENIS, samples);
        const owned = Object.values(state.listed ?? {}).map(({ privateIp }) => privateIp);
        for (const one of Object.keys(state.left)) expect(owned).not.toContain(one);
        expect(owned.length).toBeLessThanOrEqual(4);
      }),
    );
  });

  test("does not grow over rounds that name the same few things", () => {
    fc.assert(
      fc.property(fc.array(seen, { minLength: 1, maxLength: 4 }), (samples) => {
        const sizeAfter = (times: number): number =>
          JSON.stringify(
            follow(trackAll, NOTHING, Array.from({ length: times }, () => samples).flat()).state,
          ).length;
        // Counts get a digit more, and no more than that.
        expect(sizeAfter(60)).toBeLessThan(sizeAfter(6) + 200);
      }),
      { numRuns: 20 },
    );
  });
});

describe("an event", () => {
  test("is one line without a dot at its end and without its time, not before it could be seen", () => {
    fc.assert(
      fc.property(history, (samples) => {
        const { events } = followRounds(trackAll, NOTHING, roundsOf(samples));
        for (const { what } of events) {
          expect(what).toMatch(/^[^\n]+[^.\n]$/);
          expect(what).not.toContain("2024-");
        }
        // Probes have times of their own, which are at random here.
        for (const event of events.filter(({ kind }) => !kind.startsWith("caller-"))) {
          expect(event.at <= event.reportedAt).toBe(true);
          expect((event.after ?? event.at) <= event.at).toBe(true);
        }
      }),
    );
  });
});

test("nothing throws, whatever the names and the times are", () => {
  const text = fc.oneof(
    fc.constantFrom("__proto__", "constructor", "toString", "", "\u001b[2J", "10.0.0.1", "a b"),
    fc.string({ maxLength: 12 }),
  );
  const when = fc.oneof(time, text);
  const wild: fc.Arbitrary<Partial<WatchSample>> = fc.record({
    at: when,
    durationMs: fc.double(),
    dns: fc.array(
      fc
        .record({
          resolver: text,
          named: fc.array(text, { maxLength: 4 }),
          ttl: maybe(fc.double()),
        })
        .map(({ resolver: name, named, ttl }) =>
          dnsAnswer([], {
            resolver: name,
            answer: { kind: "records", ips: named, ttlSeconds: ttl },
          }),
        ),
      { maxLength: 4 },
    ),
    enis: fc
      .array(fc.record({ id: text, privateIp: text }), { maxLength: 3 })
      .map((list) => known(list.map(({ id, privateIp }) => eniSeen(id, privateIp)))),
    updates: fc
      .array(fc.record({ id: text, status: maybe(text), createdAt: maybe(when) }), { maxLength: 3 })
      .map((list) => known(list.map((one) => ({ ...one, type: one.status, errors: [] })))),
    lists: fc.array(text, { maxLength: 3 }).map((listed) => listsSeen(listed).lists),
  });
  fc.assert(
    fc.property(
      fc.array(wild, { maxLength: 8 }),
      fc.double(),
      when,
      (samples, intervalMs, late) => {
        const rounds = samples.map((one, index) => ({
          sample: sampleOf(index + 1, one),
          previousAt: samples[index - 1]?.at,
          baseline: index === 0,
          intervalMs,
        }));
        const { state, events } = followRounds(trackAll, NOTHING, rounds);
        for (const event of events) updateDuring(state.updates, { ...event, at: late });
        for (const line of [...blindLines(state.sources), ...events.map(({ what }) => what)])
          expect(line).not.toContain("\u001b");
      },
    ),
  );
});

function isUsable({ answer }: DnsSeen): boolean {
  return answer.kind !== "failed" || answer.failure.code === "dns-nxdomain";
}
