import type { Fact } from "../model/fact.ts";
import type { ControlPlaneMap, InspectedServer } from "../model/map.ts";
import { notKnown, type Outcome } from "./check.ts";

/** One fact of every API server that was asked about itself. */
export interface Gathered<T> {
  readonly known: readonly {
    readonly id: string;
    readonly value: T;
    readonly through: readonly string[];
  }[];
  /** Why there is none, where there is none. */
  readonly missing: Outcome | undefined;
}

export function gatherInspected<T>(
  map: ControlPlaneMap,
  pick: (inspected: InspectedServer) => Fact<T>,
): Gathered<T> {
  const facts = map.apiServers.flatMap(({ id, inspected }) =>
    inspected ? [{ id, fact: pick(inspected), through: inspected.through }] : [],
  );
  const known = facts.flatMap(({ id, fact, through }) =>
    fact.kind === "known" ? [{ id, value: fact.value, through }] : [],
  );
  const first = facts.find(({ fact }) => fact.kind !== "known");
  return { known, missing: first && notKnown(first.fact) };
}
