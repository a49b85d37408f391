import * as fc from "fast-check";
import { type Fact, known, skipped, unknown } from "../../src/model/fact.ts";
import { NO_PROXY_SETTINGS } from "../../src/model/local-settings.ts";
import type { KnownControlPlane } from "../../src/model/node/control-plane.ts";
import type { FlowAddress, NodeFlow, Translation } from "../../src/model/node/flow.ts";
import type { ServiceNat } from "../../src/model/node/nat.ts";
import type { NodeProcess, ProcessOwner } from "../../src/model/node/process.ts";
import { NODE_CODES, type NodeFinding, type NodeReport } from "../../src/model/node/report.ts";
import type { NodeSnapshot } from "../../src/model/node/snapshot.ts";
import type { Endpoint, TcpSocket } from "../../src/model/node/socket.ts";
import { NODE_CHECKS } from "../../src/node/checks/table.ts";
import { hostileText } from "./hostile-reports.ts";

const maybeText = fc.option(hostileText, { nil: undefined });

/** Any time that there is in four digits of years. */
const time: fc.Arbitrary<string> = fc
  .date({
    min: new Date("2015-01-01"),
    max: new Date("2035-01-01"),
    noInvalidDate: true,
  })
  .map((at) => at.toISOString());

function fact<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Fact<T>> {
  return fc.oneof(
    { weight: 3, arbitrary: value.map((one) => known(one)) },
    hostileText.map((reason) => skipped(reason)),
    hostileText.map((message) =>
      unknown({ code: "file-unreadable", phase: "node", side: "local", message }),
    ),
  );
}

/** Few addresses, so that they meet. */
function endpointOf(ip: fc.Arbitrary<string>): fc.Arbitrary<Endpoint> {
  return fc.record({ ip, port: fc.constant(443) });
}

const owner: fc.Arbitrary<ProcessOwner> = fc.oneof(
  fc.record({ kind: fc.constant("unit" as const), unit: hostileText }),
  fc.record({
    kind: fc.constant("pod" as const),
    podUid: hostileText,
    containerId: maybeText,
    namespace: maybeText,
    pod: maybeText,
    container: maybeText,
  }),
  fc.record({ kind: fc.constant("container" as const), containerId: hostileText }),
  fc.constant({ kind: "session" as const }),
  fc.record({ kind: fc.constant("unknown" as const), reason: hostileText }),
);

const process: fc.Arbitrary<Omit<NodeProcess, "pid">> = fc.record({
  name: hostileText,
  command: fact(fc.array(hostileText, { maxLength: 3 })),
  startedAt: fact(time),
  owner,
  proxy: fact(fc.constant(NO_PROXY_SETTINGS)),
  networkNamespace: maybeText,
});

const processes: fc.Arbitrary<readonly NodeProcess[]> = fc
  .array(process, {
    minLength: 1,
    maxLength: 4,
  })
  .map((all) => all.map((one, index) => ({ ...one, pid: index + 1 })));

type FlowParts = Omit<NodeFlow, "process" | "socket"> & {
  readonly owner: number;
  readonly socket: Omit<TcpSocket, "local" | "remote" | "inode">;
};

const socket: fc.Arbitrary<FlowParts["socket"]> = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  state: fc.constantFrom("established", "syn-sent", "close-wait", "fin-wait-1"),
  sendQueueBytes: fc.oneof(fc.constant(0), fc.nat()),
  receiveQueueBytes: fc.oneof(fc.constant(0), fc.nat()),
  timer: fc.constantFrom("none", "retransmit", "keepalive", "time-wait", "zero-window"),
  retransmits: fc.oneof(fc.constant(0), fc.nat(255)),
  uid: fc.nat(100_000),
});

function translationTo(endpoint: fc.Arbitrary<Endpoint>): fc.Arbitrary<Translation> {
  const probability = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
  return fc.oneof(
    fc.constant({ kind: "none" as const }),
    fc.record({ kind: fc.constant("tracked" as const), to: endpoint }),
    fc.record({
      kind: fc.constant("by-rules" as const),
      chain: maybeText,
      candidates: fc.array(fc.record({ to: endpoint, probability }), { maxLength: 9 }),
    }),
    fc.record({ kind: fc.constant("unknown" as const), reason: hostileText }),
  );
}

function addressAt(endpoint: fc.Arbitrary<Endpoint>): fc.Arbitrary<FlowAddress> {
  const kind = fc.constantFrom("vip" as const, "eni" as const, "former-eni" as const, "unknown");
  return fc.record({ endpoint, kind, eniId: maybeText });
}

function flowTo(endpoint: fc.Arbitrary<Endpoint>): fc.Arbitrary<FlowParts> {
  return fc.record({
    direction: fc.constantFrom("to-control-plane", "from-control-plane"),
    owner: fc.integer({ min: 0, max: 5 }),
    ownerReason: maybeText,
    socket,
    seen: endpoint,
    translation: translationTo(endpoint),
    address: fc.option(addressAt(endpoint), { nil: undefined }),
    apiServer: fact(hostileText),
  });
}

/** Each with a port of its own, as connections of one address have. */
function flowOf(
  { owner: at, socket: own, ...rest }: FlowParts,
  index: number,
  all: readonly NodeProcess[],
): NodeFlow {
  const port = rest.direction === "to-control-plane" ? 40_000 + index : 10_250;
  const remote =
    rest.direction === "to-control-plane" ? rest.seen : { ip: rest.seen.ip, port: 20_000 + index };
  const local = { ip: "10.0.105.163", port };
  const found = all[at];
  return {
    ...rest,
    process: found,
    seen: remote,
    socket: { ...own, local, remote, inode: 40_000 + index },
  };
}

function controlPlaneAt(endpoint: fc.Arbitrary<Endpoint>): fc.Arbitrary<KnownControlPlane> {
  const address = fc.record({ endpoint, apiServer: fact(hostileText) });
  const eni = fc.record({
    endpoint,
    apiServer: fact(hostileText),
    eniId: hostileText,
    otherIps: fc.array(fc.ipV4(), { maxLength: 2 }),
  });
  return fc.record({
    source: fc.oneof(
      fc.record({ kind: fc.constant("probe" as const), verdict: hostileText }),
      fc.record({ kind: fc.constant("map" as const), file: hostileText, startedAt: time }),
      fc.record({ kind: fc.constant("none" as const), reason: hostileText }),
    ),
    cluster: maybeText,
    region: maybeText,
    endpointHost: maybeText,
    privateAccess: fc.constantFrom("yes", "no", "unknown"),
    vips: fact(fc.array(address, { maxLength: 3 }).map(distinct)),
    enis: fact(fc.array(eni, { maxLength: 4 }).map(distinct)),
    others: fc.array(address, { maxLength: 2 }).map(distinct),
    service: fact(fc.record({ endpoint, from: hostileText })),
  });
}

function distinct<T extends { readonly endpoint: Endpoint }>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map((one) => [one.endpoint.ip, one])).values()];
}

function natAt(endpoint: fc.Arbitrary<Endpoint>): fc.Arbitrary<ServiceNat> {
  return fc.record({
    backend: fc.constantFrom("iptables-legacy", "iptables-nft", "nftables", "ipvs"),
    service: endpoint,
    name: fc.option(fc.oneof(fc.constant("default/kubernetes:https"), hostileText), {
      nil: undefined,
    }),
    chain: maybeText,
    targets: fc.array(
      fc.record({
        to: endpoint,
        probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
        chain: maybeText,
        weight: fc.option(fc.nat(100), { nil: undefined }),
      }),
      { maxLength: 9 },
    ),
    oddities: fc.array(hostileText, { maxLength: 2 }),
  });
}

function snapshotAt(
  endpoint: fc.Arbitrary<Endpoint>,
): fc.Arbitrary<Omit<NodeSnapshot, "processes" | "owners" | "podIps">> {
  return fc.record({
    readAt: time,
    hostname: hostileText,
    source: fc.oneof(
      fc.constant({ kind: "live" as const }),
      fc.record({ kind: fc.constantFrom("root" as const, "bundle" as const), path: hostileText }),
    ),
    localIps: fc.array(fc.oneof(fc.ipV4(), fc.constant("127.0.0.1")), { maxLength: 3 }),
    namespaces: fact(fc.constant([])).map((sockets) => [{ id: "host", sockets }]),
    nat: fact(fc.array(natAt(endpoint), { maxLength: 3 })),
    conntrack: fact(fc.constant([])),
    conntrackUse: fact(fc.record({ count: fc.nat(), max: fc.nat() })),
    kubelet: fact(
      fc.record({
        server: hostileText,
        certificateAuthority: fact(hostileText),
        clusterName: maybeText,
        region: maybeText,
        nodeIp: fc.option(fc.ipV4(), { nil: undefined }),
        clusterDns: fc.array(fc.ipV4(), { maxLength: 2 }),
        file: hostileText,
      }),
    ),
    serviceAddresses: fc.array(endpoint, { maxLength: 2 }),
    nameServers: fact(fc.array(fc.ipV4(), { maxLength: 3 })),
    nameServersFile: maybeText,
    blind: fc.array(hostileText, { maxLength: 12 }),
  });
}

const findings: fc.Arbitrary<readonly NodeFinding[]> = fc.tuple(
  ...NODE_CODES.map((code) =>
    fc.record({
      code: fc.constant(code),
      topic: fc.constant(NODE_CHECKS[code].topic),
      title: fc.constant(NODE_CHECKS[code].title),
      status: fc.constantFrom("ok", "warn", "fail", "skip", "unknown"),
      summary: hostileText,
      details: fc.array(hostileText, { maxLength: 3 }),
      side: fc.constantFrom("local", "network", "aws", undefined),
      next: maybeText,
      addresses: fc.array(hostileText, { maxLength: 2 }),
    }),
  ),
);

/** Whatever a worker may hold, with every text in it an enemy's; `ip` makes its addresses. */
export function hostileNodeAt(ip: fc.Arbitrary<string>): fc.Arbitrary<NodeReport> {
  return fc
    .array(ip, { minLength: 2, maxLength: 5 })
    .chain((ips) => {
      const endpoint = endpointOf(fc.constantFrom(...ips.map((one) => one.toLowerCase())));
      return fc.record({
        snapshot: snapshotAt(endpoint),
        controlPlane: controlPlaneAt(endpoint),
        processes,
        flows: fc.array(flowTo(endpoint), { maxLength: 40 }),
        findings,
        summary: hostileText,
        simulated: fc.boolean(),
      });
    })
    .map(({ snapshot, processes: all, flows, summary, ...rest }) => ({
      ...rest,
      snapshot: { ...snapshot, processes: all, owners: skipped("not looked for"), podIps: [] },
      flows: flows.map((flow, index) => flowOf(flow, index, all)),
      verdict: { status: "failed", exitCode: 1, summary },
    }));
}

export const hostileNode: fc.Arbitrary<NodeReport> = hostileNodeAt(
  fc.oneof(fc.ipV4(), fc.ipV4(), fc.ipV6()),
);
