import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeSnapshot } from "../../src/model/node/snapshot.ts";
import type { Endpoint } from "../../src/model/node/socket.ts";
import { bundleScript } from "./bundle-script.ts";
import { iptablesDocument, nftDocument, type ProxiedService } from "./kube-proxy-rules.ts";
import { findProgram, skipReason } from "./real-clients.ts";
import { PROGRAM } from "./run-program.ts";

/** The worker's own addresses. */
export const WORKER_IPS = { v4: "10.0.105.163", v6: "2600:1f18:aa::a3" } as const;

/** A worker in a network of its own, the VPC beyond its cable, and all that is connected there. */
export interface KernelWorld {
  readonly backend: string;
  readonly services: readonly ProxiedService[];
  /** The rules that replace those, once all connections are made. */
  readonly servicesAfter?: readonly ProxiedService[];
  /** Addresses of the VPC: ENIs, VIPs and what else answers there at port 443. */
  readonly vpcIps: readonly string[];
  /** What the VPC loses once all connections are made. It tells nobody. */
  readonly lost?: readonly string[];
  /** The worker has the services' addresses on an interface, as IPVS needs it and always has here. */
  readonly holdsServices?: boolean;
  readonly players: readonly Player[];
  /** Connections of the VPC's addresses to the worker. */
  readonly inbound: readonly Dial[];
  /** The program, run on that worker when all of it stands: arguments of each run. */
  readonly runs?: readonly (readonly string[])[];
  /** Of kubelet. */
  readonly kubeconfig?: string;
}

/** A process of the worker. */
export interface Player {
  /** Of /proc/PID/comm. */
  readonly name: string;
  /** Of a pod with a network of its own; undefined in the worker's. */
  readonly podIp?: string;
  readonly listens?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly dials: readonly Dial[];
}

export interface Dial {
  /** Of this connection, in the whole world. */
  readonly id: string;
  readonly to: Endpoint;
  readonly from?: string;
  /** Where it has to end; it is dialled until it does. */
  readonly ends?: string;
  /** Dialled from this port when the VPC has lost what it loses; nobody answers. */
  readonly knocks?: number;
  /** Written when the VPC has lost what it loses. */
  readonly bytes?: number;
  /** Closed by its process at once. */
  readonly over?: boolean;
}

/** A connection as both of its ends know it. */
export interface Made {
  readonly id: string;
  readonly pid: number;
  readonly local: Endpoint;
  /** Its other end's own address: behind any translation. */
  readonly end: Endpoint;
}

/** What a player is told. */
export type Order =
  | { readonly kind: "listen"; readonly port: number }
  | ({ readonly kind: "dial" } & Pick<Dial, "id" | "to" | "from">)
  | { readonly kind: "knock"; readonly to: Endpoint; readonly from: Endpoint }
  | { readonly kind: "write"; readonly id: string; readonly bytes: number }
  | { readonly kind: "hang-up"; readonly id: string };

/** What was made, what the kernel wrote of it, and what was read on the worker. */
export interface KernelTruth {
  readonly made: readonly Made[];
  /** Pids of the players, in their order. */
  readonly pids: readonly number[];
  /** /proc/net/nf_conntrack of the worker, before and after it was read. */
  readonly tracked: readonly string[];
  readonly snapshot: NodeSnapshot;
  readonly runs: readonly ProgramRun[];
}

export interface ProgramRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the rules of one back end get into the kernel. */
interface Backend {
  readonly needs: readonly string[];
  /** A shell command that takes `rules` for its input. */
  readonly load: string;
  readonly document: (services: readonly ProxiedService[]) => string;
}

function ipvsDocument(services: readonly ProxiedService[]): string {
  return services
    .flatMap(({ ip, port, endpoints }) => [
      `-A -t ${ip}:${port} -s rr`,
      ...endpoints.map((each) => `-a -t ${ip}:${port} -r ${each} -m -w 1`),
    ])
    .join("\n");
}

/** Of legacy rules a lock of the whole machine is held: other tests may have it. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  "iptables-legacy": {
    needs: ["iptables-legacy-restore", "iptables-legacy-save"],
    load: "iptables-legacy-restore -w 10",
    document: iptablesDocument,
  },
  "iptables-nft": {
    needs: ["iptables-nft-restore", "iptables-nft-save"],
    load: "iptables-nft-restore",
    document: iptablesDocument,
  },
  nftables: {
    needs: ["nft"],
    load: "{ nft delete table ip kube-proxy 2>/dev/null || true; } && nft -f -",
    document: nftDocument,
  },
  "ip6tables-legacy": {
    needs: ["ip6tables-legacy-restore", "ip6tables-legacy-save"],
    load: "ip6tables-legacy-restore -w 10",
    document: (services) => iptablesDocument(services, { alone: true }),
  },
  "ip6tables-nft": {
    needs: ["ip6tables-nft-restore", "ip6tables-nft-save"],
    load: "ip6tables-nft-restore",
    document: (services) => iptablesDocument(services, { alone: true }),
  },
  ipvs: {
    needs: ["ipvsadm", "iptables-nft"],
    // A client on the worker may have the service's own address for its source.
    load: "ipvsadm -C && echo 1 >/proc/sys/net/ipv4/vs/conntrack && ipvsadm -R && iptables-nft -t nat -A POSTROUTING -s 172.20.0.0/16 -j MASQUERADE",
    document: ipvsDocument,
  },
};

/** Those that can be made here; of the others it is said why not. IPv6 has worlds of its own. */
export function possibleBackends(family: 4 | 6 = 4): readonly string[] {
  return Object.keys(BACKENDS)
    .filter((backend) => backend.startsWith("ip6") === (family === 6))
    .filter((backend) => {
      const obstacle = obstacleTo(backend);
      if (obstacle !== undefined) process.stderr.write(`${backend}: ${obstacle}\n`);
      return obstacle === undefined;
    });
}

/** Why this machine cannot make such a world; undefined where it can. */
function obstacleTo(backend: string): string | undefined {
  if (process.platform !== "linux") return "skipped: this is not Linux";
  const needs = ["unshare", "nsenter", "ip", "mount", ...(BACKENDS[backend]?.needs ?? [])];
  const missing = needs.find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return skipReason(missing);
  const load = BACKENDS[backend]?.load ?? "false";
  const trial = `ip link add trial0 type veth && cat /proc/net/nf_conntrack >/dev/null && ${load} </dev/null`;
  const tried = spawnSync("unshare", [...UNSHARED, "sh", "-c", trial], { encoding: "utf8" });
  if (tried.status === 0) return undefined;
  const why = tried.error?.message ?? tried.stderr.trim().split("\n", 1)[0];
  return `skipped: no network with rules of ${backend} can be made here: ${why}`;
}

/**
 * The processes end with the first of them, and the networks with their processes. An ordinary user
 * becomes root there, where the machine lets it.
 */
const UNSHARED = [
  ...(process.getuid?.() === 0 ? [] : ["-r"]),
  "-fmnp",
  "--mount-proc",
  "--kill-child",
];

const TIMEOUT_MS = 30_000;

/** What makes worlds: one for a file of tests. */
export class KernelStage {
  #folder = "";
  #scripts: readonly string[] = [];

  /** Where the program runs, too. Made here: where nothing can be played nobody would remove it. */
  get folder(): string {
    if (this.#folder === "") throw new Error("the stage is not built");
    return this.#folder;
  }

  async build(): Promise<void> {
    this.#folder = mkdtempSync(join(tmpdir(), "kernel-world-"));
    this.#scripts = await Promise.all(
      ["kernel-stage.ts", "kernel-player.ts"].map((name) => bundleScript(name, this.folder)),
    );
  }

  /** Makes a world, reads it from within, and lets it go. */
  play(world: KernelWorld): KernelTruth {
    const [stage = "", player = ""] = this.#scripts;
    const backend = BACKENDS[world.backend];
    if (backend === undefined) throw new Error(`no back end ${world.backend}`);
    const documents = [world.services, world.servicesAfter ?? []].map(backend.document);
    const file = join(this.folder, "world.json");
    writeFileSync(
      file,
      JSON.stringify({ world, load: backend.load, documents, player, program: PROGRAM }),
    );
    const run = spawnSync("unshare", [...UNSHARED, process.execPath, stage, file], {
      encoding: "utf8",
      cwd: this.folder,
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
      maxBuffer: 64 * 1024 * 1024,
      env: { PATH: process.env["PATH"] },
    });
    if (run.status !== 0)
      throw new Error(`the world broke (${run.error?.message ?? run.status}): ${run.stderr}`);
    return JSON.parse(run.stdout);
  }

  remove(): void {
    if (this.#folder !== "") rmSync(this.#folder, { recursive: true, force: true });
  }
}
