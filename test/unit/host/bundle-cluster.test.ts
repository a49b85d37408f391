import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { captureRoot } from "../../../src/host/capture-root.ts";
import { sourceOf } from "../../../src/host/read-node.ts";
import { valueOf } from "../../../src/model/fact.ts";
import { type CopiedFiles, readFiles, statLine, writeCopy } from "../../support/host-copy.ts";
import { mintCa } from "../../support/test-pki.ts";

const SERVER = "https://1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com";
const UID = "5d3c0f4e-8e0b-4c0a-9f8e-0123456789ab";
const ID = "fedcba9876543210".repeat(4);

/** Of Amazon Linux 2023, where the log collector finds no kubeconfig: kubelet.service names none. */
function al2023(): Record<string, CopiedFiles[string]> {
  return {
    "networking/iproute.txt": "",
    "kubelet/svc.log": "======== Unable to find KUBECONFIG, IGNORING POD DATA =========\n",
    "kubelet/config.json": '{"clusterDNS":["10.100.0.10"]}',
    "kubelet/config.json.d/40-nodeadm.conf": '{"clusterDNS":["169.254.20.10"]}',
    "kubelet/kubelet_service.txt":
      "# /etc/systemd/system/kubelet.service\n[Service]\nExecStart=/usr/bin/kubelet $NODEADM_KUBELET_ARGS\n",
    "system/ps.txt":
      "root        2000  1.5  1.2 2000000 90000 ?       Ssl  Apr21   9:00 /usr/bin/kubelet --config-dir=/etc/kubernetes/kubelet/config.json.d --kubeconfig=/var/lib/kubelet/kubeconfig --node-ip=10.0.105.163 --config=/etc/kubernetes/kubelet/config.json\n",
    "system/allprocstat.txt": statLine(2000, "kubelet", 12_000),
    "system/netstat.txt": "Proto Recv-Q Send-Q\n",
    "system/region.txt": "ap-northeast-2\n",
  };
}

/** As `journalctl --unit=nodeadm-config` prints what nodeadm logs. */
function nodeadmLog(cluster: object): string {
  const config = { spec: { cluster }, status: { instance: { region: "ap-northeast-2" } } };
  const start = "Nov 25 08:00:00 ip-10-0-105-163 nodeadm[1630]: INFO init/init.go";
  return `${start}:65 Loading configuration.. {"configSource": ["imds://user-data"]}
${start}:89 Loaded configuration ${JSON.stringify({ config })}
${start}:156 done! {"duration": 1.5}
`;
}

const CNI = `{"ID": "${ID}", "Spec": {"process": {"env": ["PATH=/usr/bin", "CLUSTER_NAME=gonz-eks-pub",
"CLUSTER_ENDPOINT=${SERVER}", "KUBERNETES_SERVICE_HOST=10.100.0.1", "KUBERNETES_SERVICE_PORT=443",
"AWS_SECRET_ACCESS_KEY=EXAMPLE"]}}}
`;

describe("a bundle of Amazon Linux 2023, which has no kubeconfig", () => {
  it("tells the cluster by the log of nodeadm, with kubelet's drop-ins before its file", async () => {
    const { pem } = await mintCa("CN=kubernetes");
    const cluster = {
      name: "gonz-eks-pub",
      apiServerEndpoint: SERVER,
      certificateAuthority: Buffer.from(pem).toString("base64"),
      cidr: "10.100.0.0/16",
    };
    const older = nodeadmLog({ ...cluster, name: "before" });
    const files = { ...al2023(), "nodeadm/nodeadm-config.log": older + nodeadmLog(cluster) };
    const { kubelet } = await readFiles(files);
    expect(valueOf(kubelet)).toEqual({
      server: SERVER.toLowerCase(),
      certificateAuthority: { kind: "known", value: `${pem.trim()}\n` },
      clusterName: "gonz-eks-pub",
      region: "ap-northeast-2",
      nodeIp: "10.0.105.163",
      clusterDns: ["169.254.20.10"],
      file: "/nodeadm/nodeadm-config.log",
    });
  });

  it("tells it by the VPC CNI's environment where that log is older than ten days", async () => {
    const file = "/cni/cni-configuration-variables-containerd.json";
    const files = {
      ...al2023(),
      [file.slice(1)]: CNI,
      "nodeadm/nodeadm-config.log": "-- No entries --\n",
    };
    const snapshot = await readFiles(files);
    expect(valueOf(snapshot.kubelet)).toMatchObject({
      server: SERVER.toLowerCase(),
      clusterName: "gonz-eks-pub",
      region: "ap-northeast-2",
      certificateAuthority: { kind: "skipped", reason: "the log collector leaves the CA out" },
      file,
    });
    expect(snapshot.serviceAddresses).toEqual([{ ip: "10.100.0.1", port: 443 }]);
    expect(JSON.stringify(snapshot)).not.toContain("EXAMPLE");
  });

  it("takes what is none for no name, no region and no server", async () => {
    const log = nodeadmLog({ name: "$(reboot)", apiServerEndpoint: SERVER });
    const named = await readFiles({ ...al2023(), "nodeadm/nodeadm-run.log": log });
    expect(valueOf(named.kubelet)?.clusterName).toBeUndefined();
    const wrong = nodeadmLog({ name: "a", apiServerEndpoint: "file:///etc/shadow" });
    const { kubelet } = await readFiles({ ...al2023(), "nodeadm/nodeadm-run.log": wrong });
    expect(kubelet).toEqual({
      kind: "skipped",
      reason: "the bundle has no kubeconfig of kubelet, and nothing else in it names the cluster",
    });
  });
});

describe("a bundle of a worker with Docker", () => {
  it.each([
    `/usr/bin/containerd-shim-runc-v2 -namespace moby -id ${ID} -address /run/containerd/containerd.sock`,
    `containerd-shim -namespace moby -workdir /var/lib/containerd/io.containerd.runtime.v1.linux/moby/${ID} -address /run/containerd/containerd.sock`,
  ])("names the pod by the process that started the container, and docker ps: %s", async (shim) => {
    const files = {
      ...al2023(),
      "system/ps.txt": `root 3900 0.0 0.0 1 1 ? Sl Apr21 0:00 ${shim}\nroot 4000 0.0 0.0 1 1 ? Sl Apr21 0:00  \\_ ./aws-k8s-agent\n`,
      "system/allprocstat.txt": `${statLine(3900, "containerd-shim", 1)}${statLine(4000, "aws-k8s-agent", 2, 3900)}`,
      "system/netstat.txt":
        "Proto Recv-Q Send-Q\ntcp 0 0 10.0.105.163:55134 172.20.0.1:443 ESTABLISHED 4000/./aws-k8s-ag\n",
      "docker/docker-ps.txt": `CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n${ID}   602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni   "/app/entrypoint.sh"   2 days ago   Up 2 days             k8s_aws-node_aws-node-abcde_kube-system_${UID}_0\n`,
    };
    const [process] = (await readFiles(files)).processes;
    expect(process?.owner).toEqual({
      kind: "pod",
      podUid: UID,
      containerId: ID,
      namespace: "kube-system",
      pod: "aws-node-abcde",
      container: "aws-node",
    });
  });
});

describe("the folder of a bundle", () => {
  it("may be the one that it was unpacked into, or the one around that", () => {
    const root = writeCopy({
      "eks_i-0abc_2026/networking/resolv.conf": "",
      "eks_i-0abc_2026/system/ps.txt": "",
      "notes/a.txt": "",
    });
    try {
      const inside = join(root, "eks_i-0abc_2026");
      expect(captureRoot(root)).toBe(inside);
      expect(captureRoot(inside)).toBe(inside);
      expect(sourceOf(captureRoot(root)).kind).toBe("bundle");
      // Two of them are nobody's choice but the user's.
      mkdirSync(join(root, "other", "proc"), { recursive: true });
      expect(captureRoot(root)).toBe(root);
      expect(captureRoot(join(root, "gone"))).toBe(join(root, "gone"));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe("a list of sockets that netstat did not finish", () => {
  it("is said to be one", async () => {
    const files = { ...al2023(), "system/netstat.txt": "Proto Recv-Q Send-Q\ntcp 0 0 10.0.105.16" };
    expect((await readFiles(files)).blind).toContain(
      "sockets at the end of the list: netstat was stopped",
    );
  });
});
