import nodeProcess from "node:process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Fact, known, skipped, valueOf } from "../../../../src/model/fact.ts";
import type { KnownControlPlane } from "../../../../src/model/node/control-plane.ts";
import type { NodeFlow } from "../../../../src/model/node/flow.ts";
import type { TrackedConnection } from "../../../../src/model/node/nat.ts";
import type { NodeProcess } from "../../../../src/model/node/process.ts";
import type { NodeSnapshot } from "../../../../src/model/node/snapshot.ts";
import type { Endpoint, TcpSocket, TcpState } from "../../../../src/model/node/socket.ts";
import { joinFlows } from "../../../../src/node/join/flows.ts";
import {
  at,
  CLUSTER_IP,
  ENI_ONE,
  ENI_TWO,
  enisAt,
  FORMER_ENI,
  ipvsTo,
  nodeWorld,
  notRead,
  podOwner,
  process,
  rulesTo,
  socket,
  VIP_ONE,
} from "../../../support/node-world.ts";
import { WORKER_IP } from "../../../support/snapshots.ts";

/** Few addresses, so that they meet. */
const IPS = [
  VIP_ONE,
  ENI_ONE,
  ENI_TWO,
  FORMER_ENI,
  CLUSTER_IP,
  WORKER_IP,
  "10.0.100.108",
  "172.20.50.7",
  "127.0.0.1",
  "3.35.1.2",
  "2406:da12:1::29",
  "fd3a:1::1",
] as const;

const STATES: readonly TcpState[] = [
  "established",
  "syn-sent",
  "syn-recv",
  "fin-wait-1",
  "fin-wait-2",
  "time-wait",
  "close",
  "close-wait",
  "last-ack",
  "listen",
  "closing",
];

const anEndpoint: fc.Arbitrary<Endpoint> = fc.record({
  ip: fc.constantFrom(...IPS),
  port: fc.constantFrom(443, 443, 443, 443, 8_443, 40_001),
});

/** Fewer still, so that entries of the kernel's table are those of sockets. */
const aLocal = fc.constantFrom(
  at(WORKER_IP, 40_001),
  at("10.0.100.108", 40_002),
  at(WORKER_IP, 10_250),
);

const aSocket: fc.Arbitrary<TcpSocket> = fc.record({
  family: fc.constantFrom(4, 6),
  local: aLocal,
  remote: anEndpoint,
  state: fc.constantFrom(...STATES),
  sendQueueBytes: fc.constantFrom(0, 900),
  receiveQueueBytes: fc.constant(0),
  timer: fc.constantFrom("none", "retransmit"),
  retransmits: fc.constantFrom(0, 0, 9),
  uid: fc.constant(0),
  inode: fc.nat({ max: 12 }),
});

const aTracked: fc.Arbitrary<TrackedConnection> = fc.record({
  source: aLocal,
  destination: anEndpoint,
  target: anEndpoint,
  state: fc.constantFrom("ESTABLISHED", "SYN_SENT"),
  timeoutSeconds: fc.constant(60),
  assured: fc.boolean(),
  replied: fc.boolean(),
});

function factOf<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Fact<T>> {
  return fc.oneof(
    { weight: 4, arbitrary: value.map(known) },
    { weight: 1, arbitrary: fc.constantFrom(skipped("not asked"), notRead("denied")) },
  );
}

const PROCESSES: readonly NodeProcess[] = ["kubelet", "kube-proxy", "app", "server"].flatMap(
  (name, index) => [
    process(name, podOwner("default", name), { pid: 100 + index }),
    process(name, { kind: "session" }, { pid: 200 + index, startedAt: skipped("not known") }),
  ],
);

const PIDS = PROCESSES.map(({ pid }) => pid);

const aSnapshot: fc.Arbitrary<NodeSnapshot> = fc
  .record({
    namespaces: fc.tuple(
      factOf(fc.array(aSocket, { maxLength: 8 })),
      factOf(fc.array(aSocket, { maxLength: 4 })),
    ),
    processes: fc.subarray([...PROCESSES]),
    owners: factOf(
      fc.dictionary(
        fc.nat({ max: 12 }).map(String),
        fc.uniqueArray(fc.constantFrom(...PIDS, 9_999), { maxLength: 3 }),
      ),
    ),
    nat: factOf(
      fc.subarray([
        rulesTo([ENI_ONE, FORMER_ENI]),
        rulesTo([ENI_TWO], { backend: "iptables-legacy" }),
        rulesTo([]),
        ipvsTo([ENI_ONE]),
        rulesTo([FORMER_ENI], { service: at("172.20.50.7"), name: "a/b", chain: "KUBE-SVC-AB" }),
        rulesTo([ENI_ONE], { service: at("172.20.50.7"), name: "a/b", chain: "KUBE-SVC-AB" }),
      ]),
    ),
    conntrack: factOf(fc.array(aTracked, { maxLength: 12 })),
    localIps: fc.subarray(["127.0.0.1", WORKER_IP, CLUSTER_IP]),
    podIps: fc.subarray(["10.0.100.108", FORMER_ENI]),
    serviceAddresses: fc.subarray([at(CLUSTER_IP), at("fd3a:1::1"), at(ENI_ONE)]),
  })
  .map(({ namespaces: [host, pod], ...parts }) => ({
    ...nodeWorld().snapshot,
    ...parts,
    namespaces: [
      { id: "host", sockets: host },
      { id: "net:[1]", sockets: pod },
    ],
  }));

const aControlPlane: fc.Arbitrary<KnownControlPlane> = fc
  .record({
    vips: factOf(fc.constantFrom([], [{ endpoint: at(VIP_ONE), apiServer: known("one") }])),
    enis: fc.constantFrom(
      enisAt([ENI_ONE, ENI_TWO]),
      enisAt([]),
      skipped("not asked"),
      notRead("denied"),
    ),
    others: fc.constantFrom([], [{ endpoint: at(ENI_ONE), apiServer: known("one") }]),
    service: factOf(fc.constant({ endpoint: at(CLUSTER_IP), from: "the rules" })),
  })
  .map((parts) => ({ ...nodeWorld().controlPlane, ...parts }));

function socketsOf({ namespaces }: NodeSnapshot): readonly TcpSocket[] {
  return namespaces.flatMap(({ sockets }) => valueOf(sockets) ?? []);
}

function shuffledBy<T>(fact: Fact<readonly T[]>, seed: readonly number[]): Fact<readonly T[]> {
  return fact.kind === "known" ? known(shuffled(fact.value, seed)) : fact;
}

function shuffled<T>(list: readonly T[], seed: readonly number[]): readonly T[] {
  return list
    .map((item, index) => ({ item, key: seed[index % seed.length] ?? 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)
    .toReversed();
}

const OVER: ReadonlySet<TcpState> = new Set(["listen", "time-wait", "close"]);

function pairKey(from: Endpoint, to: Endpoint): string {
  return `${from.ip} ${from.port} ${to.ip} ${to.port}`;
}

/** What the report is ordered by, as numbers and texts. */
function rankOf({ direction, process: own }: NodeFlow): number {
  const first = direction === "to-control-plane" ? 0 : 10;
  if (own === undefined) return first + 3;
  return first + (own.name === "kubelet" ? 0 : own.name === "kube-proxy" ? 1 : 2);
}

const RUNS = { numRuns: 500 };

describe("connections joined, whatever was read and is known", () => {
  test("are of the snapshot's sockets, each at most once, and none that is over", () => {
    fc.assert(
      fc.property(aSnapshot, aControlPlane, (snapshot, controlPlane) => {
        const sockets = new Set(socketsOf(snapshot));
        const flows = joinFlows(snapshot, controlPlane);
        expect(flows.every((flow) => sockets.has(flow.socket))).toBe(true);
        expect(new Set(flows.map((flow) => flow.socket)).size).toBe(flows.length);
        expect(flows.some((flow) => OVER.has(flow.socket.state))).toBe(false);
        expect(flows.every(({ seen, socket: own }) => seen === own.remote)).toBe(true);
      }),
      RUNS,
    );
  });

  test("do not depend on the order of sockets, processes, owners, rules' addresses and entries", () => {
    const aSeed = fc.array(fc.integer(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(aSnapshot, aControlPlane, aSeed, (snapshot, controlPlane, seed) => {
        const other: NodeSnapshot = {
          ...snapshot,
          namespaces: snapshot.namespaces.map(({ id, sockets }) => ({
            id,
            sockets: shuffledBy(sockets, seed),
          })),
          processes: shuffled(snapshot.processes, seed),
          conntrack: shuffledBy(snapshot.conntrack, seed),
          owners:
            snapshot.owners.kind === "known"
              ? known(
                  Object.fromEntries(
                    Object.entries(snapshot.owners.value).map(([inode, pids]) => [
                      inode,
                      shuffled(pids, seed),
                    ]),
                  ),
                )
              : snapshot.owners,
        };
        expect(joinFlows(other, controlPlane)).toEqual(joinFlows(snapshot, controlPlane));
      }),
      RUNS,
    );
  });

  test("come in the order of the report", () => {
    fc.assert(
      fc.property(aSnapshot, aControlPlane, (snapshot, controlPlane) => {
        const ranks = joinFlows(snapshot, controlPlane).map(rankOf);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }),
      RUNS,
    );
  });

  test("never end at a former ENI where no ENI of that family is known, nor at one that is", () => {
    fc.assert(
      fc.property(aSnapshot, aControlPlane, (snapshot, controlPlane) => {
        const enis = (valueOf(controlPlane.enis) ?? []).map(({ endpoint }) => endpoint.ip);
        for (const { address } of joinFlows(snapshot, controlPlane)) {
          if (address?.kind !== "former-eni") continue;
          expect(enis).not.toEqual([]);
          expect(enis).not.toContain(address.endpoint.ip);
          expect(address.endpoint.ip).not.toContain(":");
          expect(snapshot.localIps).not.toContain(address.endpoint.ip);
        }
      }),
      RUNS,
    );
  });

  test("have every open socket to an ENI or a VIP", () => {
    fc.assert(
      fc.property(aSnapshot, aControlPlane, (snapshot, controlPlane) => {
        const enis = new Set((valueOf(controlPlane.enis) ?? []).map(({ endpoint }) => endpoint.ip));
        const vips = new Set((valueOf(controlPlane.vips) ?? []).map(({ endpoint }) => endpoint.ip));
        const flows = new Set(joinFlows(snapshot, controlPlane).map((flow) => flow.socket));
        for (const own of socketsOf(snapshot)) {
          const isKnown =
            enis.has(own.remote.ip) || (vips.has(own.remote.ip) && own.remote.port === 443);
          if (!isKnown || OVER.has(own.state) || own.local.port === 10_250) continue;
          expect(flows.has(own)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test("are tracked only by an entry of this very pair, and then end where that says", () => {
    fc.assert(
      fc.property(aSnapshot, aControlPlane, (snapshot, controlPlane) => {
        const entries = new Map<string, Endpoint[]>();
        for (const { source, destination, target } of valueOf(snapshot.conntrack) ?? []) {
          const key = pairKey(source, destination);
          entries.set(key, [...(entries.get(key) ?? []), target]);
        }
        for (const { socket: own, translation, address } of joinFlows(snapshot, controlPlane)) {
          if (translation.kind !== "tracked") continue;
          expect(entries.get(pairKey(own.local, own.remote))).toContainEqual(translation.to);
          expect(address?.endpoint).toEqual(translation.to);
          expect(translation.to).not.toEqual(own.remote);
        }
      }),
      RUNS,
    );
  });

  test("say an API server or why there is none, and have candidates where they go by rules", () => {
    fc.assert(
      fc.property(aSnapshot, aControlPlane, (snapshot, controlPlane) => {
        for (const flow of joinFlows(snapshot, controlPlane)) {
          const { apiServer, translation, process: own, ownerReason, address } = flow;
          expect(apiServer).not.toMatchObject({ kind: "skipped", reason: "" });
          expect(own === undefined).toBe(ownerReason !== undefined);
          const isOpen = translation.kind === "by-rules" || translation.kind === "unknown";
          expect(address === undefined).toBe(isOpen);
          const to = translation.kind === "by-rules" ? translation.candidates : undefined;
          const keys = to?.map((one) => `${one.to.ip} ${one.to.port}`);
          expect(keys).not.toEqual([]);
          expect(new Set(keys).size).toBe(keys?.length ?? 0);
        }
      }),
      RUNS,
    );
  });
});

/** Of this program alone, whatever else the machine does. */
function cpuMs(): number {
  const { user, system } = nodeProcess.cpuUsage();
  return (user + system) / 1_000;
}

/** The best of some, as it is once compiled. */
function fastestMs(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = cpuMs();
    work();
    return cpuMs() - before;
  });
  return Math.min(...times);
}

describe("the cost of joining", () => {
  const SOCKETS = 20_000;
  const TRACKED = 100_000;
  const ENTRIES = Array.from({ length: TRACKED }, (_, index): TrackedConnection => {
    const pod = `10.0.100.${1 + (index % 200)}`;
    return {
      source: at(pod, 32_768 + Math.floor(index / 200)),
      destination: at(CLUSTER_IP),
      target: at(index % 2 === 0 ? ENI_ONE : ENI_TWO),
      state: "ESTABLISHED",
      timeoutSeconds: 86_398,
      assured: true,
      replied: true,
    };
  });

  function worldOf(remoteOf: (index: number) => Endpoint): NodeSnapshot {
    const sockets = Array.from({ length: SOCKETS }, (_, index) =>
      socket(remoteOf(index), { local: ENTRIES[index * 5]?.source ?? at(WORKER_IP, 1) }),
    );
    return {
      ...nodeWorld().snapshot,
      namespaces: [{ id: "host", sockets: known(sockets) }],
      owners: known(
        Object.fromEntries(
          sockets.map(({ inode }, index) => [inode, [APPS[index % APPS.length]?.pid ?? 0]]),
        ),
      ),
      processes: PROCESSES,
      conntrack: known(ENTRIES),
    };
  }

  /** Nobody's business but pods' own: kubelet has few sockets. */
  const APPS = PROCESSES.filter(({ name }) => name === "app" || name === "server");

  /** By hand: each entry by both its ends, and each socket looked up. */
  function byHand({ namespaces }: NodeSnapshot): number {
    const table = new Map(
      ENTRIES.map(({ source, destination, target }) => [pairKey(source, destination), target]),
    );
    const sockets = valueOf(namespaces[0]?.sockets ?? known([])) ?? [];
    const found = sockets.map(({ local, remote }) => table.get(pairKey(local, remote)));
    return found.filter((target) => target !== undefined).length;
  }

  test("of 20,000 sockets and 100,000 tracked connections is that of a table of these, few or all theirs", () => {
    const { controlPlane } = nodeWorld();
    const worlds = [
      worldOf((index) => (index % 100 === 0 ? at(ENI_ONE) : at("1.2.3.4"))),
      worldOf(() => at(CLUSTER_IP)),
    ];
    const [few, all] = worlds.map((snapshot) => ({
      flows: joinFlows(snapshot, controlPlane).length,
      joined: fastestMs(() => joinFlows(snapshot, controlPlane)),
      byHand: fastestMs(() => byHand(snapshot)),
    }));
    nodeProcess.stderr.write(`ms of CPU: ${JSON.stringify({ few, all })}\n`);
    expect(few?.flows).toBe(SOCKETS / 100);
    expect(all?.flows).toBe(SOCKETS);
    for (const { joined, byHand: bare } of [few, all].flatMap((one) => one ?? []))
      expect(joined / bare).toBeLessThan(4);
  });
});
