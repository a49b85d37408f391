import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNode } from "../../../src/host/read-node.ts";
import type { ToolRunner } from "../../../src/host/tools.ts";
import { viewOf } from "../../../src/host/view.ts";
import { valueOf } from "../../../src/model/fact.ts";
import type { NodeSnapshot } from "../../../src/model/node/snapshot.ts";
import type { TcpSocket } from "../../../src/model/node/socket.ts";
import { bundleScript } from "../../support/bundle-script.ts";
import { inNetwork } from "../../support/kernel-nat.ts";
import { iptablesDocument, type ProxiedService } from "../../support/kube-proxy-rules.ts";
import { findProgram, skipReason } from "../../support/real-clients.ts";

const NO_TOOLS: ToolRunner = () => Promise.resolve({ kind: "absent" });
const IS_LINUX = process.platform === "linux";
const IS_ROOT = process.getuid?.() === 0;

const CLOCK = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  wait: () => Promise.resolve(),
};

function say(reason: string): void {
  process.stderr.write(`${reason}\n`);
}

if (!IS_LINUX) say("skipped: this machine has no /proc to read");

describe.skipIf(!IS_LINUX)("this machine", () => {
  let folder = "";
  let script = "";
  let server: Server;
  let client: Socket;
  let port = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "eks-probe-live-"));
    chmodSync(folder, 0o755);
    script = await bundleScript("read-node-script.ts", folder);
    chmodSync(script, 0o644);
    server = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    port = address !== null && typeof address === "object" ? address.port : 0;
    client = connect(port, "127.0.0.1");
    await once(client, "connect");
  });

  afterAll(() => {
    client.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The snapshot that a process of its own makes. */
  function readAs(user: number | undefined): NodeSnapshot {
    const identity = user === undefined ? {} : { uid: user, gid: user };
    const run = spawnSync(process.execPath, [script, String(port)], {
      encoding: "utf8",
      cwd: "/",
      env: { PATH: process.env["PATH"] ?? "" },
      ...identity,
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return JSON.parse(run.stdout);
  }

  function mine(snapshot: NodeSnapshot): TcpSocket | undefined {
    const sockets = snapshot.namespaces.flatMap(({ sockets: fact }) => valueOf(fact) ?? []);
    return sockets.find(({ local }) => local.port === client.localPort);
  }

  it("shows a real connection with its process, its name and when that was started", async () => {
    const snapshot = await readNode(viewOf("/"), {
      source: { kind: "live" },
      clock: CLOCK,
      ports: [port],
      tools: NO_TOOLS,
    });
    const socket = mine(snapshot);
    expect(socket).toMatchObject({
      local: { ip: "127.0.0.1" },
      remote: { ip: "127.0.0.1", port },
      state: "established",
    });
    const pids = valueOf(snapshot.owners)?.[String(socket?.inode)];
    expect(pids).toContain(process.pid);
    const owner = snapshot.processes.find(({ pid }) => pid === process.pid);
    const started = Date.parse(valueOf(owner?.startedAt ?? { kind: "skipped", reason: "" }) ?? "");
    expect(Math.abs(started - (Date.now() - process.uptime() * 1_000))).toBeLessThan(5_000);
    expect(owner?.name).toMatch(/node|vitest/);
    expect(owner?.proxy.kind).toBe("known");
    expect(snapshot.blind.join("\n")).not.toMatch(/owners of/);
  });

  it("does not show that connection where another port is asked for", async () => {
    const options = {
      source: { kind: "live" },
      clock: CLOCK,
      ports: [1],
      tools: NO_TOOLS,
    } as const;
    expect(mine(await readNode(viewOf("/"), options))).toBeUndefined();
  });

  it("says as an ordinary user whose sockets it cannot see, and which right would show them", () => {
    if (!IS_ROOT) say("this runs as an ordinary user already: sockets of root are looked for");
    const snapshot = readAs(IS_ROOT ? 65_534 : undefined);
    const socket = mine(snapshot);
    expect(socket?.state).toBe("established");
    if (!IS_ROOT) return;
    expect(valueOf(snapshot.owners)?.[String(socket?.inode)]).toBeUndefined();
    const blind = snapshot.blind.join("\n");
    expect(blind).toMatch(
      /owners of \d+ sockets: \d+ of \d+ processes are another user's, and root with CAP_SYS_PTRACE would show them/,
    );
    expect(blind).toContain("rules of NAT: root or CAP_NET_ADMIN would show those");
    expect(snapshot.nat.kind).toBe("unknown");
    expect(snapshot.conntrack.kind).not.toBe("known");
    expect(snapshot.nameServers.kind).toBe("known");
  });

  it("sees the connections of another network namespace, with their process", async () => {
    const reason = namespaceReason();
    if (reason !== undefined) {
      say(reason);
      return;
    }
    writeFileSync(
      join(folder, "pod.cjs"),
      `const net = require("node:net");
const server = net.createServer(() => undefined).listen(${port}, "127.0.0.1", () => {
  const client = net.connect(${port}, "127.0.0.1", () => console.log(client.localPort));
});`,
    );
    const pod = spawn(
      "unshare",
      ["-n", "sh", "-c", `ip link set lo up && exec '${process.execPath}' '${folder}/pod.cjs'`],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      const localPort = await firstNumber(pod);
      for (const user of [undefined, 65_534]) {
        const snapshot = readAs(user);
        const found = snapshot.namespaces.find(({ sockets: fact }) =>
          valueOf(fact)?.some(({ local }) => local.port === localPort),
        );
        // An ordinary user sees the sockets, and not who has them.
        expect(found?.id).toMatch(user === undefined ? /^net:\[\d+\]$/ : /^of process \d+$/);
        const owner = snapshot.processes.find(({ pid }) => pid === pod.pid);
        expect(owner?.networkNamespace).toBe(user === undefined ? found?.id : undefined);
      }
    } finally {
      pod.kill("SIGKILL");
    }
  });

  it("reads the kernel's rules with its tools, and the connection that they translated", () => {
    const missing = ["unshare", "ip", "iptables-nft-restore", "iptables-nft-save"].find(
      (name) => findProgram(name) === undefined,
    );
    if (missing !== undefined || !IS_ROOT) {
      say(missing === undefined ? "skipped: rules are root's" : skipReason(missing));
      return;
    }
    writeFileSync(join(folder, "rules"), iptablesDocument([SERVICE], { alone: true }));
    writeFileSync(
      join(folder, "dial.cjs"),
      `const net = require("node:net");
const { spawnSync } = require("node:child_process");
// Its container is a worker by that.
require("node:fs").writeFileSync("/proc/self/comm", "kubelet");
const server = net.createServer(() => undefined).listen(443, "10.0.20.41", () => {
  const client = net.connect({ host: "172.20.0.1", port: 443, localAddress: "10.0.105.163" }, () => {
    const run = spawnSync(process.execPath, ["${script}", "443"], { encoding: "utf8" });
    require("node:fs").writeFileSync("out.json", run.stdout);
    process.exit(run.status);
  });
});`,
    );
    // Process 1 is in the machine's own network: a /proc of its own makes this one the host's.
    const complaint = inNetwork(
      folder,
      `exec unshare -fmp --mount-proc sh -ec '
ip link set lo up
iptables-nft-restore <rules
for ip in 10.0.105.163 10.0.20.41; do ip addr add $ip/32 dev lo; done
ip route add 172.20.0.1/32 dev lo src 10.0.105.163
"${process.execPath}" dial.cjs'`,
    );
    if (complaint !== undefined) {
      say(`skipped: ${complaint}`);
      return;
    }
    const snapshot: NodeSnapshot = JSON.parse(
      spawnSync("cat", [join(folder, "out.json")], { encoding: "utf8" }).stdout,
    );
    const [service] = valueOf(snapshot.nat) ?? [];
    expect(service).toMatchObject({
      backend: "iptables-nft",
      service: { ip: "172.20.0.1", port: 443 },
      name: "default/kubernetes:https",
      targets: [{ to: { ip: "10.0.20.41", port: 443 } }],
    });
    const [tracked] = valueOf(snapshot.conntrack) ?? [];
    expect(tracked).toMatchObject({
      source: { ip: "10.0.105.163" },
      destination: { ip: "172.20.0.1" },
      target: { ip: "10.0.20.41" },
    });
    expect(snapshot.localIps).toEqual(["10.0.20.41", "10.0.105.163"]);
    expect(snapshot.blind).toEqual([]);
  });
});

const SERVICE: ProxiedService = {
  name: "default/kubernetes:https",
  ip: "172.20.0.1",
  port: 443,
  endpoints: ["10.0.20.41:443"],
};

function namespaceReason(): string | undefined {
  const missing = ["unshare", "ip"].find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return skipReason(missing);
  const run = spawnSync("unshare", ["-n", "true"], { encoding: "utf8" });
  return run.status === 0 ? undefined : `skipped: ${run.stderr.trim()}`;
}

async function firstNumber(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("no stdout");
  const [bytes] = await once(child.stdout, "data");
  return Number(String(bytes).trim());
}
