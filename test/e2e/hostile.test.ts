import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { LabFront, Scenario } from "../../src/lab/scenario.ts";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import { startLab } from "../../src/lab/start.ts";
import type { FakeAnswer } from "../support/fake-aws.ts";
import { mintCrooked } from "../support/hostile-certificates.ts";
import { DNS_ABUSES } from "../support/hostile-dns.ts";
import { deepJson, FRAME_ABUSES, framePeer, gzipBombPeer } from "../support/hostile-frames.ts";
import { httpsPeer, type Peer, tcpPeer, tlsPeer } from "../support/hostile-servers.ts";
import {
  apiBody,
  CLUSTER,
  clusterAnswer,
  HOST,
  sharedPki,
  startWorld,
  vip,
} from "../support/hostile-world.ts";
import { type MeasuredRun, runMeasured } from "../support/memory-gauge.ts";
import {
  codesByIp,
  type ProgramProbe,
  type ProgramReport,
  probesByIp,
  readReport,
} from "../support/program-report.ts";
import { runProgram } from "../support/run-program.ts";
import type { TestLeaf } from "../support/test-pki.ts";

const TIMEOUT_MS = 1_500;
const RUN = ["endpoints", "--cluster", CLUSTER, "--timeout", `${TIMEOUT_MS}ms`];
const SERVER_HOST = "ip-172-16-57-254.ec2.internal";
/** DescribeCluster, DNS over UDP and TCP, and a probe, each to its limit, and a slow start. */
const WALL_MS = 4 * TIMEOUT_MS + 2_500;
const PEAK_MIB = 200;

// oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function expectBounded(run: MeasuredRun, wallMs = WALL_MS): void {
  expect(run.signal).toBeNull();
  expect(run.wallMs).toBeLessThan(wallMs);
  expect(run.peakMiB).toBeLessThan(PEAK_MIB);
  expect(run.stdout).not.toMatch(CONTROL);
  expect(run.stderr).not.toMatch(CONTROL);
  expect(run.stderr).not.toContain("internal error");
}

interface BothRuns {
  readonly json: MeasuredRun;
  readonly text: MeasuredRun;
  readonly report: ProgramReport;
}

/** The same run in both formats, at once; each within its bounds. */
async function runBoth(
  env: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<BothRuns> {
  const [json, text] = await Promise.all([
    runMeasured([...RUN, ...more, "-o", "json"], { env }),
    runMeasured([...RUN, ...more, "--wide", "-v"], { env }),
  ]);
  expectBounded(json);
  expectBounded(text);
  expect(text.code).toBe(json.code);
  return { json, text, report: readReport(json) };
}

function endedAtMs(probe: ProgramProbe | undefined): number {
  return Date.parse(probe?.startedAt ?? "") + (probe?.timings.totalMs ?? 0);
}

async function close(peers: readonly Peer[]): Promise<void> {
  await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
}

function portsOf(peers: readonly Peer[]): Readonly<Record<string, number>> {
  return Object.fromEntries(peers.map(({ port }, index) => [vip(index + 1), port]));
}

let leaf: TestLeaf;

beforeAll(async () => {
  leaf = (await sharedPki()).leaf;
});

/** A proper server, to see that the others take nothing from it. */
function goodPeer(): Promise<Peer> {
  return httpsPeer(leaf, (_request, response) => response.end(apiBody(SERVER_HOST)));
}

describe("the lab's broken servers, all at once", () => {
  const faults: readonly (readonly [string, LabFront["fault"]])[] = [
    ["ok", undefined],
    ["tls-timeout", { kind: "never", phase: "tls" }],
    ["http-timeout", { kind: "never", phase: "http" }],
    ["tcp-refused", { kind: "refuse" }],
    ["tls-reset", { kind: "reset", phase: "tls" }],
    ["http-reset", { kind: "reset", phase: "http" }],
    ["tls-not-tls", { kind: "garbage" }],
    ["body-invalid-json", { kind: "body", body: "invalid-json" }],
    ["body-unexpected-shape", { kind: "body", body: "other-shape" }],
    ["body-unexpected-shape", { kind: "body", body: "escape-sequences" }],
    ["body-invalid-json", { kind: "body", body: "empty" }],
    ["body-too-large", { kind: "body", body: "huge" }],
    ["body-timeout", { kind: "body", body: "one-byte-a-second" }],
    ["http-header-too-large", { kind: "endless-header" }],
    ["ok", undefined],
  ];

  function broken(): Scenario {
    const [base] = SCENARIOS;
    const cluster = base?.clusters[0];
    if (base === undefined || cluster === undefined) throw new Error("no scenario");
    const fronts = faults.map(
      ([, fault], index): LabFront => ({
        ip: vip(index + 1),
        port: 443,
        policy: "pinned",
        servers: ["one"],
        fault,
      }),
    );
    const dns = { a: fronts.map(({ ip }) => ip), aaaa: [], ttlSeconds: 60 };
    return { ...base, clusters: [{ ...cluster, name: CLUSTER, enis: [], fronts, dns }] };
  }

  test("each fails with its own code, within the time and the memory, and the good ones are as quick as ever", async () => {
    const lab = await startLab(broken());
    try {
      const json = await runMeasured([...RUN, "-o", "json"], { env: lab.environment });
      expectBounded(json);
      expect(json.code).toBe(1);
      const report = readReport(json);
      const expected = faults.map(([code], index) => [vip(index + 1), code]);
      expect(codesByIp(report)).toEqual(Object.fromEntries(expected));
      const probes = probesByIp(report);
      const firstToHang = endedAtMs(probes.get(vip(2)));
      for (const ip of [vip(1), vip(faults.length)])
        expect(endedAtMs(probes.get(ip))).toBeLessThan(firstToHang);
      for (const { timings } of probes.values())
        expect(timings.totalMs).toBeLessThan(TIMEOUT_MS + 500);
      expect(report.durationMs).toBeLessThan(3 * TIMEOUT_MS);
    } finally {
      await lab.close();
    }
  });

  test("a dead address costs its own timeout and delays no other's samples", async () => {
    const dead = await Promise.all(Array.from({ length: 12 }, () => tcpPeer(() => undefined)));
    const good = await goodPeer();
    const peers = [...dead, good];
    await using world = await startWorld({ ports: portsOf(peers) });
    const run = await runMeasured([...RUN, "-n", "8", "-o", "json"], { env: world.env });
    expectBounded(run);
    const report = readReport(run);
    const alive = report.probes.filter(({ address }) => address === `${vip(13)}:443`);
    expect(alive).toHaveLength(8);
    for (const { problem } of alive) expect(problem).toBeNull();
    // The first sample of all of them starts at once, and the last of the living ends before any
    // of the dead has come to its second.
    const secondOfDead = report.probes.filter(
      ({ address, sample }) => !address.startsWith(`${vip(13)}:`) && sample === 2,
    );
    const lastAlive = Math.max(...alive.map(endedAtMs));
    for (const { startedAt } of secondOfDead)
      expect(Date.parse(startedAt)).toBeGreaterThan(lastAlive);
    // One alone, two at a time after it, and what was under way when it was given up.
    const tries = report.probes.filter(({ address }) => address === `${vip(1)}:443`).length;
    expect(tries).toBeGreaterThanOrEqual(3);
    expect(tries).toBeLessThanOrEqual(4);
    await close(peers);
  });
});

describe("HTTP/2 in bad faith", () => {
  test.for(Object.keys(FRAME_ABUSES))("a server that %s is cut off", async (name) => {
    const { abuse, code } = FRAME_ABUSES[name] ?? { abuse: () => undefined, code: /^$/ };
    const peers = [await framePeer(leaf, abuse), await goodPeer()];
    await using world = await startWorld({ ports: portsOf(peers) });
    const run = await runMeasured([...RUN, "-o", "json"], { env: world.env });
    expectBounded(run);
    const codes = codesByIp(readReport(run));
    expect(codes[vip(1)]).toMatch(code);
    expect(codes[vip(2)]).toBe("ok");
    await close(peers);
  });
});

test("a header that is too large does not end the program when the garbage collector finds it", async () => {
  const { abuse } = FRAME_ABUSES["bombs the compression table"] ?? { abuse: () => undefined };
  const peers = [await framePeer(leaf, abuse), await goodPeer()];
  await using world = await startWorld({ ports: portsOf(peers) });
  // Node aborts where it collects a session before a stream that still holds such a header.
  const collector = join(mkdtempSync(join(tmpdir(), "eks-probe-collect-")), "collect.cjs");
  writeFileSync(
    collector,
    `require("node:v8").setFlagsFromString("--expose-gc");
const gc = require("node:vm").runInNewContext("gc");
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...all) => { gc({ type: "minor" }); return write(...all); };\n`,
  );
  try {
    for (let round = 0; round < 6; round += 1) {
      // oxlint-disable-next-line eslint/no-await-in-loop
      const run = await runProgram([...RUN, "-o", "json"], {
        env: { ...world.env, NODE_OPTIONS: `--require=${collector}` },
      });
      expect([run.signal, run.code]).toEqual([null, 1]);
    }
  } finally {
    rmSync(dirname(collector), { recursive: true });
  }
  await close(peers);
});

describe("bodies and bytes", () => {
  test.for(["--http2", "--http1.1"])("bombs are not set off (%s)", async (http) => {
    const peers = [
      await gzipBombPeer(leaf),
      await httpsPeer(leaf, (_request, response) => response.end(deepJson())),
      await httpsPeer(leaf, (_request, response) => {
        response.setHeader("content-length", String(2 ** 40));
        response.write("{");
      }),
      await httpsPeer(leaf, (_request, response) => response.end(apiBody("a".repeat(60_000)))),
      await goodPeer(),
    ];
    await using world = await startWorld({ ports: portsOf(peers) });
    const run = await runMeasured([...RUN, http, "-o", "json"], { env: world.env });
    expectBounded(run);
    const codes = codesByIp(readReport(run));
    expect(codes).toEqual({
      [vip(1)]: "body-invalid-json",
      [vip(2)]: "body-unexpected-shape",
      [vip(3)]: "body-timeout",
      [vip(4)]: "body-unexpected-shape",
      [vip(5)]: "ok",
    });
    await close(peers);
  });

  test("HTTP/1.1 in bad faith: endless 1xx, chunks of one byte, a reason phrase and header of escapes", async () => {
    const hint = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(200);
    const peers = [
      await tlsPeer(leaf, (socket) => {
        socket.on("error", () => undefined);
        const pump = (): void => {
          while (!socket.destroyed && socket.write(hint));
        };
        socket.on("drain", pump);
        pump();
      }),
      await tlsPeer(leaf, (socket) => {
        socket.on("error", () => undefined);
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        const chunks = "1\r\nx\r\n".repeat(1_000);
        const pump = (): void => {
          while (!socket.destroyed && socket.write(chunks));
        };
        socket.on("drain", pump);
        pump();
      }),
      await tlsPeer(leaf, (socket) => {
        socket.on("error", () => undefined);
        const head =
          "HTTP/1.1 418 \u009b2J\u009b31m\r\naudit-id: \u009b31mred\r\ncontent-length: 0\r\n\r\n";
        socket.end(head, "latin1");
      }),
      await goodPeer(),
    ];
    await using world = await startWorld({ ports: portsOf(peers) });
    const codes = codesByIp((await runBoth(world.env, ["--http1.1"])).report);
    expect(codes[vip(1)]).toMatch(/^http-(?:timeout|header-too-large|protocol)$/);
    expect(codes).toMatchObject({
      [vip(2)]: expect.stringMatching(/^body-(?:too-large|timeout)$/),
      [vip(3)]: "http-status",
      [vip(4)]: "ok",
    });
    await close(peers);
  });
});

describe("certificates", () => {
  test("of 60 KiB and with names full of escapes reach the terminal as plain text", async () => {
    const evil = [
      "\u001b[2J\u001b[31mevil.example",
      "a\r\nb.example",
      'x", DNS:forged.example',
      "\u009b32m.example",
      ...Array.from({ length: 1_500 }, (_, index) => `host-${index}.${"x".repeat(24)}.example`),
    ];
    const crooked = mintCrooked([HOST], evil);
    expect(Buffer.byteLength(crooked.leaf.cert)).toBeGreaterThan(60_000);
    const peer = await httpsPeer(crooked.leaf, (_request, response) =>
      response.end(apiBody(SERVER_HOST)),
    );
    const data = Buffer.from(crooked.ca).toString("base64");
    await using world = await startWorld({
      ports: { [vip(1)]: peer.port },
      aws: (request) =>
        request.form.has("Action")
          ? undefined
          : {
              body: JSON.stringify({
                cluster: clusterAnswer({ pem: "" }, { certificateAuthority: { data } }),
              }),
            },
    });
    const { report } = await runBoth(world.env);
    expect(codesByIp(report)).toEqual({ [vip(1)]: "ok" });
    // A name with a quote and a comma in it stays one name.
    const names = report.probes[0]?.tls?.leaf?.dnsNames ?? [];
    expect(names).toHaveLength(256);
    expect(names).not.toContain("forged.example");
    await peer[Symbol.asyncDispose]();
  });

  test("full of escapes and from a stranger are told of as plain text too", async () => {
    const crooked = mintCrooked([HOST], ["\u001b[2Jevil.example"]);
    const peers = [await httpsPeer(crooked.leaf, () => undefined), await goodPeer()];
    await using world = await startWorld({ ports: portsOf(peers) });
    const { json, text } = await runBoth(world.env);
    expect(json.code).toBe(1);
    expect(text.stdout).toMatch(/was not issued by\s+the\s+cluster's CA/);
    await close(peers);
  });
});

describe("AWS in bad faith", () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${"lol".repeat(100)}">${Array.from(
    { length: 12 },
    (_, level) =>
      `<!ENTITY ${"b".repeat(level + 1)} "${`&${level === 0 ? "a" : "b".repeat(level)};`.repeat(10)}">`,
  ).join(
    "",
  )}]><R><networkInterfaceSet><item><description>&${"b".repeat(12)};</description></item></networkInterfaceSet></R>`;
  const deepXml = `<R>${"<a>".repeat(400_000)}${"</a>".repeat(400_000)}</R>`;
  const deepCluster = `{"cluster":{"name":${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}}}`;
  const manyItems = `<R><networkInterfaceSet>${"<item><description>Amazon EKS demo</description></item>".repeat(30_000)}</networkInterfaceSet></R>`;

  const answers: Readonly<
    Record<string, { readonly eks?: FakeAnswer; readonly ec2?: FakeAnswer }>
  > = {
    "a body without end": { eks: "endless", ec2: "endless" },
    "no answer at all": { eks: "hang", ec2: "hang" },
    "a JSON of four million brackets, XML 400,000 deep": {
      eks: { body: deepCluster },
      ec2: { type: "text/xml", body: deepXml },
    },
    "a JSON as deep as its size allows, XML of 2.5 MB": {
      eks: {
        body: `{"cluster":{"endpoint":7,"tags":${"[".repeat(500_000)}${"]".repeat(500_000)}}}`,
      },
      ec2: { type: "text/xml", body: `<R>${"<a/>".repeat(640_000)}` },
    },
    "errors with a message of 1 MB and a code of 2.5 MB": {
      eks: { status: 400, body: JSON.stringify({ __type: "X", message: "y".repeat(900_000) }) },
      ec2: {
        status: 400,
        type: "text/xml",
        body: `<Response><Errors><Error><Code>${"y".repeat(2_500_000)}</Code><Message>no</Message></Error></Errors></Response>`,
      },
    },
    "codes and messages of escape sequences": {
      eks: {
        status: 400,
        body: JSON.stringify({ __type: "\u001b[2JX", message: "\u001b]0;x\u0007\u009b31m" }),
      },
      ec2: {
        status: 400,
        type: "text/xml",
        body: "<Response><Errors><Error><Code>&#27;[2J</Code><Message>&#155;31m</Message></Error></Errors></Response>",
      },
    },
  };

  test.for(Object.keys(answers))("%s: a failure with its code, and no more", async (name) => {
    const { eks, ec2 } = answers[name] ?? {};
    await using world = await startWorld({
      ports: {},
      aws: (request) => (request.form.has("Action") ? ec2 : eks),
    });
    const { json, report } = await runBoth(world.env);
    expect(json.code).toBe(3);
    // What is in order but for its size is read: a cluster without endpoint, no interface.
    const fits = name.includes("as its size allows");
    const codes = [report.cluster.problem, report.enis.problem].map(
      (problem) => problem?.code ?? "none",
    );
    for (const code of codes)
      expect(code).toMatch(fits ? /^(?:aws-answer-invalid|aws-unreachable|none)$/ : /^aws-/);
  });

  test.for([
    { name: "a body without end", code: /^aws-answer-invalid$/ },
    { name: "XML 400,000 deep", code: /^aws-answer-invalid$/ },
    { name: "30,000 interfaces without an address", code: /^aws-answer-invalid$/ },
    // Entities are not expanded: what is left of the bomb is an interface of somebody else.
    { name: "an entity bomb", code: /^none$/ },
  ])(
    "EC2 alone with $name costs the ENIs' rows and leaves the VIPs alone",
    async ({ name, code }) => {
      const ec2: Readonly<Record<string, FakeAnswer>> = {
        "a body without end": "endless",
        "an entity bomb": { type: "text/xml", body: bomb },
        "XML 400,000 deep": { type: "text/xml", body: deepXml },
        "30,000 interfaces without an address": { type: "text/xml", body: manyItems },
      };
      const good = await goodPeer();
      await using world = await startWorld({
        ports: { [vip(1)]: good.port },
        aws: (request) => (request.form.has("Action") ? ec2[name] : undefined),
      });
      const run = await runMeasured([...RUN, "-o", "json"], { env: world.env });
      expectBounded(run);
      const report = readReport(run);
      expect(report.enis.problem?.code ?? "none").toMatch(code);
      expect(codesByIp(report)).toEqual({ [vip(1)]: "ok" });
      await good[Symbol.asyncDispose]();
    },
  );
});

describe("DNS in bad faith", () => {
  test.for(Object.keys(DNS_ABUSES))("%s", async (name) => {
    const abuse = DNS_ABUSES[name];
    const good = await goodPeer();
    const ports = { [vip(1)]: good.port };
    await using world = await startWorld({ ports, ...(abuse ? { dns: abuse } : {}) });
    const { report } = await runBoth(world.env);
    const problems = report.resolutions.flatMap(({ problem }) => problem?.code ?? []);
    expect([...new Set(problems)]).toEqual(abuse?.code === undefined ? [] : [abuse.code]);
    expect(codesByIp(report)[vip(1)]).toBe(abuse?.code === undefined ? "ok" : undefined);
    expect(report.paths.length).toBeLessThanOrEqual(256);
    await good[Symbol.asyncDispose]();
  });

  test("a second, honest resolver is not delayed by one that trickles", async () => {
    const good = await goodPeer();
    const ports = { [vip(1)]: good.port };
    const abuse = DNS_ABUSES["TCP that trickles"];
    await using slow = await startWorld({ ports, ...(abuse ? { dns: abuse } : {}) });
    await using honest = await startWorld({ ports });
    const resolvers = `${slow.env["EKS_PROBE_RESOLVER"]} ${honest.env["EKS_PROBE_RESOLVER"]}`;
    const env = { ...honest.env, EKS_PROBE_RESOLVER: resolvers };
    const run = await runMeasured([...RUN, "-o", "json"], { env });
    expectBounded(run);
    const report = readReport(run);
    expect(codesByIp(report)).toEqual({ [vip(1)]: "ok" });
    const port = Number(honest.env["EKS_PROBE_RESOLVER"]?.split(":")[1]);
    const answered = report.resolutions.filter(
      ({ resolver }) => "port" in resolver && resolver.port === port,
    );
    expect(answered).toHaveLength(2);
    for (const { durationMs } of answered) expect(durationMs).toBeLessThan(TIMEOUT_MS / 2);
    await good[Symbol.asyncDispose]();
  });
});
