import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import type { ConfigFile } from "../config/schema.ts";
import { readTextFile, shownPath } from "../local/files.ts";
import { UsageError } from "./options/values.ts";

const MAX_BYTES = 262_144;

/** Looked for in the working directory where no option names a file. */
const USUAL_NAMES = ["eks-probe.yaml", "eks-probe.yml"] as const;

export interface LoadedConfig {
  readonly path: string;
  readonly directory: string;
  readonly value: ConfigFile;
}

export type ConfigReading =
  | { readonly kind: "none" }
  | { readonly kind: "ok"; readonly config: LoadedConfig }
  | { readonly kind: "bad"; readonly path: string; readonly problems: readonly string[] };

/** Reads the file that was asked for, else the usual one; there need be none. */
export async function readConfig(asked: string | undefined): Promise<ConfigReading> {
  const usual = asked === undefined ? await findUsual() : [];
  const path = asked ?? usual[0];
  if (path === undefined) return { kind: "none" };
  if (usual.length > 1) {
    const problem = `${usual.join(" and ")} are both here; keep one, or name the one that is meant`;
    return { kind: "bad", path, problems: [problem] };
  }
  const file = await readTextFile(path, MAX_BYTES);
  if (file.kind === "absent")
    return { kind: "bad", path, problems: [`${shownPath(path)} is not there; name the file`] };
  if (file.kind === "failed") return { kind: "bad", path, problems: [file.failure.message] };
  const { parseConfig } = await import("../config/parse.ts");
  const parsed = parseConfig(file.text);
  if (parsed.kind === "ok")
    return { kind: "ok", config: { path, directory: dirname(path), value: parsed.value } };
  const problems = parsed.problems.map(
    ({ line, column, text }) => `${shownPath(path)}:${line}:${column}: ${text}`,
  );
  return { kind: "bad", path, problems };
}

/** The same, for commands that cannot go on with a bad one. */
export async function requireConfig(asked: string | undefined): Promise<LoadedConfig | undefined> {
  const read = await readConfig(asked);
  if (read.kind === "none") return undefined;
  if (read.kind === "ok") return read.config;
  const others = read.problems.length - 1;
  const more =
    others > 0 ? `; eks-probe config validate ${shownPath(read.path)} shows ${others} more` : "";
  throw new UsageError(`${read.problems[0] ?? read.path}${more}`);
}

/**
 * Those of the usual names that are there, be it as what cannot be read: expectations that somebody
 * wrote down are not passed over.
 */
async function findUsual(): Promise<readonly string[]> {
  const there = await Promise.all(USUAL_NAMES.map(isThere));
  return USUAL_NAMES.filter((_, index) => there[index]);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENOENT");
  }
}
