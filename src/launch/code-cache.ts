import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

/**
 * V8's compiled code of this program's own chunks, kept between runs: compiling them takes longer
 * than running them. V8 itself refuses what another version, architecture or set of flags made.
 */
export interface CodeCache {
  read(file: string): Buffer | undefined;
  write(file: string, code: Buffer): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The cache in the user's own cache directory (XDG Base Directory Specification), or undefined when
 * it is switched off (NODE_DISABLE_COMPILE_CACHE, as Node's own) or cannot be trusted: code is only
 * taken from a directory that belongs to this user and that nobody else may write.
 */
export function openCodeCache(environment: Environment): CodeCache | undefined {
  if ((environment["NODE_DISABLE_COMPILE_CACHE"] ?? "") !== "") return undefined;
  const base = environment["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const directory = join(base, "eks-probe", `code-${process.version}-${process.arch}`);
  const isReadable = attempt(() => isOurs(directory)) === true;
  return {
    read: (file) =>
      isReadable ? attempt(() => readFileSync(entryFor(directory, file))) : undefined,
    write: (file, code) => {
      attempt(() => {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        if (isOurs(directory)) replaceFile(entryFor(directory, file), code);
      });
    },
  };
}

/** A new build has new sizes or times, so it never meets the code of the old one. */
function entryFor(directory: string, file: string): string {
  const { size, mtimeMs } = statSync(file);
  return join(
    directory,
    `${basename(file)}-${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}`,
  );
}

function isOurs(directory: string): boolean {
  if (!existsSync(directory)) return false;
  const { uid, mode } = lstatSync(directory);
  const isMine = process.getuid === undefined || uid === process.getuid();
  return lstatSync(directory).isDirectory() && isMine && (mode & 0o022) === 0;
}

/** Whole or not at all, also when two runs write at once. */
function replaceFile(path: string, content: Buffer): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, content, { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** A cache that cannot be read or written is no cache, and no reason to fail. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
