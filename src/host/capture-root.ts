import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The folder of a capture: the one that was named, or the only one in it that is a capture. An
 * archive of the log collector has no folder around its own, and some programs make one.
 */
export function captureRoot(named: string): string {
  if (isCapture(named)) return named;
  const inside = foldersIn(named).filter(isCapture);
  const [only] = inside;
  return only !== undefined && inside.length === 1 ? only : named;
}

/** Whether a folder is an unpacked bundle of the EKS log collector. */
export function isBundle(root: string): boolean {
  const has = (name: string): boolean => isFolder(join(root, name));
  return has("networking") && (has("kubelet") || has("system")) && !has("proc");
}

function isCapture(root: string): boolean {
  return isBundle(root) || isFolder(join(root, "proc"));
}

/** As many as are looked at: nobody keeps a capture among more. */
const MAX_FOLDERS = 200;

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path)
      .slice(0, MAX_FOLDERS)
      .map((name) => join(path, name))
      .filter(isFolder);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}
