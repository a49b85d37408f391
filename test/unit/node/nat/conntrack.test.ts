import { readFileSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConntrack, readConntrackUse } from "../../../../src/node/nat/conntrack.ts";
import { connectThroughKernel, DUMPS } from "../../../support/kernel-nat.ts";
import { NOTED_SERVICES } from "../../../support/kube-proxy-rules.ts";

const FIXTURES = new URL("../../../fixtures/node/", import.meta.url);
const SERVICE = new Set(["172.20.0.1"]);

const ENI =
  "tcp      6 86396 ESTABLISHED src=10.0.105.163 dst=172.20.0.1 sport=55134 dport=443 src=10.0.95.229 dst=10.0.105.163 sport=443 dport=55134 [ASSURED] mark=0 use=1";

const TRACKED = {
  source: { ip: "10.0.105.163", port: 55134 },
  destination: { ip: "172.20.0.1", port: 443 },
  target: { ip: "10.0.95.229", port: 443 },
  state: "ESTABLISHED",
  timeoutSeconds: 86_396,
  assured: true,
  replied: true,
};

function one(line: string): unknown {
  return readConntrack(line)[0];
}

const full = (last: string): string => `fd00:0010:0000:0000:0000:0000:0000:${last}`;

describe("a connection that the kernel tracks", () => {
  test("goes where its replies come from", () => {
    expect(readConntrack(ENI)).toEqual([TRACKED]);
  });

  test("is the same in /proc, with its zone and its counters", () => {
    const line = `ipv4     2 ${ENI.replace("dport=443 src", "dport=443 packets=9 bytes=1208 src").replace("use=1", "secctx=system_u:object_r:unlabeled_t:s0 zone=3 use=2")}`;
    expect(one(line)).toEqual(TRACKED);
  });

  test("is the same with a zone before one of its directions, an id and a mark", () => {
    const line = ENI.replace("[ASSURED]", "zone-orig=4 [ASSURED]").replace("mark=0", "mark=128");
    expect(one(`${line} id=4193669423`)).toEqual(TRACKED);
  });

  test("of IPv6 has canonical addresses, whoever wrote them", () => {
    const kernel = `ipv6     10 tcp      6 100 ESTABLISHED src=${full("0163")} dst=fd00:0172:0000:0000:0000:0000:0000:0001 sport=41000 dport=443 src=${full("0029")} dst=${full("0163")} sport=443 dport=41000 [ASSURED] mark=0 zone=0 use=2`;
    const tool =
      "tcp      6 100 ESTABLISHED src=fd00:10::163 dst=fd00:172::1 sport=41000 dport=443 src=fd00:10::29 dst=fd00:10::163 sport=443 dport=41000 [ASSURED] mark=0 use=1";
    expect(one(kernel)).toMatchObject({
      source: { ip: "fd00:10::163", port: 41_000 },
      destination: { ip: "fd00:172::1", port: 443 },
      target: { ip: "fd00:10::29", port: 443 },
    });
    expect(one(tool)).toEqual(one(kernel));
    for (const wanted of ["fd00:172::1", "fd00:172:0:0::1"])
      expect(readConntrack(`${kernel}\n${tool}`, new Set([wanted]))).toHaveLength(2);
  });

  test("that nobody answered is not replied, and is led somewhere all the same", () => {
    const line =
      "tcp      6 118 SYN_SENT src=10.0.105.163 dst=172.20.0.1 sport=40112 dport=443 [UNREPLIED] src=10.0.20.41 dst=10.0.105.163 sport=443 dport=40112 mark=0 use=1";
    expect(one(line)).toEqual({
      ...TRACKED,
      source: { ip: "10.0.105.163", port: 40_112 },
      target: { ip: "10.0.20.41", port: 443 },
      state: "SYN_SENT",
      timeoutSeconds: 118,
      assured: false,
      replied: false,
    });
  });

  test("that was handed to a flow table has neither state nor timeout", () => {
    const line = ENI.replace(" 86396 ESTABLISHED", "").replace("[ASSURED]", "[OFFLOAD]");
    expect(one(line)).toEqual({
      ...TRACKED,
      state: "OFFLOAD",
      timeoutSeconds: undefined,
      assured: false,
    });
  });

  test("of another protocol, or without its other direction, is none", () => {
    const udp = ENI.replace("tcp      6", "udp      17").replace(" ESTABLISHED", "");
    const half = ENI.slice(0, ENI.indexOf(" src=10.0.95.229"));
    for (const line of [udp, half, "", "conntrack v1.4.7 (conntrack-tools): 0 flow entries"])
      expect(readConntrack(line)).toEqual([]);
  });

  test("is taken by where it was opened to, not by where its replies go", () => {
    const back = ENI.replace("dst=172.20.0.1", "dst=10.0.95.229");
    const text = [back, ENI, "no connection", back].join("\n");
    expect(readConntrack(text, SERVICE)).toEqual([TRACKED]);
    expect(readConntrack(text, new Set(["10.0.105.163"]))).toEqual([]);
    expect(readConntrack(text, new Set(["172.20.0.10", "not an address"]))).toEqual([]);
  });
});

test("the file of the log collector, whose other lines are statistics, is read", () => {
  const text = readFileSync(new URL("conntrack-list.txt", FIXTURES), "utf8");
  expect(
    readConntrack(text, SERVICE).map(({ source, target }) => [source.port, target.ip]),
  ).toEqual([
    [55_134, "10.0.95.229"],
    [55_136, "10.0.20.41"],
    [55_138, "10.0.95.229"],
  ]);
  expect(readConntrack(text)).toHaveLength(5);
});

test("how full the table is takes two numbers, and nothing else", () => {
  expect(readConntrackUse("251\n", "131072\n")).toEqual({ count: 251, max: 131_072 });
  expect(readConntrackUse("", "131072\n")).toBeUndefined();
  expect(readConntrackUse("251", "unlimited")).toBeUndefined();
});

test("lines that were asked for are the same with the filter and without it", () => {
  const ip = fc.constantFrom("172.20.0.1", "172.20.0.10", "10.0.20.41", "43.200.53.253");
  const line = fc.oneof(
    ip.map((to) => ENI.replace("172.20.0.1", to)),
    fc.string(),
    fc.constant(" dst=172.20.0.1"),
  );
  fc.assert(
    fc.property(fc.array(line), fc.uniqueArray(ip), (lines, wanted) => {
      const text = lines.join("\n");
      const all = readConntrack(text).filter(({ destination }) =>
        wanted.some((each) => each === destination.ip),
      );
      expect(readConntrack(text, new Set(wanted))).toEqual(all);
    }),
  );
});

/** In networks of the test's own, through the rules of each back end. */
const CONNECTED = DUMPS.map((dump) => ({
  backend: dump.backend,
  connected: connectThroughKernel(dump, NOTED_SERVICES),
}));
for (const { backend, connected } of CONNECTED) {
  if (connected.kind === "impossible")
    process.stderr.write(`conntrack with ${backend}: ${connected.reason}\n`);
  else if (process.env["UPDATE_FIXTURES"] === "1" && backend === "iptables-legacy")
    writeFileSync(new URL("nf_conntrack.txt", FIXTURES), connected.table);
}

describe("connections that the kernel of this machine translates", () => {
  const possible = CONNECTED.flatMap(({ backend, connected }) =>
    connected.kind === "connected" ? [{ backend, ...connected }] : [],
  );

  test.skipIf(possible.length === 0)("are followed to the address that took them", () => {
    for (const { table, ends } of possible) {
      const through = readConntrack(table, SERVICE);
      expect(through).toHaveLength(16);
      for (const { source, target, destination, state, assured, replied } of through) {
        expect(destination).toEqual({ ip: "172.20.0.1", port: 443 });
        expect(target).toEqual({ ip: ends[source.port], port: 443 });
        expect({ state, assured, replied }).toEqual({
          state: "ESTABLISHED",
          assured: true,
          replied: true,
        });
      }
      expect(new Set(Object.values(ends))).toEqual(
        new Set(["10.0.20.41", "10.0.95.229", "43.200.53.253"]),
      );
    }
  });

  test.skipIf(possible.length === 0)(
    "stay where they are to the public address, and are not replied from nowhere",
    () => {
      for (const { table, count, max } of possible) {
        const vip = "43.200.53.253";
        expect(readConntrack(table, new Set([vip]))).toMatchObject([
          { destination: { ip: vip }, target: { ip: vip, port: 443 }, assured: true },
        ]);
        expect(readConntrack(table, new Set(["10.9.9.9"]))).toMatchObject([
          { target: { ip: "10.9.9.9" }, state: "SYN_SENT", assured: false, replied: false },
        ]);
        expect(readConntrackUse(count, max)?.count).toBeGreaterThan(17);
      }
    },
  );
});

test("the kernel's own table, as it was kept, is read", () => {
  const text = readFileSync(new URL("nf_conntrack.txt", FIXTURES), "utf8");
  expect(readConntrack(text, SERVICE)).toHaveLength(16);
  expect(readConntrack(text)).toHaveLength(18);
});
