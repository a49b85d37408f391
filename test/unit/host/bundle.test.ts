import { describe, expect, it } from "vitest";
import { valueOf } from "../../../src/model/fact.ts";
import {
  CNI_UID,
  type CopiedFiles,
  notedFiles,
  readFiles,
  statLine,
} from "../../support/host-copy.ts";

const ID = "fedcba9876543210".repeat(4);

/** As the log collector writes it, by its script: listings in place of /proc. */
function bundle(): Record<string, CopiedFiles[string]> {
  const worker = notedFiles();
  const text = (name: string): string => {
    const content = worker[name];
    return typeof content === "string" ? content : "";
  };
  return {
    "kernel/uname.txt":
      "Linux ip-10-0-105-163.ap-northeast-2.compute.internal 5.10.176 #1 SMP x86_64 GNU/Linux\n",
    "networking/resolv.conf": "nameserver 10.0.0.2\n",
    "networking/iproute.txt":
      "default via 10.0.96.1 dev eth0 \nlocal 10.0.105.163 dev eth0 table local proto kernel scope host src 10.0.105.163 \nlocal 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1\n",
    "networking/ip6route.txt":
      "local fe80::1 dev eth0 table local proto kernel metric 0 pref medium\n",
    "networking/iptables-save.txt": text("iptables-save.txt"),
    "networking/ip6tables-save.txt": "",
    "networking/ipvsadm.txt": "ipvsadm not installed\n",
    "networking/conntrack.txt": `*** Output of conntrack -S ***\ncpu=0 found=1 invalid=2\n*** Output of conntrack -L ***\n${text("proc/net/nf_conntrack").replace(/^ipv4 +2 /gm, "")}`,
    "networking/curl_api_server.txt":
      "curling https://1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com (1 of 5) 2023-04-21T15:41:31.123UTC\n\n",
    "kubelet/kubeconfig.yaml": text("var/lib/kubelet/kubeconfig"),
    "kubelet/kubelet-config.json": '{"clusterDNS":["172.20.0.10"]}',
    "sysctls/sysctl_all.txt":
      "net.netfilter.nf_conntrack_buckets = 65536\nnet.netfilter.nf_conntrack_count = 4711\nnet.netfilter.nf_conntrack_max = 131072\n",
    "system/procstat.txt": "cpu 1 2 3\nbtime 1682060000\n",
    "system/allprocstat.txt": [
      statLine(1, "systemd", 1, 0),
      statLine(3456, "kubelet", 12_000),
      statLine(4000, "entry (point)", 19_000),
      statLine(4001, "aws-k8s-agent", 20_000, 4000),
    ].join(""),
    "system/ps.txt": `USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 168000 11000 ?        Ss   Apr21   0:05 /usr/lib/systemd/systemd
root        3456  1.5  1.2 2000000 90000 ?       Ssl  Apr21   9:00 /usr/bin/kubelet --node-ip=10.0.105.163 --kubeconfig /var/lib/kubelet/kubeconfig --token abcdef
root        4000  0.0  0.0   2000  1000 ?        Ss   Apr21   0:00  \\_ /entrypoint
root        4001  0.1  0.2 700000 30000 ?        Sl   Apr21   1:00  |   \\_ ./aws-k8s-agent
`,
    "system/netstat.txt": `Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      900/sshd
tcp        0     31 10.0.105.163:46370      43.200.53.253:443       ESTABLISHED 3456/kubelet
tcp        0      0 10.0.105.163:55134      172.20.0.1:443          ESTABLISHED 4001/aws-k8s-agent
tcp        0      0 10.0.105.163:55135      172.20.0.1:443          TIME_WAIT   -
tcp6       0      0 :::10250                :::*                    LISTEN      3456/kubelet
tcp6       0      0 10.0.105.163:10250      10.0.95.229:34567       ESTABLISHED 3456/kubelet
`,
    "containerd/containerd-tasks.txt": `TASK                                                                PID      STATUS\n${ID}    4000     RUNNING\n`,
    [`var_log/aws-node-abcde_kube-system_aws-node-${ID}.log`]: "",
    [`var_log/kube-system_aws-node-abcde_${CNI_UID}/aws-node/0.log`]: "",
  };
}

describe("an unpacked bundle of the EKS log collector", () => {
  it("has the sockets that netstat listed, each with its process", async () => {
    const { source, namespaces, owners } = await readFiles(bundle());
    expect(source.kind).toBe("bundle");
    const sockets = valueOf(namespaces[0]?.sockets ?? { kind: "skipped", reason: "" }) ?? [];
    expect(
      sockets.map(({ remote, state, sendQueueBytes, inode }) => [
        `${remote.ip}:${remote.port}`,
        state,
        sendQueueBytes,
        valueOf(owners)?.[inode],
      ]),
    ).toEqual([
      ["43.200.53.253:443", "established", 31, [3456]],
      ["172.20.0.1:443", "established", 0, [4001]],
      ["172.20.0.1:443", "time-wait", 0, undefined],
      [":::0", "listen", 0, [3456]],
      ["10.0.95.229:34567", "established", 0, [3456]],
    ]);
  });

  it("has processes with command and start, and the pod of the container that they run in", async () => {
    const { processes } = await readFiles(bundle());
    expect(processes).toMatchObject([
      {
        pid: 3456,
        name: "kubelet",
        command: {
          value: [
            "/usr/bin/kubelet",
            "--node-ip=10.0.105.163",
            "--kubeconfig",
            "/var/lib/kubelet/kubeconfig",
            "--token",
            "[redacted]",
          ],
        },
        startedAt: { value: "2023-04-21T06:55:20.000Z" },
        owner: { kind: "unknown", reason: "the bundle has no control groups" },
      },
      {
        pid: 4001,
        name: "aws-k8s-agent",
        command: { value: ["./aws-k8s-agent"] },
        owner: {
          kind: "pod",
          podUid: CNI_UID,
          containerId: ID,
          namespace: "kube-system",
          pod: "aws-node-abcde",
          container: "aws-node",
        },
      },
    ]);
  });

  it("has rules, tracked connections, kubelet's settings and the time when it was made", async () => {
    const snapshot = await readFiles(bundle());
    expect(snapshot).toMatchObject({
      readAt: "2023-04-21T15:41:31.123Z",
      hostname: "ip-10-0-105-163.ap-northeast-2.compute.internal",
      localIps: ["10.0.105.163", "fe80::1"],
      nat: { kind: "known", value: [{ service: { ip: "172.20.0.1" } }] },
      conntrack: { kind: "known", value: [{ target: { ip: "10.0.20.41" } }] },
      conntrackUse: { kind: "known", value: { count: 4711, max: 131_072 } },
      kubelet: {
        kind: "known",
        value: {
          clusterName: "gonz-eks-pub",
          nodeIp: "10.0.105.163",
          clusterDns: ["172.20.0.10"],
          file: "/kubelet/kubeconfig.yaml",
        },
      },
      nameServers: { kind: "known", value: ["10.0.0.2"] },
      blind: ["sockets of pods' own networks: the log collector does not list them"],
    });
  });

  it("says that sockets are missing where netstat was not installed, and takes none for none", async () => {
    const files = {
      ...bundle(),
      "system/netstat.txt": "timeout: failed to run command 'netstat'\n",
    };
    const { namespaces, owners, blind } = await readFiles(files);
    const why = "the bundle has no list of sockets: netstat was not installed";
    expect(namespaces).toEqual([{ id: "host", sockets: { kind: "skipped", reason: why } }]);
    expect(owners).toEqual({ kind: "skipped", reason: why });
    expect(blind).toEqual([why]);
  });

  it("takes rules that nobody could print for not known", async () => {
    const files = { ...bundle(), "networking/iptables-save.txt": "" };
    const { nat } = await readFiles(files);
    expect(nat).toEqual({ kind: "skipped", reason: "the capture has no rules of NAT" });
  });

  it("does not take the absence of kube-proxy's rules from iptables for their absence", async () => {
    const others = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
    const files = { ...bundle(), "networking/iptables-save.txt": others };
    const { nat, blind } = await readFiles(files);
    expect(nat).toEqual({ kind: "known", value: [] });
    expect(blind).toContain(
      "rules of NAT: iptables has none of kube-proxy's, and the capture has no list of nftables, where newer versions keep them",
    );
    const modules = "ip_vs_rr               16384  3\nip_vs                 180224  5 ip_vs_rr\n";
    const ofIpvs = await readFiles({ ...files, "modinfo/ip_vs": modules });
    expect(ofIpvs.blind).toContain(
      "rules of NAT: the kernel has IPVS loaded, and the capture has no list of its services",
    );
    // Loaded by something else, and without a scheduler nobody uses it.
    const idle = { ...files, "modinfo/ip_vs": "ip_vs                 180224  0\n" };
    expect((await readFiles(idle)).blind).toEqual(blind);
    expect((await readFiles(bundle())).blind.join()).not.toContain("rules of NAT");
  });

  it("takes the listing of rules where iptables-save printed none", async () => {
    const listing = `Chain PREROUTING (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
   10   600 KUBE-SERVICES  all  --  *      *       0.0.0.0/0            0.0.0.0/0

Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
   10   600 KUBE-SERVICES  all  --  *      *       0.0.0.0/0            0.0.0.0/0

Chain KUBE-SERVICES (2 references)
 pkts bytes target     prot opt in     out     source               destination
    1    60 KUBE-SVC-NPX46M4PTMTKRN6Y  tcp  --  *      *       0.0.0.0/0            172.20.0.1           /* default/kubernetes:https cluster IP */ tcp dpt:443

Chain KUBE-SVC-NPX46M4PTMTKRN6Y (1 references)
 pkts bytes target     prot opt in     out     source               destination
    1    60 KUBE-SEP-5UMKMGJMUDXCXVAP  all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https -> 10.0.20.41:443 */

Chain KUBE-SEP-5UMKMGJMUDXCXVAP (1 references)
 pkts bytes target     prot opt in     out     source               destination
    1    60 DNAT       tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https */ tcp to:10.0.20.41:443
`;
    const files = {
      ...bundle(),
      "networking/iptables-save.txt": "",
      "networking/iptables-nat.txt": listing,
    };
    const [service] = valueOf((await readFiles(files)).nat) ?? [];
    expect(service?.targets.map(({ to }) => to.ip)).toEqual(["10.0.20.41"]);
  });

  it("counts each server of IPVS once, though ipvsadm's statistics list it again", async () => {
    const files = {
      ...bundle(),
      "networking/iptables-save.txt": "",
      "networking/ipvsadm.txt": `-A -t 172.20.0.1:https -s rr
-a -t 172.20.0.1:https -r 10.0.20.41:https -m -w 1
-a -t 172.20.0.1:https -r 10.0.95.229:https -m -w 1

IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
  -> RemoteAddress:Port
TCP  172.20.0.1:443                      0        0        0        0        0
  -> 10.0.20.41:443                      0        0        0        0        0
  -> 10.0.95.229:443                     0        0        0        0        0
`,
    };
    const [service] = valueOf((await readFiles(files)).nat) ?? [];
    expect(service?.backend).toBe("ipvs");
    expect(service?.targets.map(({ to, probability }) => [to.ip, probability])).toEqual([
      ["10.0.20.41", 0.5],
      ["10.0.95.229", 0.5],
    ]);
  });

  it("knows that a kubeconfig of kubectl leaves the CA's data out", async () => {
    const files = {
      ...bundle(),
      "kubelet/kubeconfig.yaml":
        "clusters: [{name: a, cluster: {server: 'https://10.0.0.9', certificate-authority-data: DATA+OMITTED}}]\ncontexts: [{name: b, context: {cluster: a}}]\n",
    };
    expect(valueOf((await readFiles(files)).kubelet)?.certificateAuthority).toEqual({
      kind: "skipped",
      reason: "the capture leaves the CA out",
    });
  });

  it("takes kubelet's arguments from its unit where ps was not kept", async () => {
    const files: Record<string, CopiedFiles[string]> = {
      ...bundle(),
      "kubelet/kubelet_service.txt":
        "[Service]\nExecStart=/usr/bin/kubelet \\\n  --node-ip 10.0.105.164 \\\n  $ARGS\nRestart=always\n",
    };
    delete files["system/ps.txt"];
    expect(valueOf((await readFiles(files)).kubelet)?.nodeIp).toBe("10.0.105.164");
  });
});
