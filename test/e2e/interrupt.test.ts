import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentPort } from "../support/hostile-backlog.ts";
import { httpsPeer, type Peer, tcpPeer } from "../support/hostile-servers.ts";
import {
  apiBody,
  CLUSTER,
  sharedPki,
  startWorld,
  vip,
  type World,
  type WorldOptions,
} from "../support/hostile-world.ts";
import { runTool } from "../support/lab-servers.ts";
import { readReport } from "../support/program-report.ts";
import { type Ended, PROGRAM, runProgram } from "../support/run-program.ts";

const RUN = ["endpoints", "--cluster", CLUSTER, "--timeout", "30s"];
const SERVER_HOST = "ip-172-16-57-254.ec2.internal";

let good: Peer;
let silentTls: Peer;
let silentHttp: Peer;

beforeAll(async () => {
  const { leaf } = await sharedPki();
  good = await httpsPeer(leaf, (_request, response) => response.end(apiBody(SERVER_HOST)));
  silentTls = await tcpPeer(() => undefined);
  silentHttp = await httpsPeer(leaf, () => undefined);
});

afterAll(() =>
  Promise.all([good, silentTls, silentHttp].map((peer) => peer[Symbol.asyncDispose]())),
);

interface Interrupted extends Ended {
  /** From the signal to the end of the process and all its output. */
  readonly afterMs: number;
  readonly pid: number;
}

/** Waits until the run has come as far as `hasBegun` sees, and then sends the signals. */
async function interrupt(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  hasBegun: () => boolean,
  signals: readonly NodeJS.Signals[],
): Promise<Interrupted> {
  let child: ChildProcess | undefined;
  let sentAtMs = 0;
  const ended = runProgram(args, { env, onStart: (started) => (child = started) });
  for (let waitedMs = 0; !hasBegun() && waitedMs < 10_000; waitedMs += 10) await sleep(10);
  expect(hasBegun()).toBe(true);
  sentAtMs = performance.now();
  for (const signal of signals) child?.kill(signal);
  const result = await ended;
  return { ...result, afterMs: performance.now() - sentAtMs, pid: child?.pid ?? 0 };
}

/** A world that hangs in one phase, and how to see from outside that the run has got there. */
interface Phase {
  readonly options: () => WorldOptions;
  readonly hasBegun: (world: World) => boolean;
  /** What is known by then. */
  readonly known: RegExp;
}

const reached = (peer: Peer, event: string, before: number): boolean =>
  peer.seen.filter((seen) => seen.startsWith(event)).length > before;

const PHASES: Readonly<Record<string, (before: number) => Phase>> = {
  "AWS hangs": () => ({
    options: () => ({ ports: {}, aws: () => "hang" }),
    hasBegun: (world) => world.aws.requests.length > 0,
    known: /demo/,
  }),
  "DNS hangs": () => ({
    options: () => ({ ports: {}, dns: {} }),
    hasBegun: (world) => world.dns.udpQueries.length > 0,
    known: /ap-northeast-2/,
  }),
  "TLS hangs": (before) => ({
    options: () => ({ ports: { [vip(1)]: good.port, [vip(2)]: silentTls.port } }),
    hasBegun: () => reached(silentTls, "tcp", before) && good.seen.length > 0,
    known: /43\.200\.53\.2/,
  }),
  "HTTP hangs": (before) => ({
    options: () => ({ ports: { [vip(1)]: good.port, [vip(2)]: silentHttp.port } }),
    hasBegun: () => reached(silentHttp, "request", before),
    known: /43\.200\.53\.2/,
  }),
  "1,000 samples are under way": (before) => ({
    options: () => ({ ports: { [vip(1)]: good.port } }),
    hasBegun: () => reached(good, "request", before + 20),
    known: /ip-172-16-57-254/,
  }),
};

function beforeOf(name: string): number {
  if (name.startsWith("TLS")) return silentTls.seen.length;
  const peer = name.startsWith("HTTP") ? silentHttp : good;
  return peer.seen.filter((seen) => seen.startsWith("request")).length;
}

function expectInterrupted(run: Interrupted): void {
  expect(run.stderr).toBe("");
  expect(run).toMatchObject({ code: 130, signal: null });
  expect(run.afterMs).toBeLessThan(1_000);
}

function expectJsonOf(run: Interrupted, probes: number): void {
  const report = readReport(run);
  expect(report.interrupted).toBe(true);
  expect(report.verdict).toMatchObject({ status: "interrupted", exitCode: 130 });
  expect(report.probes.length).toBeGreaterThanOrEqual(probes);
}

function expectTextOf(run: Interrupted): void {
  expect(run.stdout.trimEnd().split("\n").at(-1)).toMatch(/^interrupted · /);
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test.for(Object.keys(PHASES))("while %s: ends at once with what is known", async (name) => {
    const phase = PHASES[name]?.(beforeOf(name));
    if (phase === undefined) throw new Error("no such phase");
    await using world = await startWorld(phase.options());
    const isJson = signal === "SIGINT";
    const args = [
      ...RUN,
      "-n",
      name.startsWith("1,000") ? "1000" : "1",
      "-o",
      isJson ? "json" : "text",
    ];
    const run = await interrupt(args, world.env, () => phase.hasBegun(world), [signal]);
    expectInterrupted(run);
    expect(run.stdout).toMatch(phase.known);
    if (isJson) expectJsonOf(run, name.startsWith("1,000") ? 20 : 0);
    else expectTextOf(run);
  });
});

test("while a SYN gets no answer: ends at once, and says which address it was", async () => {
  await using silent = await silentPort();
  await using world = await startWorld({ ports: { [vip(1)]: good.port, [vip(2)]: silent.port } });
  const before = beforeOf("good");
  const hasBegun = (): boolean => reached(good, "request", before);
  const run = await interrupt([...RUN, "-o", "json"], world.env, hasBegun, ["SIGINT"]);
  expectInterrupted(run);
  const report = readReport(run);
  expect(report.paths.map(({ address, state }) => [address, state])).toEqual([
    [`${vip(1)}:443`, "ok"],
    [`${vip(2)}:443`, "unknown"],
  ]);
});

test("a second signal does not make it crash or wait", async () => {
  await using world = await startWorld({ ports: {}, aws: () => "hang" });
  const hasBegun = (): boolean => world.aws.requests.length > 0;
  const run = await interrupt(RUN, world.env, hasBegun, ["SIGINT", "SIGINT", "SIGTERM"]);
  expect(run.afterMs).toBeLessThan(1_000);
  expect(run.code ?? run.signal).toSatisfy(
    (end) => end === 130 || end === "SIGINT" || end === "SIGTERM",
  );
});

test("token, interrupted while STS hangs, prints no half of one", async () => {
  await using world = await startWorld({ ports: {}, aws: () => "hang" });
  const args = [
    "token",
    "--cluster",
    CLUSTER,
    "--timeout",
    "30s",
    "--role-arn",
    "arn:aws:iam::111122223333:role/x",
  ];
  const run = await interrupt(args, world.env, () => world.aws.requests.length > 0, ["SIGINT"]);
  expect(run).toMatchObject({ code: 130, stdout: "" });
  expect(run.afterMs).toBeLessThan(1_000);
});

test("the lab hands the signal on, and neither it nor what it started stays behind", async () => {
  const args = ["lab", "--scenario", "vip-silent", "--latency", "1500ms", "--"];
  let hasBegun = false;
  setTimeout(() => (hasBegun = true), 1_800);
  const run = await interrupt([...args, ...RUN.with(2, "gonz-eks-pub")], {}, () => hasBegun, [
    "SIGINT",
  ]);
  expect(run.code).toBe(130);
  expect(run.stdout).toContain("interrupted · ");
  expect(childrenOf(run.pid)).toEqual([]);
});

/** Processes whose parent it was, by /proc; none where there is no /proc. */
function childrenOf(pid: number): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => {
      try {
        return (
          /^\d+$/.test(name) &&
          readFileSync(`/proc/${name}/stat`, "utf8").split(" ")[3] === String(pid)
        );
      } catch {
        return false;
      }
    });
  } catch {
    return [];
  }
}

async function shell(world: World, script: string): ReturnType<typeof runTool> {
  const env = Object.entries(world.env).map(([name, value]) => `export ${name}='${value}'`);
  const setUp = [...env, "export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null"];
  const command = `'${process.execPath}' '${PROGRAM}' ${RUN.join(" ")}`;
  return runTool("bash", ["-c", `${setUp.join("\n")}\n${script.replaceAll("@", command)}`]);
}

describe("the ends of the pipe", () => {
  test.for([
    {
      what: "a reader that has enough",
      script: "@ -n 100 -o json | head -n 1; echo ${PIPESTATUS[0]}",
      out: /^\{\n0\n$/,
    },
    {
      what: "a reader that wants nothing",
      script: "@ -n 100 -o json | true; echo ${PIPESTATUS[0]}",
      out: /^0\n$/,
    },
    {
      what: "a reader that is slow, and gets it to the end,",
      script: "@ -n 200 -o json | (sleep 3; tail -n 1); echo ${PIPESTATUS[0]}",
      out: /^\}\n0\n$/,
    },
    { what: "a stdin that is closed", script: "@ -q <&-", out: /^[^\n]+ 1 path[^\n]+\n$/ },
    { what: "a stdout that is closed", script: "@ >&-; echo $?", out: /^[01]\n$/ },
    {
      what: "a stderr that is closed",
      script: "@ -q --insecure 2>&-; echo $?",
      out: /^[^\n]+ 1 path[^\n]+\n0\n$/,
    },
  ])("$what is no error", async ({ script, out }) => {
    await using world = await startWorld({ ports: { [vip(1)]: good.port } });
    const run = await shell(world, script);
    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(out);
  });

  test("kill -9 leaves no file behind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "eks-probe-killed-"));
    try {
      await using world = await startWorld({ ports: { [vip(1)]: silentTls.port } });
      const before = beforeOf("TLS");
      const places = {
        HOME: folder,
        TMPDIR: folder,
        XDG_CACHE_HOME: folder,
        XDG_RUNTIME_DIR: folder,
      };
      const env = { ...world.env, ...places };
      const run = await interrupt(RUN, env, () => reached(silentTls, "tcp", before), ["SIGKILL"]);
      expect(run.signal).toBe("SIGKILL");
      expect(readdirSync(folder, { recursive: true })).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
