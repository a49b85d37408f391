import { lstatSync, readdirSync, readlinkSync } from "node:fs";

/** Where a path of the machine is to be looked for here. */
export interface Places {
  file(path: string): string;
  /** The same where it is no link: to be opened without following one. */
  unlinked(path: string): string | undefined;
  /** The same of a folder that many files are looked for in. */
  folder(path: string): string;
  /** The names in a folder. */
  list(path: string): readonly string[];
}

/** On the machine itself: the kernel follows its links. */
export const AS_WRITTEN: Places = {
  file: (path) => path,
  unlinked: () => undefined,
  folder: (path) => path,
  list: (path) => readdirSync(path),
};

/** What cannot be read as a file of the machine; its code takes the place of the system's. */
export class Unfit extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** As the kernel does it. */
const MAX_LINKS = 40;

/** Folders whose place is remembered, until there are so many: a worker's processes have three each. */
const MAX_REMEMBERED = 30_000;

/** A copied link that is absolute means a path of the copied machine. */
export function inside(base: string): Places {
  const remembered = new Map<string, string>();
  const unlinked = (path: string): string | undefined => {
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    if (slash === -1 || name === "" || name === "." || name === "..") return undefined;
    return `${folder(path.slice(0, slash))}/${name}`;
  };
  const file = (path: string): string => {
    const next = unlinked(path);
    return next === undefined || linkAt(next) !== undefined ? walk(base, path) : next;
  };
  const folder = (path: string): string => {
    if (path === "" || path === "/") return base;
    const known = remembered.get(path);
    if (known !== undefined) return known;
    const placed = file(path);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(path, placed);
    return placed;
  };
  // A listing tells which of them are links: asking for each of thousands of folders costs more.
  const list = (path: string): readonly string[] => {
    const placed = folder(path);
    const entries = readdirSync(placed, { withFileTypes: true });
    for (const entry of entries) {
      if (remembered.size >= MAX_REMEMBERED) break;
      if (entry.isDirectory()) remembered.set(`${path}/${entry.name}`, `${placed}/${entry.name}`);
    }
    return entries.map(({ name }) => name);
  };
  return { file, unlinked, folder, list };
}

/** Where a path of the copied machine lies, every link on the way followed within the copy. */
function walk(base: string, path: string): string {
  const at: string[] = [];
  const parts = split(path);
  for (let followed = 0; parts.length > 0; ) {
    const part = parts.shift() ?? "";
    if (part === "..") {
      if (at.pop() === undefined) throw new Unfit("EXDEV");
      continue;
    }
    const target = linkAt([base, ...at, part].join("/"));
    if (target === undefined) {
      at.push(part);
      continue;
    }
    followed += 1;
    if (followed > MAX_LINKS) throw new Unfit("ELOOP");
    if (target.startsWith("/")) at.length = 0;
    parts.unshift(...split(target));
  }
  return [base, ...at].join("/");
}

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** Asks first what it is: an error would cost many times as much. */
function linkAt(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}
