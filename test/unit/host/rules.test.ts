import { describe, expect, it } from "vitest";
import { readTracked, readUse } from "../../../src/host/conntrack.ts";
import { readLiveNat } from "../../../src/host/nat.ts";
import { MACHINE_PLACES } from "../../../src/host/places.ts";
import type { Rights } from "../../../src/host/rights.ts";
import type { ToolResult, ToolRunner } from "../../../src/host/tools.ts";
import type { HostText, HostView } from "../../../src/host/view.ts";
import { valueOf } from "../../../src/model/fact.ts";

const ALL: Rights = {
  mayReadRules: true,
  seesProcesses: true,
  inHostNetwork: true,
  sockets: "worker",
  who: "root",
};

/** A live machine that has these files alone; `denied` are those that may not be read. */
function machine(
  files: Readonly<Record<string, string>>,
  denied: readonly string[] = [],
): HostView {
  const text = (path: string): HostText => {
    const found = files[path];
    if (found !== undefined) return { kind: "text", text: found, cut: false };
    return { kind: denied.includes(path) ? "denied" : "absent" };
  };
  return {
    live: true,
    text,
    names: () => ({ kind: "absent" }),
    link: () => undefined,
    links: () => ({ kind: "absent" }),
    inode: () => undefined,
    writtenMs: () => undefined,
  };
}

/** Tools by their command line; what is not among them is not installed. `ran` is told of each. */
function tools(
  outputs: Readonly<Record<string, string | ToolResult>>,
  ran: string[] = [],
): ToolRunner {
  return (name, args) => {
    const line = [name, ...args].join(" ");
    ran.push(line);
    const found = outputs[line];
    if (found === undefined) return Promise.resolve({ kind: "absent" });
    return Promise.resolve(typeof found === "string" ? { kind: "output", text: found } : found);
  };
}

async function why(rights: Rights, runner: ToolRunner): Promise<string> {
  const { nat } = await read(machine({}), runner, { rights });
  return nat.kind === "unknown" ? nat.failure.message : nat.kind;
}

/** Where iptables-nft-save prints nothing, and nft comes to this. */
async function blindWithNft(nft: ToolResult): Promise<readonly string[]> {
  const runner = tools({ "iptables-nft-save": "", "nft -j list table ip kube-proxy": nft });
  const { blind } = await read(machine({}), runner);
  return blind;
}

const SAVED = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-5UMKMGJMUDXCXVAP - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d 172.20.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SVC-NPX46M4PTMTKRN6Y -j KUBE-SEP-5UMKMGJMUDXCXVAP
-A KUBE-SEP-5UMKMGJMUDXCXVAP -p tcp -m tcp -j DNAT --to-destination 10.0.20.41:443
COMMIT
`;

const IP_VS = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  AC140001:01BB rr
  -> 0A001429:01BB      Masq    1      0          0
`;

function read(
  view: HostView,
  runner: ToolRunner,
  { rights = ALL, ipv6 = false }: { rights?: Rights; ipv6?: boolean } = {},
): ReturnType<typeof readLiveNat> {
  return readLiveNat(view, MACHINE_PLACES, runner, rights, ipv6);
}

describe("the rules of a live machine", () => {
  it("are those of iptables' nft back end, and no table is named, which would load it", async () => {
    const ran: string[] = [];
    const { nat, blind } = await read(machine({}), tools({ "iptables-nft-save": SAVED }, ran));
    expect(valueOf(nat)).toMatchObject([
      { backend: "iptables-nft", service: { ip: "172.20.0.1" } },
    ]);
    expect(blind).toEqual([]);
    expect(ran).toEqual(["iptables-nft-save", "nft -j list table ip kube-proxy"]);
  });

  it("are those of the legacy back end, where the kernel has its table", async () => {
    const both = { "iptables-nft-save": "", "iptables-legacy-save": SAVED };
    const view = machine({ "/proc/1/net/ip_tables_names": "nat\nfilter\n" });
    const { nat } = await read(view, tools(both));
    expect(valueOf(nat)).toMatchObject([{ backend: "iptables-legacy" }]);
    const without = await read(machine({ "/proc/1/net/ip_tables_names": "filter\n" }), tools(both));
    expect(valueOf(without.nat)).toEqual([]);
  });

  it("are those of the only iptables-save that there is", async () => {
    const { nat } = await read(machine({}), tools({ "iptables-save": SAVED }));
    expect(valueOf(nat)).toHaveLength(1);
  });

  it("are not all seen where the kernel has those of the legacy back end, and its tool is missing", async () => {
    const view = machine({ "/proc/1/net/ip_tables_names": "nat\n" });
    const { nat, blind } = await read(view, tools({ "iptables-nft-save": SAVED }));
    expect(valueOf(nat)).toHaveLength(1);
    expect(blind).toEqual([
      "rules of NAT: the kernel has a nat table of iptables' legacy back end, and iptables-legacy-save is not installed where this runs",
    ]);
  });

  it("may be kube-proxy's own of nftables, where no others lead to the API servers and nft shows nothing", async () => {
    expect(await blindWithNft({ kind: "absent" })).toEqual([
      "rules of NAT: nft is not installed where this runs, and nothing else shows those of kube-proxy's mode nftables",
    ]);
    expect(await blindWithNft({ kind: "failed", reason: "not done within 3 s" })).toEqual([
      "rules of NAT: nft: not done within 3 s",
    ]);
    const none = "exit code 1: Error: No such file or directory";
    expect(await blindWithNft({ kind: "failed", reason: none })).toEqual([]);
  });

  it("are asked for IPv6, too, where a connection has it", async () => {
    const ran: string[] = [];
    await read(machine({}), tools({ "iptables-nft-save": SAVED, "ip6tables-nft-save": "" }, ran), {
      ipv6: true,
    });
    expect(ran).toContain("ip6tables-nft-save");
    expect(ran).toContain("nft -j list table ip6 kube-proxy");
  });

  it("are those of IPVS by the kernel's file, also for one who may run no tool", async () => {
    const rights = { ...ALL, mayReadRules: false };
    const ran: string[] = [];
    const view = machine({ "/proc/1/net/ip_vs": IP_VS });
    const { nat, blind } = await read(view, tools({}, ran), { rights });
    expect(valueOf(nat)).toMatchObject([
      { backend: "ipvs", service: { ip: "172.20.0.1", port: 443 }, targets: [{ weight: 1 }] },
    ]);
    expect(blind).toEqual([
      "rules of NAT: root or CAP_NET_ADMIN would show those of iptables and nftables",
    ]);
    expect(ran).toEqual([]);
  });

  it("are not known, and not none, without the right, in a network of its own, without tools, or where they fail", async () => {
    const refused: ToolResult = { kind: "failed", reason: "exit code 4: you must be root" };
    expect(await why({ ...ALL, mayReadRules: false }, tools({}))).toContain("CAP_NET_ADMIN");
    expect(await why({ ...ALL, inHostNetwork: false }, tools({}))).toContain("hostNetwork");
    expect(await why(ALL, tools({}))).toContain("neither iptables-save nor nft is installed");
    expect(await why(ALL, tools({ "iptables-nft-save": refused }))).toBe(
      "rules of NAT: root of the worker itself would show those of iptables and nftables (iptables-nft-save: exit code 4: you must be root)",
    );
  });
});

const LINE =
  "tcp 6 86398 ESTABLISHED src=10.0.105.163 dst=172.20.0.1 sport=55134 dport=443 src=10.0.20.41 dst=10.0.105.163 sport=443 dport=55134 [ASSURED] mark=0 use=1\n";
const WANTED = { ips: new Set(["172.20.0.1"]), ports: [443] };
const FILE = "/proc/1/net/nf_conntrack";

describe("the tracked connections of a live machine", () => {
  it("are those of the kernel's file, and no tool is run then", async () => {
    const ran: string[] = [];
    const live = { tools: tools({}, ran), rights: ALL };
    const view = machine({ [FILE]: `ipv4     2 ${LINE}` });
    expect(valueOf(await readTracked(view, MACHINE_PLACES, WANTED, live))).toHaveLength(1);
    expect(ran).toEqual([]);
  });

  it("are those that conntrack prints where the kernel has no such file", async () => {
    const live = { tools: tools({ "conntrack -L -f ipv4 -p tcp --dport 443": LINE }), rights: ALL };
    const tracked = valueOf(await readTracked(machine({}), MACHINE_PLACES, WANTED, live));
    expect(tracked).toMatchObject([{ target: { ip: "10.0.20.41" } }]);
  });

  it("are without those to other addresses and other ports", async () => {
    const live = { tools: tools({}), rights: ALL };
    const view = machine({ [FILE]: LINE });
    const other = { ips: new Set(["172.20.0.2"]), ports: [443] };
    expect(valueOf(await readTracked(view, MACHINE_PLACES, other, live))).toEqual([]);
    const port = { ips: new Set<string>(), ports: [6443] };
    expect(valueOf(await readTracked(view, MACHINE_PLACES, port, live))).toEqual([]);
  });

  it("are not known without the right, and skipped where the kernel has neither file nor tool", async () => {
    const denied = machine({}, [FILE]);
    const live = { tools: tools({}), rights: ALL };
    expect(await readTracked(denied, MACHINE_PLACES, WANTED, live)).toMatchObject({
      kind: "unknown",
      failure: {
        message: expect.stringContaining("root, or conntrack if it were"),
        cause: "EACCES",
      },
    });
    expect((await readTracked(machine({}), MACHINE_PLACES, WANTED, live)).kind).toBe("skipped");
    const weak = { tools: tools({}), rights: { ...ALL, mayReadRules: false } };
    expect((await readTracked(machine({}), MACHINE_PLACES, WANTED, weak)).kind).toBe("unknown");
  });
});

describe("the use of conntrack", () => {
  const files = {
    "/proc/sys/net/netfilter/nf_conntrack_count": "5\n",
    "/proc/sys/net/netfilter/nf_conntrack_max": "10\n",
  };

  it("is what the kernel counts", () => {
    expect(readUse(machine(files), ALL)).toEqual({ kind: "known", value: { count: 5, max: 10 } });
  });

  it("is not that of a container's own network, of rubbish, or of a kernel that tracks nothing", () => {
    expect(readUse(machine(files), { ...ALL, inHostNetwork: false }).kind).toBe("unknown");
    const rubbish = { ...files, "/proc/sys/net/netfilter/nf_conntrack_max": "many\n" };
    expect(readUse(machine(rubbish), ALL).kind).toBe("unknown");
    expect(readUse(machine({}), ALL).kind).toBe("skipped");
  });
});
