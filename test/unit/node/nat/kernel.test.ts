import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ServiceNat } from "../../../../src/model/node/nat.ts";
import { readIptablesListing } from "../../../../src/node/nat/iptables-list.ts";
import { readIptablesSave } from "../../../../src/node/nat/iptables-save.ts";
import { readNftJson } from "../../../../src/node/nat/nft-json.ts";
import { readNftText } from "../../../../src/node/nat/nft-text.ts";
import type { RuleTable } from "../../../../src/node/nat/rule.ts";
import { servicesOf } from "../../../../src/node/nat/services.ts";
import { DUMPS, type KernelDump, printFromKernel } from "../../../support/kernel-nat.ts";
import {
  NOTED_SERVICES,
  nftEndpoint,
  nftService,
  type ProxiedService,
  sepChain,
  svcChain,
} from "../../../support/kube-proxy-rules.ts";

const FIXTURES = new URL("../../../fixtures/node/", import.meta.url);

const READERS: readonly (readonly [RegExp, (text: string) => RuleTable[]])[] = [
  [/-(?:save|rules)\.txt$/, (text) => readIptablesSave(text, "iptables-nft")],
  [/legacy-(?:list|list-verbose|filter)\.txt$/, (text) => readIptablesListing(text)],
  [/nft-list\.txt$/, (text) => readIptablesListing(text, "iptables-nft")],
  [/\.json$/, readNftJson],
  [/(?:ruleset|numeric)\.txt$/, readNftText],
];

function read(name: string, text: string): ServiceNat[] {
  const reader = READERS.find(([pattern]) => pattern.test(name))?.[1];
  if (reader === undefined) throw new Error(`no reader for ${name}`);
  return servicesOf(reader(text));
}

/** Near enough: the kernel keeps 31 bits of a share. */
const about = (share: number): unknown => expect.closeTo(share, 6);

const UNSHOWN: unknown = expect.arrayContaining([
  expect.stringContaining("iptables-save shows it"),
]);

/** What the services are, said by what they were made from. */
function made(
  { backend }: KernelDump,
  name: string,
  services: readonly ProxiedService[],
): unknown[] {
  const ofFilter = name.endsWith("filter.txt");
  const natOnly = /list|rules\.txt$/.test(name);
  const hidden = name === "iptables-nft-ruleset.json";
  const nameless = name.startsWith("iptables-nft-ruleset");
  return services
    .filter(({ endpoints }) => (endpoints.length === 0 ? !natOnly : !ofFilter))
    .map((service) => {
      const { ip, port, endpoints } = service;
      const known = !nameless || service.name === "default/kubernetes:https";
      const chain = backend === "nftables" ? `service-${nftService(service)}` : svcChain(service);
      const shown = !hidden || known;
      return {
        backend,
        service: { ip, port },
        name: known ? service.name : undefined,
        chain: endpoints.length === 0 ? undefined : chain,
        targets: endpoints
          .filter(() => shown)
          .map((each) => ({
            to: { ip: each.split(":")[0], port: Number(each.split(":")[1]) },
            probability: hidden ? undefined : about(1 / endpoints.length),
            chain:
              backend === "nftables"
                ? `endpoint-${nftEndpoint(service, each)}`
                : sepChain(service, each),
            weight: undefined,
          })),
        oddities:
          endpoints.length === 0
            ? ["has no endpoints here: new connections are refused"]
            : shown
              ? []
              : UNSHOWN,
      };
    });
}

function byAddress(services: readonly ProxiedService[]): ProxiedService[] {
  return services.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

function keyOf({ ip, port }: ProxiedService): string {
  return [...ip.split("."), port].map((part) => String(part).padStart(5, "0")).join("");
}

/** Services of many sizes, the same in each run. */
const MANY = byAddress(
  Array.from({ length: 40 }, (_, index) => ({
    name:
      index % 3 === 0 ? `team-${index % 5}/app-${index}` : `team-${index % 5}/app-${index}:http`,
    ip: `172.20.${(index * 37) % 251}.${index + 1}`,
    port: 80 + index,
    endpoints: Array.from(
      { length: (index * 7) % 17 },
      (_unused, end) => `10.0.${index + 1}.${end + 1}:${8000 + end}`,
    ),
    sticky: index % 4 === 0,
  })),
);

describe("rules that the kernel printed", () => {
  for (const dump of DUMPS) {
    for (const name of Object.keys(dump.prints)) {
      test(`${name} is read as the services it was made from`, () => {
        const text = readFileSync(new URL(name, FIXTURES), "utf8");
        expect(read(name, text)).toEqual(made(dump, name, byAddress(NOTED_SERVICES)));
      });
    }
  }
});

const NOW = DUMPS.map((dump) => ({ dump, printed: printFromKernel(dump, NOTED_SERVICES) }));
for (const { dump, printed } of NOW) {
  if (printed.kind === "impossible") process.stderr.write(`${dump.backend}: ${printed.reason}\n`);
  else if (process.env["UPDATE_FIXTURES"] === "1")
    for (const [name, text] of Object.entries(printed.texts))
      writeFileSync(new URL(name, FIXTURES), text);
}

describe("rules of kube-proxy, given to the kernel of this machine", () => {
  for (const { dump, printed } of NOW) {
    const impossible = printed.kind === "impossible";
    const texts = impossible ? {} : printed.texts;
    test.skipIf(impossible)(`${dump.backend}: printed now, they say what the kept ones say`, () => {
      expect(Object.entries(texts).map(([name, text]) => [name, read(name, text)])).toEqual(
        Object.keys(dump.prints).map((name) => [name, made(dump, name, byAddress(NOTED_SERVICES))]),
      );
    });

    test.skipIf(impossible)(
      `${dump.backend}: forty services of no endpoint up to sixteen come back as they were`,
      () => {
        const many = printFromKernel(dump, MANY);
        if (many.kind === "impossible") throw new Error(many.reason);
        expect(Object.entries(many.texts).map(([name, text]) => [name, read(name, text)])).toEqual(
          Object.keys(dump.prints).map((name) => [name, made(dump, name, MANY)]),
        );
      },
    );
  }
});
