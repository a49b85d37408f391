import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Scenario } from "../../src/lab/scenario.ts";
import { CERTAINTY_SCENARIOS } from "../../src/lab/scenarios/certainty.ts";
import type { Lab } from "../../src/lab/start.ts";
import type { FindingCode } from "../../src/model/finding-code.ts";
import type { ReportDocument } from "../../src/report/json/document.ts";
import { inLab, runIn, transcriptOf, twoAtATime } from "../support/e2e.ts";
import { type Ended, runProgram } from "../support/run-program.ts";
import { differ } from "../support/schema-check.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

const VIP = "43.200.53.253:443";
const [HOST_A, HOST_B, HOST_HIDDEN] = ["57-254", "173-248", "98-23"].map(
  (ip) => `ip-172-16-${ip}.ap-northeast-2.compute.internal`,
);

/** Beside `--deep`: as many connections as tell what the scenario is about. */
const ARGS: Readonly<Record<string, readonly string[]>> = {
  balanced: ["-n", "20"],
  unequal: ["-n", "20"],
};

/** Further runs: by the scenario, and by what they add to `endpoints --cluster gonz-eks-pub`. */
const MORE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  balanced: {
    reuse: ["-n", "20", "--compare-reuse"],
    sure: ["--until-sure", "5%"],
    spread: ["-n", "4", "--interval", "100ms"],
  },
  unequal: { hundred: ["-n", "100"] },
  reader: { anonymous: ["--anonymous", "--deep"] },
};

interface Run {
  readonly args: readonly string[];
  readonly text: Ended;
  readonly json: Ended;
}

const runs = new Map<string, Run>();
let differences: ReturnType<typeof differ>;

async function runBoth(lab: Lab, more: readonly string[]): Promise<Run> {
  const args = ["endpoints", "--cluster", "gonz-eks-pub", ...more];
  const text = await runIn(lab, args);
  return { args, text, json: await runIn(lab, [...args, "-o", "json"]) };
}

/** A front's choices go on from run to run: what is to be repeatable needs a lab of its own. */
async function runScenario(scenario: Scenario): Promise<void> {
  const { name } = scenario;
  const own = [["", ["--deep", ...(ARGS[name] ?? [])]] as const];
  for (const [key, more] of [...own, ...Object.entries(MORE[name] ?? {})]) {
    const isRandom = name === "balanced" || name === "unequal";
    const args = ["endpoints", "--cluster", "gonz-eks-pub", ...more];
    const text = (): Promise<Ended> => inLab(scenario, (lab) => runIn(lab, args));
    const json = (): Promise<Ended> =>
      inLab(scenario, (lab) => runIn(lab, [...args, "-o", "json"]));
    const run = isRandom
      ? { args, text: await text(), json: await json() }
      : await inLab(scenario, (lab) => runBoth(lab, more));
    runs.set(key === "" ? name : `${name} ${key}`, run);
  }
}

beforeAll(async () => {
  differences = differ(JSON.parse((await runProgram(["schema"])).stdout));
  await twoAtATime(CERTAINTY_SCENARIOS, runScenario);
}, 90_000);

function runOf(name: string): Run {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`${name} was not run`);
  return run;
}

function textOf(name: string): string {
  return runOf(name).text.stdout;
}

/** The text with its lines as one, so that words are found wherever a line broke. */
function unwrapped(name: string): string {
  return textOf(name).replaceAll(/\s+/g, " ");
}

function documentOf(name: string): ReportDocument {
  return JSON.parse(runOf(name).json.stdout);
}

/** Status and summary of one finding in the document. */
function saidOf(name: string, code: FindingCode): readonly [string, string] {
  const found = documentOf(name).findings.find((finding) => finding.code === code);
  return [found?.status ?? "missing", found?.summary ?? "missing"];
}

function certaintyOf(name: string, address = VIP): ReportDocument["certainty"][number] | undefined {
  return documentOf(name).certainty.find((one) => one.address === address);
}

describe("every scenario of certainty, with --deep", () => {
  const names = CERTAINTY_SCENARIOS.map(({ name }) => name);

  test.each(names)("%s reads as it was once read and found good", async (name) => {
    const { args, text } = runOf(name);
    const golden = fileURLToPath(new URL(`transcripts/${name}.txt`, import.meta.url));
    await expect(transcriptOf(args, text)).toMatchFileSnapshot(golden);
  });

  test("is what the schema says in JSON, with the exit code of the text, and nothing on stderr", () => {
    for (const [name, { text, json }] of runs) {
      expect([name, ...differences(JSON.parse(json.stdout))]).toEqual([name]);
      expect([text.code, text.stderr, json.stderr]).toEqual([json.code, "", ""]);
    }
  });

  test("fails where something is broken, cannot tell where nothing is known, and is 0 for the rest", () => {
    const codes = Object.fromEntries(names.map((name) => [name, runOf(name).text.code]));
    const others = names.filter((name) => codes[name] === 0);
    expect(codes).toMatchObject({ "unready-etcd": 1, inspection: 1, "anonymous-only": 3 });
    expect(others).toHaveLength(names.length - 3);
  });
});

describe("stickiness", () => {
  test("balanced: the one VIP, with its tally; the others are pinned, with their bound", () => {
    expect(certaintyOf("balanced")).toMatchObject({
      verdict: "balanced",
      connections: 20,
      unseenShareMax: null,
    });
    const tally = certaintyOf("balanced")?.tally ?? [];
    expect(tally.map(({ apiServer }) => apiServer).toSorted()).toEqual(["A", "B"]);
    expect(tally.reduce((sum, { seen }) => sum + seen, 0)).toBe(20);
    expect(certaintyOf("balanced", "52.79.39.107:443")).toMatchObject({
      verdict: "pinned",
      unseenShareMax: 0.15,
      confidence: 0.95,
    });
    expect(textOf("balanced")).toContain(
      "balanced: 43.200.53.253 leads to several API servers, 3 pinned (another backend ≤15 %",
    );
    expect(documentOf("balanced").topology.sentence).toContain("VIPs lead to several API servers");
  });

  test("unequal: 20 connections look pinned, within a bound that holds; 100 show the other backend", () => {
    expect(certaintyOf("unequal")).toMatchObject({ verdict: "pinned", unseenShareMax: 0.15 });
    expect(textOf("unequal")).toContain(
      "pinned: 80/80 fresh connections (another backend ≤15 % per address, 95 %)",
    );
    const hundred = certaintyOf("unequal hundred");
    expect(hundred).toMatchObject({ verdict: "balanced", connections: 100 });
    const rare = hundred?.tally.at(-1)?.seen ?? 0;
    expect(rare / 100).toBeLessThanOrEqual(0.15);
    expect(textOf("unequal hundred")).toContain(
      `43.200.53.253: A ${100 - rare}/100, B ${rare}/100`,
    );
  });

  test("--compare-reuse: one kept connection meets one server where fresh ones meet two", () => {
    const certainty = certaintyOf("balanced reuse");
    expect(certainty?.verdict).toBe("balanced");
    expect(certainty?.reused).toEqual([{ apiServer: expect.stringMatching(/^[AB]$/), seen: 20 }]);
    expect(textOf("balanced reuse")).toMatch(
      /43\.200\.53\.253 over one kept connection: [AB] 20 times: reuse hides the balancing\n/,
    );
    expect(textOf("balanced reuse")).toContain(
      "52.79.39.107 over one kept connection: B 20 times\n",
    );
  });

  test("--until-sure 5%: 60 connections where one server answers, no more than it takes where two do", () => {
    const { paths, certainty } = documentOf("balanced sure");
    const pinned = certainty.filter(({ verdict }) => verdict === "pinned");
    expect(pinned.map(({ connections, unseenShareMax }) => [connections, unseenShareMax])).toEqual(
      Array.from({ length: 3 }, () => [60, 0.05]),
    );
    expect(paths.find(({ address }) => address === VIP)?.of).toBeLessThan(20);
    expect(unwrapped("balanced sure")).toContain("3 pinned (another backend ≤5 % each, 95 %)");
  });

  test("--interval: the connections to an address start that far apart", () => {
    const { probes } = documentOf("balanced spread");
    const starts = probes
      .filter(({ address }) => address === VIP)
      .map(({ startedAt }) => Date.parse(startedAt));
    expect(starts).toHaveLength(4);
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    // A stamp is of the wall clock, which is adjusted, and is made a moment after the wait.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(90);
  });

  test("every connection is a fresh one, from a port of its own", () => {
    const ports = documentOf("unequal hundred").probes.map(({ local }) => local?.port);
    // The kernel may hand out a port again once it is free, but to another peer.
    expect(new Set(ports).size).toBeGreaterThan(300);
    expect(ports).not.toContain(undefined);
  });

  test("the percentiles of every phase count every connection", () => {
    for (const { tcp, tls, ttfb, total } of documentOf("unequal hundred").latency) {
      for (const phase of [tcp, tls, ttfb, total]) {
        expect(phase?.count).toBe(100);
        expect(phase?.p50Ms).toBeLessThanOrEqual(phase?.maxMs ?? 0);
      }
    }
  });
});

describe("identity", () => {
  test("four signals name each API server, and agree", () => {
    expect(documentOf("reader").apiServers.map(({ host, agreement }) => [host, agreement])).toEqual(
      [HOST_A, HOST_B].map((host) => [
        host,
        {
          kind: "agree",
          signals: [
            "server-address",
            "certificate-host",
            "certificate-fingerprint",
            "identity-lease",
          ],
        },
      ]),
    );
  });

  test("same-name: two servers that report one address are one row, and the finding says so", () => {
    const { apiServers } = documentOf("same-name");
    expect(apiServers).toMatchObject([{ id: "A", agreement: { kind: "disagree" } }]);
    expect(apiServers[0]?.certificates).toHaveLength(2);
    expect(saidOf("same-name", "P02")[0]).toBe("warn");
    expect(textOf("same-name")).toContain("everywhere, but the");
    expect(textOf("same-name")).toContain(`certificates name 2 hosts: ${HOST_A},\n`);
  });

  test("restarted: the old process's lease is told from the new one's", () => {
    const { coverage } = documentOf("restarted");
    expect(coverage.leases?.map(({ live }) => live)).toEqual([true, true, false]);
    expect(new Set(coverage.leases?.map(({ incarnation }) => incarnation)).size).toBe(3);
    expect(coverage.leases?.at(-1)?.ageSeconds).toBeGreaterThanOrEqual(600);
    expect(saidOf("restarted", "K01")).toEqual([
      "ok",
      "2 API servers hold leases, as many as you reach · 1 lingering lease of a server gone or restarted",
    ]);
  });
});

describe("coverage", () => {
  test("hidden-server: 3 API servers hold leases, you reach 2", () => {
    const { coverage, apiServers } = documentOf("hidden-server");
    const live = coverage.leases?.filter((lease) => lease.live) ?? [];
    expect([live.length, apiServers.length]).toEqual([3, 2]);
    expect(live.filter(({ apiServer }) => apiServer === null)).toMatchObject([
      { host: HOST_HIDDEN },
    ]);
    expect(textOf("hidden-server")).toContain(
      "! leases   warning: 3 API servers hold leases, you reach 2  K01\n",
    );
    expect(textOf("hidden-server")).toContain(`not reached: ${HOST_HIDDEN}\n`);
  });

  test("stale-lease: it is there, and not live", () => {
    const { coverage, apiServers } = documentOf("stale-lease");
    expect(coverage.leases).toMatchObject([
      { apiServer: "A", live: true },
      { apiServer: "B", live: false },
    ]);
    expect(apiServers[1]?.inspected?.lease?.live).toBe(false);
    expect(textOf("stale-lease")).toContain("B answers, but has not renewed its lease for 50 min");
  });

  test("slices-lag: the service is behind, in both directions", () => {
    const { coverage } = documentOf("slices-lag");
    expect(coverage).toMatchObject({
      service: { source: "endpointslices/v1", ips: ["10.0.20.41", "10.0.33.7"] },
      missingInService: ["10.0.95.229"],
      missingInEc2: ["10.0.33.7"],
    });
    const text = textOf("slices-lag");
    expect(text).toContain("B answers there, so the service lags\n");
    expect(text).toContain(
      "10.0.33.7 is in endpointslices/v1, but no ENI of EC2's: the service lags\n",
    );
  });

  test("reader: the three lists agree, and the service's address is in every leaf", () => {
    expect(documentOf("reader").coverage).toMatchObject({
      leases: [{ live: true }, { live: true }],
      missingInService: [],
      missingInEc2: [],
      clusterIp: { ip: "172.20.0.1", inCertificates: "yes" },
      unknown: [],
    });
    expect(textOf("reader")).toContain("✓ leases   2 API servers hold leases, all reached\n");
    expect(textOf("reader")).toContain(
      "✓ sources  EC2 and endpointslices/v1 list the same 2 addresses\n",
    );
  });

  test("no-rbac: unknown with the reason, and healthy with exit 0", () => {
    const { coverage, verdict } = documentOf("no-rbac");
    expect(verdict).toMatchObject({ status: "healthy", exitCode: 0 });
    expect([coverage.leases, coverage.service]).toEqual([null, null]);
    expect(coverage.unknown).toMatchObject([
      { what: "leases", problem: { side: "user", cause: "403" } },
      { what: "service", problem: { side: "user", cause: "403" } },
    ]);
    expect(textOf("no-rbac")).toContain(
      "? leases   unknown: may not list leases in kube-system (403)  K01\n",
    );
    expect(textOf("no-rbac")).toContain(
      "? sources  unknown: may not list endpointslices in default (403)  K02\n",
    );
    expect(runOf("no-rbac").text.code).toBe(0);
  });
});

describe("each API server by itself", () => {
  test("upgrade: two versions, each with its server", () => {
    const versions = documentOf("upgrade").apiServers.map(({ inspected }) => inspected?.version);
    expect(versions).toEqual([
      expect.stringMatching(/^v1\.31\./),
      expect.stringMatching(/^v1\.32\./),
    ]);
    // That an update is under way is the cause, which C03 tells.
    expect(textOf("upgrade")).toContain("warning: an update is under way: ");
    expect(textOf("upgrade")).toContain(
      "so: P05 version: the API servers run different versions: an update is under way\n",
    );
  });

  test("unready-etcd: the check that fails, on the server on which it fails", () => {
    const [one, two] = documentOf("unready-etcd").apiServers;
    expect(one?.inspected).toMatchObject({ readyz: { healthy: true }, livez: { healthy: true } });
    expect(two?.inspected).toMatchObject({ readyz: { healthy: false, failing: ["etcd"] } });
    expect(saidOf("unready-etcd", "P06")).toEqual(["fail", "not ready: B"]);
    expect(textOf("unready-etcd")).toContain("B: /readyz fails etcd\n");
    expect(runOf("unready-etcd").text.code).toBe(1);
  });

  test("reader: who the servers think the caller is, through every path", () => {
    for (const { inspected, reachedBy } of documentOf("reader").apiServers) {
      expect(inspected?.caller).toEqual({
        username: "reader",
        groups: ["system:authenticated"],
        arn: "arn:aws:iam::111122223333:user/lab-reader",
      });
      expect(inspected?.through.toSorted()).toEqual(reachedBy.toSorted());
      expect(inspected?.tokenCost?.firstMs).toBeGreaterThan(0);
    }
    expect(textOf("reader")).toContain(
      "✓ caller   reader (arn:aws:iam::111122223333:user/lab-reader)\n",
    );
  });

  test("clock-skew: one server's clock, not this host's", () => {
    const skews = documentOf("clock-skew").apiServers.map(({ inspected }) =>
      Math.round((inspected?.clockSkewMs ?? 0) / 60_000),
    );
    expect(skews.map(Math.abs)).toEqual([0, 5]);
    expect(textOf("clock-skew")).toMatch(
      /warning: the clock of B is (?:299|300|301) s ahead of this host's, with which the others agree {2}A03\n/,
    );
    // Its Lease is live by its own clock as by the others'.
    expect(saidOf("clock-skew", "K01")[0]).toBe("ok");
  });

  test("anonymous: what anyone may read is read, the rest is skipped and costs nothing", () => {
    const { apiServers, coverage, verdict } = documentOf("reader anonymous");
    for (const { inspected } of apiServers) {
      expect(inspected).toMatchObject({ version: expect.stringMatching(/^v1\.31/), caller: null });
      expect(inspected?.readyz?.healthy).toBe(true);
    }
    expect(coverage.leases).toBeNull();
    expect(coverage.unknown.map(({ reason, problem }) => [reason, problem])).toEqual(
      ["leases", "service"].map(() => ["not asked for without a token", null]),
    );
    expect(verdict).toMatchObject({ status: "healthy", exitCode: 0 });
    expect(textOf("reader anonymous")).toContain("✓ health   live and ready: A, B");
    expect(textOf("reader anonymous")).not.toContain("leases");
  });
});

describe("topology", () => {
  test("is one sentence with its confidence, in text and JSON, and the expected routes", () => {
    const { sentence, confidence, routes } = documentOf("reader").topology;
    expect(sentence).toBe(
      "public, DNS gives VIPs; each VIP has its own server: consistent with a zonal NLB without cross-zone balancing; one server per ENI in 2 zones",
    );
    expect(confidence).toBe("weak: too few connections");
    expect(unwrapped("reader")).toContain(`${sentence} (${confidence})`);
    expect(routes.map(({ direction }) => direction)).toEqual([
      "worker to control plane",
      "worker to control plane",
      "control plane to worker",
    ]);
  });
});

describe("certificates", () => {
  test("inspection: the issuer that is not the cluster's CA is named as TLS inspection", () => {
    const refused = documentOf("inspection").probes.filter(
      ({ tls }) => tls?.verification.kind === "refused",
    );
    expect(refused.map(({ tls }) => tls?.leaf?.issuer)).toEqual(
      [1, 2].map(() => expect.stringContaining("Example TLS Inspection CA")),
    );
    expect(refused.map(({ token }) => token)).toEqual(
      Array.from({ length: 2 }, () => "withheld-unverified"),
    );
    expect(unwrapped("inspection")).toContain(
      "something in between inspects TLS: CN=Example TLS Inspection CA, O=Example Corp signs for the endpoint",
    );
    expect(saidOf("inspection", "N01")[0]).toBe("skip");
  });

  test("expiring: 12 days left, and whose certificate it is", () => {
    expect(saidOf("expiring", "T02")[1]).toMatch(/^A's certificate ends in 12 days \(/);
    expect(textOf("expiring")).toMatch(/^ {2}vip .* 12d$/m);
  });

  test("no-key-ids: both certificates, and who refuses them", () => {
    const leaves = documentOf("no-key-ids").apiServers.flatMap(({ certificates }) => certificates);
    expect(leaves.map(({ authorityKeyId }) => authorityKeyId)).toEqual(["no", "no"]);
    expect(saidOf("no-key-ids", "T03")).toEqual([
      "warn",
      "the certificates of A, B have neither subject nor authority key identifier",
    ]);
    expect(textOf("no-key-ids")).toContain("Python 3.13 and later verify strictly by default\n");
  });
});

test("a healthy cluster with --deep is one screen: 100 columns, 24 lines", () => {
  const lines = textOf("reader").trimEnd().split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  // The mark of a simulation is a line that no real cluster's report has.
  const real = lines.filter((line) => !line.startsWith("simulated:"));
  expect(real.length).toBeLessThanOrEqual(24);
});
