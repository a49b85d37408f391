import { valueOf } from "../../src/model/fact.ts";
import type { FlowAddress, NodeFlow } from "../../src/model/node/flow.ts";
import type { Endpoint } from "../../src/model/node/socket.ts";
import type { KernelTruth, KernelWorld, Made } from "./kernel-world.ts";

/** What an address of the VPC is, as whoever made the world knows. */
export interface Role {
  readonly kind: FlowAddress["kind"];
  /** Host of the API server behind it. */
  readonly apiServer?: string | undefined;
}

/** By IP. What is not in it is none of the control plane's. */
export type Roles = ReadonlyMap<string, Role>;

function shown({ ip, port }: Endpoint): string {
  return `${ip}:${port}`;
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return shown(a) === shown(b);
}

/** The connections that were made and are still open, one line each. */
export function rowsMade(world: KernelWorld, truth: KernelTruth, roles: Roles): readonly string[] {
  const byId = new Map(truth.made.map((one) => [one.id, one]));
  const madeOf = (id: string): Made => {
    const made = byId.get(id);
    if (made === undefined) throw new Error(`${id} was not made`);
    return made;
  };
  const outbound = world.players.flatMap(({ name, dials }) =>
    dials.flatMap(({ id, to, over }) => {
      const { pid, local, end } = madeOf(id);
      const role = roles.get(end.ip);
      if (role === undefined || over === true) return [];
      const how = isSame(to, end) ? "straight" : "tracked";
      return [row("out", `${name}[${pid}]`, local, to, how, role, end)];
    }),
  );
  const kubelet = world.players.findIndex(({ listens }) => listens === 10_250);
  const name = `${world.players[kubelet]?.name}[${truth.pids[kubelet]}]`;
  const inbound = world.inbound.flatMap(({ id, over }) => {
    const { local, end } = madeOf(id);
    const role = roles.get(local.ip) ?? { kind: "unknown" };
    return over === true ? [] : [row("in", name, end, local, "straight", role, local)];
  });
  return [...outbound, ...inbound].toSorted();
}

/** What `-o json` tells of a connection, as far as it is compared. */
export interface ToldConnection {
  readonly direction: string;
  readonly process: string | null;
  readonly pid: number | null;
  readonly local: string;
  readonly remote: string;
  readonly translation: { readonly kind: string; readonly to: string | null };
  readonly address: string | null;
  readonly addressKind: string | null;
  readonly apiServer: { readonly value: string | null };
}

/** The same of what the program told. */
export function rowsTold(connections: readonly ToldConnection[]): readonly string[] {
  return connections
    .map(({ direction, process, pid, local, remote, translation, ...end }) => {
      const way = direction === "to-control-plane" ? "out" : "in";
      const how = translation.kind === "none" ? "straight" : translation.kind;
      return `${way} ${process}[${pid}] ${local} - ${remote} ${how} ${end.addressKind} ${end.address} ${end.apiServer.value ?? "?"}`;
    })
    .toSorted();
}

/** The same of what was found. */
export function rowsFound(flows: readonly NodeFlow[]): readonly string[] {
  return flows
    .map(({ direction, process, socket, seen, translation, address, apiServer }) => {
      const role: Role = {
        kind: address?.kind ?? "unknown",
        apiServer: valueOf(apiServer),
      };
      const way = direction === "to-control-plane" ? "out" : "in";
      const how = translation.kind === "none" ? "straight" : translation.kind;
      const end = address?.endpoint ?? { ip: "?", port: 0 };
      return row(way, `${process?.name}[${process?.pid}]`, socket.local, seen, how, role, end);
    })
    .toSorted();
}

function row(
  way: "out" | "in",
  who: string,
  local: Endpoint,
  seen: Endpoint,
  how: string,
  { kind, apiServer = "?" }: Role,
  end: Endpoint,
): string {
  return `${way} ${who} ${shown(local)} - ${shown(seen)} ${how} ${kind} ${shown(end)} ${apiServer}`;
}

/** The table writes IPv6 in full. */
function shortened(ip: string): string {
  return ip.includes(":") ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;
}

/** Connections that the kernel's own table has translated: both ends as the client opened it, and where it goes. */
export function translatedIn(table: string): readonly string[] {
  return table.split("\n").flatMap((line) => {
    if (!line.includes("ESTABLISHED")) return [];
    const all = (name: string): readonly string[] =>
      [...line.matchAll(new RegExp(` ${name}=(\\S+)`, "g"))].map(([, value = ""]) => value);
    const [[from = "", back = ""], [to = ""], [sport, port], [dport]] = [
      all("src").map(shortened),
      all("dst").map(shortened),
      all("sport"),
      all("dport"),
    ];
    return to === back ? [] : [`${from}:${sport} - ${to}:${dport} > ${back}:${port}`];
  });
}

/** The same of what was made. */
export function translatedOf(world: KernelWorld, { made }: KernelTruth): readonly string[] {
  return world.players.flatMap(({ dials }) =>
    dials.flatMap(({ id, to, over }) => {
      const one = made.find((each) => each.id === id);
      if (one === undefined || over === true || isSame(to, one.end)) return [];
      return [`${shown(one.local)} - ${shown(to)} > ${shown(one.end)}`];
    }),
  );
}
