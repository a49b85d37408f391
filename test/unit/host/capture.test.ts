import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureRoot } from "../../../src/host/capture-root.ts";
import { valueOf } from "../../../src/model/fact.ts";
import type { NodeSnapshot } from "../../../src/model/node/snapshot.ts";
import { bundleScript } from "../../support/bundle-script.ts";
import { readCopy } from "../../support/host-copy.ts";
import { inNetwork } from "../../support/kernel-nat.ts";
import { iptablesDocument, NOTED_SERVICES } from "../../support/kube-proxy-rules.ts";
import { BY_AUTHENTICATOR, kubeletKubeconfig } from "../../support/kubelet-kubeconfig.ts";
import { findProgram, skipReason } from "../../support/real-clients.ts";

const RECIPE =
  /```sh\n(.*?)```/s.exec(
    readFileSync(new URL("../../../docs/node-capture.md", import.meta.url), "utf8"),
  )?.[1] ?? "";

const SECRET = "EXAMPLESECRET";

const KUBECONFIG = kubeletKubeconfig(
  `    token: ${SECRET}
    client-key-data: "${SECRET}"
${BY_AUTHENTICATOR}`,
);

/** A connection through the service address, one to an address of the endpoint, and one in a pod. */
const WORKER = `
const net = require("node:net");
const { spawn, spawnSync } = require("node:child_process");
const dial = (host) => new Promise((resolve) => {
  const socket = net.connect({ host, port: 443 }, () => resolve(socket.localPort));
  socket.on("error", (error) => { console.error(host, error.message); process.exit(1); });
});
process.title = "kubelet";
net.createServer(() => undefined).listen(443, async () => {
  net.createServer(() => undefined).listen(10250);
  for (const host of ["172.20.0.1", "43.200.53.253"]) await dial(host);
  const pod = spawn("unshare", ["-n", "sh", "-c", "ip link set lo up && exec " + process.execPath + " pod.cjs"], { stdio: ["ignore", "pipe", "inherit"] });
  pod.stdout.once("data", () => {
    const run = spawnSync("sh", ["-c", process.argv[2]], { stdio: ["ignore", "inherit", "inherit"], env: { PATH: process.env.PATH, TMPDIR: process.cwd() } });
    pod.kill();
    process.exit(run.status ?? 1);
  });
});`;

const POD = `
const net = require("node:net");
const server = net.createServer(() => undefined).listen(443, "127.0.0.1", () => {
  net.connect(443, "127.0.0.1", () => console.log("connected"));
});`;

function obstacle(): string | undefined {
  const needed = ["unshare", "ip", "iptables-restore", "iptables-save", "tar", "find", "sort"];
  const missing = needed.find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return skipReason(missing);
  if (process.getuid?.() !== 0) return "skipped: the recipe is for root";
  const run = spawnSync("unshare", ["-fmnp", "--mount-proc", "true"], { encoding: "utf8" });
  return run.status === 0 ? undefined : `skipped: ${run.stderr.trim()}`;
}

const OBSTACLE = obstacle();
if (OBSTACLE !== undefined) process.stderr.write(`${OBSTACLE}\n`);

describe.skipIf(OBSTACLE !== undefined)(
  "a copy that the recipe in docs/node-capture.md makes",
  () => {
    let folder = "";
    let copy: NodeSnapshot;
    let live: NodeSnapshot;
    let said = "";

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "eks-probe-recipe-"));
      const script = await bundleScript("read-node-script.ts", folder);
      writeFileSync(join(folder, "recipe.sh"), RECIPE);
      writeFileSync(join(folder, "rules"), iptablesDocument(NOTED_SERVICES));
      writeFileSync(join(folder, "worker.cjs"), WORKER);
      writeFileSync(join(folder, "pod.cjs"), POD);
      writeFileSync(join(folder, "kubeconfig"), KUBECONFIG);
      // The first is the machine's own: a worker runs in the network of its process 1.
      const complaint = inNetwork(
        folder,
        `exec unshare -fmp --mount-proc sh -ec '
for path in /var/lib /var/log; do mount -t tmpfs tmpfs $path; done
mkdir -p /var/lib/kubelet /var/log/pods/kube-system_aws-node-abcde_5d3c0f4e-8e0b-4c0a-9f8e-0123456789ab
cp kubeconfig /var/lib/kubelet/
ip link set lo up
iptables-restore <rules
for ip in 10.0.105.163 10.0.20.41 10.0.95.229 43.200.53.253; do ip addr add $ip/32 dev lo; done
ip route add 172.20.0.1/32 dev lo src 10.0.105.163
export HTTPS_PROXY=http://user:${SECRET}@proxy.corp.example:3128 AWS_SECRET_ACCESS_KEY=${SECRET}
export KUBERNETES_SERVICE_HOST=172.20.0.1
"${process.execPath}" worker.cjs "\\"${process.execPath}\\" \\"${script}\\" 443 >live.json && sh recipe.sh >said"
true'`,
      );
      if (complaint !== undefined) throw new Error(complaint);
      live = JSON.parse(readFileSync(join(folder, "live.json"), "utf8"));
      said = readFileSync(join(folder, "said"), "utf8");
      const unpacked = join(folder, "unpacked");
      spawnSync("mkdir", [unpacked]);
      spawnSync("tar", ["-xzf", said.trim(), "-C", unpacked]);
      copy = await readCopy(captureRoot(unpacked));
    }, 60_000);

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("says where it is, and nothing else", () => {
      expect(said).toMatch(/^\S+\.tar\.gz\n$/);
    });

    it("shows the same sockets in the same networks, with the same owners", () => {
      const [ofCopy, ofMachine] = [copy, live].map(({ namespaces }) => namespaces);
      expect(ofMachine).toHaveLength(2);
      expect(ofCopy).toEqual(ofMachine);
      expect(copy.owners).toEqual(live.owners);
      expect(Object.keys(valueOf(copy.owners) ?? {}).length).toBeGreaterThan(3);
    });

    it("shows the same processes: start, network, proxy without its password", () => {
      const [ofCopy, ofMachine] = [copy, live].map(({ processes }) =>
        processes.map(({ command: _command, ...rest }) => rest),
      );
      expect(ofCopy).toEqual(ofMachine);
      const kubelet = copy.processes.find(({ name }) => name === "kubelet");
      expect(kubelet?.proxy).toMatchObject({
        value: { httpsProxy: "http://proxy.corp.example:3128" },
      });
      expect(kubelet?.command.kind).toBe("known");
      expect(copy.serviceAddresses).toEqual([{ ip: "172.20.0.1", port: 443 }]);
    });

    it("shows the same rules, each once though two tools printed them, and tracked connections", () => {
      expect(readdirSync(captureRoot(join(folder, "unpacked")))).toContain("iptables-save.txt");
      expect(copy.nat).toEqual(live.nat);
      expect(valueOf(copy.nat)).not.toEqual([]);
      expect(valueOf(copy.conntrack)?.map(({ target }) => target)).toEqual(
        valueOf(live.conntrack)?.map(({ target }) => target),
      );
      expect(copy.localIps).toEqual(live.localIps);
      expect(copy.hostname).toBe(live.hostname);
      expect(copy.nameServers).toEqual(live.nameServers);
      expect(Math.abs(Date.parse(copy.readAt) - Date.parse(live.readAt))).toBeLessThan(60_000);
      expect(copy.blind).toEqual([]);
    });

    it("has kubelet's settings, and no secret of any file, environment or command line", () => {
      expect(valueOf(copy.kubelet)).toMatchObject({
        clusterName: "gonz-eks-pub",
        region: "ap-northeast-2",
      });
      const found = spawnSync("grep", ["-rla", SECRET, join(folder, "unpacked")], {
        encoding: "utf8",
      });
      expect(found.stdout).toBe("");
    });
  },
);
