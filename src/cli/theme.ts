import { Chalk, supportsColor } from "chalk";
import type { Theme } from "../report/theme.ts";
import type { Io } from "./io.ts";
import { isUtf8 } from "./terminal.ts";

/** A line is never longer, however wide the terminal; narrower terminals get narrower tables. */
const MAX_WIDTH = 100;
const MIN_WIDTH = 60;

/** How to paint, for this output. --no-color and NO_COLOR win over FORCE_COLOR, that over the rest. */
export function themeFor(io: Io, noColor: boolean): Theme {
  const paint = new Chalk({ level: colorLevel(io, noColor) });
  const columns = io.stdout.columns ?? MAX_WIDTH;
  return {
    // Each of one text: chalk's own join all that they are given, an index of map() as well.
    bold: (text) => paint.bold(text),
    dim: (text) => paint.dim(text),
    good: (text) => paint.green(text),
    warn: (text) => paint.yellow(text),
    bad: (text) => paint.red(text),
    accent: (text) => paint.cyan(text),
    width: Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns)),
    unicode: isUtf8(io.environment),
  };
}

function colorLevel({ environment, stdout }: Io, noColor: boolean): 0 | 1 | 2 | 3 {
  if (noColor || (environment["NO_COLOR"] ?? "") !== "") return 0;
  const forced = environment["FORCE_COLOR"];
  if (forced !== undefined) return forced === "0" || forced === "false" ? 0 : 1;
  if (!stdout.isTerminal || environment["TERM"] === "dumb") return 0;
  return supportsColor ? supportsColor.level : 0;
}
