import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueOf } from "../../../src/model/fact.ts";
import type { NodeSnapshot } from "../../../src/model/node/snapshot.ts";
import { bundleScript } from "../../support/bundle-script.ts";
import { readCopy } from "../../support/host-copy.ts";
import { inNetwork } from "../../support/kernel-nat.ts";
import { iptablesDocument, NOTED_SERVICES } from "../../support/kube-proxy-rules.ts";
import { findProgram, skipReason } from "../../support/real-clients.ts";

/** As eks-log-collector.sh 0.7.9 runs them, with its folders and files. */
const COLLECT = `mkdir -p kernel networking system sysctls modinfo kubelet
uname -a > kernel/uname.txt
iptables --wait 1 --numeric --verbose --list --table nat > networking/iptables-nat.txt
iptables-save > networking/iptables-save.txt
ip route show table all >> networking/iproute.txt
ip -6 route show table all >> networking/ip6route.txt
cp /etc/resolv.conf networking/resolv.conf
sysctl --all >> sysctls/sysctl_all.txt 2> /dev/null
ps fauxwww --headers > system/ps.txt 2>&1
netstat -plant > system/netstat.txt 2>&1
cat /proc/stat > system/procstat.txt 2>&1
cat /proc/[0-9]*/stat > system/allprocstat.txt 2>&1
`;

/** Connections through the service address, to itself, and by IPv6 to a long address and a short one. */
const CONNECT = `
const net = require("node:net");
const { spawnSync } = require("node:child_process");
const dial = (host) => new Promise((resolve) => {
  const socket = net.connect({ host, port: 443 }, resolve);
  socket.on("error", (error) => { console.error(host, error.message); process.exit(1); });
});
process.title = "kubelet";
net.createServer(() => undefined).listen(443, "::", async () => {
  net.createServer(() => undefined).listen(10250, "0.0.0.0");
  for (const host of ["172.20.0.1", "43.200.53.253", "fd00:1::4", "fd00:1234:5678:9abc:def0:1234:5678:9abc"]) await dial(host);
  const run = spawnSync("sh", ["-ec", process.argv[2]], { stdio: "inherit" });
  process.exit(run.status ?? 1);
});`;

const NEEDED = ["unshare", "ip", "iptables", "iptables-save", "iptables-restore", "netstat", "ps"];

function obstacle(): string | undefined {
  const missing = [...NEEDED, "sysctl"].find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return skipReason(missing);
  if (process.getuid?.() !== 0) return "skipped: rules, and others' processes, are root's";
  const run = spawnSync("unshare", ["-fmnp", "--mount-proc", "true"], { encoding: "utf8" });
  return run.status === 0 ? undefined : `skipped: ${run.stderr.trim()}`;
}

const OBSTACLE = obstacle();
if (OBSTACLE !== undefined) process.stderr.write(`${OBSTACLE}\n`);

describe.skipIf(OBSTACLE !== undefined)("the log collector's own commands, run here", () => {
  let folder = "";
  let bundle: NodeSnapshot;
  let live: NodeSnapshot;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "eks-probe-collect-"));
    const script = await bundleScript("read-node-script.ts", folder);
    writeFileSync(join(folder, "rules"), iptablesDocument(NOTED_SERVICES));
    writeFileSync(join(folder, "connect.cjs"), CONNECT);
    writeFileSync(
      join(folder, "take.sh"),
      `"${process.execPath}" "${script}" 443 > live.json\nmkdir bundle\ncd bundle\n${COLLECT}`,
    );
    const complaint = inNetwork(
      folder,
      `exec unshare -fmp --mount-proc sh -ec '
ip link set lo up
iptables-restore <rules
for ip in 10.0.105.163 10.0.20.41 10.0.95.229 43.200.53.253; do ip addr add $ip/32 dev lo; done
for ip in fd00:1::4 fd00:1234:5678:9abc:def0:1234:5678:9abc; do ip addr add $ip/128 dev lo; done
ip route add 172.20.0.1/32 dev lo src 10.0.105.163
"${process.execPath}" connect.cjs ". ./take.sh"'`,
    );
    if (complaint !== undefined) throw new Error(complaint);
    live = JSON.parse(readFileSync(join(folder, "live.json"), "utf8"));
    bundle = await readCopy(join(folder, "bundle"));
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("tell the same sockets and owners as the kernel's files, but for cut addresses", () => {
    expect(bundle.source.kind).toBe("bundle");
    const long = "fd00:1234:5678:9abc:def0:1234:5678:9abc";
    const ofKernel = socketsOf(live);
    expect(ofKernel.filter((line) => line.includes(long))).toHaveLength(1);
    expect(socketsOf(bundle)).toEqual(ofKernel.filter((line) => !line.includes(long)));
    expect(bundle.blind).toEqual([
      "sockets of pods' own networks: the log collector does not list them",
      "1 socket of IPv6: netstat cuts addresses that are too long for its columns",
      expect.stringContaining("when this was captured"),
    ]);
  });

  it("tell the same of a process: name, command, and when it was started", () => {
    const [ofBundle, ofKernel] = [bundle, live].map(({ processes }) =>
      processes.map(({ pid, name, command, startedAt }) => ({
        pid,
        name,
        command: valueOf(command)?.join(" "),
        startedAt,
      })),
    );
    expect(ofBundle?.length).toBeGreaterThan(0);
    expect(ofBundle).toEqual(ofKernel);
  });

  it("tell the same rules, own addresses, name servers, name, and use of conntrack", () => {
    expect(valueOf(bundle.nat)?.map(({ service, targets }) => ({ service, targets }))).toEqual(
      valueOf(live.nat)?.map(({ service, targets }) => ({ service, targets })),
    );
    expect(valueOf(bundle.nat)).not.toEqual([]);
    expect(bundle.localIps).toEqual(live.localIps);
    expect(bundle.hostname).toBe(live.hostname);
    expect(bundle.nameServers).toEqual(live.nameServers);
    expect(valueOf(bundle.conntrackUse)?.max).toBe(valueOf(live.conntrackUse)?.max);
  });
});

function socketsOf({ namespaces, owners }: NodeSnapshot): readonly string[] {
  return namespaces
    .flatMap(({ sockets }) => valueOf(sockets) ?? [])
    .map(
      ({ local, remote, state, inode }) =>
        `${local.ip} ${local.port} ${remote.ip} ${remote.port} ${state} ${valueOf(owners)?.[inode]?.join()}`,
    )
    .toSorted();
}
