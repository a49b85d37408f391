import * as fc from "fast-check";
import { known, skipped } from "../../src/model/fact.ts";
import type { KnownControlPlane } from "../../src/model/node/control-plane.ts";
import type { Role, Roles } from "./kernel-rows.ts";
import type { Dial, KernelWorld, Player } from "./kernel-world.ts";
import type { ProxiedService } from "./kube-proxy-rules.ts";
import { at, CLUSTER_IP } from "./node-world.ts";
import { WORKER_IP } from "./snapshots.ts";

/** A worker with clients of any kind, and what is to be known of its control plane. */
export interface RandomWorker {
  readonly world: KernelWorld;
  readonly controlPlane: KnownControlPlane;
  readonly roles: Roles;
  /** ENIs that the rules lead to in the end. */
  readonly ruled: readonly string[];
  /** The rules still lead to an ENI that is gone. */
  readonly stale: boolean;
}

const STRANGER = "10.0.200.9";
const OTHER_SERVICE = "172.20.77.7";

type Aim = "service" | "vip" | "eni" | "former" | "stranger" | "other-service";

interface DrawnDial {
  readonly aim: Aim;
  readonly index: number;
  readonly over: boolean;
  readonly bytes: number;
}

interface Drawn {
  readonly backend: string;
  /** Third and fourth number of each ENI's address. */
  readonly enis: readonly (readonly [number, number])[];
  readonly mode: "public" | "private" | "both";
  /** What became of one more ENI, that no API server has any more. */
  readonly former: "none" | "forgotten" | "still-in-the-rules";
  readonly kubelet: readonly DrawnDial[];
  readonly clients: readonly {
    readonly name: string;
    readonly inPod: boolean;
    readonly dials: readonly DrawnDial[];
  }[];
  readonly inbound: readonly { readonly index: number; readonly over: boolean }[];
}

const DIALS: fc.Arbitrary<DrawnDial[]> = fc.array(
  fc.record({
    aim: fc.constantFrom<Aim>(
      "service",
      "service",
      "service",
      "vip",
      "eni",
      "former",
      "stranger",
      "other-service",
    ),
    index: fc.nat(20),
    over: fc.nat(5).map((one) => one === 0),
    bytes: fc.integer({ min: 1, max: 3_000 }),
  }),
  { maxLength: 5 },
);

const NAMES = ["kube-proxy", "aws-k8s-agent", "coredns", "metrics-server", "ebs-csi-driver-n"];

/** Worlds on one of these back ends. */
export function randomWorker(backends: readonly string[]): fc.Arbitrary<RandomWorker> {
  return fc
    .record({
      backend: fc.constantFrom(...backends),
      enis: fc.uniqueArray(
        fc.tuple(fc.integer({ min: 1, max: 95 }), fc.integer({ min: 4, max: 254 })),
        { minLength: 2, maxLength: 6, selector: String },
      ),
      mode: fc.constantFrom("public" as const, "private" as const, "both" as const),
      former: fc.constantFrom("none" as const, "forgotten" as const, "still-in-the-rules" as const),
      kubelet: DIALS,
      clients: fc.uniqueArray(
        fc.record({ name: fc.constantFrom(...NAMES), inPod: fc.boolean(), dials: DIALS }),
        { minLength: 1, maxLength: 4, selector: ({ name }) => name },
      ),
      inbound: fc.array(fc.record({ index: fc.nat(20), over: fc.nat(3).map((one) => one === 0) }), {
        maxLength: 4,
      }),
    })
    .map(workerOf);
}

/** Addresses of one world. */
interface Place {
  readonly enis: readonly string[];
  readonly vips: readonly string[];
  readonly former: string;
  readonly hasFormer: boolean;
}

function workerOf(drawn: Drawn): RandomWorker {
  const [formerIp = "", ...enis] = drawn.enis.map(([third, fourth]) => `10.0.${third}.${fourth}`);
  const vips = drawn.mode === "private" ? [] : ["43.200.53.253", "52.79.39.107"];
  const hasFormer = drawn.former !== "none";
  const place = { enis, vips, former: formerIp, hasFormer };
  const before = servicesTo(hasFormer ? [...enis, formerIp] : enis);
  const world: KernelWorld = {
    backend: drawn.backend,
    services: before,
    ...(drawn.former === "forgotten" ? { servicesAfter: servicesTo(enis) } : {}),
    vpcIps: [...drawn.enis.map(([third, fourth]) => `10.0.${third}.${fourth}`), ...vips, STRANGER],
    lost: hasFormer ? [formerIp] : [],
    players: playersOf(drawn, place),
    inbound: drawn.inbound.map(({ index, over }, number) => ({
      id: `in ${number}`,
      from: pick(enis, index),
      to: at(WORKER_IP, 10_250),
      over,
    })),
  };
  return {
    world,
    ...knownOf(drawn, place),
    ruled: drawn.former === "still-in-the-rules" ? [...enis, formerIp] : enis,
    stale: drawn.former === "still-in-the-rules",
  };
}

function pick(from: readonly string[], index: number): string {
  return from[index % from.length] ?? "";
}

function playersOf(drawn: Drawn, place: Place): readonly Player[] {
  const kubelet = {
    name: "kubelet",
    listens: 10_250,
    dials: drawn.kubelet.flatMap((one, number) => dialOf(`kubelet ${number}`, one, place, true)),
  };
  const others = drawn.clients.map(({ name, inPod, dials }, index) => {
    const ofNode = name === "kube-proxy";
    return {
      name: name.slice(0, 15),
      ...(inPod && !ofNode ? { podIp: `10.0.105.${10 + index}` } : {}),
      dials: dials.flatMap((one, number) => dialOf(`${name} ${number}`, one, place, ofNode)),
    };
  });
  return [kubelet, ...others];
}

/** kubelet and kube-proxy have to do with nobody else; whoever else is at an old ENI came by the service. */
function dialOf(id: string, drawn: DrawnDial, place: Place, ofNode: boolean): readonly Dial[] {
  const { aim, index, over, bytes } = drawn;
  switch (aim) {
    case "service":
      return [{ id, to: at(CLUSTER_IP), over }];
    case "vip":
      return place.vips.length === 0 ? [] : [{ id, to: at(pick(place.vips, index)), over }];
    case "eni":
      return [{ id, to: at(pick(place.enis, index)), over }];
    case "former":
      if (!place.hasFormer) return [];
      return ofNode
        ? [{ id, to: at(place.former), bytes }]
        : [{ id, to: at(CLUSTER_IP), ends: place.former, bytes }];
    case "stranger":
      return ofNode ? [] : [{ id, to: at(STRANGER), over }];
    case "other-service":
      return [{ id, to: at(OTHER_SERVICE), over }];
  }
}

function servicesTo(enis: readonly string[]): readonly ProxiedService[] {
  return [
    {
      name: "default/kubernetes:https",
      ip: CLUSTER_IP,
      port: 443,
      endpoints: enis.map((ip) => `${ip}:443`),
    },
    { name: "default/web:https", ip: OTHER_SERVICE, port: 443, endpoints: [`${STRANGER}:443`] },
  ];
}

function knownOf(
  { mode, backend }: Drawn,
  { enis, vips, former, hasFormer }: Place,
): Pick<RandomWorker, "controlPlane" | "roles"> {
  const { controlPlane, roles } = madeUpControlPlane(
    enis.map((ip) => [ip]),
    vips,
  );
  return {
    controlPlane: {
      ...controlPlane,
      privateAccess: mode === "public" ? "no" : "yes",
      // Elsewhere the rules name it.
      ...(backend === "ipvs" ? { service: known({ endpoint: at(CLUSTER_IP), from: "AWS" }) } : {}),
    },
    roles: new Map([...roles, ...(hasFormer ? [[former, { kind: "former-eni" }] as const] : [])]),
  };
}

/** A control plane with these addresses: of each ENI all that it has. Each ENI has an API server. */
export function madeUpControlPlane(
  enis: readonly (readonly string[])[],
  vips: readonly string[],
): Pick<RandomWorker, "controlPlane" | "roles"> {
  const hostOf = (index: number): string => `ip-172-16-0-${index % enis.length}.example.internal`;
  const roles = new Map<string, Role>([
    ...enis.flatMap((ips, index) =>
      ips.map((ip) => [ip, { kind: "eni", apiServer: hostOf(index) }] as const),
    ),
    ...vips.map((ip, index) => [ip, { kind: "vip", apiServer: hostOf(index) }] as const),
  ]);
  const controlPlane: KnownControlPlane = {
    source: { kind: "probe", verdict: "healthy" },
    cluster: "random",
    region: "ap-northeast-2",
    endpointHost: "random.example.internal",
    privateAccess: "yes",
    vips: known(vips.map((ip, index) => ({ endpoint: at(ip), apiServer: known(hostOf(index)) }))),
    enis: known(
      enis.map(([ip = "", ...otherIps], index) => ({
        endpoint: at(ip),
        apiServer: known(hostOf(index)),
        eniId: `eni-0${index}`,
        otherIps,
      })),
    ),
    others: [],
    service: skipped("nobody was asked"),
  };
  return { controlPlane, roles };
}
