import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalIp } from "../../../../src/model/ip.ts";
import type { ServiceNat } from "../../../../src/model/node/nat.ts";
import { readConntrack, readConntrackUse } from "../../../../src/node/nat/conntrack.ts";
import { isDottedDecimal, readIp } from "../../../../src/node/nat/ip-text.ts";
import { readIptablesListing } from "../../../../src/node/nat/iptables-list.ts";
import { readIptablesSave } from "../../../../src/node/nat/iptables-save.ts";
import { readIpvs } from "../../../../src/node/nat/ipvs.ts";
import { readNftJson } from "../../../../src/node/nat/nft-json.ts";
import { readNftText } from "../../../../src/node/nat/nft-text.ts";
import { servicesOf } from "../../../../src/node/nat/services.ts";
import {
  iptablesDocument,
  type ProxiedService,
  printed,
  sepChain,
  svcChain,
} from "../../../support/kube-proxy-rules.ts";

const READERS: readonly ((text: string) => unknown)[] = [
  (text) => servicesOf(readIptablesSave(text), ["172.20.0.1", text]),
  (text) => servicesOf(readIptablesListing(text), ["172.20.0.1", text]),
  (text) => servicesOf(readNftJson(text), ["172.20.0.1", text]),
  (text) => servicesOf(readNftText(text), ["172.20.0.1", text]),
  readIpvs,
  (text) => readConntrack(text),
  (text) => readConntrack(text, new Set([text, "172.20.0.1", "fd00::1"])),
  (text) => readConntrackUse(text, text),
];

const WORDS =
  '*nat *filter COMMIT :OUTPUT :PREROUTING -A OUTPUT PREROUTING KUBE-SERVICES KUBE-SVC-NPX46M4PTMTKRN6Y KUBE-SEP-A -d 172.20.0.1/32 172.20.0.1 ! -p tcp -m comment --comment " \\ "default/kubernetes:https" --dport 443 statistic --mode random --probability 0.5 --every -1 1e9 NaN -j -g DNAT --to-destination 10.0.20.41:443 [fd00::1]:443 REJECT RETURN [0:0] # table ip ip6 nat kube-proxy { } , : . chain map set elements = type hook output prerouting vmap @service-ips numgen mod 0 2 goto jump dnat to daddr saddr meta l4proto th dport random & 2147483647 < counter packets xt match target comment update drop Chain (policy ACCEPT) target prot opt source destination -- all 0.0.0.0/0 ::/0 /* */ dpt:443 to:10.0.20.41:443 recent: CHECK TCP UDP -> AC140001:01BB [fd00:0172:0000:0000:0000:0000:0000:0001]:01BB rr wrr Masq -a -t -r -s -w ipv4 6 ESTABLISHED [ASSURED] [UNREPLIED] src=10.0.0.1 dst=172.20.0.1 sport=1 dport=443 __proto__ constructor'.split(
    " ",
  );

/** Text of the words that the parsers know, so that it goes deep into them. */
const near = fc
  .array(fc.array(fc.constantFrom(...WORDS), { maxLength: 14 }), { maxLength: 14 })
  .map((lines) => lines.map((words) => words.join(" ")).join("\n"));

/** JSON of the keys that nft's has, in any place. */
const json = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(
        "nat",
        "OUTPUT",
        "output",
        "tcp",
        "==",
        443,
        2,
        -1,
        null,
        true,
        "172.20.0.1",
      ),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(
        fc.constantFrom(
          ..."chain rule map table family name hook type expr elem match op left right payload field meta key numgen mod vmap data set concat range prefix addr len jump goto target dnat port reject drop xt comment & __proto__".split(
            " ",
          ),
        ),
        tie("value"),
        { maxKeys: 5 },
      ),
    ),
  }))
  .value.map((value) =>
    JSON.stringify({ nftables: Array.isArray(value) ? value : [value, value] }),
  );

const KEPT = new URL("../../../fixtures/node/", import.meta.url);

/** What the kernel printed, with lines left out, doubled and put elsewhere, and words exchanged. */
const damaged = fc
  .tuple(
    fc.constantFrom(
      ...readdirSync(KEPT).filter((name) => /iptables|nftables|conntrack/.test(name)),
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(...WORDS), fc.nat(3)), { maxLength: 12 }),
  )
  .map(([name, changes]) => {
    const lines = readFileSync(new URL(name, KEPT), "utf8").split("\n");
    for (const [one, two, word, kind] of changes) {
      const at = one % lines.length;
      const line = lines[at] ?? "";
      const words = line.split(" ");
      if (kind === 0) lines.splice(at, 1);
      else if (kind === 1) lines.splice(two % lines.length, 0, line);
      else if (kind === 2) lines[at] = words.with(two % words.length, word).join(" ");
      else lines[at] = line.slice(0, two % (line.length + 1));
    }
    return lines.join("\n");
  });

test("parsers of NAT rules never throw, whatever the text", () => {
  const any = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json(), near, json, damaged);
  fc.assert(
    fc.property(any, (text) => {
      expect(READERS.map((read) => read(text))).toHaveLength(READERS.length);
    }),
    { numRuns: 600 },
  );
});

test("what parsers find is plain data of valid addresses and shares, whatever the text", () => {
  let seen = 0;
  fc.assert(
    fc.property(fc.oneof(near, json, { arbitrary: damaged, weight: 4 }), (text) => {
      const tables = [readIptablesSave, readIptablesListing, readNftJson, readNftText];
      const found = [...tables.flatMap((read) => servicesOf(read(text))), ...readIpvs(text)];
      seen += found.length;
      for (const { service, targets } of found) {
        for (const { ip, port } of [service, ...targets.map(({ to }) => to)]) {
          expect(canonicalIp(ip)).toBe(ip);
          expect(port).toBeGreaterThan(0);
          expect(port).toBeLessThanOrEqual(65_535);
        }
        const known = targets.map(({ probability }) => probability ?? 0);
        for (const share of known) expect(share >= 0 && share <= 1).toBe(true);
        expect(known.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-6);
      }
    }),
    { numRuns: 600 },
  );
  expect(seen).toBeGreaterThan(400);
});

test("an address is read quickly as it is read thoroughly", () => {
  const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom("", "01", "0", "1e1", " 1", "-1"));
  const dotted = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
  fc.assert(
    fc.property(fc.oneof(dotted, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
      expect(readIp(text)).toBe(canonicalIp(text));
      expect(isDottedDecimal(text)).toBe(canonicalIp(text) === text && !text.includes(":"));
    }),
    { numRuns: 1000 },
  );
});

const endpoint = (v6: boolean): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(65_534), fc.integer({ min: 1, max: 65_535 }))
    .map(([host, port]) =>
      v6
        ? `[fd00:10::${(host + 1).toString(16)}]:${port}`
        : `10.0.${host >> 8}.${host & 255}:${port}`,
    );

const services = (v6: boolean): fc.Arbitrary<ProxiedService[]> =>
  fc
    .uniqueArray(
      fc.record({
        id: fc.nat(60_000),
        port: fc.integer({ min: 1, max: 65_535 }),
        endpoints: fc.uniqueArray(endpoint(v6), { minLength: 1, maxLength: 24 }),
        sticky: fc.boolean(),
        named: fc.boolean(),
      }),
      { selector: ({ id }) => id, maxLength: 12 },
    )
    .map((list) =>
      list.map(({ id, named, ...rest }) => ({
        ...rest,
        name: named ? `team/app-${id}:http` : `team/app-${id}`,
        ip: v6 ? `fd00:172::${(id + 1).toString(16)}` : `172.20.${id >> 8}.${id & 255}`,
      })),
    );

function toOf(endpointText: string): { ip: string; port: number } {
  const colon = endpointText.lastIndexOf(":");
  const host = endpointText.slice(0, colon).replaceAll(/[[\]]/g, "");
  return { ip: host, port: Number(endpointText.slice(colon + 1)) };
}

function byKey(list: readonly ServiceNat[]): ReadonlyMap<string, ServiceNat> {
  return new Map(list.map((each) => [`${each.service.ip} ${each.service.port}`, each]));
}

describe("services as kube-proxy writes them", () => {
  for (const family of ["IPv4", "IPv6"]) {
    for (const [form, share] of [
      ["as it gives them to iptables", undefined],
      ["as the kernel gives them back", printed],
    ] as const) {
      test(`of ${family}, ${form}, come back exactly, with shares that add up to 1`, () => {
        fc.assert(
          fc.property(services(family === "IPv6"), (list) => {
            const document = iptablesDocument(list, {
              alone: true,
              ...(share === undefined ? {} : { share }),
            });
            const found = byKey(servicesOf(readIptablesSave(document)));
            expect(found.size).toBe(list.length);
            for (const service of list) {
              const { name, ip, port, endpoints } = service;
              const read = found.get(`${ip} ${port}`);
              expect(read).toEqual({
                backend: "iptables-legacy",
                service: { ip, port },
                name,
                chain: svcChain(service),
                targets: endpoints.map((each) => ({
                  to: toOf(each),
                  probability: expect.closeTo(1 / endpoints.length, 6),
                  chain: sepChain(service, each),
                  weight: undefined,
                })),
                oddities: [],
              });
              const sum = read?.targets.reduce((all, { probability = 0 }) => all + probability, 0);
              expect(Math.abs((sum ?? 0) - 1)).toBeLessThan(1e-6);
            }
          }),
          { numRuns: 60 },
        );
      });
    }
  }

  test("are the same in any order of the rules that do not depend on each other", () => {
    fc.assert(
      fc.property(services(false), fc.infiniteStream(fc.nat()), (list, numbers) => {
        const document = iptablesDocument(list, { alone: true });
        expect(servicesOf(readIptablesSave(shuffled(document, numbers)))).toEqual(
          servicesOf(readIptablesSave(document)),
        );
      }),
      { numRuns: 60 },
    );
  });
});

/** The document with its chains in another order, and with its services' rules, too. */
function shuffled(document: string, numbers: Stream): string {
  const lines = document.split("\n");
  const end = lines.indexOf("COMMIT");
  const groups = new Map<string, string[]>();
  for (const line of lines.slice(1, end)) {
    const [first = "", chain = ""] = line.split(" ");
    const service = chain === "KUBE-SERVICES" ? line : chain;
    const key = first === "-A" ? service : `declared ${line}`;
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  const order = [...groups.values()].map((group) => ({ group, at: numbers.next().value ?? 0 }));
  const mixed = order.toSorted((left, right) => left.at - right.at).flatMap(({ group }) => group);
  return ["*nat", ...mixed, ...lines.slice(end)].join("\n");
}

interface Stream {
  next(): IteratorResult<number>;
}
