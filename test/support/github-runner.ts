/**
 * How the runner of GitHub Actions takes commands from a log, written anew from what it does
 * (actions/runner, ActionCommand): `::name key=value,…::data` where a line, but for blanks before
 * it, begins with `::`; else `##[name key=value;…]data` anywhere in it.
 */
export interface RunnerCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

const COMMANDS: ReadonlySet<string> = new Set([
  "error",
  "warning",
  "notice",
  "debug",
  "group",
  "endgroup",
  "add-mask",
  "add-matcher",
  "remove-matcher",
  "add-path",
  "echo",
  "set-env",
  "set-output",
  "save-state",
  "stop-commands",
  "internal-set-repo-path",
]);

/** Every command that a log holds. Lines end as .NET ends them. */
export function commandsIn(log: string): readonly RunnerCommand[] {
  return log.split(/\r\n|\r|\n/).flatMap((line) => parseNew(line) ?? parseOld(line) ?? []);
}

function parseNew(line: string): RunnerCommand | undefined {
  const text = line.trimStart();
  if (!text.startsWith("::")) return undefined;
  const end = text.indexOf("::", 2);
  if (end < 0) return undefined;
  return command(text.slice(2, end), ",", text.slice(end + 2), [
    ["%3A", ":"],
    ["%2C", ","],
  ]);
}

function parseOld(line: string): RunnerCommand | undefined {
  const start = line.indexOf("##[");
  const end = line.indexOf("]", start);
  if (start < 0 || end < 0) return undefined;
  return command(line.slice(start + 3, end), ";", line.slice(end + 1), [
    ["%3B", ";"],
    ["%5D", "]"],
  ]);
}

type Escapes = readonly (readonly [written: string, meant: string])[];

const OF_DATA: Escapes = [
  ["%0D", "\r"],
  ["%0A", "\n"],
];

function command(
  head: string,
  separator: string,
  data: string,
  ofProperties: Escapes,
): RunnerCommand | undefined {
  const space = head.indexOf(" ");
  const name = space < 0 ? head : head.slice(0, space);
  if (!COMMANDS.has(name.toLowerCase())) return undefined;
  const pairs =
    space < 0
      ? []
      : head
          .slice(space + 1)
          .trim()
          .split(separator);
  const properties = pairs.flatMap((pair) => {
    const at = pair.indexOf("=");
    return at < 0
      ? []
      : [[pair.slice(0, at), unescape(pair.slice(at + 1), [...OF_DATA, ...ofProperties])] as const];
  });
  return { name, properties: Object.fromEntries(properties), data: unescape(data, OF_DATA) };
}

function unescape(text: string, escapes: Escapes): string {
  let plain = text;
  for (const [written, meant] of escapes) plain = plain.replaceAll(written, meant);
  return plain.replaceAll("%25", "%");
}
