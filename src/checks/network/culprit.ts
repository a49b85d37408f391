import type { Snapshot } from "../../model/snapshot.ts";
import type { Evidence } from "../check.ts";
import { answers, type DeadAddress } from "../dead.ts";

/**
 * What addresses that fail alike point to: `everywhere`, all of several that were reached; `at-times`,
 * other connections to the very same addresses were answered; `way`, one kind of address while the
 * servers answer by the other; else the `server`.
 */
export type Culprit = "everywhere" | "at-times" | "way" | "server";

export function culpritOf(
  dead: readonly DeadAddress[],
  reached: ReadonlySet<string>,
  { snapshot, map }: Pick<Evidence, "snapshot" | "map">,
): Culprit {
  if (dead.every(({ address }) => hasAnswered(address.id, snapshot))) return "at-times";
  if (dead.length === reached.size && reached.size > 1) return "everywhere";
  const kinds = new Set(dead.map(({ address }) => address.kind));
  const alike = snapshot.addresses.filter(({ id, kind }) => reached.has(id) && kinds.has(kind));
  if (dead.length > 1 && alike.length === dead.length) return "way";
  // Each API server has an ENI of its own: whoever answers there is well.
  const enis = snapshot.addresses.filter(({ kind }) => kind === "eni");
  const enisAnswer = enis.length > 1 && enis.every(({ id }) => answers(map, id));
  return enisAnswer && !kinds.has("eni") ? "way" : "server";
}

function hasAnswered(id: string, { observations }: Snapshot): boolean {
  return observations.some(({ address, http }) => address === id && http !== undefined);
}

/** What kind of address they are, in words. */
export function kindOf(dead: readonly DeadAddress[]): string {
  const [kind, ...others] = new Set(dead.map(({ address }) => address.kind));
  if (others.length > 0) return "addresses";
  if (kind === "eni") return "ENIs";
  return kind === "vip" ? "public addresses" : "addresses";
}
