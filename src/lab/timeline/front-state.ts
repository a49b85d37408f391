import { isShut } from "../fronts/shut-port.ts";
import type { LabCluster, LabFront, LabStep } from "../scenario.ts";
import { statesOf } from "./fold.ts";

/** What a connection to an address meets at some time. */
export type FrontState =
  | {
      readonly kind: "open";
      /** With those of its servers alone that take connections. */
      readonly front: LabFront;
    }
  | { readonly kind: "refuse" }
  /** Nothing answers. `ends` is what becomes of the connections that are open. */
  | { readonly kind: "drop"; readonly ends: "silence" | "reset" };

/** An address that the timeline knows, with all that it ever is. */
export interface FrontHistory {
  readonly ip: string;
  readonly port: number;
  /** In order; the first one begins with the lab. */
  readonly states: readonly { readonly atSeconds: number; readonly state: FrontState }[];
  /** What it is all the time; undefined for one that changes. */
  readonly constant: LabFront | undefined;
}

/** Every address that there ever is, those of the start first. */
export function frontHistories(
  cluster: LabCluster,
  steps: readonly LabStep[],
): readonly FrontHistory[] {
  const clusters = statesOf(cluster, steps);
  const fronts = clusters.flatMap((state) => state.cluster.fronts);
  const places = new Map(fronts.map(({ ip, port }) => [`${ip} ${port}`, { ip, port }]));
  return [...places.values()].map((place) => {
    let last: LabFront | undefined;
    const states = clusters.map(({ atSeconds, cluster: state }) => {
      const front = state.fronts.find(({ ip, port }) => ip === place.ip && port === place.port);
      last = front ?? last;
      return { atSeconds, front, state: frontState(front, last, state) };
    });
    const [first] = states;
    const isConstant = new Set(states.map(({ state }) => JSON.stringify(state))).size === 1;
    return { ...place, states, constant: isConstant ? first?.front : undefined };
  });
}

export function stateAt({ states }: FrontHistory, seconds: number): FrontState {
  const past = states.findLast(({ atSeconds }) => atSeconds <= seconds);
  return past?.state ?? { kind: "drop", ends: "silence" };
}

function frontState(
  front: LabFront | undefined,
  last: LabFront | undefined,
  cluster: LabCluster,
): FrontState {
  const ends = (front ?? last)?.whenGone ?? "silence";
  if (front === undefined) return { kind: "drop", ends };
  const { fault } = front;
  if (fault === undefined || !isShut(fault)) return openState(front, cluster);
  // A port that listens at another time cannot be one that the machine has no route to.
  return fault.kind === "refuse" ? { kind: "refuse" } : { kind: "drop", ends };
}

function openState(front: LabFront, { servers }: LabCluster): FrontState {
  const all = front.policy === "pinned" ? front.servers.slice(0, 1) : front.servers;
  const takes = (id: string): boolean =>
    servers.some((server) => server.id === id && server.down !== true);
  const weights = front.weights?.filter((_, index) => takes(all[index] ?? ""));
  const taking = all.filter(takes);
  return taking.length === 0
    ? { kind: "refuse" }
    : {
        kind: "open",
        front: { ...front, servers: taking, ...(weights !== undefined && { weights }) },
      };
}
