import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { inLab, runIn, transcriptOf, twoAtATime } from "../support/e2e.ts";
import type { Ended } from "../support/run-program.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

interface Told {
  readonly name: string;
  readonly scenario: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a user of `node` gets to read, whole. */
const RUNS: readonly Told[] = [
  { name: "node", scenario: "field-notes", args: [] },
  { name: "node-private", scenario: "gonz-eks-pri", args: [] },
  { name: "node-verbose", scenario: "worker-stale-rules", args: ["-v"] },
  { name: "node-former-eni", scenario: "worker-former-eni", args: [] },
  { name: "node-ascii", scenario: "worker-no-rules", args: [], env: { LANG: "C", LC_ALL: "C" } },
  { name: "node-no-probe", scenario: "field-notes", args: ["--no-probe"] },
  { name: "node-quiet", scenario: "worker-conntrack-full", args: ["-q"] },
];

const runs = new Map<string, string>();

beforeAll(async () => {
  await twoAtATime(RUNS, async ({ name, scenario, args, env }) => {
    const found = findScenario(scenario);
    if (found === undefined) throw new Error(`there is no scenario ${scenario}`);
    const all = ["node", ...args];
    const ended = await inLab(found, (lab) => runIn(lab, all, env));
    runs.set(name, withoutPaths(transcriptOf(all, ended), ended));
  });
}, 60_000);

/** The folder of the lab's worker has a name of its own each time. */
function withoutPaths(transcript: string, { stdout }: Ended): string {
  const [path = "no path"] = /\/\S*\/eks-probe-lab-worker-\w+/.exec(stdout) ?? [];
  return transcript.replaceAll(path, "/tmp/eks-probe-lab-worker-XXXXXX");
}

describe("node", () => {
  test.each(RUNS.map(({ name }) => name))(
    "%s reads as it was once read and found good",
    async (name) => {
      const file = fileURLToPath(new URL(`transcripts/${name}.txt`, import.meta.url));
      await expect(runs.get(name)).toMatchFileSnapshot(file);
    },
  );

  test("of a worker that is well fits one screen", () => {
    const lines = (runs.get("node") ?? "").split("\n");
    expect(lines.length).toBeLessThan(32);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });
});
