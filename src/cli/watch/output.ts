import type { WatchEvent } from "../../model/watch/event.ts";
import type { RecordHeader } from "../../model/watch/record.ts";
import type { WatchSummary } from "../../model/watch/summary.ts";
import type { ReportInput } from "../../report/input.ts";
import type { KnownState } from "../../report/watch/paths.ts";
import { isReadForCommands } from "../detect-output.ts";
import type { Io } from "../io.ts";
import type { WatchSettings } from "./settings.ts";

/** What goes to stdout, as it comes; each call gives its text, with a newline, or nothing. */
export interface WatchOutput {
  map(input: ReportInput): string;
  start(header: RecordHeader, state: KnownState): string;
  event(event: WatchEvent): string;
  summary(summary: WatchSummary): string;
}

const NOTHING = { map: () => "", start: () => "", event: () => "" };

/** With all that it needs loaded: nothing is to be loaded between two rounds. */
export async function watchOutput(
  settings: Pick<WatchSettings, "output" | "quiet" | "verbose" | "noColor">,
  cluster: string,
  io: Io,
): Promise<WatchOutput> {
  const output =
    settings.output === "ndjson" ? await ndjsonOutput(cluster) : await textOutput(settings, io);
  if (!settings.quiet) return output;
  return { ...NOTHING, summary: (summary) => output.summary(summary) };
}

async function ndjsonOutput(cluster: string): Promise<WatchOutput> {
  const { startLine, eventLine, summaryLine } = await import("../../report/watch/ndjson.ts");
  return {
    map: () => "",
    start: startLine,
    event: (event) => eventLine(event, cluster),
    summary: summaryLine,
  };
}

async function textOutput(
  { verbose, noColor }: Pick<WatchSettings, "verbose" | "noColor">,
  io: Io,
): Promise<WatchOutput> {
  const [
    { renderText },
    { renderStart },
    { renderEvent },
    { renderSummary },
    { themeFor },
    { withoutCommands },
  ] = await Promise.all([
    import("../../report/text/report.ts"),
    import("../../report/watch/start.ts"),
    import("../../report/watch/event.ts"),
    import("../../report/watch/summary.ts"),
    import("../theme.ts"),
    import("../../report/github/command.ts"),
  ]);
  const forLog = isReadForCommands(io.environment);
  const safe = (text: string): string => (forLog ? withoutCommands(text) : text);
  let previousAt: string | undefined;
  let needsGap = false;
  let mapped: ReadonlySet<string> = new Set();
  return {
    map: (input) => {
      mapped = new Set(input.snapshot.addresses.map(({ id }) => id));
      const options = { wide: false, verbose: false, quiet: false };
      return safe(`${renderText(input, options, themeFor(io, noColor))}\n`);
    },
    start: (header, state) => {
      previousAt = state.at;
      return safe(`${renderStart(header, state, themeFor(io, noColor), mapped)}\n`);
    },
    event: (event) => {
      // The terminal may have another width by now.
      const text = renderEvent(event, themeFor(io, noColor), { verbose, previousAt });
      previousAt = event.at;
      needsGap = true;
      return safe(text);
    },
    summary: (summary) => {
      const text = renderSummary(summary, themeFor(io, noColor));
      return safe(needsGap ? `\n${text}` : text);
    },
  };
}
