import { beforeAll, describe, expect, it } from "vitest";
import type { Scenario } from "../../src/lab/scenario.ts";
import { READER, STRANGER, scenario, VIEWER } from "../../src/lab/scenarios/base.ts";
import { GONZ_EKS_PUB } from "../../src/lab/scenarios/clusters.ts";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import type { EventKind, WatchEvent } from "../../src/model/watch/event.ts";
import type { ProbeSeen } from "../../src/model/watch/sample.ts";
import { twoAtATime } from "../support/e2e.ts";
import { runProgram } from "../support/run-program.ts";
import {
  foldLines,
  type Told,
  trackedAgain,
  type WatchedHow,
  watchTimeline,
} from "../support/timeline.ts";

/** By cluster and host: how the scenario calls an API server. */
const IDS = new Map<string, string>();

/** Kind, subject, and the second of the step that it is about. */
type Row = readonly [kind: EventKind, about: string, atSeconds: number];

interface Case {
  readonly name: string;
  readonly forSeconds: number;
  /** 20 where much is silent: each silent round takes real time. */
  readonly intervalSeconds: number;
  /** In the order in which they are told. */
  readonly rows: readonly Row[];
}

const CASES: readonly Case[] = [
  {
    name: "rolling-upgrade",
    forSeconds: 490,
    intervalSeconds: 20,
    rows: [
      ["cluster-changed", "", 60],
      ["update-started", "VersionUpdate", 60],
      ["endpoint-joined-service", "10.0.24.118", 90],
      ["endpoint-joined-service", "10.0.91.56", 90],
      ["server-appeared", "three", 90],
      ["server-appeared", "four", 90],
      ["eni-created", "10.0.24.118", 90],
      ["eni-created", "10.0.91.56", 90],
      ["address-joined-dns", "10.0.24.118", 150],
      ["address-joined-dns", "10.0.91.56", 150],
      ["path-moved", "13.124.61.17 to three", 180],
      ["path-moved", "15.164.210.44 to four", 180],
      ["path-down", "10.0.21.77", 240],
      ["path-down", "10.0.88.140", 240],
      ["kept-refused", "one", 240],
      ["kept-refused", "two", 240],
      ["endpoint-left-service", "10.0.21.77", 240],
      ["endpoint-left-service", "10.0.88.140", 240],
      ["eni-deleted", "10.0.21.77", 330],
      ["eni-deleted", "10.0.88.140", 330],
      ["server-replaced", "one", 300],
      ["server-replaced", "two", 300],
      ["cluster-changed", "", 420],
      ["version-changed", "", 420],
      ["update-finished", "VersionUpdate", 420],
      ["address-left-dns", "10.0.21.77", 390],
      ["address-left-dns", "10.0.88.140", 390],
      ["address-dead", "10.0.21.77", 300],
      ["address-dead", "10.0.88.140", 300],
    ],
  },
  {
    name: "scale-out",
    forSeconds: 190,
    intervalSeconds: 10,
    rows: [
      ["eni-created", "10.0.50.17", 60],
      ["endpoint-joined-service", "10.0.50.17", 60],
      ["server-appeared", "three", 60],
      ["address-joined-dns", "3.36.201.118", 150],
    ],
  },
  {
    name: "scale-in",
    forSeconds: 200,
    intervalSeconds: 10,
    rows: [
      ["endpoint-left-service", "10.0.20.41", 60],
      ["path-down", "10.0.20.41", 90],
      ["address-left-dns", "43.200.53.253", 60],
      ["address-dead", "43.200.53.253", 150],
      ["eni-deleted", "10.0.20.41", 180],
      ["address-dead", "10.0.20.41", 150],
      ["server-gone", "one", 150],
    ],
  },
  {
    name: "rotation",
    forSeconds: 80,
    intervalSeconds: 10,
    rows: [["certificate-rotated", "two", 60]],
  },
  {
    name: "dns-lag",
    forSeconds: 190,
    intervalSeconds: 20,
    rows: [
      ["eni-created", "10.0.19.33", 60],
      ["endpoint-joined-service", "10.0.19.33", 60],
      ["path-down", "10.0.18.90", 60],
      ["server-appeared", "three", 60],
      ["eni-deleted", "10.0.18.90", 60],
      ["endpoint-left-service", "10.0.18.90", 60],
      ["address-joined-dns", "10.0.19.33", 120],
      ["server-gone", "two", 60],
      ["address-left-dns", "10.0.18.90", 120],
      ["address-dead", "10.0.18.90", 60],
    ],
  },
  {
    name: "restart",
    forSeconds: 120,
    intervalSeconds: 10,
    rows: [
      ["endpoint-left-service", "10.0.95.229", 60],
      ["path-down", "10.0.95.229", 60],
      ["path-down", "52.79.39.107", 60],
      ["readyz-lost", "two", 60],
      ["endpoint-joined-service", "10.0.95.229", 80],
      ["path-up", "10.0.95.229", 80],
      ["path-up", "52.79.39.107", 80],
      ["server-restarted", "two", 80],
      ["readyz-regained", "two", 80],
    ],
  },
  { name: "flap", forSeconds: 100, intervalSeconds: 10, rows: [] },
  {
    name: "outage",
    forSeconds: 180,
    intervalSeconds: 20,
    rows: [
      ["path-down", "52.79.39.107", 60],
      ["path-up", "52.79.39.107", 150],
    ],
  },
  {
    name: "unready",
    forSeconds: 120,
    intervalSeconds: 10,
    rows: [
      ["readyz-lost", "two", 60],
      ["readyz-regained", "two", 100],
    ],
  },
  {
    name: "throttled-later",
    forSeconds: 250,
    intervalSeconds: 20,
    rows: [
      ["source-lost", "ec2", 60],
      ["source-regained", "ec2", 180],
    ],
  },
  { name: "balanced-move", forSeconds: 200, intervalSeconds: 10, rows: [] },
];

interface Healthy {
  readonly name: string;
  readonly world: Scenario;
  readonly how?: WatchedHow;
}

const HEALTHY: readonly Healthy[] = [
  { name: "a public endpoint", world: lab("gonz-eks-pub") },
  { name: "a private endpoint", world: lab("gonz-eks-pri") },
  { name: "both endpoints", world: lab("gonz-eks-both") },
  { name: "a balanced address", world: lab("balanced") },
  { name: "a caller whom nobody maps", world: lab("unmapped") },
  { name: "ENIs that are denied", world: lab("enis-denied") },
  { name: "no token at all", world: lab("gonz-eks-pub"), how: { anonymous: true } },
  { name: "a caller who may not read leases", world: readBy("a viewer", VIEWER) },
  { name: "a caller who may read them", world: readBy("a reader", READER) },
];

const RESUMED: readonly { readonly name: string; readonly atSeconds: number }[] = [
  // In an outage; between the two answers without a VIP; while a new certificate waits for its lease.
  { name: "restart", atSeconds: 70 },
  { name: "scale-in", atSeconds: 100 },
  { name: "rotation", atSeconds: 60 },
  { name: "unready", atSeconds: 60 },
];

const RUNS = new Map<string, Told>();

beforeAll(async () => {
  const works: readonly (readonly [string, () => Promise<Told>])[] = [
    ...CASES.map((one) => [one.name, () => watchCase(one)] as const),
    ...HEALTHY.map(
      ({ name, world, how }) => [name, () => watchTimeline(world, 70_000, how)] as const,
    ),
    ...RESUMED.map(
      ({ name, atSeconds }) =>
        [
          `${name} resumed`,
          () => watchCase(caseOf(name), { resume: { atMs: atSeconds * 1_000, lateMs: 0 } }),
        ] as const,
    ),
    [
      "scale-out resumed late",
      () => watchCase(caseOf("scale-out"), { resume: { atMs: 40_000, lateMs: 65_000 } }),
    ],
  ];
  await twoAtATime(works, async ([name, work]) => {
    RUNS.set(name, await work());
  });
}, 240_000);

function lab(name: string): Scenario {
  const found = findScenario(name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  for (const cluster of found.clusters) {
    const states = [cluster, ...(found.timeline ?? []).flatMap(({ set }) => set ?? [])];
    for (const { id, host } of states.flatMap(({ servers = [] }) => servers)) {
      IDS.set(`${cluster.name} ${host}`, id);
    }
  }
  return found;
}

function readBy(name: string, who: typeof VIEWER): Scenario {
  return scenario(name, name, { clusters: [GONZ_EKS_PUB], principals: [who, STRANGER] });
}

function caseOf(name: string): Case {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

function watchCase(
  { name, forSeconds, intervalSeconds }: Case,
  how: WatchedHow = {},
): Promise<Told> {
  const intervalMs = intervalSeconds * 1_000;
  return watchTimeline(lab(name), forSeconds * 1_000, { intervalMs, ...how });
}

function told(name: string): Told {
  const found = RUNS.get(name);
  if (found === undefined) throw new Error(`${name} did not run`);
  return found;
}

/** The event's kind and what it is about, by the names of the scenario. */
function wordsOf(event: WatchEvent): readonly [EventKind, string] {
  const { kind, subject, is } = event;
  const id = [...IDS].find(([key]) => key.endsWith(` ${subject.server ?? ""}`))?.[1];
  const ip = subject.address?.replace(/:443$/, "");
  if (kind === "path-moved") return [kind, `${ip} to ${id ?? is}`];
  if (subject.update !== undefined) return [kind, event.what.split(" ")[0] ?? ""];
  return [kind, id ?? ip ?? subject.source ?? ""];
}

function listOf(events: readonly WatchEvent[]): readonly string[] {
  return events.map((event) => wordsOf(event).join(" "));
}

/** Of the kinds that are not seen in every round: how seldom they are, in seconds. */
const SELDOM: readonly (readonly [prefix: string, seconds: number])[] = [
  ["address-joined", 60],
  ["address-left", 60],
  ["eni-", 30],
  ["source-", 60],
  ["cluster-", 60],
  ["version-", 60],
  ["update-", 60],
  // Lists come through another connection each time, and one that has just ended has none.
  ["endpoint-", 20],
  ["server-restarted", 10],
];

/** How many API servers they met. */
function countServers(probes: readonly ProbeSeen[]): number {
  return new Set(probes.map(({ server }) => server)).size;
}

describe("a timeline of the lab", () => {
  it.each(CASES)("$name: gives its events, in their order, and no other", ({ name, rows }) => {
    expect(listOf(told(name).events)).toEqual(rows.map(([kind, about]) => `${kind} ${about}`));
  });

  it.each(CASES)("$name: each happened between `after` and `at`, which are close", (one) => {
    const { events, seconds } = told(one.name);
    const windows = events.map((event, index) => {
      const [kind, about, step] = one.rows[index] ?? ["", "nothing", -1];
      const [after = -1, at = -1] = [seconds(event.after), seconds(event.at)];
      const rare = SELDOM.find(([prefix]) => kind.startsWith(prefix))?.[1] ?? 0;
      const isRight = after < step && step <= at && at - step <= rare + one.intervalSeconds;
      return isRight ? undefined : `${kind} ${about}: ${after}..${at} is not about ${step}`;
    });
    expect(windows.filter((window) => window !== undefined)).toEqual([]);
  });

  it.each(CASES)("$name: numbers them without a gap, none told before it was seen", ({ name }) => {
    const { events } = told(name);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    for (const { at, after = "", reportedAt } of events) {
      expect(after <= at && at <= reportedAt).toBe(true);
    }
    const times = events.map(({ reportedAt }) => reportedAt);
    expect(times).toEqual(times.toSorted());
  });

  it("flap: the watch has met it, and a single failure is no outage", () => {
    const failed = told("flap").rounds.flatMap(({ sample }) =>
      sample.probes.filter(({ failure }) => failure !== undefined),
    );
    expect(failed.map(({ address, failure }) => `${address} ${failure?.code}`)).toEqual([
      "52.79.39.107:443 tcp-refused",
    ]);
  });

  it("balanced-move: both API servers were met behind the VIP all along", () => {
    const { rounds } = told("balanced-move");
    const met = rounds.map(({ sample }) =>
      sample.probes.filter(({ address }) => address === "43.200.53.253:443"),
    );
    expect(countServers(met[0] ?? [])).toBe(2);
    expect(countServers(met.slice(1).flat())).toBe(2);
  });

  it.each(HEALTHY)("has no event for $name", ({ name }) => {
    expect(listOf(told(name).events)).toEqual([]);
  });

  it.each([...CASES, ...HEALTHY])("$name: its rounds alone give the same events", ({ name }) => {
    const { rounds, events } = told(name);
    const interval = CASES.find((one) => one.name === name)?.intervalSeconds ?? 10;
    expect(trackedAgain(rounds, interval * 1_000)).toEqual(events);
  });

  it.each(CASES)("$name: its record comes to what the watch knew", async ({ name }) => {
    const { record, state, rounds } = told(name);
    const folded = await foldLines(record);
    expect(folded.rounds).toBe(rounds.length);
    expect(folded.state).toEqual(state);
  });
});

describe("a watch that was ended and resumed", () => {
  it.each(RESUMED)("from $atSeconds s of $name tells what one without a break does", ({ name }) => {
    const { events, state, record } = told(`${name} resumed`);
    expect(listOf(events).toSorted()).toEqual(listOf(told(name).events).toSorted());
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(record.filter((line) => line.startsWith('{"kind":"resumed"'))).toHaveLength(1);
    expect(state?.n).toBe(told(name).state?.n);
  });

  it("tells that it stood still, and what has changed meanwhile", () => {
    const { events, seconds } = told("scale-out resumed late");
    expect(listOf(events).toSorted()).toEqual(
      ["watch-gap ", ...listOf(told("scale-out").events)].toSorted(),
    );
    const [gap] = events;
    expect(gap?.kind).toBe("watch-gap");
    expect([seconds(gap?.after), seconds(gap?.at)]).toEqual([40, 115]);
    const appeared = events.find(({ kind }) => kind === "server-appeared");
    expect([seconds(appeared?.after), seconds(appeared?.at)]).toEqual([40, 115]);
  });
});

/** All the times of it, as seconds. */
function inSeconds({ seconds }: Pick<Told, "seconds">, value: unknown): unknown {
  if (typeof value === "string") return seconds(value) ?? value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, inSeconds({ seconds }, one)]),
  );
}

function eventOf(run: Told, kind: EventKind, about: string): WatchEvent {
  const found = run.events.find((event) => wordsOf(event).join(" ") === `${kind} ${about}`);
  if (found === undefined) throw new Error(`no ${kind} ${about}`);
  return found;
}

describe("how an address ends that was dropped", () => {
  it("is told of a VIP that DNS dropped first: 200, then 401, then silence", () => {
    const run = told("scale-in");
    const { drain, what } = eventOf(run, "address-dead", "43.200.53.253");
    expect(what).toBe("43.200.53.253 is dead, 90 s after DNS dropped it");
    expect(inSeconds(run, drain)).toEqual({
      droppedFromDnsAt: 60,
      fresh: { last200At: 80, first401At: 90, firstTimeoutAt: 150 },
      kept: { last200At: 80, first401At: 90, firstResetAt: 150 },
      deadAt: 150,
      answeredForMs: 20_000,
    });
  });

  it("is told of an ENI that EC2 dropped when nothing answered there any more", () => {
    const run = told("scale-in");
    const { drain, what } = eventOf(run, "address-dead", "10.0.20.41");
    expect(what).toBe("10.0.20.41 is dead, and had been for 30 s when EC2 dropped it");
    expect(inSeconds(run, drain)).toEqual({
      droppedFromEc2At: 180,
      fresh: { last200At: 80, first401At: 90, firstTimeoutAt: 150 },
      kept: { last200At: 80, first401At: 90, firstResetAt: 150 },
      deadAt: 150,
      answeredForMs: 0,
    });
  });

  it("is told of an ENI that is gone at once, and of which DNS learns a minute later", () => {
    const run = told("dns-lag");
    const { drain } = eventOf(run, "address-dead", "10.0.18.90");
    expect(inSeconds(run, drain)).toMatchObject({
      droppedFromDnsAt: 120,
      droppedFromEc2At: 80,
      fresh: { last200At: 40, firstTimeoutAt: 60 },
      kept: { last200At: 40 },
      deadAt: 60,
      answeredForMs: 0,
    });
  });

  it("is told of both ENIs of an upgrade, by when each of the two said so", () => {
    const run = told("rolling-upgrade");
    for (const ip of ["10.0.21.77", "10.0.88.140"]) {
      expect(inSeconds(run, eventOf(run, "address-dead", ip).drain)).toEqual({
        droppedFromDnsAt: 422,
        droppedFromEc2At: 342,
        fresh: { last200At: 222, first401At: 242, firstTimeoutAt: 302 },
        kept: { last200At: 222, first401At: 242, firstResetAt: 302 },
        deadAt: 302,
        answeredForMs: 0,
      });
    }
  });
});

describe("an outage", () => {
  it("is told when it begins, and with its length and its errors when it ends", () => {
    const run = told("outage");
    const [down, up] = run.events;
    expect(inSeconds(run, { ...down?.outage, firstError: 0, lastError: 0 })).toEqual({
      startedAt: 60,
      attempts: 2,
      firstError: 0,
      lastError: 0,
    });
    expect(inSeconds(run, { ...up?.outage, firstError: 0, lastError: 0 })).toEqual({
      startedAt: 60,
      endedAt: 160,
      durationMs: 100_000,
      attempts: 5,
      firstError: 0,
      lastError: 0,
    });
    const error = "did not answer the connection attempt within 1500 ms";
    expect(up?.outage?.firstError).toContain(error);
    expect(up?.outage?.lastError).toContain(error);
    expect(run.seconds(down?.reportedAt)).toBe(80);
    expect(run.seconds(up?.reportedAt)).toBe(180);
  });

  it("of an API server that was scaled in says that others answer", () => {
    const { outage, evidence } = eventOf(told("scale-in"), "path-down", "10.0.20.41");
    expect(outage?.lastError).toContain("401");
    expect(evidence.join("\n")).toContain("an API server that was scaled in answers like that");
  });

  it("of an ENI that is gone says that DNS still leads there", () => {
    const { evidence } = eventOf(told("dns-lag"), "path-down", "10.0.18.90");
    expect(evidence).toContain("EC2 lists no ENI with this IP any more, and DNS still names it");
  });

  it("of a restart is as long as the API server was down", () => {
    const run = told("restart");
    expect(eventOf(run, "path-up", "52.79.39.107").outage).toMatchObject({
      durationMs: 20_000,
      attempts: 2,
    });
  });
});

describe("an update of the cluster", () => {
  it("is told before what it explains, which names it", () => {
    const { events } = told("rolling-upgrade");
    const started = events.findIndex(({ kind }) => kind === "update-started");
    const without = events.filter(({ during }) => during === undefined);
    expect(listOf(without)).toEqual([
      "cluster-changed ",
      "update-started VersionUpdate",
      "update-finished VersionUpdate",
    ]);
    expect(
      events.slice(started).every(({ kind, during }) => {
        return kind.startsWith("update-") || during?.type === "VersionUpdate";
      }),
    ).toBe(true);
  });

  it("explains nothing where there is none", () => {
    for (const { name } of CASES.filter((one) => one.name !== "rolling-upgrade")) {
      expect(told(name).events.filter(({ during }) => during !== undefined)).toEqual([]);
    }
  });
});

describe("a record of a timeline", () => {
  it.each(["rolling-upgrade", "scale-in"])("shows each of the events of %s again", async (name) => {
    const { record, events } = told(name);
    const stdin = record.join("");
    const [text, lines] = await Promise.all([
      runProgram(["replay", "-"], { stdin }),
      runProgram(["replay", "-", "-o", "ndjson"], { stdin }),
    ]);
    expect([text.code, text.stderr, lines.code]).toEqual([0, "", 0]);
    const flat = text.stdout.replaceAll(/\s+/g, " ");
    // The column before it has the noun already.
    for (const { what } of events)
      expect(flat).toContain(what.replace(/^(?:API server|path|ENI) /, ""));
    const again = lines.stdout
      .trimEnd()
      .split("\n")
      .filter((line) => line.startsWith('{"type":"event"'))
      .map((line): unknown => JSON.parse(line));
    expect(again).toMatchObject(events.map(({ seq, kind, what }) => ({ seq, kind, what })));
  });
});
