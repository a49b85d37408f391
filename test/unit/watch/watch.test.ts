import { afterEach, describe, expect, it } from "vitest";
import { known, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import type { Glance } from "../../../src/model/inspection.ts";
import type { Deps, HeldConnection } from "../../../src/model/ports.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { type FakeWorld, fakeClock, fakeDeps } from "../../support/fake-deps.ts";
import { makeCluster, named, PUB_ONE, PUB_TWO, seen } from "../../support/snapshots.ts";
import { type DrivenWatch, driveWatch } from "../../support/watch-driver.ts";

const OPTIONS = {
  request: makeRequest("gonz-eks-pub", {
    resolvers: [{ kind: "server", ip: "10.0.0.2", port: 53 }],
  }),
  intervalMs: 10_000,
  awsIntervalMs: 30_000,
};

const RESET: Failure = {
  code: "http-reset",
  phase: "http",
  side: "server",
  message: "the connection was reset",
};

/** Every address leads where the field notes say; TTL 60. */
const WORLD: FakeWorld = {
  query: (server, name, type) =>
    named(type === "A" ? ["43.200.53.253", "52.79.39.107"] : [], {
      resolver: { kind: "server", ...server, system: false },
      name,
      type,
    }),
  attempt: ({ dial }) =>
    seen(dial.ip, ["43.200.53.253", "10.0.20.41"].includes(dial.ip) ? PUB_ONE : PUB_TWO),
};

let watch: DrivenWatch | undefined;

afterEach(async () => {
  await watch?.stop();
  watch = undefined;
});

function held(state: { ended: Failure | undefined; closed: number }): HeldConnection {
  return {
    fingerprint: "A1",
    ask: () => Promise.resolve([]),
    ended: () => state.ended,
    close: () => {
      state.closed += 1;
    },
  };
}

describe("the loop of a watch", () => {
  it("makes eight connections to each address in the first round and one in every further", async () => {
    const clock = fakeClock();
    const deps = fakeDeps({ ...WORLD, clock });
    watch = await driveWatch(OPTIONS, deps, clock);
    await watch.run(20_000);
    expect(watch.rounds.map(({ sample }) => sample.probes.length)).toEqual([32, 4, 4]);
  });

  it("does not dial a name that leads to hundreds of addresses eight times as often", async () => {
    const clock = fakeClock();
    const ips = Array.from({ length: 300 }, (_, n) => `43.201.${n >> 8}.${n & 255}`);
    const deps = fakeDeps({
      ...WORLD,
      clock,
      query: (server, name, type) =>
        named(type === "A" ? ips : [], {
          resolver: { kind: "server", ...server, system: false },
          name,
          type,
        }),
    });
    watch = await driveWatch(OPTIONS, deps, clock);
    await watch.run(2_000);
    const made = watch.rounds.map(({ sample }) => sample.probes.length);
    expect(Math.max(...made)).toBeLessThanOrEqual(302 + 16 * 7);
  });

  it("asks DNS as its TTL allows and AWS as its budget does", async () => {
    const clock = fakeClock();
    const deps = fakeDeps({ ...WORLD, clock });
    watch = await driveWatch(OPTIONS, deps, clock);
    await watch.run(120_000);
    expect(watch.rounds).toHaveLength(13);
    expect(deps.asked.filter((what) => what === "A 10.0.0.2")).toHaveLength(3);
    expect(deps.asked.filter((what) => what.startsWith("enis"))).toHaveLength(5);
    expect(deps.asked.filter((what) => what.startsWith("cluster"))).toHaveLength(3);
    expect(deps.asked.filter((what) => what.startsWith("token"))).toHaveLength(1);
  });

  it("goes on with what it knows while AWS does not answer", async () => {
    const clock = fakeClock();
    const failure: Failure = {
      code: "throttled",
      phase: "describe-enis",
      side: "aws",
      message: "Rate exceeded",
    };
    let fails = false;
    const deps = fakeDeps({ ...WORLD, clock });
    watch = await driveWatch(
      OPTIONS,
      {
        ...deps,
        aws: {
          ...deps.aws,
          listClusterEnis: (name, signal) =>
            fails ? Promise.resolve(unknown(failure)) : deps.aws.listClusterEnis(name, signal),
        },
      },
      clock,
    );
    fails = true;
    await watch.run(60_000);
    expect(watch.rounds.at(-1)?.sample.probes).toHaveLength(4);
  });

  it("waits for a cluster that cannot be described yet, without asking AWS in every round", async () => {
    const clock = fakeClock();
    const failure: Failure = {
      code: "aws-unreachable",
      phase: "describe-cluster",
      side: "network",
      message: "no answer",
    };
    const deps = fakeDeps({ ...WORLD, clock, cluster: unknown(failure) });
    watch = await driveWatch(OPTIONS, deps, clock);
    await watch.run(600_000);
    const asked = deps.asked.filter((what) => what.startsWith("cluster")).length;
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(8);
    expect(deps.asked.filter((what) => what.startsWith("dial"))).toEqual([]);
  });

  it("asks DNS as soon as the cluster is described, however long that took", async () => {
    const clock = fakeClock();
    const failure: Failure = {
      code: "aws-unreachable",
      phase: "describe-cluster",
      side: "network",
      message: "no answer",
    };
    const deps = fakeDeps({ ...WORLD, clock });
    let isThere = false;
    const aws: Deps["aws"] = {
      ...deps.aws,
      describeCluster: (name, signal) =>
        isThere ? deps.aws.describeCluster(name, signal) : Promise.resolve(unknown(failure)),
    };
    watch = await driveWatch({ ...OPTIONS, intervalMs: 1_000 }, { ...deps, aws }, clock);
    await watch.run(7_000);
    isThere = true;
    await watch.run(4_000);
    const described = watch.rounds.find(({ sample }) => sample.cluster?.kind === "known");
    expect(described?.sample.dns).toBeDefined();
  });

  it("keeps one connection an address, tells its end once, and opens it anew", async () => {
    const clock = fakeClock();
    const states = new Map<string, { ended: Failure | undefined; closed: number }>();
    const deps = fakeDeps({
      ...WORLD,
      clock,
      hold: ({ address }) => {
        const state = { ended: undefined, closed: 0 };
        states.set(address, state);
        return { kind: "open", connection: held(state) };
      },
      glance: () => ({
        api: { kind: "answered", status: 200, ttfbMs: 3, serverAddress: "a:443", host: "a" },
        readyz: known({ healthy: true, checks: 3, failing: [] }),
        version: known({ gitVersion: "v1.25.9-eks-1", platform: undefined }),
        lists: undefined,
      }),
    });
    watch = await driveWatch(OPTIONS, deps, clock);
    await watch.run(10_000);
    expect(watch.rounds.at(-1)?.sample.kept.map(({ outcome }) => outcome.kind)).toEqual(
      Array.from({ length: 4 }, () => "answered"),
    );
    const state = states.get("10.0.20.41:443");
    if (state === undefined) throw new Error("no connection was kept");
    state.ended = RESET;
    await watch.run(10_000);
    expect(watch.rounds.at(-1)?.sample.kept[0]).toMatchObject({
      address: "10.0.20.41:443",
      outcome: { kind: "ended", failure: RESET },
    });
    expect(state.closed).toBe(1);
    await watch.run(10_000);
    expect(watch.rounds.at(-1)?.sample.kept[0]?.outcome.kind).toBe("answered");
  });

  it("gives up what it keeps open when the cluster has another CA: no token goes there any more", async () => {
    const clock = fakeClock();
    const states: { ended: Failure | undefined; closed: number }[] = [];
    let authority = "old";
    const asked: string[] = [];
    const deps = fakeDeps({
      ...WORLD,
      clock,
      hold: ({ certificateAuthority }) => {
        if (certificateAuthority !== "old") return { kind: "failed", failure: RESET };
        const state = { ended: undefined, closed: 0 };
        states.push(state);
        return { kind: "open", connection: held(state) };
      },
      glance: () => {
        asked.push(authority);
        return {
          api: { kind: "answered", status: 200, ttfbMs: 3, serverAddress: "a:443", host: "a" },
          readyz: known({ healthy: true, checks: 3, failing: [] }),
          version: known({ gitVersion: "v1.25.9-eks-1", platform: undefined }),
          lists: undefined,
        };
      },
    });
    const describeCluster = (): ReturnType<typeof deps.aws.describeCluster> =>
      Promise.resolve(known(makeCluster({ certificateAuthority: known(authority) })));
    watch = await driveWatch(OPTIONS, { ...deps, aws: { ...deps.aws, describeCluster } }, clock);
    await watch.run(50_000);
    expect(states.every(({ closed }) => closed === 0)).toBe(true);
    authority = "new";
    await watch.run(60_000);
    expect(states.map(({ closed }) => closed)).toEqual([1, 1, 1, 1]);
    asked.length = 0;
    await watch.run(60_000);
    expect(asked).toEqual([]);
  });

  it("closes every kept connection at the end, and gives up the round that is cut short", async () => {
    const clock = fakeClock();
    const state = { ended: undefined, closed: 0 };
    const deps = fakeDeps({
      ...WORLD,
      clock,
      hold: () => ({ kind: "open", connection: held(state) }),
    });
    watch = await driveWatch(OPTIONS, deps, clock);
    const ended = await watch.stop();
    expect(ended.end).toBe("signal");
    expect(state.closed).toBe(4);
    expect(watch.rounds).toHaveLength(1);
  });

  it("ends by itself when its time is over", async () => {
    const clock = fakeClock();
    const deps = fakeDeps({ ...WORLD, clock });
    watch = await driveWatch({ ...OPTIONS, forMs: 25_000 }, deps, clock);
    await watch.run(60_000);
    expect(watch.rounds.map(({ nextInMs }) => nextInMs)).toEqual([10_000, 10_000, 5_000]);
  });

  it("asks for the lists in each round, whichever API server refuses them at times", async () => {
    const clock = fakeClock();
    let refuses = false;
    let retired: string | undefined;
    const deps = fakeDeps({
      ...WORLD,
      clock,
      hold: ({ address }) => ({
        kind: "open",
        connection: { ...held({ ended: undefined, closed: 0 }), fingerprint: address },
      }),
      glance: ({ fingerprint }, { lists }) => {
        if (refuses && lists) retired ??= fingerprint;
        return glanceOf(fingerprint === retired ? 401 : 200, lists);
      },
    });
    watch = await driveWatch(OPTIONS, deps, clock);
    await watch.run(20_000);
    refuses = true;
    await watch.run(100_000);
    const read = watch.rounds.map(({ sample }) => sample.lists?.leases.kind);
    expect(read.filter((kind) => kind === "unknown")).toHaveLength(1);
    // The first round has no kept connection yet, and the one that was refused read nothing.
    expect(read.filter((kind) => kind === "known")).toHaveLength(read.length - 2);
  });

  it("asks seldom for lists that are denied by an API server that takes the caller", async () => {
    const clock = fakeClock();
    const deps = fakeDeps({
      ...WORLD,
      clock,
      hold: () => ({ kind: "open", connection: held({ ended: undefined, closed: 0 }) }),
      glance: (_, { lists }) => ({ ...glanceOf(200, false), lists: lists ? DENIED : undefined }),
    });
    watch = await driveWatch(OPTIONS, deps, clock);
    await watch.run(200_000);
    const asked = watch.rounds.filter(({ sample }) => sample.lists !== undefined);
    expect(asked.map(({ sample }) => sample.n)).toEqual([2, 10, 20]);
  });

  it("asks for the updates as soon as EKS says that the cluster is being updated", async () => {
    const clock = fakeClock();
    let status = "ACTIVE";
    const deps = fakeDeps({ ...WORLD, clock, evidence: { updates: known([]) } });
    watch = await driveWatch(
      OPTIONS,
      {
        ...deps,
        aws: {
          ...deps.aws,
          describeCluster: () => Promise.resolve(known(makeCluster({ status }))),
        },
      },
      clock,
    );
    await watch.run(50_000);
    status = "UPDATING";
    await watch.run(20_000);
    expect(watch.events.map(({ kind }) => kind)).toEqual(["cluster-changed"]);
    const asked = watch.rounds.filter(({ sample }) => sample.updates !== undefined);
    expect(asked.map(({ sample }) => sample.n)).toEqual([1, 8]);
  });
});

/** How an API server answers a kept connection that is asked for lists, or not. */
function glanceOf(status: number, lists: boolean): Glance {
  const read = status === 200 ? known([]) : unknown(NOT_ACCEPTED);
  const endpoints =
    status === 200
      ? known({ source: "endpointslices/v1" as const, addresses: [] })
      : unknown(NOT_ACCEPTED);
  return {
    api: { kind: "answered", status, ttfbMs: 3, serverAddress: "a:443", host: "a" },
    readyz: known({ healthy: true, checks: 3, failing: [] }),
    version: known({ gitVersion: "v1.25.9-eks-1", platform: undefined }),
    lists: lists ? { leases: read, serviceEndpoints: endpoints } : undefined,
  };
}

const NOT_ACCEPTED: Failure = {
  code: "http-status",
  phase: "http",
  side: "user",
  message: "the API server wants a token it accepts (401)",
  cause: "401",
};

const DENIED: NonNullable<Glance["lists"]> = {
  leases: unknown({ ...NOT_ACCEPTED, cause: "403" }),
  serviceEndpoints: unknown({ ...NOT_ACCEPTED, cause: "403" }),
};
