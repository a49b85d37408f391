import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";
import { oneOf, UsageError } from "../options/values.ts";

const NAMES = ["report", "config", "diff", "watch", "node"] as const;

/** `schema [report|config|diff|watch|node]`: of `-o json` of a run, eks-probe.yaml, a diff, `watch -o ndjson`, a worker. */
export const runSchema: RunCommand = async (_values, [asked = "report"], io) => {
  const name = oneOf(NAMES)(asked);
  if (name.kind === "bad") throw new UsageError(`schema: ${name.problem}`);
  io.stdout.write(`${JSON.stringify(await load(name.value), null, 2)}\n`);
  return EXIT.ok;
};

async function load(name: (typeof NAMES)[number]): Promise<unknown> {
  switch (name) {
    case "report":
      return (await import("../../report/json/schema.ts")).REPORT_SCHEMA;
    case "config":
      return (await import("../../config/schema.ts")).CONFIG_JSON_SCHEMA;
    case "diff":
      return (await import("../../report/diff/schema.ts")).DIFF_SCHEMA;
    case "watch":
      return (await import("../../report/watch/schema.ts")).WATCH_SCHEMA;
    case "node":
      return (await import("../../report/node/schema.ts")).NODE_SCHEMA;
  }
}
