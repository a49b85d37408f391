import { describe, expect, test } from "vitest";
import type { KnownControlPlane } from "../../../../src/model/node/control-plane.ts";
import type { NodeSnapshot } from "../../../../src/model/node/snapshot.ts";
import { runNodeChecks } from "../../../../src/node/checks/run.ts";
import { joinFlows } from "../../../../src/node/join/flows.ts";
import { controlPlaneOf, controlPlaneUnasked } from "../../../../src/node/known/control-plane.ts";
import { notedFiles, readFiles } from "../../../support/host-copy.ts";
import { lineOf } from "../../../support/joined-world.ts";
import { priSnapshot, pubSnapshot, reportOf } from "../../../support/snapshots.ts";
import {
  type CopiedProcess,
  natLeadingTo,
  notedText,
  trackedLine,
  workerCopy,
} from "../../../support/worker-copy.ts";

const PROBE = { kind: "probe", verdict: "healthy" } as const;

function pub(node: NodeSnapshot): KnownControlPlane {
  return controlPlaneOf(reportOf(pubSnapshot({}, 1)), PROBE, node);
}

function pri(node: NodeSnapshot): KnownControlPlane {
  return controlPlaneOf(reportOf(priSnapshot({}, 1)), PROBE, node);
}

function linesOf(node: NodeSnapshot, known: KnownControlPlane): readonly string[] {
  return joinFlows(node, known).map(lineOf);
}

function statusesOf(node: NodeSnapshot, controlPlane: KnownControlPlane): Record<string, string> {
  const flows = joinFlows(node, controlPlane);
  const findings = runNodeChecks({ snapshot: node, controlPlane, flows });
  return Object.fromEntries(findings.map(({ code, status }) => [code, status]));
}

const KUBELET: Omit<CopiedProcess, "connections"> = {
  pid: 3_456,
  name: "kubelet",
  cgroup: "0::/runtime.slice/kubelet.service",
};
const KUBE_PROXY = { pid: 3_900, name: "kube-proxy" };
const CNI = {
  pid: 4_000,
  name: "aws-k8s-agent",
  environ: "KUBERNETES_SERVICE_HOST=172.20.0.1\0KUBERNETES_SERVICE_PORT=443\0",
};

const HERE = "10.0.105.163";
const IN = `[::ffff:${HERE}]:10250`;

/** As the notes list them for the private cluster: two ways, each process by one ENI. */
const PRIVATE: readonly CopiedProcess[] = [
  {
    ...KUBELET,
    connections: [
      { local: `${HERE}:46370`, remote: "10.0.18.90:443" },
      { local: IN, remote: "[::ffff:10.0.58.12]:34567" },
      { local: IN, remote: "[::ffff:10.0.18.90]:34568" },
    ],
  },
  { ...KUBE_PROXY, connections: [{ local: `${HERE}:46380`, remote: "10.0.58.12:443" }] },
  { ...CNI, connections: [{ local: `${HERE}:55134`, remote: "172.20.0.1:443" }] },
];

describe("the workers of the field notes, as their kernels show them", () => {
  test("public: kubelet to a VIP, the CNI through 172.20.0.1 to an ENI, an ENI in to kubelet", async () => {
    const node = await readFiles(notedFiles());
    expect(linesOf(node, pub(node))).toEqual([
      "kubelet to 43.200.53.253 vip ip-172-16-57-254",
      "aws-k8s-agent to 172.20.0.1 -> 10.0.20.41 eni ip-172-16-57-254",
      // In a pod's own network, and not in the kernel's table: by the rules.
      "coredns to 172.20.0.1 -> 10.0.20.41|10.0.95.229 by-rules",
      "kubelet from 10.0.95.229 eni ip-172-16-173-248",
    ]);
    expect(statusesOf(node, pub(node))).toMatchObject({ W04: "ok", W05: "skip", W09: "ok" });
  });

  test("private: kubelet and kube-proxy each to an ENI, and both ENIs in to kubelet", async () => {
    const node = await readFiles(
      workerCopy(PRIVATE, {
        "iptables-save.txt": natLeadingTo(["10.0.18.90", "10.0.58.12"]),
        "proc/net/nf_conntrack": trackedLine(`${HERE}:55134`, "172.20.0.1:443", "10.0.58.12:443"),
      }),
    );
    expect(linesOf(node, pri(node))).toEqual([
      "kubelet to 10.0.18.90 eni ip-172-16-56-186",
      "kube-proxy to 10.0.58.12 eni ip-172-16-121-126",
      "aws-k8s-agent to 172.20.0.1 -> 10.0.58.12 eni ip-172-16-121-126",
      "kubelet from 10.0.18.90 eni ip-172-16-56-186",
      "kubelet from 10.0.58.12 eni ip-172-16-121-126",
    ]);
    expect(statusesOf(node, pri(node))).toMatchObject({
      W01: "ok",
      W02: "ok",
      W03: "ok",
      W04: "ok",
      W05: "ok",
      W09: "ok",
    });
  });

  test("private, and the ENI that kubelet goes to was deleted: it waits for nobody", async () => {
    const node = await readFiles(
      workerCopy([
        {
          ...KUBELET,
          connections: [{ local: `${HERE}:46370`, remote: "10.0.61.7:443", state: "02" }],
        },
        { ...KUBE_PROXY, connections: [{ local: `${HERE}:46380`, remote: "10.0.58.12:443" }] },
      ]),
    );
    expect(linesOf(node, pri(node))).toEqual([
      "kubelet to 10.0.61.7 former-eni",
      "kube-proxy to 10.0.58.12 eni ip-172-16-121-126",
    ]);
    expect(statusesOf(node, pri(node))).toMatchObject({ W04: "fail" });
  });

  test("private, and kubelet asks a pod that listens at 443: that is no connection of these", async () => {
    const pod = "10.0.100.108";
    const routes = `${notedText("proc/net/fib_trie")}     |-- ${pod}\n        /32 link UNICAST\n`;
    const probing = [{ local: `${HERE}:46390`, remote: `${pod}:443`, state: "02" }];
    const copy = workerCopy([{ ...KUBELET, connections: probing }], {
      "proc/net/fib_trie": routes,
    });
    const node = await readFiles(copy);
    expect(node.podIps).toEqual([pod]);
    expect(linesOf(node, pri(node))).toEqual([]);
    const unrouted = await readFiles(workerCopy([{ ...KUBELET, connections: probing }]));
    expect(linesOf(unrouted, pri(unrouted))).toEqual([`kubelet to ${pod} former-eni`]);
  });

  test("a pod without a route of its own is known by what it has open in its own network", async () => {
    const pod = "10.0.100.108";
    const node = await readFiles(
      workerCopy([
        {
          ...KUBELET,
          connections: [{ local: `${HERE}:46390`, remote: `${pod}:443`, state: "02" }],
        },
        {
          pid: 6_000,
          name: "nginx",
          namespace: 4_026_532_900,
          connections: [{ local: `${pod}:51000`, remote: "1.2.3.4:443" }],
        },
      ]),
    );
    expect(node.podIps).toEqual([]);
    expect(linesOf(node, pri(node))).toEqual([]);
  });

  test("IPVS has the ClusterIP at an interface of its own, and it is no place of this worker", async () => {
    const local = notedText("proc/net/fib_trie");
    const ipvs = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  AC140001:01BB rr
  -> 0A001429:01BB      Masq    1      1          0
  -> 0A005FE5:01BB      Masq    1      0          0
`;
    // The source of what is opened to an address of one's own is that address.
    const own = [{ local: "172.20.0.1:55134", remote: "172.20.0.1:443" }];
    const files = workerCopy([{ ...CNI, connections: own }], {
      "proc/net/fib_trie": `${local}     |-- 172.20.0.1\n        /32 host LOCAL\n`,
      "iptables-save.txt": "*nat\nCOMMIT\n",
      "proc/net/ip_vs": ipvs,
    });
    const node = await readFiles(files);
    expect(node.localIps).toContain("172.20.0.1");
    expect(linesOf(node, pub(node))).toEqual([
      "aws-k8s-agent to 172.20.0.1 -> 10.0.20.41|10.0.95.229 by-rules",
    ]);
    const tracked = trackedLine("172.20.0.1:55134", "172.20.0.1:443", "10.0.95.229:443");
    const withTable = await readFiles({ ...files, "proc/net/nf_conntrack": tracked });
    expect(linesOf(withTable, pub(withTable))).toEqual([
      "aws-k8s-agent to 172.20.0.1 -> 10.0.95.229 eni ip-172-16-173-248",
    ]);
  });

  test("without a right to the rules or the table the service's connection says why it ends nowhere", async () => {
    const files = Object.entries(notedFiles()).filter(
      ([path]) => !/iptables|nf_conntrack$/.test(path),
    );
    const node = await readFiles(Object.fromEntries(files));
    const flow = joinFlows(node, pub(node)).find(({ process }) => process?.pid === 4_000);
    expect(flow).toMatchObject({
      address: undefined,
      translation: {
        kind: "unknown",
        reason: "the capture has no rules of NAT; the capture has no tracked connections",
      },
      apiServer: { kind: "skipped" },
    });
  });

  test("a copy without open files shows the connections, and whose they are is said to be unknown", async () => {
    const files = Object.entries(notedFiles()).filter(([path]) => !path.includes("/fd/"));
    const node = await readFiles(Object.fromEntries(files));
    const flows = joinFlows(node, pub(node));
    expect(flows.map(lineOf)).toContain("? to 43.200.53.253 vip ip-172-16-57-254");
    expect(flows.every(({ process }) => process === undefined)).toBe(true);
    expect(new Set(flows.map(({ ownerReason }) => ownerReason))).toEqual(
      new Set(["the copy has no /proc/PID/fd"]),
    );
  });

  test("where nobody is asked, kubelet's and kube-proxy's are still told by the port, targets by rules", async () => {
    const node = await readFiles(
      workerCopy([
        ...PRIVATE,
        {
          pid: 5_000,
          name: "operator",
          connections: [
            { local: `${HERE}:40001`, remote: "10.0.20.41:443" },
            { local: `${HERE}:40002`, remote: "10.0.77.7:443" },
          ],
        },
      ]),
    );
    const unasked = controlPlaneUnasked("--no-probe: nobody was asked", node);
    const lines = linesOf(node, unasked);
    expect(lines).toContain("kubelet to 10.0.18.90 unknown");
    expect(lines).toContain("kube-proxy to 10.0.58.12 unknown");
    expect(lines).toContain("operator to 10.0.20.41 unknown");
    expect(lines.join("\n")).not.toMatch(/10\.0\.77\.7|former/);
    expect(statusesOf(node, unasked)).toMatchObject({ W04: "skip", W05: "ok", W09: "skip" });
  });
});
