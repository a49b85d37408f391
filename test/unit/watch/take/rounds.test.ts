import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { known, unknown } from "../../../../src/model/fact.ts";
import type { Failure } from "../../../../src/model/failure.ts";
import type { BearerToken, HeldOutcome } from "../../../../src/model/ports.ts";
import type { ProbeRequest } from "../../../../src/model/request.ts";
import type { Resolution } from "../../../../src/model/resolution.ts";
import { isoTime } from "../../../../src/model/time.ts";
import type { WatchSample } from "../../../../src/model/watch/sample.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import type { WatchOptions, WatchWorld } from "../../../../src/watch/watch.ts";
import {
  deferred,
  type FakeClock,
  type FakeDeps,
  type FakeWorld,
  fakeClock,
  fakeDeps,
} from "../../../support/fake-deps.ts";
import { heldWorld, RESET } from "../../../support/held-world.ts";
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
} from "../../../support/snapshots.ts";
import { type DrivenWatch, driveWatch } from "../../../support/watch-driver.ts";

const RESOLVER = { kind: "server", ip: "10.0.0.2", port: 53 } as const;
const PUBLIC = ["43.200.53.253", "52.79.39.107"] as const;
const TO_ONE: readonly string[] = ["43.200.53.253", "10.0.20.41"];
const NO_ENIS: readonly never[] = [];

/** A name server with these addresses; what is handed in may change from round to round. */
function nameServer(ips: () => readonly string[]): NonNullable<FakeWorld["query"]> {
  return (server, name, type) => {
    const ofType = ips().filter((ip) => ip.includes(":") === (type === "AAAA"));
    return named(ofType, { resolver: { kind: "server", ...server, system: false }, name, type });
  };
}

function failingAnswer(failure: Failure): NonNullable<FakeWorld["query"]> {
  return (server, name, type) =>
    named([], {
      resolver: { kind: "server", ...server, system: false },
      name,
      type,
      answer: { kind: "failed", failure },
    } satisfies Partial<Resolution>);
}

const DNS_SILENT: Failure = {
  code: "dns-timeout",
  phase: "dns",
  side: "network",
  message: "no answer",
};

const UNKNOWN_CA: Failure = {
  code: "tls-untrusted",
  phase: "tls",
  side: "network",
  message: "unknown CA",
};

/** Each address leads where the field notes say. */
const leadsAsNoted: NonNullable<FakeWorld["attempt"]> = ({ dial }) =>
  seen(dial.ip, TO_ONE.includes(dial.ip) ? PUB_ONE : PUB_TWO);

let watch: DrivenWatch | undefined;

afterEach(async () => {
  await watch?.stop();
  watch = undefined;
});

interface Started {
  readonly watch: DrivenWatch;
  readonly deps: FakeDeps;
  readonly clock: FakeClock;
}

async function start(
  world: FakeWorld,
  {
    asked = {},
    rewire = (deps) => deps,
    ...options
  }: {
    readonly asked?: Partial<Omit<ProbeRequest, "cluster">>;
    readonly rewire?: (deps: FakeDeps) => FakeDeps;
  } & Partial<Omit<WatchOptions, "request" | "onRound">> = {},
): Promise<Started> {
  const clock = world.clock ?? fakeClock();
  const deps = rewire(
    fakeDeps({ query: nameServer(() => PUBLIC), attempt: leadsAsNoted, ...world, clock }),
  );
  const request = makeRequest("gonz-eks-pub", { resolvers: [RESOLVER], ...asked });
  const { forMs, ...rest } = { intervalMs: 10_000, awsIntervalMs: 30_000, ...options };
  const driven = await driveWatch(
    { request, ...rest, ...(forMs === undefined ? {} : { forMs }) },
    deps,
    clock,
  );
  watch = driven;
  return { watch: driven, deps, clock };
}

function probesOf(sample: WatchSample | undefined, address: string): WatchSample["probes"] {
  return sample?.probes.filter((probe) => probe.address === address) ?? [];
}

function last({ rounds }: DrivenWatch): WatchSample {
  const round = rounds.at(-1);
  if (round === undefined) throw new Error("there was no round");
  return round.sample;
}

function dials({ asked }: FakeDeps, address: string): number {
  return asked.filter((what) => what === `dial ${address}`).length;
}

function holds({ asked }: FakeDeps, address: string): number {
  return asked.filter((what) => what === `hold ${address}`).length;
}

describe("the connections of a round", () => {
  it("are eight to an address that is new, since it may be a balanced one, and one to the others", async () => {
    let ips: readonly string[] = PUBLIC;
    const { watch: driven } = await start({ query: nameServer(() => ips) });
    ips = [...PUBLIC, "3.36.0.1"];
    await driven.run(60_000);
    const joined = driven.rounds.filter(({ sample }) => probesOf(sample, "3.36.0.1:443").length);
    expect(joined.map(({ sample }) => probesOf(sample, "3.36.0.1:443").length)).toEqual([8]);
    expect(probesOf(last(driven), "43.200.53.253:443")).toHaveLength(1);
    await driven.run(10_000);
    expect(probesOf(last(driven), "3.36.0.1:443")).toHaveLength(1);
  });

  it.each([
    ["at most 2 s later, where the interval is longer", 10_000, 2_000],
    ["in its usual time, where the interval is shorter", 1_000, 1_000],
  ])(
    "are eight to one that meets another server, in a round that comes %s",
    async (_, intervalMs, nextInMs) => {
      let moved = false;
      const { watch: driven } = await start(
        {
          attempt: (plan, signal) =>
            moved && plan.dial.ip === "10.0.20.41"
              ? seen(plan.dial.ip, PUB_TWO)
              : leadsAsNoted(plan, signal),
        },
        { intervalMs },
      );
      moved = true;
      await driven.run(intervalMs);
      expect(driven.rounds.at(-1)?.nextInMs).toBe(nextInMs);
      await driven.run(nextInMs);
      expect(probesOf(last(driven), "10.0.20.41:443")).toHaveLength(8);
      expect(probesOf(last(driven), "10.0.95.229:443")).toHaveLength(1);
      expect(driven.rounds.at(-1)?.nextInMs).toBe(intervalMs);
      expect(driven.events.map(({ kind }) => kind)).toContain("path-moved");
    },
  );

  it("end with the first to a dead address, which costs its timeout each time", async () => {
    const { watch: driven } = await start({
      attempt: (plan, signal) =>
        plan.dial.ip === "10.0.20.41" ? failedAt(plan.dial.ip) : leadsAsNoted(plan, signal),
    });
    expect(probesOf(last(driven), "10.0.20.41:443")).toHaveLength(1);
    expect(probesOf(last(driven), "10.0.95.229:443")).toHaveLength(8);
  });

  it("go to each of more addresses than may be asked at once, and are no more at a time", async () => {
    const ips = Array.from({ length: 40 }, (_, index) => `3.36.0.${index + 1}`);
    const held = heldWorld();
    let now = 0;
    let most = 0;
    const { watch: driven } = await start({
      ...held,
      enis: known(NO_ENIS),
      query: nameServer(() => ips),
      attempt: async ({ dial }) => {
        now += 1;
        most = Math.max(most, now);
        await turn();
        now -= 1;
        return seen(dial.ip, PUB_ONE);
      },
    });
    // Eight to the first sixteen, one to each of the others.
    expect(last(driven).probes).toHaveLength(16 * 8 + 24);
    expect(most).toBeLessThanOrEqual(32);
    expect(held.made).toHaveLength(32);
    await driven.run(20_000);
    expect(last(driven).probes).toHaveLength(40);
    expect(last(driven).kept).toHaveLength(32);
    expect(held.made).toHaveLength(32);
  });

  it("leave what a certificate says aside where --insecure let it through unverified", async () => {
    const plans: boolean[] = [];
    const { watch: driven } = await start(
      {
        attempt: ({ dial, insecure }) => {
          plans.push(insecure);
          const good = seen(dial.ip, PUB_ONE);
          if (good.tls === undefined) throw new Error("no handshake");
          return {
            ...good,
            tls: {
              ...good.tls,
              verification: { kind: "refused", failure: UNKNOWN_CA },
            },
          };
        },
      },
      { asked: { insecure: true } },
    );
    expect(new Set(plans)).toEqual(new Set([true]));
    const [probe] = last(driven).probes;
    expect(probe).toMatchObject({ status: 200, server: PUB_ONE.host, fingerprint: undefined });
    expect(probe?.notAfter).toBeUndefined();
  });
});

describe("an address that DNS has dropped", () => {
  it("is probed on, and its kept connection, the witness of how old ones end, is not replaced", async () => {
    let ips: readonly string[] = PUBLIC;
    const held = heldWorld();
    const { watch: driven, deps } = await start({ ...held, query: nameServer(() => ips) });
    ips = ["43.200.53.253"];
    await driven.run(120_000);
    expect(driven.events.map(({ kind }) => kind)).toContain("address-left-dns");
    held.latest("52.79.39.107:443").ended = RESET;
    held.latest("43.200.53.253:443").ended = RESET;
    await driven.run(30_000);
    expect(holds(deps, "52.79.39.107:443")).toBe(1);
    expect(holds(deps, "43.200.53.253:443")).toBe(2);
    expect(probesOf(last(driven), "52.79.39.107:443")).toHaveLength(1);
    expect(last(driven).kept.map(({ address }) => address)).not.toContain("52.79.39.107:443");
  });

  it("is let go with its kept connection after two hours, though it answers on", async () => {
    let ips: readonly string[] = PUBLIC;
    const held = heldWorld();
    const { watch: driven, deps } = await start(
      { ...held, query: nameServer(() => ips) },
      { intervalMs: 60_000, awsIntervalMs: 600_000 },
    );
    ips = ["43.200.53.253"];
    await driven.run(2 * 3_600_000 + 240_000);
    const dialled = dials(deps, "52.79.39.107:443");
    expect(held.latest("52.79.39.107:443").closed).toBe(1);
    await driven.run(600_000);
    expect(dials(deps, "52.79.39.107:443")).toBe(dialled);
    expect(held.latest("43.200.53.253:443").closed).toBe(0);
    const ends = driven.events.filter(({ subject }) => subject.address === "52.79.39.107:443");
    expect(new Set(ends.map(({ kind }) => kind)).size).toBe(ends.length);
  });

  it("is not probed for ever for what a server said that is silent since", async () => {
    let swapped = false;
    const { watch: driven, deps } = await start(
      {
        enis: known(NO_ENIS),
        query: (server, name, type) => {
          const resolver = { kind: "server", ...server, system: false } as const;
          if (swapped && server.ip === "10.0.0.2") {
            return named([], {
              resolver,
              name,
              type,
              answer: { kind: "failed", failure: DNS_SILENT },
            });
          }
          const ips = swapped ? ["3.36.0.1"] : ["52.79.39.107"];
          return named(type === "A" ? ips : [], { resolver, name, type });
        },
        attempt: ({ dial }) =>
          swapped && dial.ip === "52.79.39.107" ? failedAt(dial.ip) : seen(dial.ip, PUB_ONE),
      },
      { asked: { resolvers: [RESOLVER, { ...RESOLVER, ip: "10.0.0.3" }] }, intervalMs: 60_000 },
    );
    swapped = true;
    await driven.run(3 * 3_600_000);
    const dialled = dials(deps, "52.79.39.107:443");
    await driven.run(600_000);
    expect(dials(deps, "52.79.39.107:443")).toBe(dialled);
    expect(probesOf(last(driven), "3.36.0.1:443")).toHaveLength(1);
  });
});

describe("addresses that were learned", () => {
  it("stay known while DNS fails, since a failed answer is no absence", async () => {
    let query = nameServer(() => PUBLIC);
    const { watch: driven } = await start({ query: (...asked) => query(...asked) });
    query = failingAnswer(DNS_SILENT);
    await driven.run(600_000);
    expect(last(driven).probes).toHaveLength(4);
    expect(driven.events.map(({ kind }) => kind)).not.toContain("address-left-dns");
  });

  it.each([
    ["vip", ["43.200.53.253:443", "52.79.39.107:443"]],
    ["eni", ["10.0.20.41:443", "10.0.95.229:443"]],
  ] as const)("are those that --paths %s asks for", async (path, addresses) => {
    const { watch: driven, deps } = await start({}, { asked: { paths: [path] } });
    await driven.run(120_000);
    expect(new Set(last(driven).probes.map(({ address }) => address))).toEqual(new Set(addresses));
    expect(deps.asked.some((what) => what.startsWith("enis"))).toBe(path === "eni");
    expect(deps.asked.some((what) => what.startsWith("A "))).toBe(path === "vip");
  });

  it.each([
    [4, ["10.0.20.41:443", "43.200.53.253:443"]],
    [6, ["[2406:da12::1]:443"]],
  ] as const)("are of the family that --family %s asks for", async (family, addresses) => {
    const { watch: driven } = await start(
      {
        enis: known([makeEni("10.0.20.41")]),
        query: nameServer(() => ["43.200.53.253", "2406:da12::1"]),
      },
      { asked: { family } },
    );
    expect(new Set(last(driven).probes.map(({ address }) => address))).toEqual(new Set(addresses));
  });
});

describe("a --connect-to rule", () => {
  const toHost = {
    fromHost: PUB_HOST,
    fromPort: undefined,
    toHost: "proxy.internal.example",
    toPort: 8443,
  };

  it("whose host does not resolve makes a failed probe that says so, and no connection", async () => {
    const { watch: driven, deps } = await start(
      {
        query: (server, name, type) =>
          name === PUB_HOST
            ? nameServer(() => PUBLIC)(server, name, type)
            : failingAnswer({ ...DNS_SILENT, code: "dns-nxdomain", message: "no such name" })(
                server,
                name,
                type,
              ),
      },
      { asked: { connectTo: [toHost] } },
    );
    const [probe, ...more] = probesOf(last(driven), "43.200.53.253:443");
    expect(more).toEqual([]);
    expect(probe).toMatchObject({ status: undefined, failure: { code: "dns-nxdomain" } });
    expect(probe?.failure?.message).toContain("proxy.internal.example");
    expect(dials(deps, "43.200.53.253:443")).toBe(0);
    expect(probesOf(last(driven), "10.0.20.41:443")).toHaveLength(8);
  });

  it("has its host asked for no more often than the TTL allows, however many addresses it is for", async () => {
    const { watch: driven, deps } = await start(
      {
        query: (server, name, type) =>
          nameServer(() => (name === PUB_HOST ? PUBLIC : ["10.9.9.9"]))(server, name, type),
      },
      { asked: { connectTo: [toHost] } },
    );
    await driven.run(50_000);
    // One for the endpoint and one for the rule.
    expect(deps.asked.filter((what) => what === "A 10.0.0.2")).toHaveLength(2);
    expect(dials(deps, "10.9.9.9:8443")).toBe(2 * 8 + 2 * 5);
    await driven.run(10_000);
    expect(deps.asked.filter((what) => what === "A 10.0.0.2")).toHaveLength(4);
  });

  it("for the name is no rule for an ENI that a record knows, before anybody has named it again", async () => {
    const rule = { ...toHost, toHost: "10.9.9.9", toPort: 443 };
    const asked = { connectTo: [rule] };
    const first = await start({}, { asked });
    const from = first.watch.rounds.at(-1)?.state;
    await first.watch.stop();
    const { watch: driven, deps } = await start({}, { asked, from });
    expect(dials(deps, "10.0.20.41:443")).toBe(1);
    expect(dials(deps, "10.9.9.9:443")).toBe(2);
    expect(last(driven).n).toBe(2);
  });
});

describe("a round that is interrupted", () => {
  it("tells nothing, and leaves nothing behind", async () => {
    let hangs = false;
    const late = deferred<HeldOutcome>();
    const held = heldWorld();
    const aborted: boolean[] = [];
    const { watch: driven } = await start({
      ...held,
      hold: (plan) => {
        const outcome = held.hold?.(plan);
        if (outcome === undefined) throw new Error("nothing is held");
        return hangs ? late.promise : outcome;
      },
      attempt: (plan, signal) =>
        hangs && plan.dial.ip === "10.0.95.229"
          ? new Promise((resolve) => {
              signal.addEventListener("abort", () => {
                aborted.push(true);
                resolve(failedAt(plan.dial.ip));
              });
            })
          : leadsAsNoted(plan, signal),
    });
    hangs = true;
    held.latest("10.0.20.41:443").ended = RESET;
    await driven.run(0);
    // The connection of before is told first, and a new one is under way in the round after it.
    const running = driven.run(10_000);
    for (let turns = 0; turns < 50; turns += 1) await turn();
    const rounds = driven.rounds.length;
    const ended = await driven.stop();
    await running;
    expect(ended.end).toBe("signal");
    expect(driven.rounds).toHaveLength(rounds);
    expect(ended.state.n).toBe(rounds);
    expect(aborted).toEqual([true]);
    const newest = held.latest("10.0.20.41:443");
    late.resolve({ kind: "open", connection: newest.connection });
    for (let turns = 0; turns < 10; turns += 1) await turn();
    expect(held.made.map(({ closed }) => closed)).toEqual(held.made.map(() => 1));
  });

  it("stops what it had AWS sign", async () => {
    const signals: AbortSignal[] = [];
    const { watch: driven } = await start(
      {},
      {
        rewire: (deps) => ({
          ...deps,
          aws: {
            ...deps.aws,
            signToken: (name, signal) => {
              signals.push(signal);
              return deps.aws.signToken(name, signal);
            },
          },
        }),
      },
    );
    await driven.stop();
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });
});

describe("a cluster", () => {
  it("without an endpoint yet is waited for, and its addresses get the connections of new ones", async () => {
    let cluster = makeCluster({ status: "CREATING", endpoint: undefined });
    const { watch: driven, deps } = await start(
      {},
      {
        rewire: (all) => ({
          ...all,
          aws: { ...all.aws, describeCluster: () => Promise.resolve(known(cluster)) },
        }),
      },
    );
    await driven.run(120_000);
    expect(driven.rounds.every(({ sample }) => sample.probes.length === 0)).toBe(true);
    expect(driven.rounds.every(({ sample }) => sample.dns === undefined)).toBe(true);
    expect(deps.asked.some((what) => what.startsWith("dial"))).toBe(false);
    cluster = makeCluster();
    await driven.run(120_000);
    const first = driven.rounds.find(({ sample }) => sample.probes.length > 0);
    expect(probesOf(first?.sample, "43.200.53.253:443")).toHaveLength(8);
    expect(new Set(last(driven).probes.map(({ address }) => address)).size).toBe(4);
  });

  it("on an Outpost has its tokens signed for its id", async () => {
    const id = "00000000-0000-4000-8000-00000000000c";
    const { deps } = await start({ cluster: known(makeCluster({ localId: id })) });
    expect(deps.asked.filter((what) => what.startsWith("token"))).toEqual([`token ${id}`]);
  });

  it("that EKS describes no more is where it was", async () => {
    let fails = false;
    const failure: Failure = {
      code: "throttled",
      phase: "describe-cluster",
      side: "aws",
      message: "Rate exceeded",
    };
    const { watch: driven } = await start(
      {},
      {
        rewire: (deps) => ({
          ...deps,
          aws: {
            ...deps.aws,
            describeCluster: (name, signal) =>
              fails ? Promise.resolve(unknown(failure)) : deps.aws.describeCluster(name, signal),
          },
        }),
      },
    );
    fails = true;
    await driven.run(300_000);
    expect(driven.rounds.some(({ sample }) => sample.cluster?.kind === "unknown")).toBe(true);
    expect(last(driven).probes).toHaveLength(4);
  });
});

describe("the token of the rounds", () => {
  it("is none with --anonymous: nothing is signed or sent, and connections are kept by HTTP/1.1", async () => {
    const held = heldWorld();
    const sent: unknown[] = [];
    const { watch: driven, deps } = await start(held, {
      asked: { anonymous: true },
      rewire: (all) => ({
        ...all,
        sockets: {
          ...all.sockets,
          attempt: async (plan, token, signal) => {
            sent.push(await token);
            return all.sockets.attempt(plan, token, signal);
          },
        },
      }),
    });
    await driven.run(20_000);
    expect(deps.asked.some((what) => what.startsWith("token"))).toBe(false);
    expect(new Set(sent)).toEqual(new Set([undefined]));
    expect(last(driven).token).toBeUndefined();
    expect(new Set(held.made.map(({ plan }) => plan.httpVersion))).toEqual(new Set(["http1.1"]));
  });

  it("leaves the choice of HTTP to the peer where one is sent", async () => {
    const held = heldWorld();
    await start(held);
    expect(new Set(held.made.map(({ plan }) => plan.httpVersion))).toEqual(new Set(["auto"]));
  });

  it("that has ended while the machine slept is not sent: the round waits for the new one", async () => {
    const clock = fakeClock();
    const sent: (string | undefined)[] = [];
    const { watch: driven } = await start(
      { clock },
      {
        intervalMs: 3_600_000,
        rewire: (all) => ({
          ...all,
          aws: {
            ...all.aws,
            signToken: async () => {
              await turn();
              return known(tokenUntil(clock.wallMs() + 14 * 60_000));
            },
          },
          sockets: {
            ...all.sockets,
            attempt: async (plan, token, signal) => {
              const given = await token;
              sent.push(given && `${Date.parse(given.expiresAt) > clock.wallMs()}`);
              return all.sockets.attempt(plan, token, signal);
            },
          },
        }),
      },
    );
    await driven.run(3_600_000);
    expect(driven.rounds.length).toBeGreaterThanOrEqual(1);
    expect(new Set(sent)).toEqual(new Set(["true"]));
  });
});

describe("what runs beside the rounds", () => {
  it("has the addresses that the name leads to, as they are dialled", async () => {
    const worlds: WatchWorld[] = [];
    await start(
      {},
      {
        asked: {
          connectTo: [
            { fromHost: "52.79.39.107", fromPort: undefined, toHost: "10.9.9.9", toPort: 8443 },
          ],
        },
        onReady: (world) => worlds.push(world),
      },
    );
    expect(worlds.flatMap((world) => world.targets().map(({ dial }) => dial))).toEqual([
      { ip: "43.200.53.253", port: 443 },
      { ip: "10.9.9.9", port: 8443 },
    ]);
  });

  it("has its token signed anew in time, however long a round lasts", async () => {
    const clock = fakeClock();
    const worlds: WatchWorld[] = [];
    const { deps } = await start(
      { clock },
      {
        intervalMs: 3_600_000,
        onReady: (world) => worlds.push(world),
        rewire: (all) => ({
          ...all,
          aws: {
            ...all.aws,
            signToken: async (name, signal) => {
              await all.aws.signToken(name, signal);
              return known(tokenUntil(clock.wallMs() + 14 * 60_000));
            },
          },
        }),
      },
    );
    clock.pass(20 * 60_000);
    const token = await worlds[0]?.token();
    expect(Date.parse(token?.expiresAt ?? "")).toBeGreaterThan(clock.wallMs());
    expect(deps.asked.filter((what) => what.startsWith("token"))).toHaveLength(2);
  });
});

describe("leases and the service's endpoints", () => {
  it("are read through one connection a round, another one each time", async () => {
    const held = heldWorld();
    const { watch: driven } = await start(held);
    await driven.run(80_000);
    expect(held.made.map(({ lists }) => lists)).toEqual([2, 2, 2, 2]);
  });

  it("are not asked of a server that refuses the caller while another one does not", async () => {
    const held = heldWorld();
    const { watch: driven } = await start(held);
    held.latest("10.0.20.41:443").status = 401;
    await driven.run(10_000);
    const before = held.latest("10.0.20.41:443").lists;
    await driven.run(80_000);
    expect(held.latest("10.0.20.41:443").lists).toBe(before);
    for (const one of held.made) one.status = 401;
    await driven.run(50_000);
    expect(held.latest("10.0.20.41:443").lists).toBeGreaterThan(before);
  });

  it("are asked for in every tenth round where the caller may not read them, and in each again after", async () => {
    const held = heldWorld();
    held.denied = true;
    const { watch: driven } = await start(held);
    await driven.run(290_000);
    const total = (): number => held.made.reduce((sum, { lists }) => sum + lists, 0);
    // Rounds 2, 10, 20 and 30: in the first no connection is kept yet.
    expect(driven.rounds).toHaveLength(30);
    expect(total()).toBe(4);
    held.denied = false;
    await driven.run(100_000);
    const before = total();
    await driven.run(50_000);
    expect(total()).toBe(before + 5);
  });
});

describe("a connection that is kept", () => {
  it("is tried again in a later round where it cannot be made", async () => {
    const { watch: driven, deps } = await start({});
    await driven.run(20_000);
    expect(holds(deps, "10.0.20.41:443")).toBe(3);
    expect(last(driven).kept).toEqual([]);
  });

  it("stays open though its server refuses every token: that is how a removed one looks", async () => {
    const held = heldWorld();
    const { watch: driven } = await start({
      ...held,
      attempt: ({ dial }) => answered(dial.ip, PUB_ONE, 401),
    });
    for (const one of held.made) one.status = 401;
    await driven.run(60_000);
    expect(held.made).toHaveLength(4);
    expect(last(driven).kept.map(({ outcome }) => outcome)).toEqual(
      held.made.map(() => ({ kind: "answered", status: 401, ttfbMs: 3 })),
    );
  });
});

function tokenUntil(expiresAtMs: number): BearerToken {
  return { reveal: () => "EXAMPLE", expiresAt: isoTime(expiresAtMs) };
}
