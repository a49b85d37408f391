import { bad, ok, type Parsed, quoteInput } from "../../target/parsed.ts";
import { splitList } from "../../target/paths.ts";
import type { OptionSpec } from "./spec.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** An option as given, and by what: the command line beats the environment. */
interface Given {
  readonly spec: OptionSpec;
  readonly by: "flag" | "environment";
  readonly values: readonly string[];
}

/** One option that was given: its values, none for a switch that is on, and what it was given by. */
export interface RawOption {
  readonly values: readonly string[];
  /** `--samples` or `EKS_PROBE_SAMPLES`: what the user has to change when a value is no good. */
  readonly name: string;
}

/** What was given, by key. */
export type RawOptions = ReadonlyMap<string, RawOption>;

/**
 * Joins the command line with the environment twins. A flag overrides its own twin, and the twins
 * of what it excludes; two flags, or two twins, that exclude each other are an error.
 */
export function readOptions(
  specs: readonly OptionSpec[],
  flags: Readonly<Record<string, unknown>>,
  environment: Environment,
): Parsed<RawOptions> {
  const given: Given[] = [];
  for (const spec of specs) {
    const fromFlag = flagValues(spec, flags);
    if (fromFlag !== undefined) {
      given.push({ spec, by: "flag", values: fromFlag });
      continue;
    }
    const fromTwin = twinValues(spec, environment);
    if (fromTwin.kind === "bad") return fromTwin;
    if (fromTwin.value !== undefined)
      given.push({ spec, by: "environment", values: fromTwin.value });
  }
  const kept = given.filter(
    (one) =>
      one.by === "flag" || !given.some((other) => other.by === "flag" && excludes(one, other)),
  );
  const clash = findClash(kept) ?? findOrphan(kept, specs);
  if (clash !== undefined) return bad(clash);
  return ok(new Map(kept.map((one) => [one.spec.key, { values: one.values, name: nameOf(one) }])));
}

function flagValues(
  spec: OptionSpec,
  flags: Readonly<Record<string, unknown>>,
): readonly string[] | undefined {
  // Commander keeps a --no-x switch as x = false.
  if (spec.flags.startsWith("--no-"))
    return flags[spec.flags.slice("--no-".length)] === false ? [] : undefined;
  const value = flags[spec.key];
  if (value === undefined || value === false) return undefined;
  if (value === true) return [];
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : undefined;
}

const ON = /^(?:1|true|yes|on)$/i;
const OFF = /^(?:0|false|no|off|)$/i;

function twinValues(
  spec: OptionSpec,
  environment: Environment,
): Parsed<readonly string[] | undefined> {
  const text = environment[spec.env];
  if (text === undefined || text === "") return ok(undefined);
  switch (spec.kind) {
    case "value":
      return ok([text]);
    case "list":
      return ok(
        spec.twinSeparator === undefined ? splitList(text) : splitAt(spec.twinSeparator, text),
      );
    case "switch":
      if (ON.test(text)) return ok([]);
      return OFF.test(text)
        ? ok(undefined)
        : bad(`${spec.env}=${quoteInput(text)} is neither on (1, true) nor off (0, false)`);
  }
}

function splitAt(separator: string, text: string): readonly string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function excludes(a: Given, b: Given): boolean {
  return (
    (a.spec.excludes?.includes(b.spec.key) ?? false) ||
    (b.spec.excludes?.includes(a.spec.key) ?? false)
  );
}

function findClash(given: readonly Given[]): string | undefined {
  for (const [index, one] of given.entries()) {
    const other = given.slice(index + 1).find((later) => excludes(one, later));
    if (other) return `${nameOf(one)} and ${nameOf(other)} exclude each other; give one of them`;
  }
  return undefined;
}

function findOrphan(given: readonly Given[], specs: readonly OptionSpec[]): string | undefined {
  const orphan = given.find(
    ({ spec }) => spec.needs !== undefined && !given.some((other) => other.spec.key === spec.needs),
  );
  if (orphan === undefined) return undefined;
  const needed = specs.find(({ key }) => key === orphan.spec.needs);
  return `${nameOf(orphan)} needs ${needed ? longFlag(needed) : (orphan.spec.needs ?? "")}`;
}

function nameOf({ spec, by }: Given): string {
  return by === "flag" ? longFlag(spec) : spec.env;
}

/** `--samples` of `-n, --samples <n>`. */
export function longFlag(spec: OptionSpec): string {
  return /--[^\s<]+/.exec(spec.flags)?.[0] ?? spec.flags;
}
