import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LabServer, LabStep, Scenario } from "../../../../src/lab/scenario.ts";
import { TIMELINE_SCENARIOS } from "../../../../src/lab/scenarios/timelines.ts";
import { clusterAt, scenarioAt, statesOf, timesOf } from "../../../../src/lab/timeline/fold.ts";
import { frontHistories, stateAt } from "../../../../src/lab/timeline/front-state.ts";
import { everyServer, laterLeaves } from "../../../../src/lab/timeline/leaves.ts";
import { processesAt } from "../../../../src/lab/timeline/processes.ts";
import { speedUp } from "../../../../src/lab/timeline/speed.ts";
import { CLUSTER_NAME, makeCluster, makeScenario } from "../../../support/lab-scenario.ts";

const server = (id: string, more: Partial<LabServer> = {}): LabServer => ({
  id,
  host: `ip-10-0-0-${id}.ec2.internal`,
  eniIp: `10.0.0.${id}`,
  notAfterOffsetSeconds: 0,
  ...more,
});

const step = (atSeconds: number, set: LabStep["set"], more: Partial<LabStep> = {}): LabStep => ({
  atSeconds,
  what: "a change",
  cluster: CLUSTER_NAME,
  set,
  ...more,
});

const CLUSTER = makeCluster({ servers: [server("1"), server("2")] });

describe("a cluster at some time", () => {
  it("is what the steps until then have made of it, the time of a step included", () => {
    const steps = [step(60, { version: "1.34" }), step(120, { status: "UPDATING" })];
    const seen = [0, 59.9, 60, 120].map((seconds) => {
      const { version, status } = clusterAt(CLUSTER, steps, seconds);
      return `${version} ${status}`;
    });
    expect(seen).toEqual(["1.33 ACTIVE", "1.33 ACTIVE", "1.34 ACTIVE", "1.34 UPDATING"]);
  });

  it("keeps what a step leaves out or has undefined, as a file has what it lacks", () => {
    const set = { version: "1.34", outsideDns: undefined, endpointIps: undefined };
    const before = { ...CLUSTER, endpointIps: ["10.0.0.1"] };
    expect(clusterAt(before, [step(1, set)], 1)).toEqual({ ...before, version: "1.34" });
  });

  it("has nothing of another cluster's steps", () => {
    const steps = [step(1, { version: "1.34" }, { cluster: "another" })];
    expect(clusterAt(CLUSTER, steps, 1)).toEqual(CLUSTER);
  });

  it("depends on the times of its steps, not on the order they are written in", () => {
    const version = fc.integer({ min: 20, max: 40 }).map((minor) => `1.${minor}`);
    const moments = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 50 }), version), {
      selector: ([at]) => at,
      maxLength: 8,
    });
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 60 }), (made, seconds) => {
        const steps = made.map(([at, to]) => step(at, { version: to }));
        const [latest] = made.filter(([at]) => at <= seconds).toSorted(([a], [b]) => b - a);
        expect(clusterAt(CLUSTER, steps, seconds).version).toBe(latest?.[1] ?? CLUSTER.version);
        expect(clusterAt(CLUSTER, steps.toReversed(), seconds)).toEqual(
          clusterAt(CLUSTER, steps, seconds),
        );
      }),
    );
  });

  it("goes by the order they are written in where their times are the same", () => {
    const steps = [step(1, { version: "1.34" }), step(1, { version: "1.35" })];
    expect(clusterAt(CLUSTER, steps, 1).version).toBe("1.35");
    expect(timesOf(steps)).toEqual([1]);
  });
});

describe("the faults of AWS and of DNS", () => {
  const before: Scenario = makeScenario({
    awsFaults: [{ action: "*", kind: "throttling", times: 1 }],
    dnsFault: "servfail",
  });
  const later: LabStep[] = [
    step(10, undefined, { cluster: undefined, awsFaults: [], dnsFault: "none" }),
    step(20, undefined, { cluster: undefined, dnsFault: "never" }),
  ];
  const at = (seconds: number): readonly unknown[] => {
    const { awsFaults, dnsFault } = scenarioAt({ ...before, timeline: later }, seconds);
    return [awsFaults.length, dnsFault];
  };

  it("end with an empty list and with `none`, and begin anew", () => {
    expect([at(0), at(10), at(20)]).toEqual([
      [1, "servfail"],
      [0, undefined],
      [0, "never"],
    ]);
  });

  it("stay the same object, by which calls are counted, until a step replaces them", () => {
    const timeline = [step(10, { version: "1.34" })];
    expect(scenarioAt({ ...before, timeline }, 10).awsFaults).toBe(before.awsFaults);
  });
});

/** One for each: `server/starts from-until`. */
const spans = (steps: readonly LabStep[], seconds: number): readonly string[] =>
  processesAt(CLUSTER, steps, seconds).map(
    ({ server: { id, starts }, startedAtSeconds, endedAtSeconds }) =>
      `${id}/${starts ?? 0} ${startedAtSeconds ?? "before"}-${endedAtSeconds ?? "now"}`,
  );

describe("the processes of API servers", () => {
  it("end when the server is gone, told to stop, or scaled in, and not when something else is new", () => {
    const one = server("1");
    const of = (change: Partial<LabServer>): readonly string[] =>
      spans([step(5, { servers: [{ ...one, ...change }, server("2")] })], 5);
    expect(spans([step(5, { servers: [server("2")] })], 5)[0]).toBe("1/0 before-5");
    expect(of({ down: true })[0]).toBe("1/0 before-5");
    expect(of({ retired: true })[0]).toBe("1/0 before-5");
    expect(of({ leaf: 1, version: "1.34", failingChecks: ["etcd"] })[0]).toBe("1/0 before-now");
  });

  it("are others after a start, which ends the one before", () => {
    const servers = [server("1", { starts: 1 }), server("2")];
    expect(spans([step(5, { servers })], 9)).toEqual([
      "1/0 before-5",
      "2/0 before-now",
      "1/1 5-now",
    ]);
  });

  it("end once: what is gone later has ended when it was scaled in", () => {
    const steps = [
      step(5, { servers: [server("1", { retired: true }), server("2")] }),
      step(8, { servers: [server("2")] }),
    ];
    expect(spans(steps, 9)[0]).toBe("1/0 before-5");
  });

  it("are not told of before they are there", () => {
    const steps = [step(5, { servers: [...CLUSTER.servers, server("3")] })];
    expect(spans(steps, 4)).toHaveLength(2);
    expect(spans(steps, 5).at(-1)).toBe("3/0 5-now");
  });
});

describe("an address", () => {
  const front = {
    ip: "43.200.53.253",
    port: 443,
    policy: "pinned",
    servers: ["1"],
    fault: undefined,
  } as const;
  const kinds = (
    change: Partial<Parameters<typeof makeCluster>[0]>,
    steps: readonly LabStep[],
    seconds: readonly number[],
  ): readonly string[] => {
    const [history] = frontHistories({ ...CLUSTER, fronts: [front], ...change }, steps);
    if (history === undefined) throw new Error("there is no address");
    return seconds.map((at) => {
      const state = stateAt(history, at);
      if (state.kind === "open") return `open to ${state.front.servers.join(" ")}`;
      return state.kind === "drop" ? `drop, ${state.ends}` : state.kind;
    });
  };

  it("drops before it is there and after it was taken away, ending connections as it says", () => {
    const steps = [step(5, { fronts: [{ ...front, whenGone: "reset" }] }), step(9, { fronts: [] })];
    expect(kinds({ fronts: [] }, steps, [0, 5, 9])).toEqual([
      "drop, silence",
      "open to 1",
      "drop, reset",
    ]);
  });

  it("refuses while its server is told to stop or gone, and answers for one that is scaled in", () => {
    const steps = [
      step(1, { servers: [server("1", { retired: true })] }),
      step(2, { servers: [server("1", { down: true })] }),
      step(3, { servers: [server("1", { starts: 1 })] }),
      step(4, { servers: [] }),
    ];
    expect(kinds({}, steps, [1, 2, 3, 4])).toEqual(["open to 1", "refuse", "open to 1", "refuse"]);
  });

  it("that is balanced leads to those that take connections, each with its own weight", () => {
    const balanced = {
      ...front,
      policy: "balanced",
      servers: ["1", "2"],
      weights: [9, 1],
    } as const;
    const steps = [step(1, { servers: [server("1", { down: true }), server("2")] })];
    const [history] = frontHistories({ ...CLUSTER, fronts: [balanced] }, steps);
    expect(history && stateAt(history, 1)).toMatchObject({
      front: { servers: ["2"], weights: [1] },
    });
  });

  it("is told apart from one that never changes, whatever happens to the others", () => {
    const other = { ...front, ip: "52.79.39.107", servers: ["2"] };
    const steps = [step(1, { servers: [server("1")], version: "1.34" })];
    const histories = frontHistories({ ...CLUSTER, fronts: [front, other] }, steps);
    expect(histories.map(({ constant }) => constant?.ip)).toEqual([front.ip, undefined]);
  });
});

describe("what is made at the start for later", () => {
  it("is every server, and every certificate once, with the time it is issued", () => {
    const rotated = server("1", { leaf: 1 });
    const steps = [
      step(5, { servers: [rotated, server("2"), server("3")] }),
      step(9, { servers: [rotated] }),
    ];
    expect([...everyServer(CLUSTER, steps).keys()]).toEqual(["1", "2", "3"]);
    expect(
      laterLeaves(CLUSTER, steps).map(
        ({ server: { id, leaf }, issuedAtSeconds }) => `${id}/${leaf ?? 0} ${issuedAtSeconds}`,
      ),
    ).toEqual(["1/1 5", "3/0 5"]);
  });

  it("is nothing where nothing changes", () => {
    expect(laterLeaves(CLUSTER, [])).toEqual([]);
  });
});

describe("a timeline that is sped up", () => {
  it("has its times divided, and the updates that its steps make; what was before stays as old", () => {
    const update = { id: "u", type: "VersionUpdate", status: "Successful" } as const;
    const updates = [
      { ...update, ageSeconds: -60 },
      { ...update, id: "before", ageSeconds: 600 },
    ];
    const { timeline } = speedUp(makeScenario({ timeline: [step(60, { updates })] }), 10);
    expect(timeline).toMatchObject([
      { atSeconds: 6, set: { updates: [{ ageSeconds: -6 }, { ageSeconds: 600 }] } },
    ]);
  });

  it("is the same states in the same order", () => {
    for (const scenario of TIMELINE_SCENARIOS) {
      const fast = speedUp(scenario, 4);
      for (const [index, cluster] of scenario.clusters.entries()) {
        const states = statesOf(fast.clusters[index] ?? cluster, fast.timeline ?? []);
        expect(states.map((state) => state.cluster.fronts)).toEqual(
          statesOf(cluster, scenario.timeline ?? []).map((state) => state.cluster.fronts),
        );
      }
    }
  });

  it("is told apart from a scenario without one, of which nothing is faster", () => {
    const scenario = makeScenario();
    expect(speedUp(scenario, 10)).toBe(scenario);
  });
});
