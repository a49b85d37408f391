import { readTextFile } from "../local/files.ts";
import type { Drift } from "../model/drift.ts";
import { sanitizeText } from "../model/text.ts";
import type { ReportInput } from "../report/input.ts";
import { quoteInput } from "../target/parsed.ts";
import { VERSION } from "../version.ts";
import { UsageError } from "./options/values.ts";

/** A run over a thousand addresses takes some 4 MB. */
const MAX_BYTES = 50 * 1024 * 1024;

/** A saved run that the present one is held against. */
export interface Baseline {
  compareWith(now: ReportInput): Promise<Drift>;
}

/** Reads it before anything is asked; a file that is no run of this cluster is a usage error. */
export async function readBaseline(
  path: string | undefined,
  cluster: string,
): Promise<Baseline | undefined> {
  if (path === undefined) return undefined;
  const { readSavedRun } = await import("../history/saved-run.ts");
  const saved = readSavedRun(await readContent(path));
  if (saved.kind === "bad")
    throw new UsageError(`--baseline: ${quoteInput(path)} ${saved.problem}`);
  const { name } = saved.value.cluster;
  if (name !== cluster) {
    throw new UsageError(
      `--baseline: ${quoteInput(path)} is a run on ${quoteInput(name)}; give one on ${cluster}`,
    );
  }
  return {
    compareWith: async (now) => {
      const [{ compareRuns }, { renderJson }] = await Promise.all([
        import("../history/compare.ts"),
        import("../report/json/render.ts"),
      ]);
      // The public document is what was saved, so that is what is compared.
      const present = readSavedRun(renderJson(now, { name: "eks-probe", version: VERSION }));
      if (present.kind === "bad") throw new Error(`this run's own document ${present.problem}`);
      return {
        baseline: path,
        baselineStartedAt: sanitizeText(saved.value.startedAt, 40),
        ...compareRuns(saved.value, present.value),
      };
    },
  };
}

async function readContent(path: string): Promise<string> {
  const file = await readTextFile(path, MAX_BYTES);
  switch (file.kind) {
    case "text":
      return file.text;
    case "absent":
      throw new UsageError(
        `--baseline: ${quoteInput(path)} is not there; save a run with -o json first`,
      );
    case "failed":
      throw new UsageError(`--baseline: ${file.failure.message}`);
  }
}
