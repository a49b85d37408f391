import { describe, expect, test } from "vitest";
import type { ServiceNat } from "../../../../src/model/node/nat.ts";
import { readNftJson } from "../../../../src/node/nat/nft-json.ts";
import { readNftText } from "../../../../src/node/nat/nft-text.ts";
import { servicesOf } from "../../../../src/node/nat/services.ts";

const END = ["10.0.20.41", "10.0.95.229"];
const chainOf = (ip: string): string => `endpoint-AAAAAAAA-default/kubernetes/tcp/https__${ip}/443`;
const SERVICE = "service-AAAAAAAA-default/kubernetes/tcp/https";

/** A table as `nft list ruleset` prints it, with these rules of the service. */
function text(rules: string, more = ""): string {
  return `table ip kube-proxy {
	map service-ips {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 172.20.0.1 . tcp . 443 : goto ${SERVICE},
			     172.20.0.10 . udp . 53 : goto other }
	}
	chain nat-output {
		type nat hook output priority -100; policy accept;
		jump services
	}
	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump services
	}
	chain services {
		ip daddr . meta l4proto . th dport vmap @service-ips
	}
	chain ${SERVICE} {
		${rules}
	}
${END.map((ip) => `	chain ${chainOf(ip)} {\n		meta l4proto tcp dnat to ${ip}:443\n	}`).join("\n")}
}
${more}`;
}

function shares(document: string): unknown[] | undefined {
  const [service] = servicesOf(readNftText(document));
  return service?.targets.map(({ to, probability }) => [to.ip, probability]);
}

const lottery = (form: string, first: string, second: string): string =>
  `${form} vmap { ${first} : goto ${chainOf("10.0.20.41")}, ${second} : goto ${chainOf("10.0.95.229")} }`;

describe("rules of nftables", () => {
  test("share by numbers that are drawn, or counted, or given in ranges", () => {
    const even = [
      ["10.0.20.41", 0.5],
      ["10.0.95.229", 0.5],
    ];
    expect(shares(text(lottery("numgen random mod 2", "0", "1")))).toEqual(even);
    expect(shares(text(lottery("numgen inc mod 2 offset 1", "0", "1")))).toEqual(even);
    expect(shares(text(lottery("numgen random mod 4", "0", "1-3")))).toEqual([
      ["10.0.20.41", 0.25],
      ["10.0.95.229", 0.75],
    ]);
    // A range that reaches beyond the numbers that are drawn has no more of them by that.
    expect(shares(text(lottery("numgen random mod 4", "1-9", "0")))).toEqual([
      ["10.0.20.41", 0.75],
      ["10.0.95.229", 0.25],
    ]);
  });

  test("leave over what no number leads on", () => {
    const document = text(lottery("numgen random mod 3", "0", "1"));
    expect(shares(document)).toEqual([
      ["10.0.20.41", expect.closeTo(1 / 3)],
      ["10.0.95.229", expect.closeTo(1 / 3)],
    ]);
    expect(servicesOf(readNftText(document))[0]?.oddities).toContain(
      "33.3% of new connections are led to no target",
    );
  });

  test("never reach a number that is not drawn", () => {
    expect(shares(text(lottery("numgen random mod 1", "0", "1")))).toEqual([
      ["10.0.20.41", 1],
      ["10.0.95.229", 0],
    ]);
  });

  test("that ask what is not known here lead somewhere with an unknown share", () => {
    for (const rule of [
      `meta skuid 1337 goto ${chainOf("10.0.20.41")}`,
      `jhash ip saddr mod 2 seed 0xdeadbeef == 1 goto ${chainOf("10.0.20.41")}`,
      `ip saddr 10.0.0.0/16 goto ${chainOf("10.0.20.41")}`,
      `fib saddr type local goto ${chainOf("10.0.20.41")}`,
      `iifname { "eth0", "eni1" } goto ${chainOf("10.0.20.41")}`,
      `xt match "owner" counter packets 1 bytes 2 goto ${chainOf("10.0.20.41")}`,
    ])
      expect(shares(text(rule))).toEqual([["10.0.20.41", undefined]]);
  });

  test("that set a mark or count on the way change nothing", () => {
    const rule = `counter packets 3 bytes 180 meta mark set meta mark | 0x00004000 ct mark set 0x80 goto ${chainOf("10.0.20.41")} comment "a { quoted } brace" # handle 7`;
    expect(shares(text(rule))).toEqual([["10.0.20.41", 1]]);
  });

  test("may have counters and timeouts in their maps, and brace and quote in comments", () => {
    const document = text(`goto ${chainOf("10.0.20.41")}`).replace(
      "172.20.0.1 . tcp . 443 :",
      '172.20.0.1 . tcp . 443 counter packets 9 bytes 540 timeout 3h expires 2h59m comment "a : } b" :',
    );
    expect(shares(document)).toEqual([["10.0.20.41", 1]]);
  });

  test("of IPv6 and of another table with the same name are kept apart", () => {
    const six = text("numgen random mod 1 vmap { 0 : goto six }")
      .replace("table ip ", "table ip6 ")
      .replace("172.20.0.1 ", "fd00:172::1 ")
      .replace("ip daddr", "ip6 daddr")
      .replace(/\}\s*$/, "	chain six {\n		meta l4proto tcp dnat to [fd00:10::29]:443\n	}\n}\n");
    const services = servicesOf(readNftText(`${text(`goto ${chainOf("10.0.20.41")}`)}${six}`));
    expect(services).toMatchObject([
      { service: { ip: "172.20.0.1", port: 443 }, targets: [{ to: { ip: "10.0.20.41" } }] },
      {
        service: { ip: "fd00:172::1", port: 443 },
        targets: [{ to: { ip: "fd00:10::29", port: 443 }, probability: 1 }],
      },
    ]);
  });

  test("say which of their chains have names that kube-proxy does not compute", () => {
    const [service] = servicesOf(readNftText(text(`goto ${chainOf("10.0.20.41")}`)));
    expect(service).toMatchObject({ name: "default/kubernetes:https", backend: "nftables" });
    expect(service?.oddities).toEqual([
      `${SERVICE} is not the chain of default/kubernetes:https`,
      `${chainOf("10.0.20.41")} is not the chain of default/kubernetes:https and 10.0.20.41:443`,
    ]);
  });
});

const ruleset = (...objects: unknown[]): ServiceNat[] =>
  servicesOf(readNftJson(JSON.stringify({ nftables: objects })));
const table = { family: "ip", table: "nat" };
const hooked = ["output", "prerouting"].map((hook) => ({
  chain: { ...table, name: hook.toUpperCase(), hook, type: "nat" },
}));
const match = (protocol: string, field: string, right: unknown): unknown => ({
  match: { op: "==", left: { payload: { protocol, field } }, right },
});
const tcp = { match: { op: "==", left: { meta: { key: "l4proto" } }, right: "tcp" } };
const toService = (right: unknown): unknown[] =>
  ["OUTPUT", "PREROUTING"].map((chain) => ({
    rule: {
      ...table,
      chain,
      comment: "default/kubernetes:https cluster IP",
      expr: [
        tcp,
        match("ip", "daddr", right),
        match("tcp", "dport", 443),
        { jump: { target: "A" } },
      ],
    },
  }));
const random = (right: number): unknown => ({
  match: { op: "<", left: { "&": [{ meta: { key: "random" } }, 2_147_483_647] }, right },
});
const dnat = (addr: unknown, ...before: unknown[]): unknown => ({
  rule: { ...table, chain: "A", expr: [...before, { dnat: { addr, port: 443 } }] },
});

describe("nft's JSON", () => {
  test("has shares, prefixes of one address and comments where nft knows them", () => {
    const [service] = ruleset(
      ...hooked,
      ...toService({ prefix: { addr: "172.20.0.1", len: 32 } }),
      dnat("10.0.20.41", random(2 ** 30)),
      dnat("10.0.95.229"),
    );
    expect(service).toMatchObject({
      backend: "iptables-nft",
      name: "default/kubernetes:https",
      targets: [
        { to: { ip: "10.0.20.41", port: 443 }, probability: 0.5, chain: "A" },
        { to: { ip: "10.0.95.229", port: 443 }, probability: 0.5, chain: "A" },
      ],
      oddities: [],
    });
  });

  test("with a DNAT to more than one address has one that is not shown", () => {
    const [service] = ruleset(
      ...hooked,
      ...toService("172.20.0.1"),
      dnat({ map: { key: { numgen: { mode: "random", mod: 2 } }, data: "@x" } }, random(2 ** 30)),
      dnat("10.0.95.229"),
    );
    expect(service?.targets).toMatchObject([{ to: { ip: "10.0.95.229" }, probability: 0.5 }]);
    expect(service?.oddities).toEqual([
      "where the DNAT of A leads is not shown here; iptables-save shows it",
    ]);
  });

  test("of a range of addresses, or cut off, is none of a service", () => {
    expect(
      ruleset(
        ...hooked,
        ...toService({ prefix: { addr: "172.20.0.0", len: 16 } }),
        dnat("10.0.0.1"),
      ),
    ).toEqual([]);
    expect(readNftJson('{"nftables": [{"table": {"family": "ip"')).toEqual([]);
    expect(readNftJson("[]")).toEqual([]);
  });
});
