import { describe, expect, it } from "vitest";
import { valueOf } from "../../../src/model/fact.ts";
import { CNI_UID, notedFiles, readFiles, tcpTable } from "../../support/host-copy.ts";

describe("a copy of a worker's files", () => {
  it("has every connection to the control plane with its process, and no other socket", async () => {
    const { namespaces, owners, source } = await readFiles(notedFiles());
    expect(source.kind).toBe("root");
    const shown = namespaces.map(({ id, sockets }) => [
      id,
      (valueOf(sockets) ?? []).map(
        ({ local, remote, state, inode }) =>
          `${local.ip}:${local.port} ${remote.ip}:${remote.port} ${state} ${valueOf(owners)?.[inode]?.join()}`,
      ),
    ]);
    expect(shown).toEqual([
      [
        "host",
        [
          "10.0.105.163:46370 43.200.53.253:443 established 3456",
          "10.0.105.163:55134 172.20.0.1:443 established 4000",
          ":::10250 :::0 listen 3456",
          "10.0.105.163:10250 10.0.95.229:34567 established 3456",
        ],
      ],
      ["net:[4026532840]", ["10.0.105.11:49153 172.20.0.1:443 established 5000"]],
    ]);
  });

  it("tells each process's name, start, unit or pod, proxy and network", async () => {
    const { processes } = await readFiles(notedFiles());
    expect(processes).toEqual([
      {
        pid: 3456,
        name: "kubelet",
        command: {
          kind: "known",
          value: [
            "/usr/bin/kubelet",
            "--node-ip=10.0.105.163",
            "--kubeconfig",
            "/var/lib/kubelet/kubeconfig",
          ],
        },
        startedAt: { kind: "known", value: "2023-04-21T06:55:20.000Z" },
        owner: { kind: "unit", unit: "kubelet.service" },
        proxy: {
          kind: "known",
          value: {
            httpsProxy: "http://proxy.corp.example:3128",
            variable: "HTTPS_PROXY",
            noProxy: ["169.254.169.254"],
            unreadable: [],
          },
        },
        networkNamespace: "host",
      },
      expect.objectContaining({
        pid: 4000,
        name: "aws-k8s-agent",
        owner: {
          kind: "pod",
          podUid: CNI_UID,
          containerId: "0123456789abcdef".repeat(4),
          namespace: "kube-system",
          pod: "aws-node-abcde",
          container: "aws-node",
        },
      }),
      expect.objectContaining({
        pid: 5000,
        networkNamespace: "net:[4026532840]",
        owner: expect.objectContaining({ kind: "unknown" }),
        proxy: { kind: "skipped", reason: "the copy has no environments" },
      }),
    ]);
  });

  it("tells rules, the tracked connections of these peers, and what kubelet was told", async () => {
    const snapshot = await readFiles(notedFiles());
    expect(snapshot).toMatchObject({
      readAt: "2023-04-21T16:53:20.500Z",
      hostname: "ip-10-0-105-163.ap-northeast-2.compute.internal",
      localIps: ["10.0.105.163"],
      conntrackUse: { kind: "known", value: { count: 4711, max: 131_072 } },
      serviceAddresses: [{ ip: "172.20.0.1", port: 443 }],
      nameServers: { kind: "known", value: ["10.0.0.2"] },
      kubelet: {
        kind: "known",
        value: {
          server: "https://1368909f748386f16ee96fce0f49a400.yl4.ap-northeast-2.eks.amazonaws.com",
          clusterName: "gonz-eks-pub",
          region: "ap-northeast-2",
          nodeIp: "10.0.105.163",
          clusterDns: ["172.20.0.10"],
          file: "/var/lib/kubelet/kubeconfig",
          certificateAuthority: {
            kind: "unknown",
            failure: { message: "/etc/kubernetes/pki/ca.crt is not there" },
          },
        },
      },
      blind: [],
    });
    const [service] = valueOf(snapshot.nat) ?? [];
    expect(service?.targets.map(({ to, probability }) => [to.ip, probability])).toEqual([
      ["10.0.20.41", 0.5],
      ["10.0.95.229", 0.5],
    ]);
    const tracked = valueOf(snapshot.conntrack) ?? [];
    expect(tracked.map(({ destination, target }) => [destination.ip, target.ip])).toEqual([
      ["172.20.0.1", "10.0.20.41"],
    ]);
  });

  it("says of each part that is not in it that it is not known, and takes nothing for empty", async () => {
    const snapshot = await readFiles({ "etc/hostname": "worker\n" });
    expect(snapshot).toMatchObject({
      hostname: "worker",
      namespaces: [{ id: "host", sockets: { kind: "unknown" } }],
      processes: [],
      nat: { kind: "skipped", reason: "the capture has no rules of NAT" },
      conntrack: { kind: "skipped" },
      conntrackUse: { kind: "skipped" },
      kubelet: { kind: "skipped" },
      nameServers: { kind: "unknown" },
    });
    expect(snapshot.blind).toContain("when this was captured: the time given is that of its files");
  });

  it("tells sockets without owners apart from a copy that has no open files", async () => {
    const all = notedFiles();
    const files = Object.entries(all).filter(([path]) => !path.includes("/fd/"));
    const { owners, processes } = await readFiles(Object.fromEntries(files));
    expect(owners).toEqual({ kind: "skipped", reason: "the copy has no /proc/PID/fd" });
    expect(processes).toEqual([]);
  });

  it("shows each rule once where several tools printed it, and what only one of them shows", async () => {
    const files = notedFiles();
    const saved = files["iptables-save.txt"];
    const once = valueOf((await readFiles(files)).nat);
    expect(once).toHaveLength(1);
    const hidden = {
      nftables: [
        { chain: { family: "ip", table: "nat", name: "OUTPUT", type: "nat", hook: "output" } },
        {
          rule: {
            family: "ip",
            table: "nat",
            chain: "OUTPUT",
            expr: [
              {
                match: {
                  op: "==",
                  left: { payload: { protocol: "ip", field: "daddr" } },
                  right: "172.20.0.1",
                },
              },
              { xt: { type: "match", name: "tcp" } },
              { xt: { type: "target", name: "DNAT" } },
            ],
          },
        },
      ],
    };
    const twice = {
      ...files,
      "iptables-nft-save.txt": saved ?? "",
      "iptables-legacy-save.txt": "# Generated by iptables-save v1.8.8\n",
      "nft.json": JSON.stringify(hidden),
    };
    expect(valueOf((await readFiles(twice)).nat)).toEqual(once);
  });

  it("finds a pod's sockets by whichever of its processes has the table", async () => {
    const { "proc/5000/net/tcp": table = "", ...files } = notedFiles();
    const moved = {
      ...files,
      "proc/5100/ns/net": { link: "net:[4026532840]" },
      "proc/5100/net/tcp": table,
    };
    const { namespaces } = await readFiles(moved);
    expect(namespaces[1]?.sockets.kind).toBe("known");
  });

  it("looks into five hundred networks beside its own, and counts those that it leaves out", async () => {
    const pods = Array.from({ length: 502 }, (_, index) => ({
      [`proc/${10_000 + index}/ns/net`]: { link: `net:[${4_026_540_000 + index}]` },
    }));
    const files = {
      "proc/1/ns/net": { link: "net:[4026531840]" },
      "proc/1/net/tcp": tcpTable([]),
      "proc/1/comm": "systemd\n",
    };
    const { namespaces, blind } = await readFiles(Object.assign({}, files, ...pods));
    expect(namespaces).toHaveLength(501);
    expect(blind).toContain("2 further network namespaces were left out");
  });

  it("copes without command lines, environments and kubeconfig, and says what is not known for it", async () => {
    const files = Object.entries(notedFiles()).filter(
      ([path]) => !/\/(?:cmdline|environ)$|kubeconfig$/.test(path),
    );
    const { processes, kubelet, serviceAddresses } = await readFiles(Object.fromEntries(files));
    expect(processes.map(({ pid, command, proxy }) => [pid, command.kind, proxy])).toEqual(
      [3456, 4000, 5000].map((pid) => [
        pid,
        "unknown",
        { kind: "skipped", reason: "the copy has no environments" },
      ]),
    );
    expect(kubelet).toEqual({
      kind: "skipped",
      reason: "this copy has no kubeconfig of kubelet",
    });
    expect(serviceAddresses).toEqual([]);
  });

  it("takes the settings that kubelet's own arguments name, the last drop-in before the file", async () => {
    const files = {
      ...notedFiles(),
      "proc/3456/cmdline":
        "kubelet\0--kubeconfig=/opt/kubeconfig\0--config=/opt/config\0--config-dir=/opt/config.d\0",
      "opt/kubeconfig":
        "clusters: [{name: a, cluster: {server: 'https://10.0.0.9:6443'}}]\ncontexts: [{name: b, context: {cluster: a}}]\n",
      "opt/config": "clusterDNS: [172.20.0.10]\n",
      "opt/config.d/10.conf": '{"clusterDNS":["172.20.0.11"]}',
      "opt/config.d/40.conf": '{"clusterDNS":["169.254.20.10","no address"]}',
      "opt/config.d/50.conf": '{"maxPods":110}',
    };
    const { kubelet } = await readFiles(files);
    expect(valueOf(kubelet)).toMatchObject({
      server: "https://10.0.0.9:6443",
      clusterName: undefined,
      region: undefined,
      nodeIp: undefined,
      clusterDns: ["169.254.20.10"],
      file: "/opt/kubeconfig",
    });
  });

  it("finds a socket's owner in another network than the socket's, after those in its own", async () => {
    const files = notedFiles();
    // A process of a pod's network that was handed a socket of the host's.
    const { owners } = await readFiles({
      ...files,
      "proc/3456/fd/7": { link: "/dev/null" },
      "proc/5000/fd/12": { link: "socket:[101]" },
    });
    expect(valueOf(owners)).toMatchObject({ 101: [5_000], 102: [4_000], 201: [5_000] });
  });
});
