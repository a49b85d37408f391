import { valueOf } from "../../model/fact.ts";
import type { Deps } from "../../model/ports.ts";
import type { ProbeRequest } from "../../model/request.ts";
import { isoTime } from "../../model/time.ts";
import { RECORD_VERSION, type RecordHeader } from "../../model/watch/record.ts";
import type { WatchSummary } from "../../model/watch/summary.ts";
import type { ReportInput } from "../../report/input.ts";
import { VERSION } from "../../version.ts";
import type { RunningLoad } from "../../watch/load/run-load.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io, RunCommand } from "../io.ts";
import type { ValueReader } from "../options/values.ts";
import { warnInsecure } from "../run-input.ts";
import { type EventCommand, readEventCommand, startEventCommand } from "../watch/event-command.ts";
import { watchExitCode } from "../watch/exit-code.ts";
import { firstLook, isHopeless } from "../watch/first-look.ts";
import { type WatchOutput, watchOutput } from "../watch/output.ts";
import { loadParts, type WatchParts } from "../watch/parts.ts";
import type { OpenRecord, RecordRequest } from "../watch/record-file.ts";
import { recordedFirst } from "../watch/recorded-first.ts";
import { readWatchSettings, type WatchSettings } from "../watch/settings.ts";
import { type StatusLine, startStatusLine } from "../watch/status-line.ts";
import { statusTicker } from "../watch/status-ticker.ts";

const TOOL = { name: "eks-probe", version: VERSION };

/** Looks at a cluster again and again, and tells what changes until it is stopped or its time is over. */
export const runWatch: RunCommand = async (values, _rest, io) =>
  watchWith(await loadParts(), values, io);

/** The command, made of these parts. */
export async function watchWith(parts: WatchParts, values: ValueReader, io: Io): Promise<number> {
  const settings = readWatchSettings(values);
  const onEvent = await readEventCommand(values, "onEvent", io.environment);
  const run = await parts.readRun(values, io);
  const { deps } = run;
  // Of the rounds, not of the connections in one look.
  const request: ProbeRequest = { ...run.request, intervalMs: 0 };
  warnInsecure(io, request);
  const output = await watchOutput(settings, request.cluster, io);

  const input = await firstLook(request, deps, io, settings.quiet);
  if (io.signal.aborted) return stoppedEarly(settings, io);
  if (isHopeless(input)) {
    await tellHopeless(input, settings, io);
    return EXIT.unknown;
  }
  const own = headerOf(input, request, settings, deps);
  const status = startStatusLine(io, settings.quiet);
  const tell = (line: string): void => status.above(() => io.stderr.write(`${line}\n`));
  const record = await openRecord(parts, settings, own, {
    clock: deps.clock,
    tell,
    signal: io.signal,
  });
  if (io.signal.aborted) {
    status.stop();
    await record?.close();
    return stoppedEarly(settings, io);
  }
  // One that goes on began when its record did.
  const header = { ...own, startedAt: record?.before?.header.startedAt ?? own.startedAt };
  const command =
    onEvent === undefined
      ? undefined
      : startEventCommand(onEvent, {
          timeoutMs: settings.eventTimeoutMs,
          environment: io.environment,
          report: tell,
          clock: deps.clock,
        });
  io.stdout.write(output.map(input));
  const signal = whenNobodyListens(io, record !== undefined || command !== undefined);
  const core = { parts, settings, request, deps, io, signal };
  const watch = { ...core, header, output, record, status, command };
  try {
    await appendRun(watch, input);
    const summary = await watchOn(watch);
    if (summary === undefined && io.signal.aborted) return stoppedEarly(settings, io);
    return watchExitCode({ summary, cutShort: isCutShort(settings, io) });
  } finally {
    status.stop();
    await record?.close();
    await command?.close();
  }
}

/** Everything that a watch goes on with. */
interface Watch {
  readonly parts: WatchParts;
  readonly settings: WatchSettings;
  readonly request: ProbeRequest;
  readonly deps: Deps;
  readonly io: Io;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly header: RecordHeader;
  readonly output: WatchOutput;
  readonly record: OpenRecord | undefined;
  readonly status: StatusLine;
  readonly command: EventCommand | undefined;
}

/** Rounds until the end, and what they came to. */
async function watchOn(watch: Watch): Promise<WatchSummary | undefined> {
  const { parts, settings, request, deps, io, signal, record, status } = watch;
  const { intervalMs, forMs, awsIntervalMs } = settings;
  const { eventLine } = await import("../../report/watch/ndjson.ts");
  const ticker = await statusTicker(watch);
  const endsAtMs = forMs === undefined ? undefined : deps.clock.monotonicMs() + forMs;
  let load: RunningLoad | undefined;
  let isFirst = true;
  const told = recordedFirst(deps.clock);
  const write = (text: string): void => {
    if (text !== "") status.above(() => io.stdout.write(text));
  };
  try {
    const { state, end } = await parts.watchCluster(
      {
        request,
        intervalMs,
        forMs,
        awsIntervalMs,
        from: record?.before?.state,
        onRound: (round) => {
          const { sample, events } = round;
          const written = record?.append({ kind: "round", sample, events });
          const begins = isFirst;
          isFirst = false;
          // Most rounds tell nothing, and are not held until then.
          if (begins || events.length > 0) {
            told.add(written, () => {
              const start = begins ? watch.output.start(watch.header, round.state) : "";
              write(start + events.map((event) => watch.output.event(event)).join(""));
              for (const event of events) watch.command?.push(eventLine(event, request.cluster));
            });
          }
          ticker.round(round);
        },
        onReady: (world) => {
          const { load: plan } = settings;
          if (plan === undefined || endsAtMs === undefined) return;
          const leftMs = endsAtMs - deps.clock.monotonicMs();
          load = parts.runLoad(
            { plan, forMs: leftMs, timeoutMs: request.timeoutMs },
            () => world.targets(),
            { clock: deps.clock, sockets: deps.sockets, token: () => world.token() },
            signal,
          );
          ticker.load(load);
        },
      },
      deps,
      signal,
    );
    await told.done();
    status.stop();
    await load?.stop();
    const report = load?.report();
    const sum = parts.summarize(state, request.cluster, end, report);
    if (sum !== undefined) io.stdout.write(watch.output.summary(sum));
    if (end === "time") await appendLastRun(watch);
    const at = isoTime(deps.clock.wallMs());
    await record?.append({ kind: "end", at, end, load: report });
    return sum;
  } finally {
    ticker.stop();
    await load?.stop();
  }
}

/** A record has the whole picture at both ends, so that they can be compared. */
async function appendLastRun(watch: Watch): Promise<void> {
  if (watch.record === undefined) return;
  const input = await firstLook(watch.request, watch.deps, watch.io, true);
  if (!watch.io.signal.aborted) await appendRun(watch, input);
}

async function appendRun({ record, deps }: Watch, input: ReportInput): Promise<void> {
  if (record === undefined) return;
  const { renderJson } = await import("../../report/json/render.ts");
  const run: unknown = JSON.parse(renderJson(input, TOOL));
  await record.append({ kind: "run", at: isoTime(deps.clock.wallMs()), run });
}

function headerOf(
  { snapshot }: ReportInput,
  request: ProbeRequest,
  { intervalMs }: WatchSettings,
  { clock }: Deps,
): RecordHeader {
  const cluster = valueOf(snapshot.cluster);
  return {
    kind: "header",
    recordVersion: RECORD_VERSION,
    tool: TOOL,
    startedAt: isoTime(clock.wallMs()),
    cluster: request.cluster,
    region: cluster?.region,
    endpointHost: cluster?.endpoint?.host,
    from: snapshot.vantage.hostname,
    intervalMs,
    simulated: request.simulated,
  };
}

async function openRecord(
  { openRecord: open }: WatchParts,
  { record }: WatchSettings,
  header: RecordHeader,
  { tell, ...given }: Pick<RecordRequest, "clock" | "tell" | "signal">,
): Promise<OpenRecord | undefined> {
  if (record === undefined) return undefined;
  const warn = (what: string): void => tell(`eks-probe: warning: ${what}`);
  const opened = await open(record.path, { resume: record.resume, header, tell: warn, ...given });
  const tornBytes = opened?.tornBytes ?? 0;
  if (tornBytes > 0)
    warn(`the record ended within a line: its last ${tornBytes} bytes are cut off`);
  return opened;
}

/** Why there is nothing to watch, as `endpoints` says it; machines read stdout, people stderr. */
async function tellHopeless(
  input: ReportInput,
  { output, noColor, quiet }: WatchSettings,
  io: Io,
): Promise<void> {
  const [{ renderText }, { themeFor }] = await Promise.all([
    import("../../report/text/report.ts"),
    import("../theme.ts"),
  ]);
  const options = { wide: false, verbose: false, quiet };
  const to = output === "ndjson" ? io.stderr : io.stdout;
  to.write(renderText(input, options, themeFor(io, noColor || output === "ndjson")));
}

/** Without a reader there is nobody to tell, unless the watch has others to work for. */
function whenNobodyListens({ signal, stdout: { gone } }: Io, goesOn: boolean): AbortSignal {
  return goesOn || gone === undefined ? signal : AbortSignal.any([signal, gone]);
}

/** Before its first round was over: there is nothing to sum up. */
function stoppedEarly(settings: WatchSettings, io: Io): number {
  if (isCutShort(settings, io)) return EXIT.interrupted;
  io.stderr.write("eks-probe: stopped before the first round was over\n");
  return EXIT.ok;
}

/** Ctrl-C, in a watch that had a time to end by itself; a signal without a name is one, too. */
function isCutShort({ forMs }: WatchSettings, { signal }: Io): boolean {
  return forMs !== undefined && signal.aborted && signal.reason !== "SIGTERM";
}
