import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import { resolve } from "node:path";
import { AS_WRITTEN, inside, type Places, Unfit } from "./placing.ts";

/** What was found where a file was looked for. */
export type HostText =
  /** `cut`: there was more of it than was asked for. */
  { readonly kind: "text"; readonly text: string; readonly cut: boolean } | HostProblem;

/** What was found where a folder was looked for. */
export type HostNames = { readonly kind: "names"; readonly names: readonly string[] } | HostProblem;

/** What was found where a folder of links was looked for. */
export type HostLinks =
  /** Where each leads, as written; undefined where that cannot be read. */
  { readonly kind: "links"; readonly targets: readonly (string | undefined)[] } | HostProblem;

/** Why there is nothing to read. */
export type HostProblem =
  | { readonly kind: "absent" }
  /** It may be there: this user may not look. */
  | { readonly kind: "denied" }
  /** The system's code, or `not a file`. */
  | { readonly kind: "failed"; readonly code: string };

/**
 * A machine's files, to be read and never written: its own, or a copy of them below a folder.
 * Paths are absolute, as on the machine. Read at once rather than one after the other in the
 * background: the kernel's files take microseconds, and a worker has tens of thousands.
 */
export interface HostView {
  /** Whether this is the machine that this runs on. */
  readonly live: boolean;
  /** Of what is longer, as much as fits; the kernel's files tell no size beforehand. */
  text(path: string, maxBytes: number): HostText;
  names(path: string): HostNames;
  /** Where a symbolic link leads, as written; undefined where it cannot be read. */
  link(path: string): string | undefined;
  /** All links in a folder, at most so many: placed once, as open files are many. */
  links(path: string, most: number): HostLinks;
  /** Number of a file in its file system; undefined in a copy, where it says nothing. */
  inode(path: string): number | undefined;
  /** When a copied file was last written, in milliseconds since the epoch. */
  writtenMs(path: string): number | undefined;
}

/** What the kernel's small files fit into; it hands out large ones in such pieces. */
const FIRST_BYTES = 16 * 1024;

/** The machine that this runs on (`/`), or a copy. No link leads out of a copy. */
export function viewOf(root: string): HostView {
  const live = root === "/";
  const places = live ? AS_WRITTEN : inside(resolve(root));
  return { live, ...readersOf(places), inode: (path) => (live ? inodeOf(path) : undefined) };
}

/**
 * The files as process 1 sees them: of the machine where this runs in a container that has the
 * machine's processes. Undefined where this user may not look there.
 */
export function viewOfProcess1(): HostView | undefined {
  const root = "/proc/1/root";
  try {
    readdirSync(root);
  } catch {
    return undefined;
  }
  return { live: true, ...readersOf(inside(root)), inode: () => undefined };
}

function readersOf(places: Places): Omit<HostView, "live" | "inode"> {
  const first = Buffer.allocUnsafe(FIRST_BYTES);
  return {
    text: (path, maxBytes) => {
      try {
        return readPlaced(places, path, maxBytes, first);
      } catch (error) {
        return problemOf(error);
      }
    },
    names: (path) => {
      try {
        return { kind: "names", names: places.list(path) };
      } catch (error) {
        return problemOf(error);
      }
    },
    link: (path) => {
      try {
        // Its own folder may be reached by links; it is itself not followed.
        const slash = path.lastIndexOf("/");
        return readlinkSync(`${places.folder(path.slice(0, slash))}/${path.slice(slash + 1)}`);
      } catch {
        return undefined;
      }
    },
    links: (path, most) => {
      try {
        const folder = places.folder(path);
        const names = readdirSync(folder).slice(0, most);
        return { kind: "links", targets: names.map((name) => targetOf(`${folder}/${name}`)) };
      } catch (error) {
        return problemOf(error);
      }
    },
    writtenMs: (path) => {
      try {
        return Math.round(lstatSync(places.file(path)).mtimeMs);
      } catch {
        return undefined;
      }
    },
  };
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** Names in a folder; none where it is not there or may not be read. */
export function namesIn(view: HostView, path: string): readonly string[] {
  const found = view.names(path);
  return found.kind === "names" ? found.names : [];
}

/** A file's text; undefined where there is none to be read. */
export function textOf(view: HostView, path: string, maxBytes: number): string | undefined {
  const found = view.text(path, maxBytes);
  return found.kind === "text" ? found.text : undefined;
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}

/** Opening a pipe waits for its other end, and reading a device may never end: files alone are read. */
const OPEN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Asking first whether it is a link would cost as much as reading a small file. */
function readPlaced(places: Places, path: string, maxBytes: number, first: Buffer): HostText {
  const unlinked = places.unlinked(path);
  if (unlinked === undefined) return readUpTo(places.file(path), OPEN, maxBytes, first);
  try {
    return readUpTo(unlinked, OPEN | constants.O_NOFOLLOW, maxBytes, first);
  } catch (error) {
    if (codeOf(error) !== "ELOOP") throw error;
    return readUpTo(places.file(path), OPEN | constants.O_NOFOLLOW, maxBytes, first);
  }
}

/** `first` is where the beginning goes: most files fit into it. */
function readUpTo(path: string, flags: number, maxBytes: number, first: Buffer): HostText {
  const file = openSync(path, flags);
  try {
    let buffer = first;
    let size = readSync(file, buffer, 0, buffer.length, null);
    // A pipe that nobody writes to gives nothing, and a device has no end: of the many files that
    // give a little it is not asked what they are.
    if ((size === 0 || size === buffer.length) && !fstatSync(file).isFile()) {
      throw new Unfit("not a file");
    }
    for (let length = size; length > 0 && size <= maxBytes; size += length) {
      if (size === buffer.length) {
        const larger = Buffer.allocUnsafe(Math.min(size * 4, maxBytes + 1));
        buffer.copy(larger, 0, 0, size);
        buffer = larger;
      }
      length = readSync(file, buffer, size, buffer.length - size, null);
    }
    const text = buffer.toString("utf8", 0, Math.min(size, maxBytes));
    return { kind: "text", text, cut: size > maxBytes };
  } finally {
    closeSync(file);
  }
}

function problemOf(error: unknown): HostProblem {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ESRCH") return { kind: "absent" };
  if (code === "EACCES" || code === "EPERM") return { kind: "denied" };
  return { kind: "failed", code };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
