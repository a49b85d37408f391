import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabCluster } from "../../src/lab/scenario.ts";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import { findNamespaces, NAMESPACE_SCRIPT, RELAY_SCRIPT } from "../support/namespace-script.ts";
import { codesByIp, type ProgramReport, readReport } from "../support/program-report.ts";
import { PROGRAM } from "../support/run-program.ts";

const namespaces = findNamespaces();
if (namespaces.kind === "impossible")
  process.stderr.write(`skipped: no namespaces here: ${namespaces.reason}\n`);

const [BASE] = SCENARIOS;
const V6_VIPS = ["2600:1f18:aa::1", "2600:1f18:aa::2"];
const PUB_VIPS = ["43.200.53.253", "52.79.39.107"];
const PUB_ENIS = ["10.0.20.41", "10.0.95.229"];

let folder: string;

function clusterNamed(name: string): LabCluster {
  const cluster = BASE?.clusters.find((each) => each.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
}

/** The public cluster with two more VIPs, of IPv6, that lead to the same servers. */
function withIpv6(): object {
  const cluster = clusterNamed("gonz-eks-pub");
  const fronts = V6_VIPS.map((ip, index) => ({
    ip,
    port: 443,
    policy: "pinned",
    servers: [index === 0 ? "one" : "two"],
    fault: null,
  }));
  const dns = { ...cluster.dns, aaaa: V6_VIPS };
  return { ...BASE, clusters: [{ ...cluster, dns, fronts: [...cluster.fronts, ...fronts] }] };
}

beforeAll(() => {
  if (namespaces.kind === "impossible" || BASE === undefined) return;
  folder = mkdtempSync(join(tmpdir(), "eks-probe-namespace-"));
  const { inside, outside } = BASE.resolvers;
  const pub = clusterNamed("gonz-eks-pub");
  const host = pub.endpointHost.toLowerCase();
  const files = {
    "inside.conf": `nameserver ${inside}\n`,
    "outside.conf": `nameserver ${outside}\noptions timeout:1 attempts:1\n`,
    "plain.hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "other.hosts": `127.0.0.1 localhost\n10.0.20.41 ${host}\n`,
    "v6.json": JSON.stringify(withIpv6()),
    "relay.cjs": RELAY_SCRIPT,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const addresses = BASE.clusters.flatMap(({ fronts }) => fronts.map(({ ip }) => ip));
  const ran = spawnSync("unshare", [namespaces.flags, "bash", "-c", NAMESPACE_SCRIPT], {
    encoding: "utf8",
    timeout: 60_000,
    env: {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      HOME: folder,
      DIR: folder,
      NODE: process.execPath,
      PROGRAM,
      V4: [...addresses, inside, outside].join(" "),
      V6: V6_VIPS.join(" "),
      PUBLIC: [...addresses.filter((ip) => !ip.startsWith("10.")), outside].join(" "),
      PUB: host,
      BOTH: clusterNamed("gonz-eks-both").endpointHost,
    },
  });
  if (ran.status !== 0 || ran.stderr !== "") throw new Error(`${ran.status}: ${ran.stderr}`);
}, 60_000);

afterAll(() => {
  if (namespaces.kind === "possible") rmSync(folder, { recursive: true, force: true });
});

interface Result {
  readonly code: number;
  readonly signal: null;
  readonly stdout: string;
  readonly stderr: string;
}

function resultOf(name: string): Result {
  const read = (end: string): string => readFileSync(join(folder, `${name}.${end}`), "utf8");
  return { code: Number(read("code")), signal: null, stdout: read("out"), stderr: read("err") };
}

function reportOf(name: string): ProgramReport {
  return readReport(resultOf(name));
}

function linesOf(name: string): readonly string[] {
  return resultOf(name).stdout.trim().split("\n").toSorted();
}

function allOk(ips: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(ips.map((ip) => [ip, "ok"]));
}

describe.runIf(namespaces.kind === "possible")("in a network that has the real addresses", () => {
  test("the map of the field notes comes out without any translation", () => {
    const report = reportOf("own");
    expect(resultOf("own")).toMatchObject({ code: 0, stderr: "" });
    expect(codesByIp(report)).toEqual(allOk([...PUB_VIPS, ...PUB_ENIS]));
    expect(report.paths.map(({ address, apiServer }) => [address, apiServer])).toEqual([
      ["43.200.53.253:443", "A"],
      ["52.79.39.107:443", "B"],
      ["10.0.20.41:443", "A"],
      ["10.0.95.229:443", "B"],
    ]);
    for (const probe of report.probes)
      expect(`${probe.dialed.ip}:${probe.dialed.port}`).toBe(probe.address);
  });

  test("this host is placed inside the VPC by the address the kernel chose", () => {
    const { vantage } = reportOf("own");
    expect(vantage).toMatchObject({ sourceIps: ["10.0.105.163"], insideVpc: "yes" });
    expect(resultOf("own-text").stdout).toContain("from 10.0.105.163 (inside the cluster VPC)");
  });

  test("the system's own resolver path is asked: resolv.conf's server, and getaddrinfo", () => {
    const report = reportOf("system-json");
    const servers = report.resolutions.filter(({ resolver }) => resolver.kind === "server");
    expect([...new Set(servers.map(({ resolver }) => resolver.ip))]).toEqual(["10.0.0.2"]);
    const looked = report.resolutions.find(
      ({ resolver, type }) => resolver.kind === "system-lookup" && type === "A",
    );
    expect(looked?.records.map(({ ip }) => ip).toSorted()).toEqual(PUB_VIPS);
    expect(resultOf("system")).toMatchObject({ code: 0 });
    expect(resultOf("system").stdout).toMatch(/✓ local .*D02/);
  });

  test("a line in the hosts file that DNS does not know is found, shown and probed", () => {
    const report = reportOf("hosts");
    const named = report.resolutions.filter(({ resolver }) => resolver.kind === "hosts-file");
    expect(named.flatMap(({ records }) => records.map(({ ip }) => ip))).toEqual(["10.0.20.41"]);
    expect(report.findings.find(({ code }) => code === "D02")?.status).toBe("warn");
    expect(codesByIp(report)).toEqual(allOk([...PUB_VIPS, ...PUB_ENIS]));
  });

  test("IPv6 addresses are dialled as such", () => {
    const report = reportOf("v6");
    expect(codesByIp(report)).toEqual(allOk([...PUB_VIPS, ...PUB_ENIS, ...V6_VIPS]));
    expect(report.probes.filter(({ address }) => address.startsWith("[2600:"))).toHaveLength(2);
    expect(resultOf("v6").code).toBe(0);
  });
});

describe.runIf(namespaces.kind === "possible")("on a cable of its own", () => {
  test("a worker inside the VPC reaches every path of every cluster", () => {
    for (const name of ["gonz-eks-pub", "gonz-eks-pri", "gonz-eks-both"]) {
      const report = reportOf(`worker-${name}`);
      const expected = new Set([
        ...clusterNamed(name).dns.a,
        ...clusterNamed(name).enis.map(({ ip }) => ip),
      ]);
      expect(codesByIp(report)).toEqual(allOk([...expected]));
      expect(report.vantage).toMatchObject({ sourceIps: ["10.0.105.163"], insideVpc: "yes" });
      expect(resultOf(`worker-${name}`).code).toBe(0);
    }
  });

  test("a laptop sees the VIPs; the ENIs it cannot reach are skipped by design, and all is well", () => {
    for (const name of ["gonz-eks-pub", "gonz-eks-both"]) {
      const report = reportOf(`laptop-${name}`);
      const vips = report.paths.filter(({ kind }) => kind === "vip");
      const enis = report.paths.filter(({ kind }) => kind === "eni");
      expect(vips.map(({ state }) => state)).toEqual(["ok", "ok"]);
      expect(enis.map(({ state }) => state)).toEqual(["skipped", "skipped"]);
      expect(report.vantage).toMatchObject({ sourceIps: ["203.0.113.77"], insideVpc: "no" });
      expect(resultOf(`laptop-${name}`).code).toBe(0);
    }
    expect(resultOf("laptop-text").stdout).toContain("outside the cluster VPC");
  });

  test("from a laptop a private cluster cannot be judged, which is not the same as broken", () => {
    const report = reportOf("laptop-gonz-eks-pri");
    expect(report.paths.map(({ state }) => state)).toEqual(["skipped", "skipped"]);
    expect(resultOf("laptop-gonz-eks-pri").code).toBe(3);
  });

  test("dig sees the same answers from the same places", (context) => {
    const both = clusterNamed("gonz-eks-both");
    if (!existsSync(join(folder, "dig-worker.out"))) context.skip("dig is not installed");
    expect(linesOf("dig-worker")).toEqual(both.dns.a.toSorted());
    expect(linesOf("dig-laptop")).toEqual(both.outsideDns?.a.toSorted());
  });

  test("curl meets the API servers that the map names, with the token that `token` prints", (context) => {
    if (!existsSync(join(folder, "curl-laptop.out"))) context.skip("curl is not installed");
    const report = reportOf("worker-gonz-eks-pub");
    const hosts = new Map(report.apiServers.map(({ id, host }) => [id, host]));
    for (const { address, apiServer } of report.paths) {
      const { stdout, stderr, code } = resultOf(`curl-${address.replace(":443", "")}`);
      expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
      expect(stdout).toContain(`"${hosts.get(apiServer ?? "")}:443"`);
    }
    expect(resultOf("curl-laptop")).toMatchObject({ code: 0, stdout: "ok" });
  });

  test("kubectl is served by name, over the same DNS and the same CA", (context) => {
    if (!existsSync(join(folder, "kubectl.out"))) context.skip("kubectl is not installed");
    const { stdout, stderr, code } = resultOf("kubectl");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ kind: "APIVersions" });
  });
});
