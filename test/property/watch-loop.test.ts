import { setImmediate as turn } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Cluster, Eni } from "../../src/model/cluster.ts";
import { type Fact, known, skipped, unknown } from "../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../src/model/failure.ts";
import type { BearerToken } from "../../src/model/ports.ts";
import type { ProbeRequest } from "../../src/model/request.ts";
import { isoTime } from "../../src/model/time.ts";
import { makeRequest } from "../../src/target/request.ts";
import { BASELINE_CONNECTIONS, CONFIRM_CONNECTIONS } from "../../src/watch/constants.ts";
import { MAX_KEPT } from "../../src/watch/pace/constants.ts";
import { NOTHING_SEEN, track } from "../../src/watch/track/track.ts";
import type { WatchedRound } from "../../src/watch/watch.ts";
import { type FakeWorld, fakeClock, fakeDeps } from "../support/fake-deps.ts";
import { type FakeHeld, heldWorld } from "../support/held-world.ts";
import {
  answered,
  failedAt,
  makeCluster,
  makeEni,
  named,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  seen,
} from "../support/snapshots.ts";
import { driveWatch } from "../support/watch-driver.ts";

const INTERVAL_MS = 10_000;
const IPS = ["43.200.53.253", "52.79.39.107", "3.36.0.1", "2406:da12::1"] as const;
const ENI_IPS = ["10.0.20.41", "10.0.95.229", "10.0.30.7"] as const;

function failure(code: FailureCode, phase: Failure["phase"]): Failure {
  return { code, phase, side: "network", message: `fake ${code}` };
}

/** What the world does next, over and over. */
interface Dice {
  /** Below `sides`. */
  throw(sides: number): number;
  pick<T>(of: readonly T[]): T;
}

function dice(numbers: readonly number[]): Dice {
  let thrown = 0;
  const next = (sides: number): number => {
    thrown += 1;
    // Another way through the numbers each time around, so that short lists do not repeat.
    const index = (thrown + Math.floor(thrown / numbers.length)) % numbers.length;
    return ((numbers[index] ?? 0) + thrown) % sides;
  };
  return {
    throw: next,
    pick: (of) => {
      const found = of[next(of.length)];
      if (found === undefined) throw new Error("nothing to pick from");
      return found;
    },
  };
}

function orNot<T>(world: Dice, value: T, code: FailureCode, phase: Failure["phase"]): Fact<T> {
  switch (world.throw(6)) {
    case 0:
      return unknown(failure(code, phase));
    case 1:
      return skipped("the fake world does not say");
    default:
      return known(value);
  }
}

function some<T>(world: Dice, all: readonly T[]): readonly T[] {
  return all.filter(() => world.throw(3) > 0);
}

/** Every port answers at random, at times late, and as its contract says never rejects. */
function randomWorld(world: Dice, hangs: () => boolean): FakeWorld & { made: readonly FakeHeld[] } {
  const held = heldWorld();
  return {
    made: held.made,
    query: (server, name, type) => {
      const resolver = { kind: "server", ...server, system: false } as const;
      const at = { resolver, name, type };
      if (world.throw(4) === 0) {
        const code = world.pick(["dns-timeout", "dns-nxdomain", "dns-servfail"] as const);
        return named([], { ...at, answer: { kind: "failed", failure: failure(code, "dns") } });
      }
      const ips = name === PUB_HOST ? some(world, IPS) : ["10.9.9.9"];
      return named(
        ips.filter((ip) => ip.includes(":") === (type === "AAAA")),
        at,
      );
    },
    attempt: async ({ dial }, signal) => {
      if (hangs()) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return failedAt(dial.ip);
      }
      for (let turns = world.throw(3); turns > 0; turns -= 1) await turn();
      const server = world.pick([PUB_ONE, PUB_TWO]);
      switch (world.throw(5)) {
        case 0:
          return failedAt(dial.ip);
        case 1:
          return answered(dial.ip, server, world.pick([401, 403, 500]));
        default:
          return seen(dial.ip, server);
      }
    },
    hold: (plan) => {
      const outcome = world.throw(3) === 0 ? undefined : held.hold?.(plan);
      return outcome ?? { kind: "failed", failure: failure("tcp-reset", "tcp") };
    },
    glance: async (connection, wants) => {
      const one = held.made.find((each) => each.connection === connection);
      const glance = await held.glance?.(connection, wants);
      if (one === undefined || glance === undefined) throw new Error("nothing to look at");
      one.status = world.pick([200, 200, 401]);
      if (world.throw(5) > 0) return glance;
      one.ended = world.throw(2) === 0 ? failure("http-reset", "http") : undefined;
      const why = failure("http-timeout", "http");
      return { ...glance, api: { kind: "failed", failure: why }, readyz: unknown(why) };
    },
  };
}

const asked: fc.Arbitrary<Partial<Omit<ProbeRequest, "cluster">>> = fc.record(
  {
    anonymous: fc.boolean(),
    insecure: fc.boolean(),
    family: fc.constantFrom("any" as const, 4 as const, 6 as const),
    paths: fc.constantFrom(["vip"] as const, ["eni"] as const, ["vip", "eni"] as const),
    connectTo: fc.constantFrom(
      [],
      [
        {
          fromHost: PUB_HOST,
          fromPort: undefined,
          toHost: "proxy.internal.example",
          toPort: undefined,
        },
      ],
    ),
  },
  { requiredKeys: [] },
);

/** Of one round: no address has more connections than were planned for it. */
function judge({ sample }: WatchedRound, before: WatchedRound | undefined): void {
  const counts = new Map<string, number>();
  for (const { address } of sample.probes) counts.set(address, (counts.get(address) ?? 0) + 1);
  for (const [address, count] of counts) {
    const tracked = before?.state.addresses.byId[address];
    const confirming = tracked?.wantsConfirmation === true ? CONFIRM_CONNECTIONS : 1;
    expect(count).toBeLessThanOrEqual(tracked === undefined ? BASELINE_CONNECTIONS : confirming);
  }
  expect(sample.kept.length).toBeLessThanOrEqual(MAX_KEPT);
  expect(new Set(sample.kept.map(({ address }) => address)).size).toBe(sample.kept.length);
}

test("whatever the world answers, a watch never rejects, connects no more than planned, and leaves nothing open", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 1_000 }), { minLength: 20, maxLength: 120 }),
      asked,
      fc.integer({ min: 1, max: 25 }),
      fc.boolean(),
      async (numbers, choices, rounds, cutShort) => {
        const world = dice(numbers);
        let hangs = false;
        const clock = fakeClock();
        const random = randomWorld(world, () => hangs);
        const deps = fakeDeps({ ...random, clock });
        const cluster = (): Cluster =>
          makeCluster(world.throw(6) === 0 ? { endpoint: undefined, status: "CREATING" } : {});
        const enis = (): readonly Eni[] => some(world, ENI_IPS).map((ip) => makeEni(ip));
        const token = (): BearerToken => ({
          reveal: () => "EXAMPLE",
          expiresAt: isoTime(clock.wallMs() + world.throw(15) * 60_000),
        });
        const watch = await driveWatch(
          {
            request: makeRequest("gonz-eks-pub", {
              resolvers: [{ kind: "server", ip: "10.0.0.2", port: 53 }],
              ...choices,
            }),
            intervalMs: INTERVAL_MS,
            awsIntervalMs: 30_000,
          },
          {
            ...deps,
            aws: {
              ...deps.aws,
              describeCluster: async () => orNot(world, cluster(), "throttled", "describe-cluster"),
              listClusterEnis: async () => orNot(world, enis(), "aws-unreachable", "describe-enis"),
              signToken: async () => orNot(world, token(), "no-credentials", "sign"),
            },
          },
          clock,
        );
        await watch.run(rounds * INTERVAL_MS);
        hangs = cutShort;
        const running = cutShort ? watch.run(INTERVAL_MS) : undefined;
        for (let turns = 0; turns < 20; turns += 1) await turn();
        const told = watch.rounds.length;
        const { end, state } = await watch.stop();
        await running;
        for (let turns = 0; turns < 5; turns += 1) await turn();
        expect(end).toBe("signal");
        expect(watch.rounds).toHaveLength(told);
        expect(state.n).toBe(told);
        watch.rounds.forEach((round, index) => judge(round, watch.rounds[index - 1]));
        expect(random.made.map(({ closed }) => closed)).toEqual(random.made.map(() => 1));
        const replayed = watch.rounds.reduce(
          (before, { sample }) => track(before, sample, INTERVAL_MS).state,
          NOTHING_SEEN,
        );
        expect(replayed).toEqual(state);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
