import { beforeAll, describe, expect, test, vi } from "vitest";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import type { ReportDocument } from "../../src/report/json/document.ts";
import { inLab, runIn, twoAtATime } from "../support/e2e.ts";
import type { Ended } from "../support/run-program.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

/** What is silent in the lab is silent for ever; what is slow there is quicker than this. */
const TIMEOUT = "2s";

/** Its calls are made again after longer and longer pauses, which a busy machine stretches. */
const LONGER: Readonly<Record<string, string>> = { throttled: "20s" };

const COMMANDS = ["endpoints", "check"] as const;

type Pair = Readonly<Record<(typeof COMMANDS)[number], Ended>>;

const runs = new Map<string, Pair>();

beforeAll(async () => {
  await twoAtATime(SCENARIOS, async (scenario) => {
    const cluster = scenario.clusters[0]?.name ?? "";
    const args = [
      "--cluster",
      cluster,
      "--timeout",
      LONGER[scenario.name] ?? TIMEOUT,
      "-o",
      "json",
    ];
    // Each in a lab of its own: some faults are over after a number of calls.
    const [endpoints, check] = await Promise.all(
      COMMANDS.map((command) => inLab(scenario, (lab) => runIn(lab, [command, ...args]))),
    );
    if (endpoints && check) runs.set(scenario.name, { endpoints, check });
  });
}, 300_000);

function documentOf({ stdout }: Ended): ReportDocument {
  return JSON.parse(stdout);
}

/** What a run found, without words that have times, ports or samples in them. */
function found(ended: Ended) {
  const { findings, verdict } = documentOf(ended);
  return {
    code: ended.code,
    verdict: { status: verdict.status, exitCode: verdict.exitCode },
    findings: findings.map(({ code, status, causedBy, blockedBy, optional }) => ({
      code,
      status,
      causedBy,
      blockedBy,
      optional,
    })),
  };
}

describe("endpoints and check", () => {
  test.each(SCENARIOS.map(({ name }) => name))("agree in %s", (name) => {
    const pair = runs.get(name);
    if (pair === undefined) throw new Error(`${name} was not run`);
    expect(found(pair.check)).toEqual(found(pair.endpoints));
    expect(documentOf(pair.check).gate?.exitCode).toBe(pair.endpoints.code);
  });

  test("are compared where there is something to find: every verdict is among them", () => {
    const verdicts = new Set(
      [...runs.values()].map(({ check }) => documentOf(check).verdict.status),
    );
    expect([...verdicts].toSorted()).toEqual(["failed", "healthy", "unknown", "warning"]);
  });
});
