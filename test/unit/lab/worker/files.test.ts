import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LabSocket, LabWorker } from "../../../../src/lab/scenario/worker.ts";
import type { Scenario } from "../../../../src/lab/scenario.ts";
import { scenario } from "../../../../src/lab/scenarios/base.ts";
import { kubernetesTo, PUBLIC_WORKER, rulesFor } from "../../../../src/lab/scenarios/workers.ts";
import { type Lab, startLab } from "../../../../src/lab/start.ts";
import { workerFiles } from "../../../../src/lab/worker/files.ts";
import { type KernelDump, printFromKernel } from "../../../support/kernel-nat.ts";

vi.mock("../../../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../../../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

const NOW_MS = Date.parse("2023-04-25T00:24:24.500Z");

/** The worker's files by their paths; of a link where it leads. */
function filesOf(
  change: Partial<LabWorker>,
  more: Partial<Scenario> = {},
): Readonly<Record<string, string>> {
  const worker = { ...PUBLIC_WORKER, ...change };
  const files = workerFiles(worker, {
    scenario: scenario("test", "for a test", { ...more, worker }),
    certificateAuthorityOf: (name) => (name === "gonz-eks-pub" ? "the CA\n" : undefined),
    nowMs: NOW_MS,
  });
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === "string" ? content : content.link,
    ]),
  );
}

function linesOf(text: string | undefined): readonly string[] {
  return (text ?? "").trimEnd().split("\n");
}

function socketLine(socket: LabSocket): string {
  return linesOf(filesOf({ sockets: [socket] })["proc/1/net/tcp"])[1] ?? "";
}

const CNI_SOCKET: LabSocket = {
  state: "established",
  local: { ip: "10.0.105.163", port: 36_338 },
  remote: { ip: "172.20.0.1", port: 443 },
};

describe("the sockets of a worker", () => {
  test("are as Linux prints them: bytes turned round, ports not, and a line of 149 characters", () => {
    const table = filesOf({ sockets: [{ ...CNI_SOCKET, pid: 3_301 }] })["proc/1/net/tcp"] ?? "";
    expect(table.split("\n").map((line) => line.length)).toEqual([149, 149, 0]);
    expect(linesOf(table)[1]?.trimEnd()).toBe(
      "   0: A369000A:8DF2 010014AC:01BB 01 00000000:00000000 02:0000044C 00000000     0        0 20221 2 0000000000000000 20 4 30 10 -1",
    );
  });

  test("tell what waits for an answer, and how often it was sent again", () => {
    const waiting = socketLine({ ...CNI_SOCKET, unacknowledgedBytes: 1_240, retransmits: 9 });
    expect(waiting).toContain(" 01 000004D8:00000000 01:00002800 00000009 ");
    expect(socketLine({ ...CNI_SOCKET, state: "syn-sent", retransmits: 2 })).toContain(
      " 02 00000000:00000000 01:00000050 00000002 ",
    );
    expect(socketLine({ ...CNI_SOCKET, withoutKeepalive: true, unreadBytes: 7 })).toContain(
      " 01 00000000:00000007 00:00000000 00000000 ",
    );
    expect(socketLine({ ...CNI_SOCKET, state: "time-wait" })).toContain(" 06 ");
  });

  test("that kubelet listens with and accepted are in the table of IPv6", () => {
    const [, listener, accepted] = linesOf(filesOf({})["proc/1/net/tcp6"]);
    expect(listener).toContain(
      " 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A ",
    );
    expect(accepted).toContain(
      " 0000000000000000FFFF0000A369000A:280A 0000000000000000FFFF00002914000A:A642 01 ",
    );
  });

  test("of a pod are in the pod's own network, and in no other", () => {
    const files = filesOf({});
    expect(files["proc/5412/ns/net"]).not.toBe(files["proc/1/ns/net"]);
    expect(files["proc/3301/ns/net"]).toBe(files["proc/1/ns/net"]);
    expect(files["proc/5412/net/tcp"]).toContain(" 0765000A:CEB2 010014AC:01BB 01 ");
    expect(files["proc/1/net/tcp"]).not.toContain("0765000A");
    expect(files).not.toHaveProperty("proc/3301/net/tcp");
  });

  test("are led to from the open files of their processes", () => {
    const files = filesOf({});
    const inode = /^socket:\[(\d+)\]$/.exec(files["proc/2865/fd/7"] ?? "")?.[1];
    const own = linesOf(files["proc/1/net/tcp"]).filter((line) => line.includes(` ${inode} `));
    expect(own).toEqual([expect.stringContaining("A369000A:B522 FD35C82B:01BB")]);
  });
});

describe("the connections that a worker's kernel tracks", () => {
  test("are the sockets', with the translation in where the answers come from", () => {
    expect(linesOf(filesOf({})["proc/1/net/nf_conntrack"])).toEqual([
      "ipv4     2 tcp      6 86398 ESTABLISHED src=10.0.105.163 dst=43.200.53.253 sport=46370 dport=443 src=43.200.53.253 dst=10.0.105.163 sport=443 dport=46370 [ASSURED] mark=0 zone=0 use=2",
      "ipv4     2 tcp      6 86398 ESTABLISHED src=10.0.105.163 dst=43.200.53.253 sport=35144 dport=443 src=43.200.53.253 dst=10.0.105.163 sport=443 dport=35144 [ASSURED] mark=0 zone=0 use=2",
      "ipv4     2 tcp      6 86398 ESTABLISHED src=10.0.105.163 dst=172.20.0.1 sport=36338 dport=443 src=10.0.95.229 dst=10.0.105.163 sport=443 dport=36338 [ASSURED] mark=0 zone=0 use=2",
      "ipv4     2 tcp      6 86398 ESTABLISHED src=10.0.20.41 dst=10.0.105.163 sport=42562 dport=10250 src=10.0.105.163 dst=10.0.20.41 sport=10250 dport=42562 [ASSURED] mark=0 zone=0 use=2",
      "ipv4     2 tcp      6 86398 ESTABLISHED src=10.0.101.7 dst=172.20.0.1 sport=52914 dport=443 src=10.0.20.41 dst=10.0.101.7 sport=443 dport=52914 [ASSURED] mark=0 zone=0 use=2",
    ]);
  });

  test("that nobody answered say so", () => {
    const sockets: readonly LabSocket[] = [{ ...CNI_SOCKET, state: "syn-sent" }];
    expect(filesOf({ sockets })["proc/1/net/nf_conntrack"]).toBe(
      "ipv4     2 tcp      6 119 SYN_SENT src=10.0.105.163 dst=172.20.0.1 sport=36338 dport=443 [UNREPLIED] src=172.20.0.1 dst=10.0.105.163 sport=443 dport=36338 mark=0 zone=0 use=2\n",
    );
  });

  test("from the service's own address, as of IPVS, are masqueraded by the node's", () => {
    const sockets: readonly LabSocket[] = [
      {
        ...CNI_SOCKET,
        local: { ip: "172.20.0.1", port: 36_338 },
        leadsTo: { ip: "10.0.20.41", port: 443 },
      },
    ];
    expect(filesOf({ sockets })["proc/1/net/nf_conntrack"]).toContain(
      "src=172.20.0.1 dst=172.20.0.1 sport=36338 dport=443 src=10.0.20.41 dst=10.0.105.163 sport=443 dport=36338",
    );
  });
});

const ENIS = ["10.0.20.41", "10.0.95.229"];
const ODD = {
  ...kubernetesTo(ENIS),
  targets: ENIS.map((ip) => ({ ip, port: 443, probability: 0.3 })),
};
const IDLE = { name: "default/idle:http", ip: "172.20.99.9", port: 8080, targets: [] };

describe("the rules of a worker", () => {
  test("have the chains' names of the field notes", () => {
    const text = filesOf({})["iptables-legacy-save.txt"] ?? "";
    expect(linesOf(text)[0]).toBe(
      "# Generated by iptables-save v1.8.4 on Tue Apr 25 00:24:24 2023",
    );
    for (const [eni, chain, chance] of [
      [
        "10.0.20.41",
        "KUBE-SEP-5UMKMGJMUDXCXVAP",
        " -m statistic --mode random --probability 0.50000000000",
      ],
      ["10.0.95.229", "KUBE-SEP-CQ7WW6ZVSX2XUWDS", ""],
    ] as const) {
      expect(text).toContain(
        `\n-A KUBE-SVC-NPX46M4PTMTKRN6Y -m comment --comment "default/kubernetes:https -> ${eni}:443"${chance} -j ${chain}\n`,
      );
      expect(text).toContain(
        `\n-A ${chain} -p tcp -m comment --comment "default/kubernetes:https" -m tcp -j DNAT --to-destination ${eni}:443\n`,
      );
    }
  });

  test("that were flushed are a table with the kernel's own chains, and not no file", () => {
    const files = filesOf({ rules: [] });
    expect(linesOf(files["iptables-save.txt"]).filter((line) => !line.startsWith("#"))).toEqual([
      "*nat",
      ":PREROUTING ACCEPT [0:0]",
      ":INPUT ACCEPT [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":POSTROUTING ACCEPT [0:0]",
      "COMMIT",
    ]);
  });

  test("of IPVS are in the kernel's file, and the node has the services' addresses", () => {
    const files = filesOf({ rules: [rulesFor("ipvs", kubernetesTo(ENIS))] });
    expect(files["proc/1/net/ip_vs"]).toContain(
      "TCP  AC140001:01BB rr  \n  -> 0A001429:01BB      Masq    1      1          0         \n",
    );
    expect(files["proc/1/net/fib_trie"]).toContain("|-- 172.20.0.1\n        /32 host LOCAL\n");
    expect(filesOf({})["proc/1/net/fib_trie"]).not.toContain("172.20.0.1");
  });

  test("may be of two back ends: what an earlier mode left behind beside those of now", () => {
    const files = filesOf({
      rules: [
        rulesFor("iptables-legacy", kubernetesTo(ENIS)),
        rulesFor("nftables", kubernetesTo(ENIS)),
      ],
    });
    expect(files).toHaveProperty(["iptables-legacy-save.txt"]);
    expect(files).toHaveProperty(["nft.txt"]);
  });
});

interface Loaded extends Omit<KernelDump, "document"> {
  readonly file: string;
  readonly text: string;
}

function dumpOf(
  backend: "iptables-legacy" | "iptables-nft" | "nftables",
  kubernetes: ReturnType<typeof kubernetesTo>,
): Loaded {
  const { services } = rulesFor(backend, kubernetes);
  const files = filesOf({ rules: [{ backend, services: [...services, IDLE] }] });
  if (backend === "nftables") {
    return {
      backend,
      needs: ["nft"],
      load: "nft -f -",
      prints: { printed: "nft list table ip kube-proxy" },
      file: "nft.txt",
      text: files["nft.txt"] ?? "",
    };
  }
  const save = `${backend}-save`;
  return {
    backend,
    needs: [`${backend}-restore`, save],
    load: `${backend}-restore`,
    prints: { printed: `${save} -t nat` },
    file: `${save}.txt`,
    text: files[`${save}.txt`] ?? "",
  };
}

/** Without the lines that say when, and with the elements of nft's sets in one order, one a line. */
function comparable(text: string): readonly string[] {
  return text
    .replaceAll(/elements = \{([^}]*)\}/g, (_, inner: string) => {
      const all = inner.split(",").map((one) => one.trim());
      return `elements = { ${all.toSorted().join(", ")} }`;
    })
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

describe("a real kernel", () => {
  const dumps = [
    dumpOf("iptables-legacy", kubernetesTo(ENIS)),
    dumpOf("iptables-nft", ODD),
    dumpOf("nftables", kubernetesTo(ENIS)),
  ];
  for (const dump of dumps) {
    const printed = printFromKernel({ ...dump, document: () => dump.text }, []);
    const impossible = printed.kind === "impossible";
    if (impossible) process.stderr.write(`${dump.backend}: ${printed.reason}\n`);
    test.skipIf(impossible)(
      `takes the rules of ${dump.backend}, and prints them as they are written here`,
      () => {
        if (printed.kind === "impossible") return;
        expect(comparable(printed.texts["printed"] ?? "")).toEqual(comparable(dump.text));
      },
    );
  }
});

describe("what a worker is told of its cluster", () => {
  test("is in kubelet's kubeconfig, with the cluster's CA beside it", () => {
    const files = filesOf({});
    expect(files["var/lib/kubelet/kubeconfig"]).toContain(
      "server: https://1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com",
    );
    expect(files["etc/kubernetes/pki/ca.crt"]).toBe("the CA\n");
    expect(files["etc/kubernetes/kubelet/kubelet-config.json"]).toContain('"172.20.0.10"');
    expect(files["etc/resolv.conf"]).toMatch(/^nameserver 10\.0\.0\.2$/m);
  });

  test("names no CA's file where the cluster has none yet", () => {
    const more = { clusters: [], worker: PUBLIC_WORKER };
    expect(filesOf({ cluster: "gone" }, more)).toEqual({});
    const [cluster] = scenario("test", "for a test", {}).clusters;
    const other = cluster === undefined ? [] : [{ ...cluster, name: "other" }];
    expect(filesOf({ cluster: "other" }, { clusters: other })).not.toHaveProperty([
      "etc/kubernetes/pki/ca.crt",
    ]);
  });

  test("is told to pods by their environment, and to systemd's units is not", () => {
    const files = filesOf({});
    expect(files["proc/3301/environ"]).toContain("\0KUBERNETES_SERVICE_HOST=172.20.0.1\0");
    expect(files["proc/2865/environ"]).not.toContain("KUBERNETES");
  });

  test("is as old as its processes: the kernel counts from when the worker came up", () => {
    const files = filesOf({
      upSeconds: 1_000,
      processes: PUBLIC_WORKER.processes.map((one) => ({ ...one, ageSeconds: 400 })),
    });
    expect(files["proc/stat"]).toContain(`btime ${Date.parse("2023-04-25T00:07:44Z") / 1_000}\n`);
    expect(files["proc/uptime"]).toBe("1000.50 1000.50\n");
    const fields = (files["proc/2865/stat"] ?? "").split(") ")[1]?.split(" ") ?? [];
    expect(fields[19]).toBe("60000");
  });
});

const labs: Lab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

async function start(more: Partial<Scenario>): Promise<Lab> {
  const lab = await startLab(scenario("test", "for a test", more));
  labs.push(lab);
  return lab;
}

describe("a lab with a worker", () => {
  test("has its files in a folder that nobody else can read, and that goes with the lab", async () => {
    const lab = await start({ worker: PUBLIC_WORKER });
    const root = lab.environment["EKS_PROBE_ROOT"] ?? "";
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    const authority = await readFile(join(root, "etc/kubernetes/pki/ca.crt"), "utf8");
    expect(authority).toBe(lab.certificateAuthorities.get("gonz-eks-pub"));
    const [log] = await readdir(join(root, "var/log/containers"));
    expect((await lstat(join(root, "var/log/containers", log ?? ""))).isSymbolicLink()).toBe(true);
    await lab.close();
    await expect(stat(root)).rejects.toThrow("ENOENT");
  });

  test("is told apart from one without, which names no folder", async () => {
    const lab = await start({});
    expect(lab.environment).not.toHaveProperty("EKS_PROBE_ROOT");
  });
});
