import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Scenario } from "../../src/lab/scenario.ts";
import { GONZ_EKS_PUB } from "../../src/lab/scenarios/clusters.ts";
import { withFront, withServer } from "../../src/lab/scenarios/timeline-parts.ts";
import { MARKS } from "../support/hostile-world.ts";
import { findLeaks, runWatched, TOKEN_WORDS } from "../support/leak-scan.ts";
import type { Ended } from "../support/run-program.ts";
import {
  type Change,
  CLUSTER,
  FAST,
  inTurnedLab,
  linesOf,
  quickScenario,
  type Running,
  startIn,
} from "../support/watch-program.ts";

const VIP = "52.79.39.107";

/** One API server goes away, and comes back as another process. */
const RESTART: readonly Change[] = [
  { servers: withServer(GONZ_EKS_PUB, "two", { down: true }) },
  { servers: withServer(GONZ_EKS_PUB, "two", { starts: 1 }) },
];

const REFUSED: readonly Change[] = [
  { fronts: withFront(GONZ_EKS_PUB, VIP, { fault: { kind: "refuse" } }) },
];

/** An address without an answer: a round with it takes as long as an attempt may. */
const SILENT: readonly Change[] = [
  { fronts: withFront(GONZ_EKS_PUB, VIP, { fault: { kind: "drop" } }) },
];

const STARTED = /\nwatching |"type":"start"/;
const DOWN = /52\.79\.39\.107 is down/;
const UP = /52\.79\.39\.107 is up again/;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "eks-probe-watch-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function kindsOf(lines: readonly Record<string, unknown>[]): readonly string[] {
  return lines.flatMap(({ type, kind }) => (type === "event" ? [String(kind)] : []));
}

/** All of them see what happens, and are told to end then. */
async function throughSteps(
  runs: readonly Running[],
  next: () => Promise<void>,
  shown: readonly RegExp[],
): Promise<readonly Ended[]> {
  await Promise.all(runs.map((run) => run.until(STARTED)));
  for (const sign of shown) {
    await next();
    await Promise.all(runs.map((run) => run.until(sign)));
  }
  for (const { child } of runs) child.kill("SIGTERM");
  return Promise.all(runs.map(({ ended }) => ended));
}

describe("a restart that is watched", () => {
  let [text, machine, replayed]: (Ended | undefined)[] = [];
  let eventLog = "";
  let argumentLog = "";

  beforeAll(async () => {
    const [record, log] = [join(folder, "restart.jsonl"), join(folder, "events")];
    const body = 'cat >> "$1"; tr "\\0" " " < /proc/$$/cmdline >> "$1.args"; echo >> "$1.args"';
    const command = `${script("log", body)} ${log}`;
    await inTurnedLab(quickScenario(RESTART), async (lab, next) => {
      const runs = [
        startIn(lab, [...FAST, "--record", record]),
        startIn(lab, [...FAST, "-o", "ndjson", "--on-event", command]),
      ];
      [text, machine] = await throughSteps(runs, next, [DOWN, UP]);
      replayed = await startIn(lab, ["replay", record]).ended;
    });
    [eventLog, argumentLog] = [readFileSync(log, "utf8"), readFileSync(`${log}.args`, "utf8")];
  }, 60_000);

  test("is the map, then what is watched, then each change as it comes, then what it came to", () => {
    expect(text).toMatchObject({ code: 0, stderr: "" });
    const stdout = text?.stdout ?? "";
    const parts = [
      /^gonz-eks-pub · ap-northeast-2 · public endpoint/,
      /healthy · 4 paths · 2 API servers/,
      /\nwatching gonz-eks-pub · ap-northeast-2 · from \S+ · every 300ms · since /,
      /\n\d\d:\d\d:\d\dZ ✗ failed {2}path {4}52\.79\.39\.107 is down\n/,
      /\n\d\d:\d\d:\d\dZ ✓ ok {6}path {4}52\.79\.39\.107 is up again, after \d+ s\n/,
      /\nwatched gonz-eks-pub for [^]* · stopped\s+by\s+a\s+signal\n/,
      /\n {2}52\.79\.39\.107:443 {3}up +\d+\/\d+ +\d+(?:\.\d+)?% {2}ip-172-16-173-248\n/,
    ].map((part) => stdout.search(part));
    expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
  });

  test("has each path once before the first event: the map has them all", () => {
    const [before = ""] = (text?.stdout ?? "").split(/ failed {2}/);
    expect(before.match(/^ {2}(?:vip|eni) .*$/gm)).toHaveLength(4);
  });

  test("as ndjson is one object a line: start, events, summary", () => {
    expect(machine).toMatchObject({ code: 0, stderr: "" });
    const lines = linesOf(machine?.stdout ?? "");
    expect(lines[0]).toMatchObject({ type: "start", schemaVersion: 1, cluster: CLUSTER });
    expect(lines.at(-1)).toMatchObject({ type: "summary", end: "signal" });
    expect(kindsOf(lines)).toEqual(expect.arrayContaining(["path-down", "path-up"]));
    const numbers = lines.slice(1, -1).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test("is replayed as it was told, but for the map", () => {
    const told = /\n\d\d:\d\d:\d\dZ [^]*/;
    expect(replayed).toMatchObject({ code: 0, stderr: "" });
    expect(told.exec(replayed?.stdout ?? "")?.[0]).toBe(told.exec(text?.stdout ?? "")?.[0]);
  });

  test("hands every event to the command, in order, on stdin, and nothing as an argument", () => {
    const lines = (machine?.stdout ?? "").trimEnd().split("\n").slice(1, -1);
    expect(eventLog.trimEnd().split("\n")).toEqual(lines);
    expect([...new Set(argumentLog.split(/ ?\n/))]).toEqual([
      `/bin/sh ${join(folder, "log")} ${join(folder, "events")}`,
      "",
    ]);
  });
});

function script(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o700);
  return path;
}

describe("a command for events", () => {
  test("that is slow, deaf or fails holds up no round", async () => {
    const commands = [
      ["slow", "exec sleep 60", /ended with the watch: 1, never handed over: \d+\n$/],
      ["deaf", "exec sleep 61 <&-", /ended with the watch: 1, never handed over: \d+\n$/],
      ["failing", "exit 7", /^eks-probe: --on-event: exit code 7\n.*; exit code 7: \d+\n$/],
    ] as const;
    const ended = await inTurnedLab(quickScenario(RESTART), (lab, next) => {
      const runs = commands.map(([name, body]) =>
        startIn(lab, [...FAST, "-o", "ndjson", "--on-event", script(name, body)]),
      );
      return throughSteps(runs, next, [DOWN, UP]);
    });
    for (const [index, [, , told]] of commands.entries()) {
      expect(ended[index]?.stderr).toMatch(told);
      expect(ended[index]?.code).toBe(0);
    }
  }, 60_000);
});

interface Signalled extends Ended {
  readonly afterMs: number;
}

/** Runs a watch until it shows something, or for so long, and sends it a signal. */
function signalled(
  scenario: Scenario,
  args: readonly string[],
  moment: RegExp | number,
  signal: NodeJS.Signals,
): Promise<Signalled> {
  return inTurnedLab(scenario, async (lab, next) => {
    const run = startIn(lab, args);
    if (typeof moment === "number") {
      await sleep(moment);
    } else {
      await run.until(moment);
      await next();
      // Somewhere in the next round.
      await sleep(700);
    }
    const sentAtMs = performance.now();
    run.child.kill(signal);
    return { ...(await run.ended), afterMs: performance.now() - sentAtMs };
  });
}

describe("a signal", () => {
  test.for([
    ["SIGTERM", 0, []],
    ["SIGTERM", 0, ["--for", "1h"]],
    ["SIGINT", 0, []],
    ["SIGINT", 130, ["--for", "1h"]],
  ] as const)("%s: ends with its summary at once, exit %d %j", async ([signal, code, more]) => {
    const record = join(folder, `${signal}-${code}-${more.length}`);
    const args = [...FAST, ...more, "--record", record];
    const run = await signalled(quickScenario([]), args, STARTED, signal);
    expect(run).toMatchObject({ code, signal: null, stderr: "" });
    expect(run.stdout).toContain("\nwatched gonz-eks-pub for ");
    expect(run.afterMs).toBeLessThan(2_000);
    expect(readFileSync(record, "utf8")).toMatch(/\n\{"kind":"end"[^\n]*"signal"[^\n]*\n$/);
    expect(existsSync(`${record}.lock`)).toBe(false);
  });

  test("in the middle of a round that hangs does not wait for it", async () => {
    const args = [...FAST, "--timeout", "15s"];
    const run = await signalled(quickScenario(SILENT), args, STARTED, "SIGTERM");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain("\nwatched gonz-eks-pub for ");
    expect(run.afterMs).toBeLessThan(2_000);
  });

  test.for([
    ["SIGTERM", 0, []],
    ["SIGINT", 0, []],
    ["SIGINT", 130, ["--for", "1h"]],
  ] as const)(
    "%s during the first look: exit %d and no record %j",
    async ([signal, code, more]) => {
      const latency = { awsMs: 15_000, dnsMs: 0, addressMs: 0 };
      const record = join(folder, "none");
      const args = [...FAST, "--timeout", "20s", "--record", record, ...more];
      const run = await signalled(quickScenario([], { latency }), args, 2_000, signal);
      expect(run).toMatchObject({ code, stdout: "" });
      expect(run.stderr).toBe(
        code === 130 ? "" : "eks-probe: stopped before the first round was over\n",
      );
      expect(run.afterMs).toBeLessThan(2_000);
      expect(existsSync(record)).toBe(false);
    },
  );
});

describe("a reader of stdout that has gone", () => {
  test("ends the watch with the next thing that it has to say, but not one that records", async () => {
    const record = join(folder, "unread");
    const [plain, recording] = await inTurnedLab(quickScenario(RESTART), async (lab, next) => {
      const runs = [
        startIn(lab, [...FAST, "-o", "ndjson"]),
        startIn(lab, [...FAST, "-o", "ndjson", "--record", record]),
      ] as const;
      await Promise.all(runs.map((run) => run.until(STARTED)));
      for (const { child } of runs) child.stdout?.destroy();
      await next();
      const first = await runs[0].ended;
      while (!/"path-down"/.test(readFileSync(record, "utf8"))) await sleep(100);
      await next();
      while (!/"path-up"/.test(readFileSync(record, "utf8"))) await sleep(100);
      runs[1].child.kill("SIGTERM");
      return [first, await runs[1].ended];
    });
    expect(plain).toMatchObject({ signal: null, stderr: "" });
    expect([0, 1]).toContain(plain?.code);
    expect(recording).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(record, "utf8")).toMatch(/\n\{"kind":"end"[^\n]*"signal"[^\n]*\n$/);
  }, 40_000);
});

describe("how it ends", () => {
  test("a path that was up and is down at the end: exit 1", async () => {
    const [run] = await inTurnedLab(quickScenario(REFUSED), (lab, next) =>
      throughSteps([startIn(lab, FAST)], next, [DOWN]),
    );
    expect(run).toMatchObject({ code: 1, stderr: "" });
    expect(run?.stdout).toMatch(/52\.79\.39\.107:443 +DOWN/);
  }, 30_000);

  test("when its time is over", async () => {
    const run = await inTurnedLab(
      quickScenario([]),
      (lab) => startIn(lab, [...FAST, "--for", "2s", "-q"]).ended,
    );
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^watched gonz-eks-pub for [^]*its time was\s+over\n/);
  });

  test("access that is denied does not pass by waiting: exit 3, and no record", async () => {
    const awsFaults = [
      { action: "eks:DescribeCluster", kind: "access-denied", times: undefined },
    ] as const;
    const record = join(folder, "denied");
    const run = await inTurnedLab(
      quickScenario([], { awsFaults }),
      (lab) => startIn(lab, [...FAST, "--record", record]).ended,
    );
    expect(run).toMatchObject({ code: 3, stderr: "" });
    expect(run.stdout).toContain("eks:DescribeCluster");
    expect(existsSync(record)).toBe(false);
  });

  test("an AWS that throttles at first is waited for, and both are told", async () => {
    const awsFaults = [{ action: "*", kind: "throttling", times: undefined }] as const;
    const scenario = quickScenario([{ awsFaults: [] }], { awsFaults });
    const run = await inTurnedLab(scenario, async (lab, next) => {
      const running = startIn(lab, FAST);
      await running.until(STARTED);
      // Until then a source has not been asked often enough to be told as one that is missed.
      await sleep(6_000);
      await next();
      // In the order in which AWS is asked again.
      await running.until(
        /(?=[^]*EC2 answers for the first time)(?=[^]*EKS answers for the first time)/,
      );
      await sleep(2_000);
      running.child.kill("SIGTERM");
      return running.ended;
    });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^could not tell · 0 paths/m);
    expect(run.stdout).toContain("3 sources cannot be seen:");
    expect(run.stdout).toMatch(/52\.79\.39\.107:443 +up/);
  }, 60_000);
});

describe("a record that is not to be written", () => {
  test("is a usage error before anything is said, and stays as it is", async () => {
    const [path, none] = [join(folder, "kept"), join(folder, "no-such-folder", "record")];
    const other = join(folder, "other");
    await inTurnedLab(quickScenario([]), async (lab) => {
      const first = await startIn(lab, [...FAST, "--for", "1s", "-q", "--record", path]).ended;
      expect(first.code).toBe(0);
      const content = readFileSync(path, "utf8");
      writeFileSync(other, content.replaceAll(`"cluster":"${CLUSTER}"`, '"cluster":"another"'));
      const cases: readonly (readonly [readonly string[], string])[] = [
        [["--record", path], "is there already; go on with it by --resume, or name another file"],
        [["--record", other, "--resume"], `is a record of "another"; name one of "${CLUSTER}"`],
        [["--record", folder], "is a directory; name a file in it"],
        [["--record", none], "cannot be written (ENOENT)"],
        [["--record", "/dev/null"], "is not a regular file"],
        [["--record", "package.json", "--resume"], "is not a record, which starts with a header"],
      ];
      for (const [args, problem] of cases) {
        // oxlint-disable-next-line eslint/no-await-in-loop -- of one file
        const run = await startIn(lab, [...FAST, ...args]).ended;
        expect(run).toMatchObject({ code: 2, stdout: "" });
        expect(run.stderr).toMatch(/^eks-probe: --record: [^\n]+\n$/);
        expect(run.stderr).toContain(problem);
      }
      expect(readFileSync(path, "utf8")).toBe(content);
    });
  }, 60_000);
});

test("no secret is in what is said or recorded", async () => {
  const principal = {
    accessKeyId: MARKS.AWS_ACCESS_KEY_ID,
    secretAccessKey: MARKS.AWS_SECRET_ACCESS_KEY,
    sessionToken: MARKS.AWS_SESSION_TOKEN,
    arn: "arn:aws:sts::111122223333:assumed-role/probe/test",
    kubernetesUser: "probe",
  };
  const scenario = quickScenario([], { principals: [principal] });
  await inTurnedLab(scenario, async (lab) => {
    const env = lab.environment;
    const printed = await runWatched(["token", "--raw", "--cluster", CLUSTER], { env });
    const args = [...FAST, "--for", "3s", "-v", "--record", "r", "--load", "5"];
    const run = await runWatched([...args, "--load-connections", "kept"], { env });
    expect(run.files).toEqual(["r"]);
    expect(run.stdout).toContain("\nwatched gonz-eks-pub");
    const said = `${run.stdout}\n${run.stderr}\n${run.written}`;
    expect(findLeaks(said, Object.values(MARKS), [printed.stdout.trim()])).toEqual([]);
    expect(run.stdout + run.stderr).not.toMatch(TOKEN_WORDS);
  });
}, 40_000);
