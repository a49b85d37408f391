import { describe, expect, test } from "vitest";
import { watchWith } from "../../../../src/cli/commands/watch.ts";
import { readOptions } from "../../../../src/cli/options/read.ts";
import { WATCH_OPTIONS } from "../../../../src/cli/options/tables/watch.ts";
import { UsageError, valueReader } from "../../../../src/cli/options/values.ts";
import type { WatchParts } from "../../../../src/cli/watch/parts.ts";
import type { OpenRecord } from "../../../../src/cli/watch/record-file.ts";
import { readWatchSettings } from "../../../../src/cli/watch/settings.ts";
import { type Fact, known, unknown } from "../../../../src/model/fact.ts";
import type { FailureCode } from "../../../../src/model/failure.ts";
import type { RecordLine } from "../../../../src/model/watch/record.ts";
import type { WatchSample } from "../../../../src/model/watch/sample.ts";
import type { PathSummary, WatchSummary } from "../../../../src/model/watch/summary.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import { NOTHING_SEEN, type WatchState } from "../../../../src/watch/track/track.ts";
import type { WatchedRound } from "../../../../src/watch/watch.ts";
import { type FakeDeps, type FakeWorld, fakeDeps } from "../../../support/fake-deps.ts";
import { memoryIo } from "../../../support/memory-io.ts";
import { makeCluster } from "../../../support/snapshots.ts";
import { DOWN, HEADER, LOAD, MOVED, SUMMARY } from "../../../support/watch-stories.ts";

type Flags = Readonly<Record<string, unknown>>;

function valuesOf(flags: Flags, environment: Readonly<Record<string, string>> = {}) {
  const raw = readOptions(WATCH_OPTIONS, { cluster: "gonz-eks-pub", ...flags }, environment);
  if (raw.kind === "bad") throw new UsageError(raw.problem);
  return valueReader(raw.value);
}

function settingsOf(flags: Flags, environment: Readonly<Record<string, string>> = {}) {
  return readWatchSettings(valuesOf(flags, environment));
}

describe("the settings", () => {
  test("have defaults that suit a watch of hours", () => {
    expect(settingsOf({})).toEqual({
      intervalMs: 10_000,
      forMs: undefined,
      awsIntervalMs: 30_000,
      record: undefined,
      eventTimeoutMs: 30_000,
      load: undefined,
      output: "text",
      quiet: false,
      verbose: false,
      noColor: false,
    });
  });

  test.each([
    [{ interval: "100ms" }, { intervalMs: 100 }],
    [{ interval: "10m" }, { intervalMs: 600_000 }],
    [{ for: "90s" }, { forMs: 90_000 }],
    [{ for: "1d" }, { forMs: 86_400_000 }],
    [{ for: "30d" }, { forMs: 2_592_000_000 }],
    [{ for: "1.5h" }, { forMs: 5_400_000 }],
    [{ awsInterval: "1h" }, { awsIntervalMs: 3_600_000 }],
    [{ record: "a.jsonl", resume: true }, { record: { path: "a.jsonl", resume: true } }],
    [{ onEvent: "x", onEventTimeout: "2m" }, { eventTimeoutMs: 120_000 }],
    [{ load: "50", for: "1m" }, { load: { rps: 50, path: "/version", connections: "fresh" } }],
    [
      {
        load: "1000",
        for: "1m",
        yes: true,
        loadPath: "/api/v1/namespaces/a-b/pods",
        loadConnections: "kept",
      },
      { load: { rps: 1_000, path: "/api/v1/namespaces/a-b/pods", connections: "kept" } },
    ],
  ])("of %j", (flags, expected) => {
    expect(settingsOf(flags)).toMatchObject(expected);
  });

  test.each<[Flags, string]>([
    [{ interval: "99ms" }, '--interval: "99ms" is not a duration between 100ms and 10m'],
    [{ interval: "11m" }, "between 100ms and 10m; write 500ms, 30s or 5m"],
    [
      { for: "soon" },
      '--for: "soon" is not a duration between 1s and 30d; write 90s, 30m, 2h or 1d',
    ],
    [{ for: "31d" }, "between 1s and 30d"],
    [{ for: "0" }, "between 1s and 30d"],
    [{ awsInterval: "999ms" }, "between 1s and 1h"],
    [{ resume: true }, "--resume needs --record"],
    [{ record: " " }, "the file name is empty"],
    [{ onEventTimeout: "1s" }, "--on-event-timeout needs --on-event"],
    [{ load: "20" }, "--load needs --for"],
    [{ load: "51", for: "1m" }, "give --yes to send more than 50"],
    [{ load: "1001", for: "1m", yes: true }, "between 1 and 1000"],
    [{ load: "0", for: "1m" }, "between 1 and 1000"],
    [{ load: "0.5", for: "1m" }, "between 1 and 1000"],
    [{ load: "1e3", for: "1m" }, "between 1 and 1000"],
    [{ loadPath: "/version" }, "--load-path needs --load"],
    [{ loadConnections: "kept" }, "--load-connections needs --load"],
    [{ load: "1", for: "1m", loadConnections: "both" }, "is none of fresh, kept"],
    [{ quiet: true, verbose: true }, "--quiet and --verbose exclude each other"],
    [{ output: ["json"] }, "is none of text, ndjson"],
  ])("refuse %j and say what is right", (flags, problem) => {
    expect(() => settingsOf(flags)).toThrow(problem);
  });

  test.each([
    "version",
    "",
    "//evil.example/",
    "/a//b",
    "/a/../b",
    "/./a",
    "/a?b=1",
    "/a#b",
    "/a b",
    "/%2e%2e",
    "/a\r\nHost: evil.example",
    "https://evil.example/",
    "/\u00e9",
    `/${"a".repeat(500)}`,
  ])("refuse %j as a path", (loadPath) => {
    expect(() => settingsOf({ load: "1", for: "1m", loadPath })).toThrow("is not a plain path");
  });

  test("twins are read, the interval's by a name of its own: a probe's interval is another thing", () => {
    const twins = {
      EKS_PROBE_WATCH_INTERVAL: "30s",
      EKS_PROBE_INTERVAL: "1ms",
      EKS_PROBE_FOR: "2h",
    };
    expect(settingsOf({}, twins)).toMatchObject({ intervalMs: 30_000, forMs: 7_200_000 });
  });
});

const SAMPLE: WatchSample = {
  n: 1,
  at: "2026-11-25T15:41:31.000Z",
  durationMs: 100,
  dns: undefined,
  enis: undefined,
  cluster: undefined,
  updates: undefined,
  token: undefined,
  probes: [],
  kept: [],
  lists: undefined,
};

const STATE: WatchState = { ...NOTHING_SEEN, n: 1, at: SAMPLE.at };
const ROUND: WatchedRound = { sample: SAMPLE, events: [], state: STATE, nextInMs: 10_000 };
const ROUNDS: readonly WatchedRound[] = [
  ROUND,
  { ...ROUND, events: [MOVED] },
  { ...ROUND, events: [DOWN] },
];

function path(state: PathSummary["state"]): PathSummary {
  return { address: "10.0.20.41:443", attempts: 3, answered: 2, state, server: undefined };
}

const FINE: WatchSummary = { ...SUMMARY, paths: [path("up")] };

interface Played {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly record: readonly RecordLine[];
  readonly deps: FakeDeps;
  /** What was done with the parts, in order. */
  readonly calls: readonly string[];
}

interface Play {
  readonly rounds?: readonly WatchedRound[];
  readonly summary?: WatchSummary | undefined;
  readonly world?: FakeWorld;
  /** Aborts after the rounds, by this reason. */
  readonly stop?: unknown;
  readonly before?: OpenRecord["before"];
  readonly tornBytes?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The command over rounds that are given to it. */
async function play(flags: Flags, how: Play = {}): Promise<Played> {
  const { rounds = ROUNDS, world = {}, environment = {}, tornBytes = 0 } = how;
  const deps = fakeDeps(world);
  const stopper = new AbortController();
  const memory = memoryIo({ LANG: "C.UTF-8", ...environment });
  const record: RecordLine[] = [];
  const calls: string[] = [];
  const parts: WatchParts = {
    readRun: () =>
      Promise.resolve({ request: makeRequest("gonz-eks-pub", { intervalMs: 5 }), deps }),
    watchCluster: (options) => {
      const { intervalMs, awsIntervalMs, forMs, request, from } = options;
      calls.push(`watch ${intervalMs} ${awsIntervalMs} ${forMs} ${request.intervalMs} ${from?.n}`);
      for (const round of rounds) options.onRound(round);
      options.onReady?.({ targets: () => [], token: () => Promise.resolve(undefined) });
      if ("stop" in how) stopper.abort(how.stop);
      const state = rounds.at(-1)?.state ?? NOTHING_SEEN;
      return Promise.resolve({ state, end: "stop" in how ? "signal" : "time" });
    },
    summarize: (_state, _cluster, end, load) => {
      const summary = "summary" in how ? how.summary : FINE;
      return summary === undefined ? undefined : { ...summary, end, load };
    },
    openRecord: (file, { resume, header }) => {
      calls.push(`open ${file} ${resume} ${header.endpointHost}`);
      return Promise.resolve({
        before: how.before,
        tornBytes,
        append: (line) => Promise.resolve(void record.push(line)),
        close: () => Promise.resolve(void calls.push("close")),
      });
    },
    runLoad: ({ plan, forMs }) => {
      calls.push(`load ${plan.rps} ${plan.path} ${forMs}`);
      return {
        report: () => LOAD,
        stop: () => Promise.resolve(void calls.push("stop load")),
        finished: Promise.resolve(),
      };
    },
  };
  const io = { ...memory, signal: stopper.signal };
  const code = await watchWith(parts, valuesOf(flags), io);
  return { code, out: memory.out(), err: memory.err(), record, deps, calls };
}

function ndjson({ out }: Played): readonly string[] {
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
}

describe("watch", () => {
  test("shows where things stand, then what changes as it comes, then what it came to", async () => {
    const { code, out, err } = await play({});
    expect([code, err]).toEqual([0, ""]);
    const parts = [
      "  vip   43.200.53.253",
      "healthy ·",
      "watching gonz-eks-pub · ap-northeast-2 · from worker · every 10s",
      "15:41:31Z · changed path    10.0.20.41:443 leads to",
      "15:41:31Z ✗ failed  path    52.79.39.107:443 is down",
      "watched gonz-eks-pub for 9h",
    ];
    const places = parts.map((part) => out.indexOf(part));
    expect(places).toEqual(places.filter((place) => place >= 0).toSorted((a, b) => a - b));
  });

  test("asks in its own rhythm, whatever a probe's interval is", async () => {
    const { calls } = await play({ interval: "30s", for: "2h", awsInterval: "1m" });
    expect(calls).toEqual(["watch 30000 60000 7200000 0 undefined"]);
  });

  test("as ndjson has nothing but its lines on stdout", async () => {
    expect(ndjson(await play({ output: ["ndjson"] }))).toEqual([
      "start",
      "event",
      "event",
      "summary",
    ]);
  });

  test("with -q is the summary only, in either form", async () => {
    expect(ndjson(await play({ output: ["ndjson"], quiet: true }))).toEqual(["summary"]);
    expect((await play({ quiet: true })).out).toMatch(/^watched gonz-eks-pub for 9h/);
  });

  test("with -v has the evidence", async () => {
    expect((await play({ verbose: true })).out).toContain("8 of 8 fresh connections met it");
    expect((await play({})).out).not.toContain("8 of 8");
  });

  test("in a log that is read for commands has none", async () => {
    const what = "::error::owned ##[error]owned";
    const rounds = [{ ...ROUND, events: [{ ...MOVED, what, was: "::warning::x" }] }];
    const { out } = await play({}, { rounds, environment: { GITHUB_ACTIONS: "true" } });
    expect(out).not.toContain("##[");
    expect(out).not.toMatch(/^\s*::/m);
  });

  test("records every round with its events, the whole picture at both ends, and its end", async () => {
    const { record, calls } = await play({ record: "a.jsonl", for: "1m" });
    expect(record.map(({ kind }) => kind)).toEqual([
      "run",
      "round",
      "round",
      "round",
      "run",
      "end",
    ]);
    expect(record[1]).toEqual({ kind: "round", sample: SAMPLE, events: [] });
    expect(record[0]).toMatchObject({ run: { schemaVersion: 1, verdict: { status: "healthy" } } });
    expect(record.at(-1)).toMatchObject({ end: "time", load: undefined });
    expect(calls.at(0)).toMatch(/^open a\.jsonl false \S+\.eks\.amazonaws\.com$/);
    expect(calls.at(-1)).toBe("close");
  });

  test("that is stopped asks nothing any more, and still writes its end", async () => {
    const { record } = await play({ record: "a.jsonl" }, { stop: "SIGTERM" });
    expect(record.map(({ kind }) => kind)).toEqual(["run", "round", "round", "round", "end"]);
    expect(record.at(-1)).toMatchObject({ end: "signal" });
  });

  test("goes on from a record, and tells that its end was cut off", async () => {
    const header = { ...HEADER, startedAt: "2026-11-24T00:00:00.000Z" };
    const state = { ...STATE, n: 720 };
    const rest = { intervalMs: 10_000, lastRun: undefined, rounds: 720, end: undefined };
    const before = { header, state, ...rest };
    const { calls, err, out } = await play(
      { record: "a.jsonl", resume: true, output: ["ndjson"] },
      { before, tornBytes: 12 },
    );
    expect(calls[0]).toMatch(/^open a\.jsonl true /);
    expect(calls[1]).toMatch(/ 720$/);
    expect(JSON.parse(out.split("\n")[0] ?? "")).toMatchObject({ startedAt: header.startedAt });
    expect(err).toBe(
      "eks-probe: warning: the record ended within a line: its last 12 bytes are cut off\n",
    );
  });

  test("sends its load from the first addresses on to the end, and tells what it met", async () => {
    const { out, calls } = await play({ load: "20", for: "10m", loadPath: "/livez" });
    expect(calls.slice(1)).toEqual(["load 20 /livez 600000", "stop load", "stop load"]);
    expect(out).toContain("GET /version over fresh connections, 50 a second");
  });

  test("hands each event to the command as the line that ndjson has", async () => {
    const { err } = await play({ onEvent: "cat" }, { environment: { PATH: "/usr/bin:/bin" } });
    const lines = err.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    // A line of others has its limit on stderr, not on the command's stdin.
    for (const line of lines)
      expect(line).toMatch(/^on-event \| \{"type":"event","cluster":"gonz-eks-pub","seq":\d/);
  });

  test("whose command is not there says so before anybody is asked", async () => {
    const asked = play({ onEvent: "no-such-program" }, { environment: { PATH: "/nonexistent" } });
    await expect(asked).rejects.toThrow('--on-event: "no-such-program" is in no folder of PATH');
  });
});

function failed(code: FailureCode): Fact<never> {
  return unknown({ code, phase: "describe-cluster", side: "aws", message: `${code} it is` });
}

describe("how a watch ends", () => {
  const DOWN_AT_END: WatchSummary = { ...FINE, paths: [path("up"), path("down")] };
  const NOTHING: WatchSummary = {
    ...FINE,
    paths: [{ ...path("never-up"), answered: 0 }],
    enisAtStart: undefined,
    enisAtEnd: undefined,
  };

  test.each<[string, number, Flags, Play]>([
    ["its time is over and all is well", 0, { for: "1m" }, {}],
    ["a path that was up is down", 1, { for: "1m" }, { summary: DOWN_AT_END }],
    ["a path is dead that was dropped", 0, {}, { summary: { ...FINE, paths: [path("dead")] } }],
    ["nothing at all was seen", 3, { for: "1m" }, { summary: NOTHING }],
    [
      "no path answered, though EC2 told of ENIs",
      3,
      {},
      { summary: { ...NOTHING, enisAtEnd: [] } },
    ],
    ["not one round was made", 3, {}, { rounds: [], summary: undefined }],
    ["Ctrl-C, and no time was set", 0, {}, { stop: "SIGINT" }],
    ["Ctrl-C, and a path is down", 1, {}, { stop: "SIGINT", summary: DOWN_AT_END }],
    ["Ctrl-C before its time", 130, { for: "1m" }, { stop: "SIGINT" }],
    ["an abort without a name before its time", 130, { for: "1m" }, { stop: undefined }],
    ["SIGTERM before its first round", 0, { for: "1m" }, { stop: "SIGTERM", summary: undefined }],
    ["SIGTERM before its time", 0, { for: "1m" }, { stop: "SIGTERM" }],
    ["SIGTERM, and a path is down", 1, { for: "1m" }, { stop: "SIGTERM", summary: DOWN_AT_END }],
  ])("%s: exit code %d", async (_what, expected, flags, how) => {
    const { code, out } = await play(flags, how);
    expect(code).toBe(expected);
    expect(out.includes("watched gonz-eks-pub")).toBe(
      !("summary" in how) || how.summary !== undefined,
    );
  });

  test.each<FailureCode>([
    "access-denied",
    "no-credentials",
    "credentials-expired",
    "cluster-not-found",
    "no-region",
  ])("does not begin where waiting does not help: %s", async (code) => {
    const ended = await play({}, { world: { cluster: failed(code) } });
    expect(ended.code).toBe(3);
    expect(ended.calls).toEqual([]);
    expect(ended.out).toContain(`${code} it is`);
    expect(ended.out).toContain("could not tell");
  });

  test("says why to people, where machines read stdout", async () => {
    const world = { cluster: failed("access-denied") };
    const { out, err } = await play({ output: ["ndjson"] }, { world });
    expect(out).toBe("");
    expect(err).toContain("access-denied it is");
  });

  test.each<FailureCode>(["throttled", "aws-unreachable", "aws-error", "no-endpoint"])(
    "but waits for what may pass: %s",
    async (code) => {
      const { code: exitCode, calls } = await play({}, { world: { cluster: failed(code) } });
      expect([exitCode, calls.length]).toEqual([0, 1]);
    },
  );

  test("a cluster that EKS describes is watched, whatever else is wrong with it", async () => {
    const world = { cluster: known(makeCluster()), token: failed("access-denied") };
    expect((await play({}, { world })).calls).toHaveLength(1);
  });
});
