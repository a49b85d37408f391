import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Scenario } from "../../src/lab/scenario.ts";
import { CATALOGUE_SCENARIOS } from "../../src/lab/scenarios/catalogue.ts";
import { WORKER_SCENARIOS } from "../../src/lab/scenarios/catalogue-worker.ts";
import { CERTAINTY_SCENARIOS } from "../../src/lab/scenarios/certainty.ts";
import { SCENARIOS as ALL_SCENARIOS } from "../../src/lab/scenarios/table.ts";
import { TIMELINE_SCENARIOS } from "../../src/lab/scenarios/timelines.ts";
import type { ReportDocument } from "../../src/report/json/document.ts";
import { inLab, runIn, twoAtATime } from "../support/e2e.ts";
import { type Ended, runProgram } from "../support/run-program.ts";
import { closed, compile, differ } from "../support/schema-check.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

/** Those that neither certainty.test.ts nor catalogue.test.ts looks at, and that stay as they are. */
const ELSEWHERE: ReadonlySet<Scenario> = new Set([
  ...CERTAINTY_SCENARIOS,
  ...CATALOGUE_SCENARIOS,
  ...WORKER_SCENARIOS,
  ...TIMELINE_SCENARIOS,
]);
const SCENARIOS = ALL_SCENARIOS.filter((scenario) => !ELSEWHERE.has(scenario));
const names = SCENARIOS.map(({ name }) => name);
/** More than one sample where it costs nothing, and no long wait for a silent server. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "gonz-eks-pub": ["-n", "3"],
  "vip-refused": ["-n", "3"],
  "vip-silent": ["--timeout", "2s"],
};
const runs = new Map<string, Ended>();
let schema: Record<string, unknown>;
let differences: ReturnType<typeof differ>;

beforeAll(async () => {
  const printed = await runProgram(["schema"]);
  schema = JSON.parse(printed.stdout);
  differences = differ(schema);
  await twoAtATime(SCENARIOS, async (scenario) => {
    const cluster = scenario.clusters[0]?.name ?? "";
    const args = ["endpoints", "--cluster", cluster, "-o", "json"];
    args.push(...(OPTIONS[scenario.name] ?? []));
    runs.set(scenario.name, await inLab(scenario, (lab) => runIn(lab, args)));
  });
}, 60_000);

function runOf(name: string): Ended {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`${name} was not run`);
  return run;
}

function documentOf(name: string): ReportDocument {
  return JSON.parse(runOf(name).stdout);
}

describe("endpoints -o json, in every scenario of the lab", () => {
  test.each(names)("%s is what the printed schema says, and nothing besides", (name) => {
    expect(differences(documentOf(name))).toEqual([]);
  });

  test("a document that lacks a field, or has one too many, is refused by that same schema", () => {
    const document = documentOf("gonz-eks-pub");
    const { paths: _, ...lacking } = document;
    expect(compile(schema)(lacking)).toBe(false);
    const [probe, ...rest] = document.probes;
    const talkative = { ...document, probes: [{ ...probe, body: "more" }, ...rest] };
    expect(compile(closed(schema))(talkative)).toBe(false);
    expect(compile(schema)(talkative)).toBe(true);
  });

  test("says that it is simulated, what made it, and nothing on stderr", () => {
    for (const name of names) {
      expect(documentOf(name)).toMatchObject({ simulated: true, tool: { name: "eks-probe" } });
      expect(runOf(name).stderr).toBe("");
    }
  });

  test("carries the exit code of the program that printed it", () => {
    for (const name of names)
      expect({ name, code: documentOf(name).verdict.exitCode }).toEqual({
        name,
        code: runOf(name).code,
      });
  });

  test("its parts join: probes and paths to addresses, paths to API servers, findings to addresses", () => {
    for (const name of names) {
      const { addresses, probes, paths, apiServers, findings, enis } = documentOf(name);
      const ids = addresses.map(({ id }) => id);
      const letters = apiServers.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(probes.map(({ address }) => address)));
      expect(ids).toEqual(expect.arrayContaining(findings.flatMap((finding) => finding.addresses)));
      expect(new Set(paths.map(({ address }) => address))).toEqual(new Set(ids));
      for (const { apiServer, address } of paths) {
        if (apiServer === null || apiServer === undefined) continue;
        const server = apiServers[letters.indexOf(apiServer)];
        expect(server?.reachedBy).toContain(address);
      }
      const sources = addresses.flatMap((address) => address.sources);
      const named = sources.flatMap((source) => (source.kind === "eni" ? source.eniId : []));
      expect(enis.items.map(({ id }) => id)).toEqual(expect.arrayContaining(named));
    }
  });

  test("counts what it shows: as many probes of an address as its path says", () => {
    for (const name of names) {
      const { paths, probes } = documentOf(name);
      for (const { address, of } of paths)
        expect(probes.filter((probe) => probe.address === address)).toHaveLength(of);
    }
  });

  test.each([
    [
      "gonz-eks-pub",
      {
        "ip-172-16-57-254.ap-northeast-2.compute.internal": new Set([
          "10.0.20.41",
          "43.200.53.253",
        ]),
        "ip-172-16-173-248.ap-northeast-2.compute.internal": new Set([
          "10.0.95.229",
          "52.79.39.107",
        ]),
      },
    ],
    [
      "gonz-eks-pri",
      {
        "ip-172-16-121-126.ap-northeast-2.compute.internal": new Set(["10.0.58.12"]),
        "ip-172-16-56-186.ap-northeast-2.compute.internal": new Set(["10.0.18.90"]),
      },
    ],
  ])("%s has the crossings of the field notes", (name, crossings) => {
    const { apiServers, addresses } = documentOf(name);
    const ipOf = new Map(addresses.map(({ id, ip }) => [id, ip]));
    const found = apiServers.map(({ host, reachedBy }) => [
      host,
      new Set(reachedBy.map((id) => ipOf.get(id))),
    ]);
    expect(Object.fromEntries(found)).toEqual(crossings);
  });

  test("what could not be had is null with its reason beside it, never an empty success", () => {
    const denied = documentOf("enis-denied");
    expect(denied.enis).toMatchObject({ items: [], problem: { code: "access-denied" } });
    expect(documentOf("cluster-denied").cluster).toMatchObject({
      endpoint: null,
      publicAccess: "unknown",
      problem: { code: "access-denied", phase: "describe-cluster" },
    });
    expect(documentOf("creating").cluster).toMatchObject({
      status: "CREATING",
      endpoint: null,
      problem: null,
    });
    const silent = documentOf("vip-silent").probes.find(({ problem }) => problem !== null);
    expect(silent).toMatchObject({ tls: null, http: null, problem: { code: "tls-timeout" } });
    expect(silent?.timings.tcpMs).toBeTypeOf("number");
  });
});
