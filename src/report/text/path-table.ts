import type { Address } from "../../model/address.ts";
import type { ApiServer, ControlPlaneMap, Path } from "../../model/map.ts";
import type { Observation, Timings } from "../../model/observation.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { formatTime, parseTimeMs } from "../../model/time.ts";
import type { Theme } from "../theme.ts";
import { formatMs, median } from "../words.ts";
import { type Cell, type Column, layOut } from "./columns.ts";

const COLUMNS: readonly Column[] = [
  { title: "PATH", align: "left", expendable: 0 },
  { title: "ADDRESS", align: "left", expendable: 0 },
  { title: "API", align: "left", expendable: 0 },
  { title: "HTTP", align: "left", expendable: 0 },
  { title: "TCP", align: "right", expendable: 4 },
  { title: "TLS", align: "right", expendable: 4 },
  { title: "TTFB", align: "right", expendable: 3 },
  { title: "SEEN", align: "right", expendable: 0 },
  { title: "CERT NOT AFTER", align: "left", expendable: 5 },
  { title: "LEFT", align: "right", expendable: 1 },
];

const DAY_MS = 86_400_000;

/** One row a path: who answered, how fast, how often, and until when its certificate lasts. */
export function drawPaths(
  snapshot: Snapshot,
  map: ControlPlaneMap,
  theme: Theme,
): readonly string[] {
  if (map.paths.length === 0) return [];
  const addresses = new Map(snapshot.addresses.map((address) => [address.id, address]));
  const servers = new Map(map.apiServers.map((server) => [server.id, server]));
  const named = new Set<string>();
  const rows = map.paths.map((path) => {
    const server = path.apiServer === undefined ? undefined : servers.get(path.apiServer);
    const own = snapshot.observations.filter(({ address }) => address === path.address);
    const cells = rowOf(path, addresses.get(path.address), own, theme);
    if (server === undefined) return [...cells, { text: reasonOf(path), paint: theme.dim }];
    const first = !named.has(server.id);
    named.add(server.id);
    return [
      ...cells,
      ...numbersOf(own),
      seenCell(path, theme),
      ...certificateCells(server, first, snapshot, theme),
    ];
  });
  return layOut(COLUMNS, rows, theme.width, "  ", theme.dim);
}

function rowOf(
  path: Path,
  address: Address | undefined,
  own: readonly Observation[],
  theme: Theme,
): readonly Cell[] {
  const statuses = [...new Set(own.flatMap(({ http }) => http?.status ?? []))];
  const dialed = own[0]?.dialed;
  const odd = dialed !== undefined && dialed.port !== 443 && address?.port !== 443;
  return [
    { text: path.kind },
    { text: odd ? path.address : (address?.ip ?? path.address) },
    {
      text: path.apiServer ?? (path.state.kind === "skipped" ? "·" : "?"),
      paint: path.apiServer ? theme.accent : theme.warn,
    },
    {
      text: statuses.length > 0 ? statuses.join("/") : "–",
      paint: statuses.every((status) => status === 200) ? undefined : theme.warn,
    },
  ];
}

function numbersOf(own: readonly Observation[]): readonly Cell[] {
  const typical = (phase: keyof Timings): Cell => ({
    text: formatMs(median(own.flatMap(({ timings }) => timings[phase] ?? []))),
  });
  return [typical("tcpMs"), typical("tlsMs"), typical("ttfbMs")];
}

function seenCell({ seen, of }: Path, theme: Theme): Cell {
  return { text: `${seen}/${of}`, paint: seen === of ? undefined : theme.warn };
}

/** The first row of a server spells its certificate out; the others say that it is the same. */
function certificateCells(
  server: ApiServer,
  first: boolean,
  snapshot: Snapshot,
  theme: Theme,
): readonly Cell[] {
  const soonest = server.certificates.toSorted((a, b) => (a.notAfter < b.notAfter ? -1 : 1))[0];
  if (soonest === undefined) return [{ text: "?" }, { text: "?" }];
  const leftMs = (parseTimeMs(soonest.notAfter) ?? 0) - (parseTimeMs(snapshot.startedAt) ?? 0);
  const days = Math.floor(leftMs / DAY_MS);
  const text = first ? formatTime(soonest.notAfter) : `= ${server.id}`;
  return [{ text }, { text: `${days}d`, paint: days < 30 ? theme.warn : undefined }];
}

/** Why a path has no API server, in the space of the columns that it lacks. */
function reasonOf({ state, of }: Path): string {
  switch (state.kind) {
    case "ok":
    case "answered":
      return `answered ${of === 1 ? "once" : `${of} times`}, but named no API server`;
    case "failed":
      return `✗ ${state.failure.message}`;
    case "unknown":
      return `unknown: ${state.failure.message}`;
    case "skipped":
      return `skip: ${state.reason}`;
  }
}
