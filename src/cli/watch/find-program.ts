import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { bad, ok, type Parsed, quoteInput } from "../../target/parsed.ts";
import type { Environment } from "../options/read.ts";

/** A command whose program is there: what is started is exactly that file. */
export interface FoundCommand {
  /** Absolute path. */
  readonly program: string;
  /** As the user called it. */
  readonly name: string;
  readonly args: readonly string[];
}

/** Looks the program up as execvp does: a name with a slash is a path, another is sought in PATH. */
export async function findProgram(
  [name = "", ...args]: readonly string[],
  environment: Environment,
): Promise<Parsed<FoundCommand>> {
  const isPath = name.includes("/");
  const candidates = isPath
    ? [resolve(name)]
    : (environment["PATH"] ?? "").split(delimiter).map((folder) => resolve(join(folder, name)));
  let problem = isPath ? "is not there" : "is in no folder of PATH";
  for (const program of candidates) {
    // oxlint-disable-next-line eslint/no-await-in-loop -- the first that fits is the one
    const found = await look(program);
    if (found === "ok") return ok({ program, name, args });
    if (found === "not-executable") problem = "is not executable";
    if (found === "not-a-file" && isPath) problem = "is not a file";
  }
  return bad(`${quoteInput(name)} ${problem}; name a program that can be run`);
}

async function look(path: string): Promise<"ok" | "absent" | "not-a-file" | "not-executable"> {
  try {
    if (!(await stat(path)).isFile()) return "not-a-file";
  } catch {
    return "absent";
  }
  try {
    await access(path, constants.X_OK);
    return "ok";
  } catch {
    return "not-executable";
  }
}
