import * as fc from "fast-check";
import type {
  FrontFault,
  LabCluster,
  LabEni,
  LabFront,
  LabServer,
  LabStep,
  Scenario,
} from "../../src/lab/scenario.ts";
import { READER, STRANGER, scenario } from "../../src/lab/scenarios/base.ts";
import { GONZ_EKS_PUB, instanceHost } from "../../src/lab/scenarios/clusters.ts";
import { zone } from "../../src/lab/scenarios/timeline-parts.ts";
import type { EventKind } from "../../src/model/watch/event.ts";

/** What happens to one API server with its ENI and its VIP; times in seconds. */
export type Fate =
  | { readonly kind: "nothing" }
  /** A new process at once. */
  | { readonly kind: "restart"; readonly at: number }
  | { readonly kind: "stop"; readonly at: number; readonly for: number }
  | { readonly kind: "rotate"; readonly at: number }
  | { readonly kind: "unready"; readonly at: number; readonly for: number }
  | {
      readonly kind: "fault";
      readonly at: number;
      readonly for: number;
      readonly of: "vip" | "eni";
      readonly fault: FrontFault;
    }
  /** The VIP leads to the first API server, to which nothing happens. */
  | { readonly kind: "move"; readonly at: number }
  /** DNS forgets the VIP, it answers 401, goes, and its ENI and VIP are deleted. */
  | { readonly kind: "scale-in"; readonly at: number; readonly gaps: readonly number[] }
  /** API server, ENI and VIP are gone at once; DNS follows. */
  | { readonly kind: "vanish"; readonly at: number; readonly lag: number }
  /** It comes, with its ENI, then its VIP, then its record. */
  | { readonly kind: "arrive"; readonly at: number; readonly gaps: readonly number[] };

/** What is told of it. Subjects: `two` an API server, `two vip`, `two eni` its addresses. */
export interface Expected {
  readonly kind: EventKind;
  readonly of: string;
  /** Seconds: it happens no sooner; and is seen no later, where it has to be told. */
  readonly from: number;
  readonly seenBy: number | undefined;
}

export interface RandomTimeline {
  readonly scenario: Scenario;
  readonly forSeconds: number;
  readonly expected: readonly Expected[];
  /** IP or host to subject. */
  readonly subjects: ReadonlyMap<string, string>;
  readonly fates: readonly Fate[];
}

/** Round times; a path that fails for so long is down, and one that fails for so short is not. */
const ROUND = 10;
const LONG = 3 * ROUND + 1;
const SHORT = ROUND - 1;

const DNS = 60;
const EC2 = 30;

const NAMES = ["one", "two", "three", "four"] as const;

const at = fc.integer({ min: 15, max: 140 });
const lasting = fc.oneof(
  fc.integer({ min: 2, max: SHORT }),
  fc.integer({ min: LONG, max: LONG + 15 }),
);
const gap = fc.integer({ min: 1, max: 45 });
const gaps = fc.array(gap, { minLength: 3, maxLength: 3 });
/** Refused, mostly: silence takes real time. */
const fault = fc.oneof(
  { weight: 3, arbitrary: fc.constant<FrontFault>({ kind: "refuse" }) },
  { weight: 2, arbitrary: fc.constant<FrontFault>({ kind: "reset", phase: "tls" }) },
  { weight: 1, arbitrary: fc.constant<FrontFault>({ kind: "status", status: 503 }) },
  { weight: 1, arbitrary: fc.constant<FrontFault>({ kind: "drop" }) },
);

const FATE: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant<Fate>({ kind: "nothing" }),
  fc.record({ kind: fc.constant("restart" as const), at }),
  fc.record({ kind: fc.constant("stop" as const), at, for: lasting }),
  fc.record({ kind: fc.constant("rotate" as const), at }),
  fc.record({ kind: fc.constant("unready" as const), at, for: lasting }),
  fc.record({
    kind: fc.constant("fault" as const),
    at,
    for: lasting,
    of: fc.constantFrom("vip" as const, "eni" as const),
    fault,
  }),
  fc.record({ kind: fc.constant("move" as const), at }),
  fc.record({ kind: fc.constant("scale-in" as const), at, gaps }),
  fc.record({ kind: fc.constant("vanish" as const), at, lag: fc.integer({ min: 0, max: 80 }) }),
  fc.record({ kind: fc.constant("arrive" as const), at, gaps }),
);

/** The first API server is left alone: something has to answer. */
export const FATES: fc.Arbitrary<readonly Fate[]> = fc
  .tuple(FATE, FATE, FATE)
  .map((fates): readonly Fate[] => [{ kind: "nothing" }, ...fates]);

/** One API server with what leads to it, as it is for some time. */
interface Slot {
  readonly server: LabServer | undefined;
  readonly eni: LabEni | undefined;
  readonly vip: LabFront | undefined;
  readonly eniFront: LabFront | undefined;
  readonly inDns: boolean;
  readonly inService: boolean;
}

type Change = readonly [atSeconds: number, change: Partial<Slot>];

export function randomTimeline(fates: readonly Fate[]): RandomTimeline {
  const slots = NAMES.map((name, index) => slotOf(name, index));
  const changes = fates.map((fate, index) => changesOf(fate, slots[index] ?? fail()));
  const starts = slots.map((slot, index) =>
    fates[index]?.kind === "arrive" ? { ...ABSENT } : slot,
  );
  const times = [...new Set(changes.flat().map(([seconds]) => seconds))].toSorted((a, b) => a - b);
  const stateAt = (seconds: number): readonly Slot[] =>
    starts.map((start, index) =>
      (changes[index] ?? [])
        .filter(([since]) => since <= seconds)
        .reduce((slot, [, change]) => ({ ...slot, ...change }), start),
    );
  const cluster: LabCluster = { ...GONZ_EKS_PUB, ...clusterOf(stateAt(0)) };
  const timeline = times.map((atSeconds): LabStep => {
    const set = clusterOf(stateAt(atSeconds));
    return { atSeconds, what: "something", cluster: cluster.name, set };
  });
  // A move is looked into at once: two rounds close to each other make any failure a long one.
  const hasMove = fates.some(({ kind }) => kind === "move");
  const expected = fates.flatMap((fate, index) =>
    expectedOf(fate, NAMES[index] ?? fail(), hasMove),
  );
  const last = Math.max(60, ...expected.map(({ seenBy = 0 }) => seenBy));
  return {
    scenario: scenario("random", "whatever may happen", {
      clusters: [cluster],
      principals: [READER, STRANGER],
      timeline,
    }),
    forSeconds: last + 5,
    expected,
    subjects: new Map(
      slots.flatMap(({ server, eni, vip }, index): [string, string][] => [
        [server?.host ?? "", NAMES[index] ?? ""],
        [eni?.ip ?? "", `${NAMES[index]} eni`],
        [vip?.ip ?? "", `${NAMES[index]} vip`],
      ]),
    ),
    fates,
  };
}

function fail(): never {
  throw new Error("four of each");
}

const ABSENT: Slot = {
  server: undefined,
  eni: undefined,
  vip: undefined,
  eniFront: undefined,
  inDns: false,
  inService: false,
};

function slotOf(name: string, index: number): Slot {
  const [eni] = GONZ_EKS_PUB.enis;
  if (eni === undefined) throw new Error("a cluster with ENIs");
  const ip = `10.0.${20 + index}.41`;
  const front = { port: 443, policy: "pinned", servers: [name], fault: undefined } as const;
  return {
    server: {
      id: name,
      host: instanceHost(`172.16.${50 + index}.7`),
      eniIp: ip,
      notAfterOffsetSeconds: 60 * index,
    },
    eni: { ...eni, id: `eni-0c1000000000${index}020a`, ip, availabilityZone: zone("a") },
    vip: { ...front, ip: `43.200.53.${10 + index}` },
    eniFront: { ...front, ip },
    inDns: true,
    inService: true,
  };
}

function clusterOf(
  slots: readonly Slot[],
): Pick<LabCluster, "servers" | "enis" | "fronts" | "dns" | "endpointIps"> {
  const present = <T>(pick: (slot: Slot) => T | undefined): readonly T[] =>
    slots.flatMap((slot) => pick(slot) ?? []);
  return {
    servers: present(({ server }) => server),
    enis: present(({ eni }) => eni),
    fronts: [...present(({ vip }) => vip), ...present(({ eniFront }) => eniFront)],
    dns: { ...GONZ_EKS_PUB.dns, a: present(({ vip, inDns }) => (inDns ? vip?.ip : undefined)) },
    endpointIps: present(({ server, inService }) =>
      inService && server?.down !== true && server?.retired !== true ? server?.eniIp : undefined,
    ),
  };
}

function changesOf(fate: Fate, slot: Slot): readonly Change[] {
  const { server, vip, eniFront, eni } = slot;
  if (server === undefined || vip === undefined || eniFront === undefined) return fail();
  switch (fate.kind) {
    case "nothing":
      return [];
    case "restart":
      return [[fate.at, { server: { ...server, starts: 1 } }]];
    case "stop":
      return [
        [fate.at, { server: { ...server, down: true } }],
        [fate.at + fate.for, { server: { ...server, starts: 1 } }],
      ];
    case "rotate":
      return [[fate.at, { server: { ...server, leaf: 1 } }]];
    case "unready":
      return [
        [fate.at, { server: { ...server, failingChecks: ["etcd"] } }],
        [fate.at + fate.for, { server }],
      ];
    case "fault": {
      const bad = fate.fault;
      return fate.of === "vip"
        ? [
            [fate.at, { vip: { ...vip, fault: bad } }],
            [fate.at + fate.for, { vip }],
          ]
        : [
            [fate.at, { eniFront: { ...eniFront, fault: bad } }],
            [fate.at + fate.for, { eniFront }],
          ];
    }
    case "move":
      return [[fate.at, { vip: { ...vip, servers: ["one"] } }]];
    case "scale-in": {
      const [retired, gone, deleted] = sums(fate.at, fate.gaps);
      return [
        [fate.at, { inDns: false, inService: false }],
        [retired, { server: { ...server, retired: true } }],
        [gone, { server: undefined }],
        // Its fronts refuse from then on: silence takes real time.
        [deleted, { eni: undefined }],
      ];
    }
    case "vanish":
      return [
        [fate.at, { server: undefined, eni: undefined, inService: false }],
        [fate.at + fate.lag, { inDns: false }],
      ];
    case "arrive": {
      const [withVip, withDns] = sums(fate.at, fate.gaps);
      return [
        [fate.at, { server, eni, eniFront, inService: true }],
        [withVip, { vip }],
        [withDns, { inDns: true }],
      ];
    }
  }
}

function sums(start: number, all: readonly number[]): [number, number, number] {
  const [a = 1, b = 1, c = 1] = all;
  return [start + a, start + a + b, start + a + b + c];
}

function expectedOf(fate: Fate, name: string, hasMove: boolean): readonly Expected[] {
  const [vip, eni] = [`${name} vip`, `${name} eni`];
  switch (fate.kind) {
    case "nothing":
      return [];
    case "restart":
      return [must("server-restarted", name, fate.at, 4 * ROUND)];
    case "rotate":
      return [must("certificate-rotated", name, fate.at, 4 * ROUND)];
    case "move":
      return [must("path-moved", vip, fate.at, 2 * ROUND + 2)];
    case "stop": {
      const back = fate.at + fate.for;
      return [
        ...spell(fate, hasMove, ["path-down", "path-up"], vip),
        ...spell(fate, hasMove, ["path-down", "path-up"], eni),
        ...spell(fate, hasMove, ["readyz-lost", "readyz-regained"], name).map(optional),
        ...spell(fate, hasMove, ["endpoint-left-service", "endpoint-joined-service"], eni).map(
          optional,
        ),
        must("server-restarted", name, back, 4 * ROUND),
      ];
    }
    case "unready":
      return spell(fate, hasMove, ["readyz-lost", "readyz-regained"], name);
    case "fault":
      return spell(fate, hasMove, ["path-down", "path-up"], `${name} ${fate.of}`);
    case "scale-in":
      return ofScaleIn(fate, name);
    case "vanish": {
      const left = fate.lag + 2 * DNS + 2 * ROUND;
      return [
        must("eni-deleted", eni, fate.at, EC2 + 3 * ROUND),
        must("endpoint-left-service", eni, fate.at, 5 * ROUND),
        must("address-left-dns", vip, fate.at + fate.lag, 2 * DNS + 2 * ROUND),
        must("address-dead", eni, fate.at, EC2 + 7 * ROUND),
        must("address-dead", vip, fate.at, left + 3 * ROUND),
        must("server-gone", name, fate.at, left + 5 * ROUND),
        optional(must("path-down", eni, fate.at, 0)),
        fate.lag >= LONG
          ? must("path-down", vip, fate.at, 2 * ROUND + 2)
          : optional(must("path-down", vip, fate.at, 0)),
      ];
    }
    case "arrive": {
      const [, withDns] = sums(fate.at, fate.gaps);
      return [
        must("eni-created", eni, fate.at, EC2 + 2 * ROUND),
        must("endpoint-joined-service", eni, fate.at, 4 * ROUND),
        must("server-appeared", name, fate.at, EC2 + 2 * ROUND),
        must("address-joined-dns", vip, withDns, DNS + ROUND),
      ];
    }
  }
}

function ofScaleIn(
  fate: Extract<Fate, { readonly kind: "scale-in" }>,
  name: string,
): readonly Expected[] {
  const [vip, eni] = [`${name} vip`, `${name} eni`];
  const [retired, gone, deleted] = sums(fate.at, fate.gaps);
  const vipLeft = fate.at + 2 * DNS + 2 * ROUND;
  const eniLeft = deleted + EC2 + 3 * ROUND;
  const dead = Math.max(vipLeft, eniLeft, retired + 9 * ROUND) + 4 * ROUND;
  const eniDown = must("path-down", eni, retired, 2 * ROUND + 2);
  return [
    must("address-left-dns", vip, fate.at, vipLeft - fate.at),
    must("endpoint-left-service", eni, fate.at, 5 * ROUND),
    must("eni-deleted", eni, deleted, eniLeft - deleted),
    must("address-dead", vip, gone, dead - gone),
    must("address-dead", eni, gone, dead - gone),
    must("server-gone", name, gone, dead + ROUND - gone),
    deleted - retired >= LONG ? eniDown : optional(eniDown),
    // It may fail before DNS was asked again.
    optional(must("path-down", vip, retired, 0)),
  ];
}

/** Something that is lost for a while. */
function spell(
  { at: from, for: lastsFor }: { readonly at: number; readonly for: number },
  hasMove: boolean,
  [lost, regained]: readonly [EventKind, EventKind],
  of: string,
): readonly Expected[] {
  const both = [
    must(lost, of, from, 2 * ROUND + 2),
    must(regained, of, from + lastsFor, 2 * ROUND + 2),
  ];
  if (lastsFor >= LONG) return both;
  return hasMove ? both.map(optional) : [];
}

function must(kind: EventKind, of: string, from: number, within: number): Expected {
  return { kind, of, from, seenBy: from + within };
}

function optional(expected: Expected): Expected {
  return { ...expected, seenBy: undefined };
}
