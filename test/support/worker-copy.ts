import { endpointHex } from "../../src/node/proc/tcp-table.ts";
import { type CopiedFiles, notedFiles, statLine, tcpTable } from "./host-copy.ts";

/** One process of a copy and its connections. */
export interface CopiedProcess {
  readonly pid: number;
  readonly name: string;
  /** `0::/runtime.slice/kubelet.service` */
  readonly cgroup?: string;
  readonly environ?: string;
  /** Number of its network namespace; the host's own where none is named. */
  readonly namespace?: number;
  readonly connections: readonly CopiedConnection[];
}

interface CopiedConnection {
  /** `10.0.105.163:46370` */
  readonly local: string;
  readonly remote: string;
  /** As the kernel numbers them: `01` is established. */
  readonly state?: string;
  /** Of its own where it is missing; 0 for one without a process. */
  readonly inode?: number;
}

const HOST = 4_026_531_840;

function hexOf(text: string): string {
  const colon = text.lastIndexOf(":");
  const ip = text.slice(0, colon).replaceAll(/[[\]]/g, "");
  return endpointHex({ ip, port: Number(text.slice(colon + 1)) });
}

/** Files of the field notes' worker with these processes in place of its own. */
export function workerCopy(
  processes: readonly CopiedProcess[],
  change: CopiedFiles = {},
): CopiedFiles {
  const kept = Object.entries(notedFiles()).filter(
    ([path]) => !/^proc\/(?:\d+\/|net\/nf_conntrack)/.test(path),
  );
  const files: Record<string, CopiedFiles[string]> = {
    ...Object.fromEntries(kept),
    "proc/1/comm": "systemd\n",
    "proc/1/ns/net": { link: `net:[${HOST}]` },
  };
  const tables = new Map<string, (readonly [string, string, string, number])[]>([
    ["proc/1/net/tcp", []],
    ["proc/1/net/tcp6", []],
  ]);
  let inodes = 7_000;
  for (const { pid, name, cgroup, environ, namespace = HOST, connections } of processes) {
    files[`proc/${pid}/comm`] = `${name}\n`;
    files[`proc/${pid}/cmdline`] = `/usr/bin/${name}\0`;
    files[`proc/${pid}/stat`] = statLine(pid, name, pid * 10);
    files[`proc/${pid}/cgroup`] = `${cgroup ?? "0::/"}\n`;
    files[`proc/${pid}/environ`] = environ ?? "";
    files[`proc/${pid}/ns/net`] = { link: `net:[${namespace}]` };
    for (const { local, remote, state = "01", inode } of connections) {
      inodes += 1;
      const own = inode ?? inodes;
      const folder = `proc/${namespace === HOST ? 1 : pid}/net`;
      const path = `${folder}/${local.startsWith("[") ? "tcp6" : "tcp"}`;
      const lines = tables.get(path) ?? [];
      tables.set(path, [...lines, [hexOf(local), hexOf(remote), state, own]]);
      if (!tables.has(`${folder}/tcp`)) tables.set(`${folder}/tcp`, []);
      if (own !== 0) files[`proc/${pid}/fd/${own}`] = { link: `socket:[${own}]` };
    }
  }
  for (const [path, lines] of tables) files[path] = tcpTable(lines);
  return { ...files, ...change };
}

/** A line of /proc/net/nf_conntrack: opened from, to, and where it is led. */
export function trackedLine(from: string, to: string, target: string): string {
  const [source = "", sport = ""] = from.split(":");
  const [destination = "", dport = ""] = to.split(":");
  const [end = "", eport = ""] = target.split(":");
  return `ipv4     2 tcp      6 86398 ESTABLISHED src=${source} dst=${destination} sport=${sport} dport=${dport} src=${end} dst=${source} sport=${eport} dport=${sport} [ASSURED] mark=0 zone=0 use=2\n`;
}

/** What a file of the field notes' worker has in it. */
export function notedText(path: string): string {
  const content = notedFiles()[path];
  if (typeof content !== "string") throw new Error(`${path} is no file of it`);
  return content;
}

/** Rules as iptables-save prints them, with other endpoints than those of the public cluster. */
export function natLeadingTo(ips: readonly [string, string]): string {
  return notedText("iptables-save.txt")
    .replaceAll("10.0.20.41", ips[0])
    .replaceAll("10.0.95.229", ips[1])
    .replaceAll("KUBE-SEP-5UMKMGJMUDXCXVAP", chainOf(ips[0], "KUBE-SEP-5UMKMGJMUDXCXVAP"))
    .replaceAll("KUBE-SEP-CQ7WW6ZVSX2XUWDS", chainOf(ips[1], "KUBE-SEP-CQ7WW6ZVSX2XUWDS"));
}

/** Of the field notes' private cluster (domain: all of them are computed from the address). */
const CHAINS: ReadonlyMap<string, string> = new Map([
  ["10.0.18.90", "KUBE-SEP-L4UPTJXVD7SP66Y7"],
  ["10.0.58.12", "KUBE-SEP-NPBLJGMVCYWGRDPS"],
]);

function chainOf(ip: string, otherwise: string): string {
  return CHAINS.get(ip) ?? otherwise;
}
