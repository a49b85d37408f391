import { isInCidrs, prefixLengthOf } from "../../../model/ip.ts";
import type { RouteTable, VpcRoute } from "../../../model/vpc.ts";

/** Whether packets from a subnet find the way to an address. */
export type RouteBack =
  | { readonly kind: "active"; readonly tableId: string; readonly route: VpcRoute }
  | { readonly kind: "blackhole"; readonly tableId: string; readonly route: VpcRoute }
  | { readonly kind: "none"; readonly tableId: string }
  | { readonly kind: "unknown"; readonly reason: string };

/** By the subnet's own route table, or the main one; of the routes that match the longest wins. */
export function routeBack(tables: readonly RouteTable[], subnetId: string, ip: string): RouteBack {
  const table =
    tables.find(({ subnetIds }) => subnetIds.includes(subnetId)) ??
    tables.find(({ isMain }) => isMain);
  if (table === undefined)
    return { kind: "unknown", reason: `EC2 lists no route table for ${subnetId}` };
  const longest = longestMatches(table.routes, ip);
  const [active] = longest.filter(({ state }) => state !== "blackhole");
  if (active !== undefined) return { kind: "active", tableId: table.id, route: active };
  // What a prefix list holds the table does not say: it may match, and be the longer one.
  const byList = table.routes.some(
    ({ destination, state }) => state !== "blackhole" && prefixLengthOf(destination) === undefined,
  );
  if (byList)
    return {
      kind: "unknown",
      reason: `${table.id} has routes by prefix list, whose content it does not say`,
    };
  const [dead] = longest;
  if (dead !== undefined) return { kind: "blackhole", tableId: table.id, route: dead };
  return { kind: "none", tableId: table.id };
}

function longestMatches(routes: readonly VpcRoute[], ip: string): readonly VpcRoute[] {
  const matches = routes.filter(({ destination }) => isInCidrs(ip, [destination]));
  const longest = Math.max(...matches.map(({ destination }) => prefixLengthOf(destination) ?? -1));
  return matches.filter(({ destination }) => prefixLengthOf(destination) === longest);
}
