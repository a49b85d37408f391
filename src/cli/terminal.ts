import type { Io } from "./io.ts";
import type { Environment } from "./options/read.ts";

/** POSIX: LC_ALL beats LC_CTYPE beats LANG; with none of them the locale is C, which is ASCII. */
export function isUtf8(environment: Environment): boolean {
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  if (/utf-?8/i.test(locale)) return true;
  // Windows has no such variables; its terminals of today are UTF-8.
  return (
    locale === "" &&
    (environment["WT_SESSION"] !== undefined || environment["TERM_PROGRAM"] === "vscode")
  );
}

/** Progress is for somebody who watches: never in a pipe, in CI or under -q. */
export function wantsProgress({ environment, stderr }: Io, quiet: boolean): boolean {
  const inCi = !/^(?:|0|false)$/i.test(environment["CI"] ?? "");
  return stderr.isTerminal && !inCi && !quiet && environment["TERM"] !== "dumb";
}
