import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { readNode } from "../../src/host/read-node.ts";
import { viewOf } from "../../src/host/view.ts";
import {
  type Dial,
  type KernelTruth,
  type KernelWorld,
  type Made,
  type Order,
  type Player,
  type ProgramRun,
  WORKER_IPS,
} from "./kernel-world.ts";

/**
 * Process 1 of a test's world, in the worker's network: makes the VPC and the pods beside it, has
 * everybody connect, and reads the worker. Its end is the end of all that it made. Argument: the
 * file that describes the world. Prints what came of it.
 */
interface Script {
  readonly world: KernelWorld;
  readonly load: string;
  /** Rules: first, and once all connections are made. */
  readonly documents: readonly [string, string];
  readonly player: string;
  readonly program: string;
}

const { v4: WORKER, v6: WORKER6 } = WORKER_IPS;
/** The VPC's router, on the cable. */
const ROUTER = "169.254.7.1";
const ROUTER6 = "fe80::1";
/** What a pod of the VPC CNI takes for its router. */
const POD_ROUTER = "169.254.1.1";
const WAIT_MS = 10_000;
const LIFE_MS = 25_000;
const STEP_MS = 10;
/** Of five equal chances, none in so many draws: once in 10^19 runs. */
const MAX_TRIES = 200;

const { world, load, documents, player, program }: Script = JSON.parse(
  readFileSync(process.argv[2] ?? "", "utf8"),
);

function sh(command: string, input = ""): void {
  execFileSync("sh", ["-ec", command], { input, stdio: ["pipe", "ignore", "pipe"] });
}

/** A running player. Orders are obeyed one after the other. */
class Actor {
  readonly pid: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #said: AsyncIterator<string>;

  constructor(name: string, apart: boolean, environment: Readonly<Record<string, string>> = {}) {
    const command = [process.execPath, player, name];
    const [file = "", ...args] = apart ? ["unshare", "-n", ...command] : command;
    this.#child = spawn(file, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: process.env["PATH"], ...environment },
    });
    this.pid = this.#child.pid ?? 0;
    this.#said = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when it runs, and is in its own network if it has one. */
  async ready(): Promise<this> {
    await this.#next();
    return this;
  }

  async tell(order: Order): Promise<Made | "done"> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    return JSON.parse(await this.#next());
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  within(commands: string): void {
    sh(`nsenter -t ${this.pid} -n sh -ec '${commands}'`);
  }

  async #next(): Promise<string> {
    const { value, done } = await this.#said.next();
    if (done === true) throw new Error(`process ${this.pid} ended`);
    return value;
  }
}

function whole(ip: string): string {
  return ip.includes(":") ? `${ip}/128 nodad` : `${ip}/32`;
}

function layCable(vpc: Actor, pods: readonly string[]): void {
  const beyond = world.vpcIps.map((ip) => `ip addr add ${whole(ip)} dev lo`);
  const back = pods.map((ip) => `ip route add ${ip} via ${WORKER}`);
  sh(`ip link set lo up
ip link add eth0 type veth peer name worker netns ${vpc.pid}
ip addr add ${WORKER} peer ${ROUTER} dev eth0
ip addr add ${WORKER6}/128 dev eth0 nodad
ip link set eth0 up
echo 1 >/proc/sys/net/ipv4/ip_forward`);
  vpc.within(`ip link set lo up
ip addr add ${ROUTER} peer ${WORKER} dev worker
ip addr add ${ROUTER6}/64 dev worker nodad
ip link set worker up
ip route add ${WORKER6} dev worker
${[...beyond, ...back].join("\n")}`);
  const own = world.services.map(({ ip }) => `ip addr add ${whole(ip)} dev lo`);
  sh(`ip route add default via ${ROUTER}
ip route add default via ${ROUTER6} dev eth0
${world.holdsServices === true || world.backend === "ipvs" ? own.join("\n") : ""}`);
}

/** As the VPC CNI does it: a route for each pod, and a router whose place the pod is told. */
function plugPod(actor: Actor, ip: string, index: number): void {
  const mac = `02:00:00:00:00:${(index + 1).toString(16).padStart(2, "0")}`;
  sh(`ip link add eni${index} address ${mac} type veth peer name eth0 netns ${actor.pid}
ip link set eni${index} up
ip route add ${ip} dev eni${index} scope link`);
  actor.within(`ip link set lo up
ip addr add ${ip}/32 dev eth0
ip link set eth0 up
ip route add ${POD_ROUTER} dev eth0 scope link
ip neigh add ${POD_ROUTER} lladdr ${mac} dev eth0 nud permanent
ip route add default via ${POD_ROUTER}`);
}

function keepKubeconfig(): void {
  if (world.kubeconfig === undefined) return;
  sh("mount -t tmpfs tmpfs /var/lib");
  mkdirSync("/var/lib/kubelet");
  writeFileSync("/var/lib/kubelet/kubeconfig", world.kubeconfig);
}

async function startPlayer({ name, podIp, environment }: Player): Promise<Actor> {
  return new Actor(name, podIp !== undefined, environment).ready();
}

async function dialAll(actor: Actor, dials: readonly Dial[]): Promise<readonly Made[]> {
  const made: Made[] = [];
  for (const dial of dials) {
    if (dial.knocks !== undefined) continue;
    const one = await dialOne(actor, dial);
    if (dial.over === true) await hangUp(actor, one);
    made.push(one);
  }
  return made;
}

/** Again and again where it has to end at a certain address: the rules draw lots. */
async function dialOne(actor: Actor, { id, to, from, ends }: Dial): Promise<Made> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const made = await actor.tell({
      kind: "dial",
      id,
      to,
      ...(from === undefined ? {} : { from }),
    });
    if (made === "done") break;
    if (ends === undefined || made.end.ip === ends) return made;
    await hangUp(actor, made);
  }
  throw new Error(`${to.ip} never led to ${ends}`);
}

async function hangUp(actor: Actor, { id, local }: Made): Promise<void> {
  await actor.tell({ kind: "hang-up", id });
  await until(`port ${local.port} is done with`, () => {
    const columns = tcpColumns(actor, local.port);
    return columns === undefined || columns[3] === TIME_WAIT;
  });
}

async function writeInVain(
  actor: Actor,
  dials: readonly Dial[],
  made: readonly Made[],
): Promise<void> {
  for (const { id, bytes } of dials) {
    const one = made.find((each) => each.id === id);
    if (bytes === undefined || one === undefined) continue;
    await actor.tell({ kind: "write", id, bytes });
    // Only then the kernel shows that it is in vain.
    await until(`what port ${one.local.port} wrote was sent again`, () => {
      const again = tcpColumns(actor, one.local.port)?.[6] ?? "0";
      return Number.parseInt(again, 16) > 0;
    });
  }
}

const [SYN_SENT, TIME_WAIT] = ["02", "06"];

/** Where it leads is what the world says of it: there is no other end that could. */
async function knockAll(actor: Actor, dials: readonly Dial[]): Promise<readonly Made[]> {
  const made: Made[] = [];
  for (const { id, to, from: ip = "", ends = "", knocks: port } of dials) {
    if (port === undefined) continue;
    const local = { ip, port };
    await actor.tell({ kind: "knock", to, from: local });
    await until(`port ${port} knocks`, () => tcpColumns(actor, port)?.[3] === SYN_SENT);
    made.push({ id, pid: actor.pid, local, end: { ip: ends, port: to.port } });
  }
  return made;
}

/** Line of a socket in the kernel's table; undefined where it is gone. */
function tcpColumns(actor: Actor, port: number): readonly string[] | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["tcp", "tcp6"]
    .flatMap((name) => readFileSync(`/proc/${actor.pid}/net/${name}`, "utf8").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .find(([, from = ""]) => from.endsWith(local));
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += STEP_MS) {
    if (waited > WAIT_MS) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
    await pause(STEP_MS);
  }
}

function runProgram(args: readonly string[]): ProgramRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    },
  });
  return { code: status, stdout, stderr };
}

function readTracked(): string {
  return readFileSync("/proc/net/nf_conntrack", "utf8");
}

async function play(): Promise<KernelTruth> {
  const [first, ...actors] = await Promise.all([
    new Actor("vpc", true).ready(),
    ...world.players.map(startPlayer),
  ]);
  keepKubeconfig();
  const pods = world.players.flatMap(({ podIp }) => podIp ?? []);
  layCable(first, pods);
  for (const [index, { podIp }] of world.players.entries()) {
    const actor = actors[index];
    if (podIp !== undefined && actor !== undefined) plugPod(actor, podIp, index);
  }
  sh(load, documents[0]);
  await first.tell({ kind: "listen", port: 443 });
  const cast = world.players.flatMap((one, index) => {
    const actor = actors[index];
    return actor === undefined ? [] : [{ ...one, actor }];
  });
  for (const { listens, actor } of cast)
    if (listens !== undefined) await actor.tell({ kind: "listen", port: listens });
  const outbound = await Promise.all(cast.map(({ actor, dials }) => dialAll(actor, dials)));
  const made = [...outbound.flat(), ...(await dialAll(first, world.inbound))];
  if (world.servicesAfter !== undefined) sh(load, documents[1]);
  for (const ip of world.lost ?? [])
    first.within(`ip addr del ${ip}/${ip.includes(":") ? 128 : 32} dev lo`);
  await Promise.all(cast.map(({ actor, dials }) => writeInVain(actor, dials, made)));
  for (const { actor, dials } of cast) made.push(...(await knockAll(actor, dials)));
  const before = readTracked();
  const clock = {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    wait: () => Promise.resolve(),
  };
  const snapshot = await readNode(viewOf("/"), { source: { kind: "live" }, clock });
  const runs = (world.runs ?? []).map(runProgram);
  const tracked = [before, readTracked()];
  for (const actor of [first, ...actors]) actor.end();
  return { made, pids: actors.map(({ pid }) => pid), tracked, snapshot, runs };
}

// Whoever started this may be gone, and a connection may never be made.
setTimeout(() => {
  throw new Error(`not all of it stood within ${LIFE_MS} ms`);
}, LIFE_MS).unref();

process.stdout.write(JSON.stringify(await play()));
