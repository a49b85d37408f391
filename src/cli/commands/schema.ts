import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";
import { oneOf, UsageError } from "../options/values.ts";

const NAMES = ["report", "config"] as const;

/** `schema [report|config]`: of what `-o json` prints, or of eks-probe.yaml. */
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
  }
}
