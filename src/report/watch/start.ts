import type { RecordHeader } from "../../model/watch/record.ts";
import { indented, say } from "../lines.ts";
import type { Theme } from "../theme.ts";
import { formatSpan, stampOf } from "../times.ts";
import { counted, shortenHosts } from "../words.ts";
import { type KnownState, namingResolvers, type WatchedPath, watchedPaths } from "./paths.ts";
import { drawFact, drawTable } from "./table.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * What will be watched, as the first round has it, and what cannot be seen. Addresses of `mapped`
 * stand in a map that is shown above it.
 */
export function renderStart(
  header: RecordHeader,
  state: KnownState,
  theme: Theme,
  mapped: ReadonlySet<string> = NONE,
): string {
  const paths = watchedPaths(state).filter(({ address }) => !mapped.has(address));
  const blocks = [
    [
      ...headline(header, state, theme),
      ...(header.simulated ? [theme.warn("simulated: made in the lab, not on AWS")] : []),
    ],
    pathTable(paths, theme),
    facts(state).flatMap(([name, value]) => drawFact(name, value, theme)),
    blindFacts(Object.entries(state.sources.blind).map(words), theme),
  ].filter((block) => block.length > 0);
  return `${blocks.map((block) => block.join("\n")).join("\n\n")}\n`;
}

function headline(header: RecordHeader, state: KnownState, theme: Theme): readonly string[] {
  const parts = [
    `watching ${header.cluster}`,
    ...(header.region === undefined ? [] : [header.region]),
    `from ${header.from}`,
    `every ${formatSpan(header.intervalMs)}`,
    `since ${stampOf(state.tally.from ?? state.at ?? header.startedAt)}`,
    // A watch that goes on from a record has rounds behind it.
    ...(state.n > 1 ? [`goes on with round ${state.n}`] : []),
  ];
  const [first = "", ...rest] = indented(say(parts.join(" · "), theme), 0, theme);
  return [theme.bold(first), ...rest];
}

function pathTable(paths: readonly WatchedPath[], theme: Theme): readonly string[] {
  const short = shortenHosts([...new Set(paths.flatMap(({ leadsTo }) => leadsTo))]);
  return drawTable(
    [
      { title: "PATH" },
      { title: "ADDRESS" },
      { title: "STATE" },
      { title: "API SERVER", fill: true },
    ],
    paths.map(({ address, kind, state, leadsTo, dropped }) => [
      kind,
      address,
      {
        text: (state === "never-up" ? "no answer" : state) + (dropped ? ", dropped" : ""),
        paint: state === "up" ? theme.good : theme.warn,
      },
      leadsTo.length === 0 ? "?" : leadsTo.map((host) => short.get(host) ?? host).join(" + "),
    ]),
    theme,
  );
}

function facts(state: KnownState): readonly (readonly [string, string])[] {
  const enis = state.enis.listed === undefined ? undefined : Object.values(state.enis.listed);
  const { serviceIps } = state.lists;
  const { liveLeases } = state.servers;
  return [
    ...fact(
      "ENIs",
      enis?.map(({ id, privateIp }) => `${id} ${privateIp}`),
    ),
    ...fact("resolvers", namingResolvers(state)),
    ...(liveLeases === undefined ? [] : [["leases", `${liveLeases} live`] as const]),
    ...fact("service", serviceIps),
  ];
}

/** Nothing of what is not known; what is known to be empty says so. */
function fact(
  name: string,
  values: readonly string[] | undefined,
): readonly (readonly [string, string])[] {
  if (values === undefined) return [];
  return [[name, values.length === 0 ? "none" : values.join(", ")]];
}

function words([source, why]: readonly [string, string]): string {
  return `${source}: ${why}`;
}

/** What cannot be seen, a line each. */
export function blindFacts(blind: readonly string[], theme: Theme): readonly string[] {
  if (blind.length === 0) return [];
  return [
    theme.warn(`  ${counted(blind.length, "source")} cannot be seen:`),
    ...blind.flatMap((line) => indented(say(line, theme), 4, theme)),
  ];
}
