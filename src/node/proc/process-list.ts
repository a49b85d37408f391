/** One process, as a listing of many has it. */
export interface ListedProcess {
  readonly pid: number;
  /** The name that the kernel keeps: cut at 15 bytes. */
  readonly name: string;
  readonly parent: number;
  /** The line of `/proc/PID/stat`, for `startedAt`. */
  readonly stat: string;
}

/** Several `/proc/PID/stat` in one text, by pid. Lines of another form are passed over. */
export function readStats(text: string): ReadonlyMap<number, ListedProcess> {
  const found = new Map<number, ListedProcess>();
  for (const stat of text.split("\n")) {
    // The name may hold blanks and brackets: it ends at the last one.
    const [, pid, name = "", parent] = /^(\d{1,10}) \((.*)\) \S (\d{1,10}) /.exec(stat) ?? [];
    if (pid === undefined) continue;
    found.set(Number(pid), { pid: Number(pid), name, parent: Number(parent), stat });
  }
  return found;
}

/** Command lines of `ps faux`, by pid, as one text each: the tree drawn before them is left out. */
export function readPs(text: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const line of text.split("\n")) {
    // USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND
    const [, pid, command = ""] = /^\S+ +(\d{1,10})(?: +\S+){8} +(.*)$/.exec(line) ?? [];
    if (pid !== undefined) found.set(Number(pid), command.replace(/^[| ]*\\_ /, ""));
  }
  return found;
}

/** Ids of containers by the pid of their first process: `ctr tasks list`. */
export function readTasks(text: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [, id = "", pid] = /^([0-9a-f]{64})\s+(\d{1,10})\s/.exec(line) ?? [];
    if (pid !== undefined) found.set(Number(pid), id);
  }
  return found;
}

/**
 * Ids of Docker's containers by the pid of what starts each: `containerd-shim-runc-v2 -namespace
 * moby -id ID`, and in older versions `containerd-shim -namespace moby -workdir …/moby/ID`.
 */
export function readShims(commands: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [pid, command] of commands) {
    const words = command.split(" ", MAX_SHIM_WORDS);
    if (!words[0]?.includes("containerd-shim") || !words.includes("moby")) continue;
    const id = words.map((word) => /(?:^|\/moby\/)([0-9a-f]{64})$/.exec(word)?.[1]).find(Boolean);
    if (id !== undefined) found.set(pid, id);
  }
  return found;
}

const MAX_SHIM_WORDS = 40;

/** Far more than any process has ancestors. */
const MAX_ANCESTORS = 50;

/** The container that a process runs in: its own task, or that of an ancestor. */
export function taskOf(
  pid: number,
  stats: ReadonlyMap<number, ListedProcess>,
  tasks: ReadonlyMap<number, string>,
): string | undefined {
  let at = pid;
  for (let step = 0; step < MAX_ANCESTORS; step += 1) {
    const id = tasks.get(at);
    if (id !== undefined) return id;
    at = stats.get(at)?.parent ?? 0;
  }
  return undefined;
}

/** Of `sysctl --all`: `net.netfilter.nf_conntrack_max = 262144`. */
export function sysctlOf(text: string, name: string): string | undefined {
  const start = `${name} = `;
  const at = text.startsWith(start) ? 0 : text.indexOf(`\n${start}`) + 1;
  if (at === 0 && !text.startsWith(start)) return undefined;
  const end = text.indexOf("\n", at);
  return text.slice(at + start.length, end === -1 ? undefined : end).trim();
}
