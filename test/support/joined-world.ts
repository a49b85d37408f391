import { type Fact, known } from "../../src/model/fact.ts";
import type { NodeFlow } from "../../src/model/node/flow.ts";
import type { TrackedConnection } from "../../src/model/node/nat.ts";
import type { NodeProcess } from "../../src/model/node/process.ts";
import type { NamespaceSockets } from "../../src/model/node/snapshot.ts";
import type { Endpoint, TcpSocket } from "../../src/model/node/socket.ts";
import { joinFlows } from "../../src/node/join/flows.ts";
import { LISTENER, type NodeWorld, nodeWorld, type WorldChange } from "./node-world.ts";

/** A socket and those that have it: none where the kernel's list alone shows it. */
interface Held {
  readonly socket: TcpSocket;
  readonly by: readonly NodeProcess[];
  /** The host's own where none is named. */
  readonly namespace?: string;
}

export function held(by: NodeProcess | undefined, socket: TcpSocket, namespace?: string): Held {
  const processes = by === undefined ? [] : [by];
  return { socket, by: processes, ...(namespace === undefined ? {} : { namespace }) };
}

/** The worker of the field notes with these sockets, and its connections as they are joined. */
export function joinedWorld(sockets: readonly Held[], change: WorldChange = {}): NodeWorld {
  const inHost = sockets.filter(({ namespace }) => namespace === undefined);
  const further = [...new Set(sockets.flatMap(({ namespace }) => namespace ?? []))];
  const namespaces: readonly NamespaceSockets[] = [
    { id: "host", sockets: known([LISTENER, ...inHost.map(({ socket }) => socket)]) },
    ...further.map((id) => ({
      id,
      sockets: known(
        sockets.filter(({ namespace }) => namespace === id).map(({ socket }) => socket),
      ),
    })),
  ];
  const pids = sockets.map(
    ({ socket, by }) => [String(socket.inode), by.map(({ pid }) => pid)] as const,
  );
  const world = nodeWorld({
    ...change,
    snapshot: {
      namespaces,
      processes: [...new Set(sockets.flatMap(({ by }) => by))],
      owners: known(Object.fromEntries(pids.filter(([, own]) => own.length > 0))),
      ...change.snapshot,
    },
  });
  return { ...world, flows: joinFlows(world.snapshot, world.controlPlane) };
}

export function flowsOf(sockets: readonly Held[], change: WorldChange = {}): readonly NodeFlow[] {
  return joinedWorld(sockets, change).flows;
}

/** The one connection of a world that has one. */
export function flowOf(sockets: readonly Held[], change: WorldChange = {}): NodeFlow {
  const [flow, ...more] = flowsOf(sockets, change);
  if (flow === undefined || more.length > 0) throw new Error(`${more.length + 1} connections`);
  return flow;
}

/** The kernel's record of a socket's connection, that leads to `target`. */
export function trackedTo(
  { local, remote }: TcpSocket,
  target: Endpoint,
  change: Partial<TrackedConnection> = {},
): TrackedConnection {
  return {
    source: local,
    destination: remote,
    target,
    state: "ESTABLISHED",
    timeoutSeconds: 86_398,
    assured: true,
    replied: true,
    ...change,
  };
}

export function tracking(...entries: TrackedConnection[]): {
  readonly conntrack: Fact<readonly TrackedConnection[]>;
} {
  return { conntrack: known(entries) };
}

/** One line of a connection: who, where to, how, what is there, and behind it. */
export function lineOf({
  direction,
  process,
  seen,
  translation,
  address,
  apiServer,
}: NodeFlow): string {
  const ends = translation.kind === "tracked" ? [`-> ${translation.to.ip}`] : [];
  const rules =
    translation.kind === "by-rules"
      ? [`-> ${translation.candidates.map(({ to }) => to.ip).join("|")}`]
      : [];
  const way = direction === "to-control-plane" ? "to" : "from";
  const server = apiServer.kind === "known" ? [apiServer.value.split(".")[0] ?? ""] : [];
  return [
    process?.name ?? "?",
    way,
    seen.ip,
    ...ends,
    ...rules,
    address?.kind ?? translation.kind,
    ...server,
  ].join(" ");
}
