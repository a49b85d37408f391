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
  /** ` · B unknown`: those of whom it is not known, for the end of a line; empty when there are none. */
  readonly besides: string;
  /** Why there is none, where there is none. */
  readonly missing: Outcome | undefined;
}

/** `whenDenied` as in notKnown. */
export function gatherInspected<T>(
  map: ControlPlaneMap,
  pick: (inspected: InspectedServer) => Fact<T>,
  whenDenied: string,
): Gathered<T> {
  const facts = map.apiServers.flatMap(({ id, inspected }) =>
    inspected ? [{ id, fact: pick(inspected), through: inspected.through }] : [],
  );
  const known = facts.flatMap(({ id, fact, through }) =>
    fact.kind === "known" ? [{ id, value: fact.value, through }] : [],
  );
  const others = facts.filter(({ fact }) => fact.kind !== "known");
  return {
    known,
    besides: others.length > 0 ? ` · ${others.map(({ id }) => id).join(", ")} unknown` : "",
    missing: others[0] && notKnown(others[0].fact, whenDenied),
  };
}
