import { reasonOf } from "../../model/fact.ts";
import type { NodeReport } from "../../model/node/report.ts";
import { shortEndpoint } from "../../node/words.ts";
import { flow, say } from "../lines.ts";
import type { Theme } from "../theme.ts";
import { drawNote } from "./picked.ts";
import { addressesOf, type NamedServer, type ServerAddress } from "./servers.ts";
import { KIND_WORD } from "./ways.ts";
import { shorten, wrapParts } from "./words.ts";

/** A host's name has no more, and only what is none is longer. */
const MAX_HOST = 100;

/** The API servers by letter, which addresses lead to each, and which lead nobody knows where. */
export function drawServers(
  report: NodeReport,
  servers: readonly NamedServer[],
  theme: Theme,
): readonly string[] {
  const names = servers.map(({ host }) => nameOf(host, theme).length);
  const widest = names.reduce((most, length) => Math.max(most, length), 0);
  const lines = [
    ...servers.flatMap((server) => drawServer(server, widest, theme)),
    ...drawUnanswered(report, theme),
    ...drawUnknown(report, theme),
  ];
  return lines.length === 0 ? [] : [theme.bold("API servers"), ...lines];
}

function nameOf(host: string, theme: Theme): string {
  return say(shorten(host, MAX_HOST), theme);
}

function drawServer(
  { letter, host, addresses }: NamedServer,
  nameWidth: number,
  theme: Theme,
): readonly string[] {
  const indent = 2 + letter.length + 2;
  const name = nameOf(host, theme);
  const list = say(addresses.map(addressWords).join(" · "), theme);
  const head = `  ${theme.accent(letter)}  `;
  const separator = say(" · ", theme);
  // Beside the name where all of it fits there, else below.
  if (indent + nameWidth + 2 + list.length <= theme.width)
    return [`${head}${name.padEnd(nameWidth)}  ${list}`];
  const [first = "", ...rest] = flow(name, theme.width - indent);
  return [
    head + first,
    ...[...rest, ...wrapParts(list, theme.width - indent, separator)].map(
      (line) => " ".repeat(indent) + line,
    ),
  ];
}

function addressWords({ endpoint, kind }: ServerAddress): string {
  const ip = shortEndpoint(endpoint);
  return kind === "unknown" ? ip : `${KIND_WORD[kind]} ${ip}`;
}

/** By the reason, which is the same for most. */
function drawUnanswered({ controlPlane }: NodeReport, theme: Theme): readonly string[] {
  const byReason = new Map<string, ServerAddress[]>();
  for (const { apiServer, endpoint, kind } of addressesOf(controlPlane)) {
    const reason = reasonOf(apiServer);
    if (reason === undefined) continue;
    const own = byReason.get(reason);
    if (own === undefined) byReason.set(reason, [{ endpoint, kind }]);
    else own.push({ endpoint, kind });
  }
  return [...byReason].flatMap(([reason, addresses]) =>
    drawNote(`?  ${addresses.map(addressWords).join(", ")}: ${reason}`, theme),
  );
}

/** Whose addresses are not known is called unknown above. */
function drawUnknown({ controlPlane }: NodeReport, theme: Theme): readonly string[] {
  const { source, vips, enis } = controlPlane;
  // All of it is not known then, and the header says why.
  if (source.kind === "none") return [];
  return (
    [
      ["VIPs", vips],
      ["ENIs", enis],
    ] as const
  ).flatMap(([name, fact]) => {
    const reason = reasonOf(fact);
    return reason === undefined ? [] : drawNote(`?  ${name} are not known: ${reason}`, theme);
  });
}
