import { Command, Option } from "commander";
import { COMMANDS } from "../../src/cli/commands/table.ts";
import { CHECK_FORMATS } from "../../src/cli/detect-output.ts";
import { readOutputs } from "../../src/cli/options/outputs.ts";
import { readOptions } from "../../src/cli/options/read.ts";
import { UsageError, valueReader } from "../../src/cli/options/values.ts";

/** Why the program's own option tables would refuse these arguments; undefined where they would not. */
export function refusal(args: readonly string[]): string | undefined {
  const [name, ...rest] = args;
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry === undefined) return `no command ${name}`;
  const command = new Command(name).exitOverride().configureOutput({ writeErr: () => undefined });
  command.allowExcessArguments(false);
  for (const spec of entry.options) {
    const option = new Option(spec.flags);
    if (spec.kind === "list")
      option.argParser((value: string, all: readonly string[] | undefined) => [
        ...(all ?? []),
        value,
      ]);
    command.addOption(option);
  }
  try {
    command.parse([...rest], { from: "user" });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const read = readOptions(entry.options, command.opts(), {});
  if (read.kind === "bad") return read.problem;
  try {
    if (name === "check") readOutputs(valueReader(read.value), CHECK_FORMATS);
    return undefined;
  } catch (error) {
    return error instanceof UsageError ? error.message : String(error);
  }
}
