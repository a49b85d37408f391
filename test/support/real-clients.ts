import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a program of this machine is, as a shell would find it; undefined when it is not there. */
export function findProgram(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((path) => isExecutable(path));
}

/** What to print when a test against a real client cannot run. */
export function skipReason(name: string): string {
  return `skipped: ${name} is not installed here (not found in PATH)`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
