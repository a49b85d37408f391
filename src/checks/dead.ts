import type { Address } from "../model/address.ts";
import type { Failure, FailureCode } from "../model/failure.ts";
import type { ControlPlaneMap, Path } from "../model/map.ts";
import type { Evidence } from "./check.ts";

/** An address that should have worked, and what went wrong first. */
export interface DeadAddress {
  readonly address: Address;
  readonly failure: Failure;
}

/** Addresses that failed, and not by design: all of them, or those with one of these codes. */
export function deadAddresses(
  { snapshot, map }: Pick<Evidence, "snapshot" | "map">,
  codes?: readonly FailureCode[],
): readonly DeadAddress[] {
  return snapshot.addresses.flatMap((address) => {
    const state = stateOf(map, address.id);
    if (state?.kind !== "failed") return [];
    if (codes !== undefined && !codes.includes(state.failure.code)) return [];
    return [{ address, failure: state.failure }];
  });
}

/** All paths over one address share its state. */
export function stateOf({ paths }: ControlPlaneMap, id: string): Path["state"] | undefined {
  return paths.find(({ address }) => address === id)?.state;
}

/** Whether somebody spoke TLS and HTTP at the address, whatever the answer was. */
export function answers(map: ControlPlaneMap, id: string): boolean {
  const kind = stateOf(map, id)?.kind;
  return kind === "ok" || kind === "answered";
}

export function idsOf(dead: readonly DeadAddress[]): readonly string[] {
  return dead.map(({ address }) => address.id);
}

/** Ids of the addresses that took a connection, whatever came of it. */
export function connectedAddresses({ snapshot }: Evidence): ReadonlySet<string> {
  const connected = snapshot.observations.filter(({ timings }) => timings.tcpMs !== undefined);
  return new Set(connected.map(({ address }) => address));
}
