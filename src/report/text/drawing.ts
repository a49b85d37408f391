import type { Address } from "../../model/address.ts";
import type { ApiServer, ControlPlaneMap, Path, PathState } from "../../model/map.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { ipsOf } from "../../probe/addresses.ts";
import type { Theme } from "../theme.ts";
import { shortenHosts } from "../words.ts";

interface Row {
  /** The first row of an API server, or of an address without one. */
  readonly isFirst: boolean;
  readonly left: string;
  readonly toLeft: string;
  readonly middle: string;
  readonly toRight: string;
  readonly right: string;
}

const [INTO, FROM, DASHED, BROKEN] = ["────▶", "◀────", "╌╌╌╌╌", "──✗──"];

/** The map itself: names on the left, API servers in the middle, ENIs on the right. */
export function drawMap(
  snapshot: Snapshot,
  map: ControlPlaneMap,
  theme: Theme,
  fullNames: boolean,
): readonly string[] {
  if (map.paths.length === 0) return [];
  const addresses = new Map(snapshot.addresses.map((address) => [address.id, address]));
  const rows = [
    ...map.apiServers.flatMap((server) => serverRows(server, map, addresses, fullNames)),
    ...strayRows(map, addresses),
  ];
  const title = titleOf(snapshot);
  const [header = "", ...lines] = sideBySide(title, rows);
  const widest = Math.max(header.length, ...lines.map((line) => line.length));
  if (widest > theme.width && !fullNames) return stacked(title, rows);
  return [theme.dim(header), ...lines];
}

function sideBySide(title: string, rows: readonly Row[]): readonly string[] {
  const header: Row = {
    isFirst: true,
    left: title,
    toLeft: "",
    middle: "API SERVER",
    toRight: "",
    right: "EKS ENI",
  };
  const all = [header, ...rows];
  const left = Math.max(...all.map((row) => row.left.length));
  const middle = Math.max(...all.map((row) => row.middle.length));
  return all.map((row) =>
    `  ${row.left.padEnd(left)}  ${row.toLeft.padEnd(5)}  ${row.middle.padEnd(middle)}  ${row.toRight.padEnd(5)}  ${row.right}`.trimEnd(),
  );
}

/** For IPv6 and narrow terminals: each API server on its line, what leads to it below. */
function stacked(title: string, rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.flatMap(({ left, right }) => [left.length, right.length]));
  const line = (arrow: string, ip: string, what: string): string =>
    `     ${arrow === INTO ? FROM : arrow}  ${ip.padEnd(width)}  ${what}`;
  return rows.flatMap(({ isFirst, left, toLeft, middle, toRight, right }) => [
    ...(isFirst ? [`  ${middle}`] : []),
    ...(left === "" ? [] : [line(toLeft, left, title)]),
    ...(right === "" ? [] : [line(toRight, right, "EKS ENI")]),
  ]);
}

/** `DNS (A, ttl 60)`: what the left column is, in short. */
function titleOf({ resolutions }: Snapshot): string {
  const records = resolutions.flatMap(({ resolver, answer }) =>
    resolver.kind === "server" && answer.kind === "records" ? answer.records : [],
  );
  if (records.length === 0)
    return resolutions.some((resolution) => ipsOf(resolution).length > 0) ? "LOCAL NAME" : "DNS";
  const types = [...new Set(records.map(({ type }) => type))].toSorted().join("+");
  const ttls = records.map(({ ttlSeconds }) => ttlSeconds);
  const [low, high] = [Math.min(...ttls), Math.max(...ttls)];
  return `DNS (${types}, ttl ${low === high ? low : `${low}-${high}`})`;
}

function serverRows(
  server: ApiServer,
  map: ControlPlaneMap,
  addresses: ReadonlyMap<string, Address>,
  fullNames: boolean,
): readonly Row[] {
  const own = map.paths.filter(({ apiServer }) => apiServer === server.id);
  const [left, right] = sides(own, addresses);
  const hosts = map.apiServers.flatMap(({ host }) => host ?? []);
  const name =
    server.host === undefined
      ? "host unknown"
      : fullNames
        ? server.host
        : shortenHosts(hosts).get(server.host);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ({
    isFirst: index === 0,
    left: left[index]?.ip ?? "",
    toLeft: left[index] ? INTO : "",
    middle: index === 0 ? `${server.id}  ${name ?? "host unknown"}` : server.id,
    toRight: right[index] ? FROM : "",
    right: right[index]?.ip ?? "",
  }));
}

/** Addresses that led to no API server, each with the reason's arrow. */
function strayRows(map: ControlPlaneMap, addresses: ReadonlyMap<string, Address>): readonly Row[] {
  return map.paths
    .filter(({ apiServer }) => apiServer === undefined)
    .map((path) => {
      const [left, right] = sides([path], addresses);
      const [into, from] = arrowsOf(path.state);
      return {
        isFirst: true,
        left: left[0]?.ip ?? "",
        toLeft: left[0] ? into : "",
        middle: path.state.kind === "skipped" ? "·  not seen from here" : "?",
        toRight: right[0] ? from : "",
        right: right[0]?.ip ?? "",
      };
    });
}

/** Broken is only what is known to be: an answer arrives, and what is not known stays dashed. */
function arrowsOf({ kind }: PathState): readonly [string, string] {
  switch (kind) {
    case "ok":
    case "answered":
      return [INTO, FROM];
    case "failed":
      return [BROKEN, BROKEN];
    case "skipped":
    case "unknown":
      return [DASHED, DASHED];
  }
}

function sides(
  paths: readonly Path[],
  addresses: ReadonlyMap<string, Address>,
): readonly [readonly Address[], readonly Address[]] {
  const all = paths.flatMap(({ address }) => addresses.get(address) ?? []);
  return [
    all.filter(({ sources }) => sources.some(({ kind }) => kind !== "eni")),
    all.filter(({ kind }) => kind === "eni"),
  ];
}
