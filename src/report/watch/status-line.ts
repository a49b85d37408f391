import { cutAt, forTerminal, say } from "../lines.ts";
import type { Paint, Theme } from "../theme.ts";
import { formatSpan } from "../times.ts";
import { counted, formatMs } from "../words.ts";
import { type KnownState, watchedPaths } from "./paths.ts";

/** What the line shows beside what is known. */
export interface StatusView {
  readonly cluster: string;
  /** Undefined before the first round. */
  readonly state: KnownState | undefined;
  /** Until the next round; undefined while one is under way. */
  readonly nextInMs: number | undefined;
  /** How long the watch goes on; undefined: until it is stopped. */
  readonly leftMs: number | undefined;
  readonly load: { readonly rps: number; readonly p99Ms: number | undefined } | undefined;
}

interface Part {
  readonly text: string;
  readonly paint?: Paint;
  /** The greater, the sooner it gives way to others. */
  readonly expendable: number;
}

/** How things stand, in one line of at most `width` columns, without a newline. */
export function renderStatusLine(view: StatusView, theme: Theme, width: number): string {
  const separator = forTerminal(" · ", theme);
  let parts = partsOf(view, theme);
  const lengthOf = (): number =>
    parts.reduce((sum, { text }) => sum + text.length, 0) + separator.length * (parts.length - 1);
  while (lengthOf() > width && parts.length > 1) {
    const worst = Math.max(...parts.map(({ expendable }) => expendable));
    if (worst === 0) break;
    parts = parts.filter(({ expendable }) => expendable !== worst);
  }
  if (lengthOf() <= width) {
    return parts.map(({ text, paint = theme.dim }) => paint(text)).join(theme.dim(separator));
  }
  const whole = parts.map(({ text }) => text).join(separator);
  const end = forTerminal("…", theme);
  return theme.dim((whole.slice(0, cutAt(whole, width - end.length)) + end).slice(0, width));
}

function partsOf(view: StatusView, theme: Theme): readonly Part[] {
  const { cluster, state, nextInMs, leftMs, load } = view;
  const name: Part = { text: say(cluster, theme), expendable: 0 };
  if (state === undefined) return [name, { text: "first round under way", expendable: 1 }];
  const next =
    nextInMs === undefined ? "round under way" : `next in ${Math.ceil(nextInMs / 1_000)}s`;
  return [
    name,
    ...pathParts(state, theme),
    { text: counted(serversIn(state), "server"), expendable: 3 },
    { text: counted(state.seq, "event"), expendable: 1 },
    { text: counted(state.n, "round"), expendable: 4 },
    { text: next, expendable: 2 },
    ...(leftMs === undefined ? [] : [{ text: `${formatSpan(leftMs)} left`, expendable: 5 }]),
    ...(load === undefined ? [] : [{ text: loadWords(load), expendable: 6 }]),
  ];
}

/** Those that a path leads to now. */
function serversIn(state: KnownState): number {
  return new Set(Object.values(state.addresses.byId).flatMap(({ leadsTo }) => leadsTo)).size;
}

function pathParts(state: KnownState, theme: Theme): readonly Part[] {
  const paths = watchedPaths(state).filter(({ dropped }) => !dropped);
  const up = paths.filter((path) => path.state === "up").length;
  const open = paths.filter((path) => path.state === "down").length;
  return [
    {
      text: `${up}/${paths.length} paths up`,
      paint: up === paths.length ? theme.dim : theme.warn,
      expendable: 0,
    },
    ...(open === 0 ? [] : [{ text: counted(open, "outage"), paint: theme.bad, expendable: 0 }]),
  ];
}

function loadWords({ rps, p99Ms }: NonNullable<StatusView["load"]>): string {
  return `load ${rps}/s${p99Ms === undefined ? "" : ` p99 ${formatMs(p99Ms)}`}`;
}
