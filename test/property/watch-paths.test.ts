import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTimeMs } from "../../src/model/time.ts";
import type { EventDraft } from "../../src/model/watch/event.ts";
import {
  type Answer,
  answering,
  by,
  failing,
  type LeaseSpec,
  type RoundSpec,
  refusedBy,
  second,
  startPathWatch,
} from "../support/watch-probes.ts";

const letter = fc.constantFrom("A", "B", "C", "D");

const failure = fc
  .constantFrom(
    "tcp-timeout" as const,
    "tcp-refused" as const,
    "tcp-local" as const,
    "tls-reset" as const,
    "tls-untrusted" as const,
    "http-reset" as const,
    "http-timeout" as const,
    "interrupted" as const,
  )
  .map((code) => failing(code));

const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ letter, leaf: fc.integer({ min: 1, max: 3 }) }).map(met) },
  { weight: 2, arbitrary: failure },
  letter.map(refusedBy),
  fc.constantFrom(401, 403, 404, 429, 500, 503).map((status) => answering(status)),
);

function met({ letter: one, leaf }: { readonly letter: string; readonly leaf: number }): Answer {
  return by(one, { leaf });
}

function addressesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}`);
}

const lease: fc.Arbitrary<LeaseSpec> = fc.record({
  incarnation: fc.constantFrom("1", "2", "3"),
  renewed: fc.integer({ min: -200, max: 2_000 }),
});

/** Any round at all; names come and go as they like. */
function roundOf(ips: readonly string[]): fc.Arbitrary<RoundSpec> {
  const ip = fc.constantFrom(...ips);
  const naming = fc.record({
    dns: fc.constantFrom([], ["10.0.0.2"]),
    eniId: fc.constantFrom(undefined, "eni-1"),
    leftDnsAt: fc.constantFrom(undefined, second(0), second(300)),
    leftEc2At: fc.constantFrom(undefined, second(10), second(200)),
  });
  const kept = answer.chain((one) =>
    fc.record({
      one: fc.constant(one),
      openedAt: fc.constantFrom(second(0), second(100)),
      unready: fc.constantFrom(undefined, ["etcd"]),
      version: fc.constantFrom("v1", "v2"),
    }),
  );
  return fc.record({
    fresh: fc.dictionary(ip, fc.oneof(answer, fc.array(answer, { maxLength: 9 }))),
    kept: fc.dictionary(
      ip,
      kept.map(({ one, openedAt, unready, version }) => ({
        ...one,
        openedAt,
        version,
        ...(unready === undefined ? { ready: true } : { unready }),
      })),
    ),
    leases: fc.oneof(fc.constant("denied" as const), fc.dictionary(letter, lease)),
    named: fc.dictionary(ip, naming, { maxKeys: 3 }),
  });
}

const rounds = fc.array(roundOf(addressesOf(3)), { maxLength: 60 });

function eventsOf(specs: readonly RoundSpec[]): readonly EventDraft[] {
  const watch = startPathWatch();
  return specs.flatMap((spec) => watch.round(spec));
}

function byAddress(events: readonly EventDraft[]): readonly (readonly EventDraft[])[] {
  const ids = new Set(events.map(({ subject }) => subject.address));
  return [...ids].map((id) => events.filter(({ subject }) => subject.address === id));
}

describe("whatever the rounds bring", () => {
  test("the trackers never throw, and the same rounds give the same events", () => {
    fc.assert(
      fc.property(rounds, (specs) => {
        expect(eventsOf(specs)).toEqual(eventsOf(specs));
      }),
    );
  });

  test("what is known survives JSON, and goes on from there as it was", () => {
    fc.assert(
      fc.property(rounds, (specs) => {
        const watch = startPathWatch();
        watch.rounds(1, {});
        for (const spec of specs) watch.round(spec);
        const { addresses, servers } = watch;
        const plain: unknown = JSON.parse(JSON.stringify({ addresses, servers }));
        expect(plain).toEqual({ addresses, servers });
      }),
    );
  });

  test("the first round is how things are, and no event", () => {
    fc.assert(
      fc.property(roundOf(addressesOf(5)), (spec) => {
        expect(eventsOf([{ ...spec, named: {} }])).toEqual([]);
      }),
    );
  });

  test("the ups and downs of an address take turns; its death ends what was down", () => {
    fc.assert(
      fc.property(rounds, (specs) => {
        for (const own of byAddress(eventsOf(specs))) {
          // A path-up without an outage: it was reached for the first time.
          const turns = own.flatMap(({ kind, outage }) => {
            if (kind === "path-down") return ["down"];
            if (kind === "address-dead") return ["dead"];
            return kind === "path-up" && outage !== undefined ? ["up"] : [];
          });
          const words = turns.join(" ");
          expect(words).not.toMatch(/down down|up up|^up|dead up/);
        }
      }),
    );
  });

  test("an outage that ends has the duration of its times, and began as it was told to have", () => {
    fc.assert(
      fc.property(rounds, (specs) => {
        for (const own of byAddress(eventsOf(specs))) {
          const outages = own.flatMap(({ kind, outage }) => (outage ? [{ kind, outage }] : []));
          for (const [index, { kind, outage }] of outages.entries()) {
            if (kind === "path-down") continue;
            const { startedAt, endedAt, durationMs } = outage;
            const ms = (parseTimeMs(endedAt ?? "") ?? Number.NaN) - (parseTimeMs(startedAt) ?? 0);
            expect(durationMs).toBe(ms);
            expect(outages[index - 1]?.outage.startedAt).toBe(startedAt);
          }
        }
      }),
    );
  });

  test("nothing is reported before it happened, nor happened before it was last otherwise", () => {
    fc.assert(
      fc.property(rounds, (specs) => {
        const events = eventsOf(specs);
        expect(events.filter(({ at, reportedAt }) => reportedAt < at)).toEqual([]);
        // An address may be dead to fresh connections while its kept one was still answered.
        const paths = events.filter(({ kind }) => kind.startsWith("path"));
        expect(paths.filter(({ at, after }) => after !== undefined && after > at)).toEqual([]);
      }),
    );
  });
});

describe("what is no event", () => {
  test("single failures between good ones", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(failure, fc.integer({ min: 1, max: 4 }))), (blips) => {
        const good = { fresh: { "10.0.0.1": by("A"), "10.0.0.2": by("B") } };
        const specs = blips.flatMap(([blip, times]) => [
          { fresh: { ...good.fresh, "10.0.0.1": blip } },
          ...Array.from({ length: times }, () => good),
        ]);
        expect(eventsOf([good, ...specs])).toEqual([]);
      }),
    );
  });

  test("a move of a path whose server never changes, whatever else befalls it", () => {
    const same = fc.oneof(
      fc.constantFrom(by("A"), by("A", { leaf: 2 }), refusedBy("A"), answering(503)),
      failure,
    );
    const spec = fc.record({
      fresh: fc.record({
        "10.0.0.1": fc.oneof(same, fc.array(same, { maxLength: 9 })),
        "10.0.0.2": answer,
      }),
    });
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 80 }), (specs) => {
        const moves = eventsOf(specs).filter(
          ({ kind, subject }) => kind === "path-moved" && subject.address === "10.0.0.1:443",
        );
        expect(moves).toEqual([]);
      }),
    );
  });

  test("anything of servers that stay, while their paths fail as they like", () => {
    const leases = { A: { incarnation: "a" }, B: { incarnation: "b" } };
    const spec = fc.record({
      fresh: fc.record({
        "10.0.0.1": fc.oneof(fc.constant(by("A")), failure),
        "10.0.0.2": fc.oneof(fc.constant(by("B")), failure),
      }),
      leases: fc.constantFrom(leases, leases, "denied" as const),
    });
    const first = { fresh: { "10.0.0.1": by("A"), "10.0.0.2": by("B") }, leases };
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 80 }), (specs) => {
        const kinds = eventsOf([first, ...specs]).map(({ kind }) => kind);
        expect(kinds.filter((kind) => !kind.startsWith("path"))).toEqual([]);
      }),
    );
  });
});

test("what is known stays bounded: a thousand rounds over twenty addresses and many servers", {
  timeout: 90_000,
}, () => {
  const ips = addressesOf(20);
  const letters = Array.from({ length: 200 }, (_, index) => String.fromCharCode(65 + index));
  const many = fc.constantFrom(...letters);
  const one = fc.oneof(
    fc.record({ letter: many, leaf: fc.integer({ min: 1, max: 50 }) }).map(met),
    failure,
  );
  const all = fc.record({
    fresh: fc.record(Object.fromEntries(ips.map((ip) => [ip, one]))),
    leases: fc.dictionary(many, lease),
    named: roundOf(ips).map(({ named }) => named ?? {}),
  });
  const specs = fc.sample(all, { numRuns: 1_000, seed: 1_810 });
  const watch = startPathWatch();
  let largest = 0;
  for (const [index, spec] of specs.entries()) {
    watch.round(spec);
    if (index % 100 !== 99) continue;
    const { addresses, servers } = watch;
    largest = Math.max(largest, JSON.stringify({ addresses, servers }).length);
  }
  expect(largest).toBeLessThan(250_000);
  expect(Object.keys(watch.servers.byHost).length).toBeLessThanOrEqual(64);
});
