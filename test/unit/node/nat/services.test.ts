import { describe, expect, test } from "vitest";
import type { ServiceNat } from "../../../../src/model/node/nat.ts";
import { readIptablesSave } from "../../../../src/node/nat/iptables-save.ts";
import { readIpvs } from "../../../../src/node/nat/ipvs.ts";
import { kubernetesServices, servicesOf } from "../../../../src/node/nat/services.ts";
import { iptablesDocument, NOTED_SERVICES } from "../../../support/kube-proxy-rules.ts";

const SVC = "KUBE-SVC-NPX46M4PTMTKRN6Y";
const ONE = "KUBE-SEP-5UMKMGJMUDXCXVAP";
const TWO = "KUBE-SEP-CQ7WW6ZVSX2XUWDS";
const NOTED = iptablesDocument(NOTED_SERVICES);

/** The way to the API servers in the noted rules, with these lines changed. */
function changed(...changes: readonly (readonly [RegExp | string, string])[]): ServiceNat {
  const text = changes.reduce((rules, [from, to]) => {
    const next = rules.replace(from, to);
    if (next === rules) throw new Error(`nothing to change: ${String(from)}`);
    return next;
  }, NOTED);
  const [service] = kubernetesServices(servicesOf(readIptablesSave(text)));
  if (service === undefined) throw new Error("no way to the API servers");
  return service;
}

function shares({ targets }: ServiceNat): unknown[] {
  return targets.map(({ to, probability }) => [to.ip, probability]);
}

const dnatOf = (chain: string): RegExp => new RegExp(`^-A ${chain} .*-j DNAT.*\n`, "m");
const jumpTo = (chain: string): RegExp => new RegExp(`^-A ${SVC} .*-j ${chain}\n`, "m");

describe("what is not as kube-proxy writes it", () => {
  test("is nothing in its own rules", () => {
    expect(changed(["AWS, SNAT", "AWS"])).toMatchObject({ oddities: [] });
  });

  test("shares that leave connections over", () => {
    const service = changed([
      jumpTo(TWO),
      `-A ${SVC} -m statistic --mode random --probability 0.5 -j ${TWO}\n`,
    ]);
    expect(shares(service)).toEqual([
      ["10.0.20.41", 0.5],
      ["10.0.95.229", 0.25],
    ]);
    expect(service.oddities).toEqual(["25% of new connections are led to no target"]);
  });

  test("shares that were meant for another number of endpoints are no oddity where they add up", () => {
    const service = changed(["--probability 0.5000000000", "--probability 0.3333333333"]);
    expect(service.targets[0]?.probability).toBeCloseTo(1 / 3);
    expect(service.targets[1]?.probability).toBeCloseTo(2 / 3);
    expect(service.oddities).toEqual([]);
  });

  test("a target that is never reached, because the one before it takes all", () => {
    const service = changed([
      / -m statistic --mode random --probability 0\.5000000000(?= -j KUBE-SEP-5)/,
      "",
    ]);
    expect(shares(service)).toEqual([
      ["10.0.20.41", 1],
      ["10.0.95.229", 0],
    ]);
    expect(service.oddities).toEqual([
      `${TWO} is never reached: rules before it take every connection`,
    ]);
  });

  test("a chain of one endpoint without its DNAT, which leaves its share to the next", () => {
    const service = changed([dnatOf(ONE), ""]);
    expect(shares(service)).toEqual([["10.0.95.229", 1]]);
    expect(service.oddities).toEqual([
      `${ONE} has no DNAT: what is led there is not translated by it`,
    ]);
  });

  test("the last chain without its DNAT, which leaves its share untranslated", () => {
    const service = changed([dnatOf(TWO), ""]);
    expect(shares(service)).toEqual([["10.0.20.41", 0.5]]);
    expect(service.oddities).toEqual([
      `${TWO} has no DNAT: what is led there is not translated by it`,
      "50% of new connections are led to no target",
    ]);
  });

  test("a service's chain that is empty", () => {
    const service = changed([new RegExp(`^-A ${SVC} .*\n`, "gm"), ""]);
    expect(service).toMatchObject({
      chain: SVC,
      name: "default/kubernetes:https",
      targets: [],
      oddities: ["has no target"],
    });
  });

  test("the same target twice", () => {
    const service = changed([
      "--to-destination 10.0.95.229:443",
      "--to-destination 10.0.20.41:443",
    ]);
    expect(service.oddities).toContain("10.0.20.41:443 is a target 2 times");
  });

  test("chains that do not have the names that kube-proxy computes", () => {
    const service = changed(
      [new RegExp(SVC, "g"), "KUBE-SVC-AAAAAAAAAAAAAAAA"],
      [new RegExp(ONE, "g"), "KUBE-SEP-BBBBBBBBBBBBBBBB"],
    );
    expect(service.oddities).toEqual([
      "KUBE-SVC-AAAAAAAAAAAAAAAA is not the chain of default/kubernetes:https",
      "KUBE-SEP-BBBBBBBBBBBBBBBB is not the chain of default/kubernetes:https and 10.0.20.41:443",
    ]);
  });

  test("chains of whatever else has the ClusterIP; other services' names are not hashed", () => {
    const text = NOTED.replaceAll("default/kubernetes:https", "default/other:https");
    const services = servicesOf(readIptablesSave(text.replaceAll("nginx-service", "web")));
    const [taken] = kubernetesServices(services, ["172.20.0.1"]);
    expect(taken?.oddities).toContain(`${SVC} is not the chain of default/other:https`);
    const web = services.find(({ name }) => name === "default/web");
    expect(web?.oddities).toEqual([]);
  });

  test("a chain of one endpoint that leads to another", () => {
    const service = changed(["--to-destination 10.0.20.41:443", "--to-destination 10.0.7.7:443"]);
    expect(service.oddities).toEqual([
      `${ONE} is not the chain of default/kubernetes:https and 10.0.7.7:443`,
    ]);
  });

  test("a table that the kernel's own chains do not lead to", () => {
    const prerouting = /^-A PREROUTING .*-j KUBE-SERVICES\n/m;
    const output = /^-A OUTPUT .*-j KUBE-SERVICES\n/m;
    expect(changed([prerouting, ""]).oddities).toEqual([
      "nothing leads to KUBE-SERVICES before routing: connections of pods are not translated",
    ]);
    expect(changed([output, ""]).oddities).toEqual([
      "nothing leads to KUBE-SERVICES on output: connections of this host are not translated",
    ]);
    expect(changed([prerouting, ""], [output, ""]).oddities).toEqual([
      "nothing leads to KUBE-SERVICES: new connections are not translated",
    ]);
  });

  test("nothing that is only missing because a part of the table was dumped", () => {
    const output: readonly [RegExp, string] = [/^(?::OUTPUT|-A OUTPUT) .*\n/gm, ""];
    const prerouting: readonly [RegExp, string] = [/^(?::PREROUTING|-A PREROUTING) .*\n/gm, ""];
    expect(changed(output).oddities).toEqual([]);
    expect(changed(prerouting).oddities).toEqual([]);
    expect(changed(output, prerouting).oddities).toEqual([]);
  });

  test("a service's chain that nothing leads to any more", () => {
    const service = changed([new RegExp(`^-A KUBE-SERVICES .*-j ${SVC}\n`, "m"), ""]);
    expect(service).toMatchObject({ service: { ip: "172.20.0.1", port: 443 }, chain: SVC });
    expect(service.oddities).toEqual([
      `nothing leads to ${SVC}: new connections are not translated`,
    ]);
  });

  test("a DNAT that another version of iptables wrote, and this one cannot print", () => {
    const unreadable = "-j DNAT [unsupported revision]";
    const proven = changed([/-j DNAT --to-destination 10\.0\.20\.41:443/, unreadable]);
    // The endpoint marks what it sends to itself, and the chain's name is a hash of its port, too.
    expect(shares(proven)).toEqual([
      ["10.0.20.41", 0.5],
      ["10.0.95.229", 0.5],
    ]);
    expect(proven.oddities).toEqual([]);
    const open = changed(
      [/-j DNAT --to-destination 10\.0\.20\.41:443/, unreadable],
      [/-s 10\.0\.20\.41 -j KUBE-MARK-MASQ/, "-j KUBE-MARK-MASQ"],
    );
    expect(shares(open)).toEqual([["10.0.95.229", 0.5]]);
    expect(open.oddities).toEqual([
      `where the DNAT of ${ONE} leads is not shown here; iptables-save shows it`,
    ]);
  });
});

const found = (text: string, ...clusterIps: string[]): unknown[] =>
  kubernetesServices(servicesOf(readIptablesSave(text)), clusterIps).map(
    ({ service }) => service.ip,
  );

describe("the way to the API servers", () => {
  test("is found by the comment, by the chain's name, and by the address", () => {
    const bare = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A OUTPUT -j S
-A PREROUTING -j S
-A S -d 172.20.0.1/32 -p tcp -m tcp --dport 443 -j CHAIN
-A CHAIN -p tcp -j DNAT --to-destination 10.0.20.41:443
-A S -d 172.20.0.9/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.0.9.9:443
COMMIT
`;
    const comment = '-p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp';
    expect(found(bare)).toEqual([]);
    expect(found(bare, "172.20.0.1")).toEqual(["172.20.0.1"]);
    expect(found(bare.replace("-p tcp -m tcp", comment))).toEqual(["172.20.0.1"]);
    expect(found(bare.replaceAll("CHAIN", SVC))).toEqual(["172.20.0.1"]);
  });

  test("of IPVS, which has no names, is found by the address alone", () => {
    const services = readIpvs(
      "TCP  172.20.0.1:443 rr\nTCP  172.20.0.1:80 rr\nTCP  172.20.0.2:443 rr",
    );
    expect(kubernetesServices(services)).toEqual([]);
    expect(kubernetesServices(services, ["172.20.0.1"]).map(({ service }) => service)).toEqual([
      { ip: "172.20.0.1", port: 443 },
    ]);
  });

  test("is known by its chain alone where grep left nothing else, at the address that is given", () => {
    const grepped = `-A ${SVC} -j ${ONE}\n-A ${ONE} -p tcp -m tcp -j DNAT --to-destination 10.0.20.41:443\n`;
    expect(servicesOf(readIptablesSave(grepped))).toEqual([]);
    expect(servicesOf(readIptablesSave(grepped), ["172.20.0.1"])).toMatchObject([
      {
        service: { ip: "172.20.0.1", port: 443 },
        name: "default/kubernetes:https",
        targets: [{ to: { ip: "10.0.20.41" }, probability: 1 }],
        oddities: [],
      },
    ]);
  });
});

describe("other rules", () => {
  test("of a load balancer's address lead to the same endpoints, with shares where they are certain", () => {
    const external = `-A KUBE-SERVICES -d 1.2.3.4/32 -p tcp -m comment --comment "default/nginx-service loadbalancer IP" -m tcp --dport 80 -j KUBE-EXT-KEY\n`;
    const own = /:(KUBE-SVC-\S+)(?=[^]*nginx-service cluster IP)/;
    const chain = /default\/nginx-service cluster IP.*-j (KUBE-SVC-\S+)/.exec(NOTED)?.[1] ?? "";
    expect(own.test(NOTED)).toBe(true);
    const cluster = `${external}-A KUBE-EXT-KEY -m comment --comment "masquerade traffic for default/nginx-service external destinations" -j KUBE-MARK-MASQ\n-A KUBE-EXT-KEY -j ${chain}\n`;
    const local = `${external}-A KUBE-EXT-KEY -s 10.0.0.0/16 -j ${chain}\n-A KUBE-EXT-KEY -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ\n-A KUBE-EXT-KEY -m addrtype --src-type LOCAL -j ${chain}\n`;
    const at = (rules: string): ServiceNat | undefined =>
      servicesOf(
        readIptablesSave(
          NOTED.replace(/(?=-A KUBE-SERVICES)/, rules).replaceAll(
            "EXT-KEY",
            chain.replace("KUBE-SVC", "EXT"),
          ),
        ),
      ).find(({ service }) => service.ip === "1.2.3.4");
    expect(at(cluster)?.targets.map(({ probability }) => probability)).toEqual([
      expect.closeTo(1 / 3, 6),
      expect.closeTo(1 / 3, 6),
      expect.closeTo(1 / 3, 6),
    ]);
    expect(at(cluster)?.oddities).toEqual([]);
    expect(at(local)?.targets.map(({ probability }) => probability)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(at(local)?.oddities).toEqual([]);
  });

  test("of older versions, which mark before they lead on, in the same chain, are the same", () => {
    const mark = new RegExp(`^-A ${SVC} (.*-j KUBE-MARK-MASQ)\n`, "m");
    const marked = changed(
      [mark, ""],
      [/(?=-A KUBE-SERVICES)/, `-A KUBE-SERVICES ${mark.exec(NOTED)?.[1] ?? ""}\n`],
    );
    expect(marked).toEqual(changed(["AWS, SNAT", "AWS"]));
  });

  test("that refuse an address without being kube-proxy's are no services", () => {
    const guarded = NOTED.replace(
      "-A OUTPUT -m conntrack",
      "-A OUTPUT -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j REJECT\n-A OUTPUT -m conntrack",
    );
    expect(guarded).not.toBe(NOTED);
    expect(servicesOf(readIptablesSave(guarded))).toEqual(servicesOf(readIptablesSave(NOTED)));
  });

  test("of UDP on the same address and port are not taken for those of TCP", () => {
    const both = NOTED.replace(
      /(?=-A KUBE-SERVICES)/,
      "-A KUBE-SERVICES -d 172.20.0.1/32 -p udp -m udp --dport 443 -j KUBE-SVC-UDP\n-A KUBE-SVC-UDP -p udp -j DNAT --to-destination 10.0.1.1:53\n",
    );
    expect(servicesOf(readIptablesSave(both))).toEqual(servicesOf(readIptablesSave(NOTED)));
  });

  test("that only mark an address are no services", () => {
    const marked = NOTED.replace(
      /(?=-A KUBE-SERVICES)/,
      "-A OUTPUT -d 10.9.9.9/32 -p tcp -m tcp --dport 443 -j KUBE-MARK-MASQ\n",
    );
    expect(servicesOf(readIptablesSave(marked))).toEqual(servicesOf(readIptablesSave(NOTED)));
  });

  test("that lead in a circle, or double at each step, come to an end", () => {
    const circle = "-A A -j B\n-A B -j A\n";
    const doubling = Array.from({ length: 30 }, (_, n) => `-A D${n} -j D${n + 1}\n`.repeat(2)).join(
      "",
    );
    const text = `*nat\n:OUTPUT -\n:PREROUTING -\n-A OUTPUT -d 172.20.0.1/32 -p tcp -m tcp --dport 443 -j A\n-A OUTPUT -d 172.20.0.1/32 -p tcp -m tcp --dport 443 -j D0\n${circle}${doubling}-A D30 -p tcp -j DNAT --to-destination 10.0.20.41:443\nCOMMIT`;
    const started = performance.now();
    expect(servicesOf(readIptablesSave(text)).length).toBeLessThanOrEqual(1);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("cannot bring a terminal's control characters in by a chain's name", () => {
    const chain = "KUBE-SVC-\u001b[31mRED";
    const text = `*nat\n:OUTPUT -\n:PREROUTING -\n-A OUTPUT -d 172.20.0.1/32 -p tcp -m tcp --dport 443 -j ${chain}\n-A ${chain} -j KUBE-SEP-\u001b[2J\nCOMMIT`;
    const services = servicesOf(readIptablesSave(text));
    expect(services).toHaveLength(1);
    // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
    expect(JSON.stringify(services)).not.toMatch(/\\u001b|\u001b/);
  });
});
