import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeSnapshot } from "../../src/model/node/snapshot.ts";
import { bundleScript } from "./bundle-script.ts";
import { inNetwork } from "./kernel-nat.ts";
import { findProgram, skipReason } from "./real-clients.ts";

/** kubelet with a connection to the endpoint, and a pod with one of its own, as the kernel has them. */
const WORKER = `
const net = require("node:net");
const { spawn } = require("node:child_process");
require("node:fs").writeFileSync("/proc/self/comm", "kubelet");
net.createServer(() => undefined).listen(443, () => {
  net.createServer(() => undefined).listen(10250);
  net.connect(443, "43.200.53.253", () => {
    const pod = spawn("unshare", ["-n", "sh", "-c", "ip link set lo up && echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start && exec setpriv --reuid 65533 --clear-groups " + process.execPath + " pod.cjs"], { stdio: ["ignore", "pipe", "inherit"] });
    pod.stdout.once("data", () => require("node:fs").writeFileSync("ready", ""));
  });
});`;

const POD = `
const net = require("node:net");
net.createServer(() => undefined).listen(443, "127.0.0.1", () => {
  net.connect(443, "127.0.0.1", () => console.log("connected"));
});`;

const KUBECONFIG =
  "clusters: [{name: a, cluster: {server: 'https://10.0.0.9:6443'}}]\ncontexts: [{name: b, context: {cluster: a}}]\n";

/** A worker of namespaces, read as others may read it. */
export interface RightsStage {
  /** What is read by the command that this runs, in place of `$READ`. */
  read(command: string): NodeSnapshot;
  end(): void;
}

/** Why there can be none here; undefined where there can. */
export function stageObstacle(): string | undefined {
  const needed = ["unshare", "ip", "setpriv", "mount", "chroot", "iptables-nft-save"];
  const missing = needed.find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return skipReason(missing);
  if (process.getuid?.() !== 0) return "skipped: only root can give rights away";
  const run = spawnSync("unshare", ["-fmnp", "--mount-proc", "true"], { encoding: "utf8" });
  return run.status === 0 ? undefined : `skipped: ${run.stderr.trim()}`;
}

export async function openStage(): Promise<RightsStage> {
  const folder = mkdtempSync(join(tmpdir(), "eks-probe-rights-"));
  chmodSync(folder, 0o755);
  const script = await bundleScript("read-node-script.ts", folder);
  chmodSync(script, 0o644);
  writeFileSync(join(folder, "worker.cjs"), WORKER);
  writeFileSync(join(folder, "pod.cjs"), POD);
  writeFileSync(join(folder, "kubeconfig"), KUBECONFIG);
  return {
    read: (command) => {
      writeFileSync(join(folder, "command.sh"), command);
      const complaint = inNetwork(
        folder,
        `exec unshare -fmp --mount-proc --kill-child sh -ec '
ip link set lo up
for ip in 10.0.105.163 43.200.53.253; do ip addr add $ip/32 dev lo; done
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/kubelet
cp kubeconfig /var/lib/kubelet/
chmod 600 /var/lib/kubelet/kubeconfig
rm -f ready
export NODE="${process.execPath}"
"$NODE" worker.cjs &
while ! [ -e ready ]; do sleep 0.05; done
export READ="$NODE ${script} 443"
sh -e ./command.sh >out.json'`,
      );
      if (complaint !== undefined) throw new Error(complaint);
      return JSON.parse(readFileSync(join(folder, "out.json"), "utf8"));
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}
