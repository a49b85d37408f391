import { Command, CommanderError, Option } from "commander";
import { sanitizeText } from "../model/text.ts";
import { COMMANDS, type CommandEntry } from "./commands/table.ts";
import { EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { readOptions } from "./options/read.ts";
import type { OptionSpec } from "./options/spec.ts";
import { UsageError, valueReader } from "./options/values.ts";

/** Parses the arguments, runs the one command they name and returns its exit code. */
export async function runProgram(
  args: readonly string[],
  version: string,
  io: Io,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = new Command("eks-probe")
    .description("Maps how traffic reaches an Amazon EKS control plane from where you stand.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // What was wrong is said once, in one line, below.
      writeErr: () => undefined,
    });
  for (const entry of COMMANDS) {
    program.addCommand(
      // Only the one that is meant gets its options: the others are there to be listed.
      makeCommand(
        entry,
        args.includes(entry.name) ? entry.options : [],
        program,
        async (flags, rest) => {
          exitCode = await runEntry(entry, flags, rest, io);
        },
      ),
    );
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const problem = usageProblem(error, args);
    if (problem === undefined) throw error;
    io.stderr.write(`eks-probe: ${problem}\n`);
    return EXIT.usage;
  }
}

/** Of the user's own words, repeated. */
const MAX_PROBLEM = 200;

/** The one line that says what was wrong with the arguments and what is right. */
function usageProblem(error: unknown, args: readonly string[]): string | undefined {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof CommanderError)) return undefined;
  const names = COMMANDS.map(({ name }) => name);
  const commands = `the commands are ${names.join(", ")}`;
  if (args.length === 0) return `no command given; ${commands}`;
  // `help NAME` with a name that is none has no message of its own.
  if (error.code === "commander.help") return `unknown command; ${commands}`;
  const said = error.message
    .replace(/^error: /, "")
    .replaceAll("\n(Did you mean", " (Did you mean");
  const what = sanitizeText(said, MAX_PROBLEM);
  if (error.code === "commander.unknownCommand") return `${what}; ${commands}`;
  const command = names.find((name) => name === args[0]);
  const help = `eks-probe ${command === undefined ? "" : `${command} `}--help shows what may be given`;
  return `${what.replace(/\.$/, "")}; ${help}`;
}

function makeCommand(
  entry: CommandEntry,
  options: readonly OptionSpec[],
  parent: Command,
  run: (flags: Record<string, unknown>, rest: readonly string[]) => Promise<void>,
): Command {
  const command = new Command(entry.name).description(entry.summary).copyInheritedSettings(parent);
  command.addHelpText(
    "after",
    `\nExamples:\n${entry.examples.map((line) => `  $ ${line}`).join("\n")}`,
  );
  for (const spec of options) command.addOption(makeOption(spec));
  if (entry.operands !== undefined) command.arguments(entry.operands);
  command.allowExcessArguments(false);
  command.action(async () => {
    await run(command.opts(), command.args);
  });
  return command;
}

function makeOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, `${spec.help} [${spec.env}]`);
  if (spec.kind === "list") {
    option.argParser((value: string, previous: readonly string[] | undefined) => [
      ...(previous ?? []),
      value,
    ]);
  }
  return option;
}

async function runEntry(
  entry: CommandEntry,
  flags: Readonly<Record<string, unknown>>,
  rest: readonly string[],
  io: Io,
): Promise<number> {
  const raw = readOptions(entry.options, flags, io.environment);
  if (raw.kind === "bad") throw new UsageError(raw.problem);
  const run = await entry.load();
  return run(valueReader(raw.value), rest, io);
}
