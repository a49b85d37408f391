import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { inLab, runIn, twoAtATime } from "../support/e2e.ts";
import { type Ended, runProgram } from "../support/run-program.ts";
import { WORKER_CATALOGUE, type WorkerCase } from "../support/worker-catalogue.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

/** Nothing is silent here; a busy machine may take its time. */
const NODE = ["node", "-o", "json", "--timeout", "30s"] as const;

const runs = new Map<string, Ended>();
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "eks-probe-lab-worker-"));
  await twoAtATime(WORKER_CATALOGUE, async ({ scenario }) => {
    const found = findScenario(scenario);
    if (found === undefined) throw new Error(`there is no scenario ${scenario}`);
    runs.set(scenario, await inLab(found, (lab) => runIn(lab, NODE)));
  });
}, 120_000);

afterAll(() => rm(home, { recursive: true }));

interface Reported {
  readonly findings: readonly {
    readonly code: string;
    readonly status: string;
    readonly summary: string;
  }[];
}

function reported({ stdout }: Ended): Reported {
  return JSON.parse(stdout);
}

const HOSTNAME = "ip-10-0-105-163.ap-northeast-2.compute.internal";

describe("node in a lab", () => {
  test.each(WORKER_CATALOGUE.map((one): [string, WorkerCase] => [one.scenario, one]))(
    "tells of %s what is wrong there and nothing else, and exits by it",
    (scenario, { code, status, says, exitCode }) => {
      const ended = runs.get(scenario);
      expect(ended).toMatchObject({ stderr: "", code: exitCode });
      const { findings } = ended === undefined ? { findings: [] } : reported(ended);
      const told = findings.filter(
        (finding) => finding.code === code || !["ok", "skip"].includes(finding.status),
      );
      expect(told).toEqual([
        expect.objectContaining({ code, status, summary: expect.stringMatching(says) }),
      ]);
    },
  );

  test("is led to the lab's worker by `lab -- node`, whatever the caller's own settings say", async () => {
    const env = {
      EKS_PROBE_ROOT: "/no/such/folder",
      EKS_PROBE_MAP: "/no/such/map.json",
      EKS_PROBE_NO_PROBE: "1",
    };
    const ended = await runProgram(["lab", "--", ...NODE], { env });
    expect(ended).toMatchObject({ stderr: "", code: 0 });
    expect(ended.stdout).toContain(`"${HOSTNAME}"`);
    const targets = reported(ended).findings.find(({ code }) => code === "W01");
    expect(targets?.status).toBe("ok");
  });

  test("goes by a --root of the command's own, if it has one", async () => {
    await writeFile(join(home, "note"), "this is no copy of a worker");
    const ended = await runProgram(["lab", "--", "node", "--root", home]);
    expect(ended).toMatchObject({ stdout: "", code: 2 });
    expect(ended.stderr).toContain("--root");
  });
});
