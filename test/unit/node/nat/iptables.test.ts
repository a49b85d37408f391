import { describe, expect, test } from "vitest";
import type { ServiceNat } from "../../../../src/model/node/nat.ts";
import { readIptablesListing } from "../../../../src/node/nat/iptables-list.ts";
import { readIptablesSave } from "../../../../src/node/nat/iptables-save.ts";
import type { NatRule, RuleTable } from "../../../../src/node/nat/rule.ts";
import { servicesOf } from "../../../../src/node/nat/services.ts";
import { iptablesDocument, NOTED_SERVICES } from "../../../support/kube-proxy-rules.ts";

function rule(text: string): Partial<NatRule> | undefined {
  return readIptablesSave(`*nat\n-A X ${text}\nCOMMIT`)[0]?.chains.get("X")?.[0];
}

const TO_ENI = { kind: "dnat", to: { ip: "10.0.20.41", port: 443 } };

const chance = (text: string): number | undefined => rule(`-m statistic ${text} -j X`)?.chance;
const verdict = (to: string): unknown => rule(`-p tcp -m tcp -j DNAT ${to}`)?.verdict;

describe("a rule of iptables-save", () => {
  test("is for one address, one port and TCP", () => {
    expect(
      rule(
        '-d 172.20.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y',
      ),
    ).toEqual({
      protocol: "tcp",
      destination: "172.20.0.1",
      port: 443,
      source: undefined,
      chance: 1,
      sticky: false,
      narrowed: false,
      comment: "default/kubernetes:https cluster IP",
      verdict: { kind: "chain", chain: "KUBE-SVC-NPX46M4PTMTKRN6Y", returns: true },
    });
  });

  test("is for none in particular when it is for a range, or for what is not there", () => {
    const rules = [
      "-d 172.20.0.0/16 -j X",
      "! -d 172.20.0.1/32 -j X",
      "-p tcp -m tcp --dport 80:443 -j X",
      "-p tcp -m tcp ! --dport 443 -j X",
      "-m set --match-set KUBE-CLUSTER-IP dst,dst -j X",
      "-m addrtype --dst-type LOCAL -j X",
      "-m owner --uid-owner 1337 -j X",
      "-m something-new --with -1 'values' -j X",
      "-i eni+ -j X",
      "! -p udp -j X",
      "-m recent ! --rcheck --name A -j X",
    ];
    expect(rules.filter((text) => rule(text)?.narrowed !== true)).toEqual([]);
    expect(rules.map((text) => rule(text)?.verdict)).toEqual(
      rules.map(() => ({ kind: "chain", chain: "X", returns: true })),
    );
  });

  test("has the chance that its statistic gives it", () => {
    expect(chance("--mode random --probability 0.50000000000")).toBe(0.5);
    expect(chance("--mode random ! --probability 0.25000000000")).toBe(0.75);
    expect(chance("--mode nth --every 4 --packet 1")).toBe(0.25);
    expect(chance("--mode nth ! --every 4 --packet 0")).toBe(0.75);
    expect(chance("--mode random --probability much")).toBeUndefined();
    expect(chance("--mode nth --every 0")).toBeUndefined();
    expect(chance("--mode random --probability 1.5")).toBeUndefined();
  });

  test("is only for remembered clients when it checks, not when it remembers", () => {
    const tail = "--name KUBE-SEP-X --mask 255.255.255.255 --rsource -j X";
    expect(rule(`-m recent --rcheck --seconds 10800 --reap ${tail}`)).toMatchObject({
      sticky: true,
      narrowed: false,
    });
    expect(rule(`-m recent --set ${tail}`)).toMatchObject({ sticky: false, narrowed: false });
  });

  test("leads to the address of its DNAT, or to one that is not shown", () => {
    expect(verdict("--to-destination 10.0.20.41:443")).toEqual(TO_ENI);
    expect(verdict("--to-destination 10.0.20.41:443 --random --persistent")).toEqual(TO_ENI);
    expect(verdict("--to-destination [fd00:10::29]:443")).toEqual({
      kind: "dnat",
      to: { ip: "fd00:10::29", port: 443 },
    });
    expect(verdict("--to-destination 10.0.20.41")).toEqual({
      kind: "dnat",
      to: { ip: "10.0.20.41", port: undefined },
    });
    for (const text of [
      "[unsupported revision]",
      "--to-destination :0 --persistent --to-destination :0 --persistent --to-destination 0.0.0.0",
      "--to-destination 10.0.20.41-10.0.20.44:443",
      "--to-destination 10.0.20.41:443-450",
    ])
      expect(verdict(text)).toEqual({ kind: "dnat", to: undefined });
  });

  test("keeps a comment with quotes, spaces and options whole", () => {
    expect(rule(String.raw`-m comment --comment "a \"-j\" \\ ! b" -j RETURN`)).toMatchObject({
      comment: String.raw`a "-j" \ ! b`,
      verdict: { kind: "return" },
    });
    expect(rule('-m comment --comment "never closed -j RETURN')).toMatchObject({
      comment: "never closed -j RETURN",
      verdict: { kind: "none" },
    });
  });

  test("that goes does not come back, that jumps does", () => {
    expect(rule("-g X")?.verdict).toEqual({ kind: "chain", chain: "X", returns: false });
    expect(rule("-j X")?.verdict).toEqual({ kind: "chain", chain: "X", returns: true });
  });
});

const backends = (text: string): unknown[] =>
  readIptablesSave(text, "iptables-nft").map(({ backend }) => backend);

describe("what iptables-save printed", () => {
  test("says its back end in its header; where there is none, it is the given one", () => {
    expect(backends("# Generated by iptables-save v1.8.9 on Wed\n*nat\nCOMMIT")).toEqual([
      "iptables-legacy",
    ]);
    expect(
      backends("# Generated by iptables-save v1.8.9 (nf_tables) on Wed\n*nat\nCOMMIT"),
    ).toEqual(["iptables-nft"]);
    expect(backends("# Generated by xtables-save v1.8.2 on Wed\n*nat\nCOMMIT")).toEqual([
      "iptables-nft",
    ]);
    expect(backends("*nat\nCOMMIT")).toEqual(["iptables-nft"]);
  });

  test("of both back ends in one file is told apart", () => {
    const own = iptablesDocument(NOTED_SERVICES);
    const text = `# Generated by iptables-save v1.8.9 (nf_tables) on Wed\n${own}# Generated by iptables-save v1.8.9 on Wed\n${own}`;
    expect(
      servicesOf(readIptablesSave(text))
        .filter(({ name }) => name === "default/kubernetes:https")
        .map(({ backend }) => backend),
    ).toEqual(["iptables-legacy", "iptables-nft"]);
  });

  test("of mangle and raw is nothing that translates", () => {
    expect(readIptablesSave("*mangle\n:OUTPUT ACCEPT\nCOMMIT\n*raw\nCOMMIT")).toEqual([]);
  });
});

/** What the engineer of the field notes saw of a listing, with grep. */
const PUBLIC_WORKER = `\
KUBE-MARK-MASQ  all  --  10.0.20.41           0.0.0.0/0            /* default/kubernetes:https */
DNAT       tcp  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https */ tcp to:10.0.20.41:443
KUBE-MARK-MASQ  all  --  10.0.95.229          0.0.0.0/0            /* default/kubernetes:https */
DNAT       tcp  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https */ tcp to:10.0.95.229:443
KUBE-SVC-NPX46M4PTMTKRN6Y  tcp  --  0.0.0.0/0            172.20.0.1           /* default/kubernetes:https cluster IP */ tcp dpt:443
KUBE-SEP-5UMKMGJMUDXCXVAP  all  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https -> 10.0.20.41:443 */ statistic mode random probability 0.50000000000
KUBE-SEP-CQ7WW6ZVSX2XUWDS  all  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https -> 10.0.95.229:443 */
`;

const PRIVATE_WORKER = `\
KUBE-MARK-MASQ  all  --  10.0.18.90           0.0.0.0/0            /* default/kubernetes:https */
DNAT       tcp  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https */ tcp to:10.0.18.90:443
KUBE-MARK-MASQ  all  --  10.0.58.12           0.0.0.0/0            /* default/kubernetes:https */
DNAT       tcp  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https */ tcp to:10.0.58.12:443
KUBE-SVC-NPX46M4PTMTKRN6Y  tcp  --  0.0.0.0/0            172.20.0.1           /* default/kubernetes:https cluster IP */ tcp dpt:443
KUBE-SEP-L4UPTJXVD7SP66Y7  all  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https */ statistic mode random probability 0.50000000000
KUBE-SEP-NPBLJGMVCYWGRDPS  all  --  0.0.0.0/0            0.0.0.0/0            /* default/kubernetes:https */
`;

function half(ip: string, chain: string): unknown {
  return { to: { ip, port: 443 }, probability: 0.5, chain, weight: undefined };
}

function kubernetes(targets: readonly unknown[]): unknown {
  return {
    backend: "iptables-legacy",
    service: { ip: "172.20.0.1", port: 443 },
    name: "default/kubernetes:https",
    chain: "KUBE-SVC-NPX46M4PTMTKRN6Y",
    targets,
    oddities: [],
  };
}

const services = (text: string): ServiceNat[] => servicesOf(readIptablesListing(text));

const row = (text: string): NatRule | undefined =>
  readIptablesListing(`Chain X (1 references)\n${text}`)[0]?.chains.get("X")?.[0];

describe("what `iptables -L -n` printed", () => {
  test("is the field notes' way to the ENIs, though grep took the names of the chains away", () => {
    expect(services(PUBLIC_WORKER)).toEqual([
      kubernetes([
        half("10.0.20.41", "KUBE-SEP-5UMKMGJMUDXCXVAP"),
        half("10.0.95.229", "KUBE-SEP-CQ7WW6ZVSX2XUWDS"),
      ]),
    ]);
    expect(services(PRIVATE_WORKER)).toEqual([
      kubernetes([
        half("10.0.18.90", "KUBE-SEP-L4UPTJXVD7SP66Y7"),
        half("10.0.58.12", "KUBE-SEP-NPBLJGMVCYWGRDPS"),
      ]),
    ]);
  });

  test("says which chain is missing when grep took the rules of one endpoint, too", () => {
    const [service] = services(
      PUBLIC_WORKER.split("\n")
        .filter((line) => !line.includes("to:10.0.20.41"))
        .join("\n"),
    );
    expect(service?.targets).toEqual([half("10.0.95.229", "KUBE-SEP-CQ7WW6ZVSX2XUWDS")]);
    expect(service?.oddities).toEqual(["KUBE-SEP-5UMKMGJMUDXCXVAP is not in the rules"]);
  });

  test("of ip6tables, whose column of options is empty, is read with its counters and without", () => {
    const plain = `Chain PREROUTING (policy ACCEPT)
target     prot opt source               destination
Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
KUBE-SERVICES  all      ::/0                 ::/0                 /* kubernetes service portals */
Chain KUBE-SERVICES (1 references)
target     prot opt source               destination
KUBE-SVC-X  tcp      ::/0                 fd00:172::1          /* default/kubernetes:https cluster IP */ tcp dpt:443
Chain KUBE-SVC-X (1 references)
target     prot opt source               destination
DNAT       tcp      ::/0                 ::/0                 tcp to:[fd00:10::29]:443
`;
    const counted = plain
      .replace(/^(KUBE-\S+|DNAT)(\s+\S+)\s+/gm, "    3   180 $1$2    *      *       ")
      .replaceAll("target     prot opt source", " pkts bytes target prot opt in out source");
    for (const text of [plain, counted])
      expect(services(text)).toMatchObject([
        {
          service: { ip: "fd00:172::1", port: 443 },
          targets: [{ to: { ip: "fd00:10::29", port: 443 }, probability: 1 }],
        },
      ]);
  });

  test("has every form of the columns, and rules without a target", () => {
    const rest = "0.0.0.0/0            172.20.0.1           tcp dpt:443";
    for (const text of [
      `X          tcp  --  ${rest}`,
      `X          6    --  ${rest}`,
      `1    X          tcp  --  ${rest}`,
      `    0     0 X          tcp  --  *      *       ${rest}`,
      `2     124K   22M X          6    --  *      *       ${rest}`,
    ])
      expect(row(text)).toMatchObject({
        protocol: "tcp",
        destination: "172.20.0.1",
        port: 443,
        narrowed: false,
        verdict: { kind: "chain", chain: "X" },
      });
    expect(row(`    3   180            6    --  *      *       ${rest}`)?.verdict).toEqual({
      kind: "none",
    });
    expect(row(`    0     0 X          tcp  --  eni+   *       ${rest}`)?.narrowed).toBe(true);
  });

  test("has the statistic, the affinity and what else a rule asks for", () => {
    const any = "X all -- 0.0.0.0/0 0.0.0.0/0";
    expect(row(`${any} statistic mode nth every 3 packet 1`)?.chance).toBeCloseTo(1 / 3);
    expect(row(`${any} statistic mode random ! probability 0.25`)?.chance).toBe(0.75);
    expect(
      row(`${any} recent: CHECK seconds: 10800 reap name: A side: source mask: M`),
    ).toMatchObject({
      sticky: true,
      narrowed: false,
    });
    expect(
      row(
        "DNAT tcp -- 0.0.0.0/0 0.0.0.0/0 recent: SET name: A side: source mask: M tcp to:10.0.20.41:443",
      ),
    ).toMatchObject({
      sticky: false,
      narrowed: false,
      verdict: TO_ENI,
    });
    expect(row(`${any} ADDRTYPE match dst-type LOCAL`)?.narrowed).toBe(true);
    expect(row(`${any} [goto] `)?.verdict).toMatchObject({ returns: false });
  });

  test("of the filter table says what has no endpoints, grepped or whole", () => {
    const refused =
      "REJECT     tcp  --  0.0.0.0/0            172.20.99.9          /* default/idle:http has no endpoints */ tcp dpt:8080 reject-with icmp-port-unreachable";
    const whole = `Chain FORWARD (policy ACCEPT)
target     prot opt source               destination
Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
KUBE-SERVICES  all  --  0.0.0.0/0            0.0.0.0/0            ctstate NEW /* kubernetes service portals */
Chain KUBE-SERVICES (1 references)
${refused}`;
    for (const text of [refused, whole])
      expect(services(text)).toMatchObject([
        { name: "default/idle:http", targets: [], service: { ip: "172.20.99.9", port: 8080 } },
      ]);
  });

  test("two listings in one file are two tables", () => {
    const tables: RuleTable[] = readIptablesListing(
      "Chain OUTPUT (policy ACCEPT)\nChain PREROUTING (policy ACCEPT)\nChain FORWARD (policy ACCEPT)\nChain OUTPUT (policy ACCEPT)",
    );
    expect(tables.map(({ chains }) => [...chains.keys()])).toEqual([
      ["OUTPUT", "PREROUTING", "FORWARD"],
      ["OUTPUT"],
    ]);
  });
});
