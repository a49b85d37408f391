import { count } from "../../checks/check.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import type { NodeProcess } from "../../model/node/process.ts";
import { type Endpoint, endpointId, type TcpState } from "../../model/node/socket.ts";
import { podOf, shortEndpoint } from "../words.ts";

/** `kubelet (kubelet.service)`, `aws-k8s-agent (kube-system/aws-node-4x7bp)`, `python3 (pid 4242)`. */
export function whoIs(process: NodeProcess | undefined): string {
  if (process === undefined) return "a process that was not seen";
  const { name, owner, pid } = process;
  switch (owner.kind) {
    case "unit":
      return `${name} (${owner.unit})`;
    case "pod":
      return `${name} (${podOf(owner) ?? `pod ${owner.podUid}`})`;
    case "container":
    case "session":
    case "unknown":
      return `${name} (pid ${pid})`;
  }
}

const OPEN: ReadonlySet<TcpState> = new Set([
  "established",
  "syn-sent",
  "close-wait",
  "fin-wait-1",
  "closing",
  "last-ack",
]);

/** Connections to the control plane in which something is still to come. */
export function openFlows(flows: readonly NodeFlow[]): readonly NodeFlow[] {
  return flows.filter(
    ({ direction, socket }) => direction === "to-control-plane" && OPEN.has(socket.state),
  );
}

/** Connections of one process to one address. */
export interface FlowGroup {
  readonly process: NodeProcess | undefined;
  /** Where they end, as far as it is known, else as the process sees it. */
  readonly to: Endpoint;
  readonly flows: readonly NodeFlow[];
}

/** In the order in which they come first. */
export function groupFlows(flows: readonly NodeFlow[]): readonly FlowGroup[] {
  const groups = new Map<string, NodeFlow[]>();
  for (const flow of flows) {
    const to = endOf(flow);
    const key = `${flow.process?.pid ?? ""} ${endpointId(to)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [flow]);
    else group.push(flow);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ process: first.process, to: endOf(first), flows: group }];
  });
}

function endOf({ address, seen }: NodeFlow): Endpoint {
  return address?.endpoint ?? seen;
}

/** `kubelet (kubelet.service) to 43.200.53.253, 2 connections`. */
export function groupLine({ process, to, flows }: FlowGroup): string {
  return `${whoIs(process)} to ${shortEndpoint(to)}, ${count(flows.length, "connection")}`;
}

/** Addresses without their ports, each once. */
export function ipsOf(endpoints: readonly Endpoint[]): readonly string[] {
  return [...new Set(endpoints.map(({ ip }) => ip))];
}

/** Those endpoints by their ids, each once: what a finding is about. */
export function idsOf(endpoints: readonly Endpoint[]): readonly string[] {
  return [...new Set(endpoints.map(endpointId))];
}

const AT_MOST = 10;

/** The first of many lines, and how many there are besides. */
export function firstOf(lines: readonly string[]): readonly string[] {
  const more = lines.length - AT_MOST;
  return more > 1 ? [...lines.slice(0, AT_MOST), `and ${more} more`] : lines;
}

/** `kubelet, kube-proxy`: the names of those processes, each once. */
export function namesOf(flows: readonly NodeFlow[]): string {
  return [...new Set(flows.map(({ process }) => process?.name ?? "an unseen process"))].join(", ");
}
