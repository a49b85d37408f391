import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Scenario } from "../../src/lab/scenario.ts";
import { findScenario, SCENARIOS } from "../../src/lab/scenarios/table.ts";
import { startLab } from "../../src/lab/start.ts";
import { closeLab, runIn, twoAtATime } from "../support/e2e.ts";
import { PROGRAM, runProgram } from "../support/run-program.ts";

const run = promisify(execFile);
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "eks-probe-lab-"));
});

afterAll(() => rm(home, { recursive: true }));

/** Polls what a lab has seen; on a busy machine the program takes seconds to start. */
const WAIT = { timeout: 20_000, interval: 20 } as const;

/** A lab that stays up, once it has printed how to reach it. */
async function startLabProgram(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
) {
  const env = { PATH: process.env["PATH"], LANG: "C.UTF-8", ...variables };
  const lab = spawn(process.execPath, [PROGRAM, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  lab.stdout.setEncoding("utf8");
  while (!printed.includes("# then,")) {
    // oxlint-disable-next-line eslint/no-await-in-loop -- each chunk comes after the last
    const [chunk]: unknown[] = await once(lab.stdout, "data");
    printed += String(chunk);
  }
  return { lab, printed };
}

/** Nobody listens any more where the simulated AWS was. */
async function expectDown(printed: string): Promise<void> {
  const url = new URL(/AWS_ENDPOINT_URL='([^']+)'/.exec(printed)?.[1] ?? "");
  const [error]: unknown[] = await once(connect(Number(url.port), url.hostname), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
}

/** What becomes of a connection within so long. */
async function outcomeOf(port: number, ms: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const ended = once(socket, "connect").then(
    () => "connected",
    (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "lost"),
  );
  const outcome = await Promise.race([ended, sleep(ms, "silence")]);
  socket.on("error", () => undefined);
  socket.destroy();
  return outcome;
}

describe("lab -- COMMAND", () => {
  test("hands on the command's output and its exit code, good or bad", async () => {
    const commands = [
      ["-q", "0", "healthy · 4 paths · 2 API servers · 0 failed · 0 warnings\n"],
      ["--paths=eni", "0", "healthy · 2 paths"],
    ] as const;
    const lab = [
      "lab",
      "--scenario",
      "gonz-eks-pub",
      "--",
      "endpoints",
      "--cluster",
      "gonz-eks-pub",
    ];
    const ended = await twoAtATime(commands, ([flag]) => runProgram([...lab, flag]));
    for (const [index, [, code, words]] of commands.entries()) {
      expect(ended[index]).toMatchObject({ code: Number(code), stderr: "" });
      expect(ended[index]?.stdout).toContain(words);
    }
    const [failed, refused, unknown] = await twoAtATime(
      [
        ["lab", "--scenario", "vip-refused", "--", "endpoints", "--cluster", "gonz-eks-pub"],
        ["lab", "--scenario", "gonz-eks-pri", "--", "endpoints", "--cluster", "a b"],
        ["lab", "--scenario", "gonz-eks-pri", "--", "endpoints", "--cluster", "gonz-eks-pub"],
      ],
      (args) => runProgram(args),
    );
    expect(failed).toMatchObject({ code: 1, stderr: "" });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused?.stderr).toMatch(/^eks-probe: --cluster: "a b" [^\n]+\n$/);
    expect(unknown).toMatchObject({ code: 3, stderr: "" });
  });

  test("lets nothing of the real world's settings in, such as a resolver or a profile", async () => {
    const env = {
      AWS_PROFILE: "production",
      AWS_CA_BUNDLE: "/no/such/file",
      EKS_PROBE_RESOLVER: "127.0.0.1:9",
      EKS_PROBE_CONNECT_TO: "::127.0.0.1:9",
      EKS_PROBE_REGION: "eu-west-1",
      https_proxy: "http://127.0.0.1:9",
      KUBECONFIG: "/no/such/kubeconfig",
      EKS_PROBE_METADATA: "http://127.0.0.1:9",
      EKS_PROBE_EGRESS_SERVICE: "http://127.0.0.1:9",
    };
    const command = ["endpoints", "--cluster", "gonz-eks-pri", "-q"];
    const args = ["lab", "--scenario", "gonz-eks-pri", "--", ...command];
    const { stdout, code } = await runProgram(args, { env });
    expect({ stdout, code }).toEqual({
      stdout: "healthy · 2 paths · 2 API servers · 0 failed · 0 warnings\n",
      code: 0,
    });
  });

  test("--latency is a round trip to every address, and shows up as such", async () => {
    const lab = ["lab", "--scenario", "gonz-eks-pub", "--latency", "40ms"];
    const command = ["endpoints", "--cluster", "gonz-eks-pub", "-o", "json"];
    const { stdout } = await runProgram([...lab, "--", ...command]);
    const document: { readonly probes: { readonly timings: Record<string, number> }[] } =
      JSON.parse(stdout);
    expect(document.probes).toHaveLength(4);
    for (const { timings } of document.probes) {
      // The handshakes of TCP and TLS; on loopback the lab can delay only the second.
      expect((timings["tcpMs"] ?? 0) + (timings["tlsMs"] ?? 0)).toBeGreaterThanOrEqual(79);
      expect(timings["ttfbMs"]).toBeGreaterThanOrEqual(39);
    }
  });

  test("hands a signal on to the command, and ends with the command's exit code", async () => {
    // The command is a lab itself: it says when it is up, and stays so until it gets the signal.
    const args = ["lab", "--scenario", "gonz-eks-pri", "--", "lab", "--scenario", "gonz-eks-pri"];
    const { lab, printed } = await startLabProgram(args);
    lab.kill("SIGTERM");
    const [code]: unknown[] = await once(lab, "close");
    expect(code).toBe(130);
    await expectDown(printed);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("hands on %s as what it is", async (signal) => {
    const hook = join(home, "hook.cjs");
    const seen = join(home, `seen-${signal}`);
    const note = `require("node:fs").appendFileSync(${JSON.stringify(seen)}, process.argv[3] + name)`;
    await writeFile(
      hook,
      `for (const name of ["SIGINT", "SIGTERM"]) process.prependListener(name, () => ${note});`,
    );
    const inner = ["lab", "--scenario", "gonz-eks-pri"];
    const env = { NODE_OPTIONS: `--require ${hook}` };
    const { lab } = await startLabProgram(["lab", "--scenario", "creating", "--", ...inner], env);
    lab.kill(signal);
    await once(lab, "close");
    // Each process by its first argument, the command's own the same as the lab's.
    expect(await readFile(seen, "utf8")).toBe(`--scenario${signal}`.repeat(2));
  });

  test("the command answers a signal at once, with what it has so far and exit 130", async () => {
    const scenario = findScenario("vip-silent");
    if (scenario === undefined) throw new Error("the scenario is gone");
    const lab = await startLab(scenario);
    const hits = (): number => lab.fronts.reduce((sum, front) => sum + front.hits(), 0);
    const answered = (): number => lab.apiServers.flatMap(({ seen }) => seen.requests).length;
    const args = ["endpoints", "--cluster", "gonz-eks-pub", "--timeout", "30s"];
    const ended = await runIn(
      lab,
      args,
      {},
      {
        timeoutMs: 30_000,
        onStart: (child) => {
          const interrupt = async (): Promise<void> => {
            await vi.waitFor(() => expect(hits()).toBe(4), WAIT);
            await vi.waitFor(() => expect(answered()).toBeGreaterThanOrEqual(3), WAIT);
            child.kill("SIGINT");
          };
          void interrupt();
        },
      },
    );
    await closeLab(lab);
    expect(ended.stdout).toContain("43.200.53.253    ────▶  A  ip-172-16-57-254");
    expect(ended.stdout).toMatch(/\ninterrupted · [^\n]+\n$/);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 130, stderr: "" });
  });
});

describe("lab alone", () => {
  test("prints exports that a POSIX shell evaluates and that work, until Ctrl-C takes it down", async () => {
    const { lab, printed } = await startLabProgram(["lab", "--scenario", "gonz-eks-pub"]);
    const env = { PATH: process.env["PATH"], LANG: "C.UTF-8", AWS_PROFILE: "production" };
    const script = 'eval "$1"; exec "$2" "$3" endpoints --cluster gonz-eks-pub';
    const shellArgs = ["-c", script, "sh", printed, process.execPath, PROGRAM];
    const { stdout, stderr } = await run("/bin/sh", shellArgs, { env });
    expect(stderr).toBe("");
    expect(stdout).toContain("52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229");
    expect(stdout).toContain("\nhealthy · 4 paths · 2 API servers · 0 failed");

    lab.kill("SIGINT");
    const [code]: unknown[] = await once(lab, "close");
    expect(code).toBe(130);
    await expectDown(printed);
  });
});

describe("lab with a timeline", () => {
  test("tells of each step as it comes, so many times as fast as it is told to run", async () => {
    const { lab, printed } = await startLabProgram([
      "lab",
      "--scenario",
      "scale-in",
      "--speed",
      "100",
    ]);
    expect(printed).toContain("# 4 steps within 1.8 s, told below as they come\n");
    let told = printed;
    lab.stdout.on("data", (chunk) => (told += String(chunk)));
    await vi.waitFor(
      () => expect(told).toContain("# 1.8 s: its ENI and its VIP are deleted\n"),
      WAIT,
    );
    expect(told.match(/^# [\d.]+ s: .*$/gm)).toEqual([
      "# 0.6 s: an API server leaves the endpoints, its VIP leaves DNS",
      "# 0.9 s: it is scaled in: 401 for every token",
      "# 1.5 s: it is gone",
      "# 1.8 s: its ENI and its VIP are deleted",
    ]);
    const rules = /EKS_PROBE_CONNECT_TO='([^']+)'/.exec(printed)?.[1] ?? "";
    const portOf = (ip: string): number =>
      Number(rules.split(`${ip}:443:127.0.0.1:`)[1]?.split(" ")[0]);
    expect(await outcomeOf(portOf("43.200.53.253"), 150)).toBe("silence");
    expect(await outcomeOf(portOf("52.79.39.107"), 150)).toBe("connected");
    lab.kill("SIGTERM");
    await once(lab, "close");
  });

  test("says nothing in between where a command has the terminal", async () => {
    const command = ["endpoints", "--cluster", "gonz-eks-pub", "-q"];
    const lab = ["lab", "--scenario", "throttled-later", "--speed", "1000"];
    const { stdout, stderr } = await runProgram([...lab, "--", ...command]);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toHaveLength(2);
  });

  test.each(["0", "0.5", "1001", "fast", "1e2"])("is not run at a speed of %s", async (speed) => {
    const { stderr, code } = await runProgram(["lab", "--speed", speed, "--print"]);
    expect(stderr).toMatch(/^eks-probe: --speed: [^\n]+ between 1 and 1000; write 10 [^\n]+\n$/);
    expect(code).toBe(2);
  });
});

describe("lab, when it is killed", () => {
  test("leaves no port behind that takes or drops connections, such as those of a firewall", async () => {
    const { lab, printed } = await startLabProgram([
      "lab",
      "--scenario",
      "allowlist-misses-egress",
    ]);
    const rules = /EKS_PROBE_CONNECT_TO='([^']+)'/.exec(printed)?.[1] ?? "";
    const ports = [...rules.matchAll(/:127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
    expect(ports).toHaveLength(3);
    const silent = ports.map((port) => outcomeOf(port, 150));
    expect(await Promise.all(silent)).toEqual(["silence", "silence", "silence"]);
    lab.kill("SIGKILL");
    await once(lab, "close");
    const gone = ports.map((port) => outcomeOf(port, 2_000));
    expect(await Promise.all(gone)).toEqual(["ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED"]);
  });
});

describe("lab with a scenario file of somebody else's", () => {
  test("prints its variables so that a shell takes them for values and nothing more", async () => {
    const noProxy = "it's; exit 9; $(exit 8)";
    const scenario = { ...findScenario("gonz-eks-pub"), clientEnvironment: { NO_PROXY: noProxy } };
    const file = join(home, "variables.json");
    await writeFile(file, JSON.stringify(scenario));
    const { lab, printed } = await startLabProgram(["lab", "--scenario", file]);
    lab.kill("SIGINT");
    await once(lab, "close");
    const script = 'eval "$1"; printf %s "$NO_PROXY"';
    expect((await run("/bin/sh", ["-c", script, "sh", printed])).stdout).toBe(noProxy);
  });
});

describe("lab's scenarios", () => {
  test("--list names every one of them with a line of what it is", async () => {
    const { stdout, code } = await runProgram(["lab", "--list"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(SCENARIOS.map(({ name }) => name));
    for (const line of lines) expect(line).toMatch(/^\S+ +\S.{10,}$/);
    expect(code).toBe(0);
  });

  test("what --print prints, given back by --scenario FILE, is the same scenario", async () => {
    for (const name of ["field-notes", "vip-late", "rolling-upgrade"]) {
      const printed = await runProgram(["lab", "--scenario", name, "--print"]);
      const file = join(home, `${name}.json`);
      await writeFile(file, printed.stdout);
      const again = await runProgram(["lab", "--scenario", file, "--print"]);
      expect(JSON.parse(again.stdout)).toEqual(JSON.parse(printed.stdout));
      expect(again).toMatchObject({ stderr: "", code: 0 });
    }
  });

  test("a changed scenario file changes what the program sees", async () => {
    const printed = await runProgram(["lab", "--scenario", "gonz-eks-pub", "--print"]);
    const scenario: Scenario = JSON.parse(printed.stdout);
    const [cluster] = scenario.clusters;
    if (cluster === undefined) throw new Error("no cluster was printed");
    const dns = { ...cluster.dns, a: cluster.dns.a.slice(0, 1), ttlSeconds: 7 };
    const file = join(home, "changed.json");
    await writeFile(file, JSON.stringify({ ...scenario, clusters: [{ ...cluster, dns }] }));
    const command = ["lab", "--scenario", file, "--", "endpoints", "--cluster", "gonz-eks-pub"];
    const { stdout, code } = await runProgram(command);
    expect(stdout).toContain("DNS (A, ttl 7)");
    expect(stdout).not.toContain("52.79.39.107");
    expect(code).toBe(0);
  });

  test.each([
    ["a name that is none", undefined, "neither a built-in scenario nor a readable file"],
    ["a file that is not JSON", "{", "is not JSON"],
    ["a file that lacks almost everything", '{"name":"x"}', "description"],
    ["a file with an address that is none", "address", "clusters.0.fronts.0.ip"],
    ["a file with a field that nobody knows", "extra", "colour"],
    ["a file with a front to a server that is not there", "dangling", "which is not there"],
  ])("%s: one line, exit 2", async (_, content, words) => {
    const path = join(home, "bad.json");
    if (content !== undefined) await writeFile(path, spoil(content));
    const args = ["lab", "--scenario", content === undefined ? "no-such" : path, "--print"];
    const ended = await runProgram(args);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^eks-probe: --scenario: [^\n]+\n$/);
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).toContain("--list shows the built-in ones");
  });

  test("addresses that this machine does not have are an error of the user's, in one line", async () => {
    const ended = await runProgram([
      "lab",
      "--own-addresses",
      "--scenario",
      "gonz-eks-pri",
      "--",
      "schema",
    ]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^eks-probe: --own-addresses: [^\n]+\n$/);
  });
});

/** A proper scenario with the flaw that the word stands for; any other text as it is. */
function spoil(content: string): string {
  const [, scenario] = SCENARIOS;
  const [cluster] = scenario?.clusters ?? [];
  const [front] = cluster?.fronts ?? [];
  const flaws: Readonly<Record<string, object>> = {
    address: { fronts: [{ ...front, ip: "10.0.0.999" }] },
    extra: { colour: "red" },
    dangling: { fronts: [{ ...front, servers: ["nobody"] }] },
  };
  const flaw = flaws[content];
  if (flaw === undefined) return content;
  return JSON.stringify({ ...scenario, clusters: [{ ...cluster, ...flaw }] });
}
