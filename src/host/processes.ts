import { type Fact, known, skipped, unknown } from "../model/fact.ts";
import type { ProxySettings } from "../model/local-settings.ts";
import type { NodeProcess, ProcessOwner } from "../model/node/process.ts";
import type { Endpoint } from "../model/node/socket.ts";
import { redactName } from "../model/redact.ts";
import { sanitizeText } from "../model/text.ts";
import { DAEMONS } from "../node/names.ts";
import { readCommand } from "../node/proc/command.ts";
import { ownerByControlGroup } from "../node/proc/control-group.ts";
import { readEnviron } from "../node/proc/environ.ts";
import { type PodNames, withNames } from "../node/proc/pod-names.ts";
import { bootTimeOf, startedAt } from "../node/proc/started.ts";
import { hostFailure, problemFailure } from "./failure.ts";
import { type HostView, namesIn, textOf } from "./view.ts";

const MAX_NAME = 64;
const MAX_COMMAND_BYTES = 128 * 1024;
const MAX_ENVIRON_BYTES = 1024 * 1024;
const MAX_CGROUP_BYTES = 64 * 1024;
const MAX_STAT_BYTES = 4_096;

/** /proc/stat has a number for each interrupt. */
const MAX_MACHINE_STAT_BYTES = 4 * 1024 * 1024;

const OF_OTHERS = "its own user, or root with CAP_SYS_PTRACE,";

/** Pids in /proc, in order; none where it is not there. */
export function pidsOf(view: HostView): readonly number[] {
  return namesIn(view, "/proc")
    .filter((name) => /^[1-9]\d{0,9}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** When the machine came up, in seconds since the epoch. */
export function bootSecondsOf(view: HostView): number | undefined {
  return bootTimeOf(textOf(view, "/proc/stat", MAX_MACHINE_STAT_BYTES) ?? "");
}

/** What a process calls itself; undefined where it is gone. */
export function nameOfProcess(view: HostView, pid: number): string | undefined {
  const text = textOf(view, `/proc/${pid}/comm`, MAX_NAME);
  return text === undefined ? undefined : shownName(text.replace(/\n$/, ""));
}

/**
 * What a process calls itself, to be shown: without what looks like a key, at most 64 characters.
 */
export function shownName(name: string): string {
  return sanitizeText(redactName(name), MAX_NAME);
}

/** Its arguments without secrets; unknown where they could not be read. */
export function commandOf(view: HostView, pid: number): Fact<readonly string[]> {
  const path = `/proc/${pid}/cmdline`;
  const found = view.text(path, MAX_COMMAND_BYTES);
  if (found.kind === "text") return known(readCommand(found.text));
  return unknown(problemFailure(path, found, OF_OTHERS));
}

/** One process, and what its environment tells besides. */
export interface ProcessRead {
  readonly process: NodeProcess;
  /** Where its environment says that the API servers are. */
  readonly service: Endpoint | undefined;
}

/** What is read once, for all processes. */
export interface ProcessContext {
  readonly bootSeconds: number | undefined;
  readonly names: PodNames;
  readonly namespaces: ReadonlyMap<number, string>;
}

/**
 * One process; undefined where it ended meanwhile. `wantsService`: to look into its environment even
 * if its proxy does not matter, for the address of the API servers that pods are told.
 */
export function readProcess(
  view: HostView,
  pid: number,
  { bootSeconds, names, namespaces }: ProcessContext,
  wantsService: boolean,
): ProcessRead | undefined {
  const name = nameOfProcess(view, pid);
  if (name === undefined) return undefined;
  const { proxy, service } =
    wantsService || DAEMONS.has(name) ? environmentOf(view, pid) : NOT_LOOKED_AT;
  const process = {
    pid,
    name,
    command: commandOf(view, pid),
    startedAt: startOf(view, pid, bootSeconds),
    owner: withNames(ownerOf(view, pid), names),
    proxy,
    networkNamespace: namespaces.get(pid),
  };
  return { process, service };
}

interface Told {
  readonly proxy: Fact<ProxySettings>;
  readonly service: Endpoint | undefined;
}

const NOT_LOOKED_AT: Told = {
  proxy: skipped("a proxy matters of kubelet, kube-proxy and the container runtime"),
  service: undefined,
};

function environmentOf(view: HostView, pid: number): Told {
  const path = `/proc/${pid}/environ`;
  const found = view.text(path, MAX_ENVIRON_BYTES);
  if (found.kind === "text") {
    const { proxy, service } = readEnviron(found.text);
    return { proxy: known(proxy), service };
  }
  if (found.kind === "absent" && !view.live) {
    return { proxy: skipped("the copy has no environments"), service: undefined };
  }
  return { proxy: unknown(problemFailure(path, found, OF_OTHERS)), service: undefined };
}

function startOf(view: HostView, pid: number, bootSeconds: number | undefined): Fact<string> {
  const path = `/proc/${pid}/stat`;
  const found = view.text(path, MAX_STAT_BYTES);
  if (found.kind !== "text") return unknown(problemFailure(path, found, "root"));
  return startFrom(found.text, path, bootSeconds);
}

/**
 * ISO 8601, by the text of `/proc/PID/stat`, which was read at `path`; skipped where `bootSeconds`
 * is not known.
 */
export function startFrom(
  stat: string,
  path: string,
  bootSeconds: number | undefined,
): Fact<string> {
  if (bootSeconds === undefined) return skipped("when the machine came up is not known");
  const at = startedAt(stat, bootSeconds);
  return at === undefined
    ? unknown(hostFailure("file-invalid", `${path} is not as the kernel writes it`))
    : known(at);
}

/** What runs a process, as its control group says: a pod without its name. */
export function ownerOf(view: HostView, pid: number): ProcessOwner {
  const text = textOf(view, `/proc/${pid}/cgroup`, MAX_CGROUP_BYTES);
  if (text === undefined) {
    return { kind: "unknown", reason: "its control group could not be read" };
  }
  return ownerByControlGroup(text);
}
