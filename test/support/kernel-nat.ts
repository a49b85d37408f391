import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { iptablesDocument, nftDocument, type ProxiedService } from "./kube-proxy-rules.ts";
import { findProgram, skipReason } from "./real-clients.ts";

/** A network of the test's own that has the rules of one back end, and what is printed of them. */
export interface KernelDump {
  /** `iptables-legacy`, `iptables-nft` or `nftables`. */
  readonly backend: string;
  readonly needs: readonly string[];
  /** Loads the rules, from the file that `document` writes. */
  readonly load: string;
  readonly document: (services: readonly ProxiedService[]) => string;
  /** What prints them, by the name of the fixture that keeps it. */
  readonly prints: Readonly<Record<string, string>>;
}

export const DUMPS: readonly KernelDump[] = [
  {
    backend: "iptables-legacy",
    needs: ["iptables-legacy-restore", "iptables-legacy-save", "iptables-legacy"],
    load: "iptables-legacy-restore -w 10",
    document: iptablesDocument,
    prints: {
      "iptables-legacy-save.txt": "iptables-legacy-save",
      "iptables-legacy-list.txt": "iptables-legacy -t nat -L -n",
      "iptables-legacy-list-verbose.txt": "iptables-legacy -t nat -L -n -v --line-numbers",
      "iptables-legacy-filter.txt": "iptables-legacy -L -n -v",
    },
  },
  {
    backend: "iptables-nft",
    needs: ["iptables-nft-restore", "iptables-nft-save", "iptables-nft", "nft"],
    load: "iptables-nft-restore",
    document: iptablesDocument,
    prints: {
      "iptables-nft-save.txt": "iptables-nft-save -c",
      "iptables-nft-rules.txt": "iptables-nft -t nat -S",
      "iptables-nft-list.txt": "iptables-nft -t nat -L -n",
      "iptables-nft-ruleset.json": "nft -j list ruleset",
      "iptables-nft-ruleset.txt": "nft list ruleset",
    },
  },
  {
    backend: "nftables",
    needs: ["nft"],
    load: "nft -f -",
    document: nftDocument,
    prints: {
      "nftables-ruleset.json": "nft -j list ruleset",
      "nftables-ruleset.txt": "nft list ruleset",
      "nftables-numeric.txt": "nft -n -a list ruleset",
    },
  },
];

export type Printed =
  | { readonly kind: "printed"; readonly texts: Readonly<Record<string, string>> }
  | { readonly kind: "impossible"; readonly reason: string };

/** Loads the rules in a network of their own, prints them, and lets it go. */
export function printFromKernel(dump: KernelDump, services: readonly ProxiedService[]): Printed {
  const missing = ["unshare", ...dump.needs].find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return { kind: "impossible", reason: skipReason(missing) };
  const folder = mkdtempSync(join(tmpdir(), "kernel-nat-"));
  try {
    writeFileSync(join(folder, "rules"), dump.document(services));
    const prints = Object.entries(dump.prints).map(([name, command]) => `${command} >${name}`);
    const script = [`${dump.load} <rules`, ...prints].join(" && ");
    const run = inNetwork(folder, script);
    if (run !== undefined) return { kind: "impossible", reason: `skipped: ${run}` };
    const texts = Object.keys(dump.prints).map((name) => [name, readText(folder, name)]);
    return { kind: "printed", texts: Object.fromEntries(texts) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a script in an own network; what went wrong, or undefined. */
export function inNetwork(folder: string, script: string): string | undefined {
  const complaints: string[] = [];
  for (const flags of ["-n", "-rn"]) {
    const run = spawnSync("unshare", [flags, "bash", "-c", script], {
      cwd: folder,
      encoding: "utf8",
    });
    if (run.status === 0) return undefined;
    complaints.push(run.error?.message ?? run.stderr.trim());
  }
  return complaints.join("; ");
}

function readText(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

/**
 * Real connections in a network that has the rules: through the service address, to an address of
 * the public endpoint, and to one that never answers. `said` is what was opened, one line each.
 */
const CONNECT = `
const net = require("node:net");
const fs = require("node:fs");
const dial = (host, localPort) => new Promise((resolve) => {
  const socket = net.connect({ host, port: 443, localAddress: "10.0.105.163", localPort });
  socket.on("error", (error) => { console.error(host, error.message); process.exit(1); });
  socket.on("connect", () => resolve());
  if (host === "10.9.9.9") setTimeout(resolve, 100);
});
const ends = {};
const server = net.createServer((socket) => { ends[socket.remotePort] = socket.localAddress; });
server.listen(443, "0.0.0.0", async () => {
  for (let port = 55134; port < 55150; port++) await dial("172.20.0.1", port);
  await dial("43.200.53.253", 46370);
  await dial("10.9.9.9", 40000);
  require("node:dgram").createSocket("udp4").send("?", 53, "10.0.20.41", () => {
    fs.writeFileSync("table", fs.readFileSync("/proc/net/nf_conntrack"));
    fs.writeFileSync("count", fs.readFileSync("/proc/sys/net/netfilter/nf_conntrack_count"));
    fs.writeFileSync("max", fs.readFileSync("/proc/sys/net/netfilter/nf_conntrack_max"));
    fs.writeFileSync("ends", JSON.stringify(ends));
    process.exit();
  });
});`;

export type Connected =
  | {
      readonly kind: "connected";
      /** /proc/net/nf_conntrack */
      readonly table: string;
      readonly count: string;
      readonly max: string;
      /** Which address took the connection, by the client's port. */
      readonly ends: Readonly<Record<string, string>>;
    }
  | { readonly kind: "impossible"; readonly reason: string };

export function connectThroughKernel(
  dump: KernelDump,
  services: readonly ProxiedService[],
): Connected {
  const missing = ["unshare", "ip", ...dump.needs].find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return { kind: "impossible", reason: skipReason(missing) };
  const folder = mkdtempSync(join(tmpdir(), "kernel-nat-"));
  try {
    writeFileSync(join(folder, "rules"), dump.document(services));
    writeFileSync(join(folder, "connect.cjs"), CONNECT);
    const script = `set -e
ip link set lo up
${dump.load} <rules
for ip in 10.0.105.163 10.0.20.41 10.0.95.229 43.200.53.253; do ip addr add $ip/32 dev lo; done
ip route add 172.20.0.1/32 dev lo src 10.0.105.163
ip route add 10.9.9.9/32 dev lo
test -r /proc/net/nf_conntrack
'${process.execPath}' connect.cjs`;
    const complaint = inNetwork(folder, script);
    if (complaint !== undefined) return { kind: "impossible", reason: `skipped: ${complaint}` };
    return {
      kind: "connected",
      table: readText(folder, "table"),
      count: readText(folder, "count"),
      max: readText(folder, "max"),
      ends: JSON.parse(readText(folder, "ends")),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
