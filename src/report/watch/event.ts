import type { EventKind, WatchEvent } from "../../model/watch/event.ts";
import { flow, forTerminal, indented, say } from "../lines.ts";
import type { Theme } from "../theme.ts";
import { dayOf, timeOf } from "../times.ts";
import { drainLines, outageLines, type TimelineLine } from "./timeline.ts";
import { KIND_NOUN, severityMark, WORD_WIDTH } from "./words.ts";

export interface EventTextOptions {
  /** The evidence, and between which times it happened. */
  readonly verbose: boolean;
  /** ISO 8601: time of what was written before; a line tells the day where it is another one. */
  readonly previousAt?: string | undefined;
}

const TIME_WIDTH = "15:41:31Z ".length;

/** Where the severity's word begins, and all that is said below the first line. */
const DETAIL = TIME_WIDTH + 2;

/** Where `what` begins. */
const WHAT = DETAIL + 2 * (WORD_WIDTH + 1);

/** Narrower terminals have no columns to spare for a long `what` to stand in line. */
const WIDE = 80;

/** One event, of at least one line, with a newline at the end. */
export function renderEvent(event: WatchEvent, theme: Theme, options: EventTextOptions): string {
  const day = dayOf(event.at);
  const before = options.previousAt === undefined ? day : dayOf(options.previousAt);
  const lines = [
    ...(day === undefined || day === before ? [] : [theme.dim(day)]),
    ...headLines(event, theme),
    ...detailsOf(event, day, options.verbose, theme),
  ];
  return `${lines.join("\n")}\n`;
}

function headLines(event: WatchEvent, theme: Theme): readonly string[] {
  const indent = theme.width >= WIDE ? WHAT : DETAIL;
  const room = theme.width - WHAT;
  const [head = "", ...rest] = flow(say(afterNoun(event), theme), room, theme.width - indent);
  const time = theme.dim(timeOf(event.at, undefined));
  const noun = theme.bold(KIND_NOUN[event.kind].padEnd(WORD_WIDTH));
  return [
    `${time} ${severityMark(event.severity, theme)} ${noun} ${head}`.trimEnd(),
    ...rest.map((line) => " ".repeat(indent) + line),
  ];
}

/** The noun stands before it: `path 10.0.0.1 is down` without its first word. */
function afterNoun({ kind, what }: WatchEvent): string {
  return what.replace(new RegExp(`^(?:API )?${KIND_NOUN[kind]} (?=\\S)`, "i"), "");
}

function detailsOf(
  event: WatchEvent,
  day: string | undefined,
  verbose: boolean,
  theme: Theme,
): readonly string[] {
  const { outage, drain, during, evidence } = event;
  const timeline = [
    ...(outage === undefined ? [] : outageLines(outage, day, theme)),
    ...(drain === undefined ? [] : drainLines(drain, day, theme)),
  ];
  const aside = [
    ...(during === undefined ? [] : [duringWords(during)]),
    ...(verbose ? evidence : []),
    ...(verbose ? timesOf(event, day) : []),
  ];
  return [
    ...changeLines(event, theme).flatMap((text) => indented(text, DETAIL, theme)),
    ...timeline.flatMap((step) => stepLines(step, theme)),
    ...aside.flatMap((text) => indented(say(text, theme), DETAIL, theme)).map(theme.dim),
  ];
}

/** The time stands alone in its column, however long the text. */
function stepLines({ time, text }: TimelineLine, theme: Theme): readonly string[] {
  const indent = DETAIL + time.length + 2;
  const [head = "", ...rest] = indented(text, indent, theme, 0);
  return [`${" ".repeat(DETAIL)}${time}  ${head.slice(indent)}`, ...rest];
}

/** Their sentence is all of it. */
const SAYS_ALL: ReadonlySet<EventKind> = new Set(["path-down", "path-up", "update-started"]);

/** What `what` has not said of `was → is`; of two long ones each has its line. */
function changeLines({ kind, what, was, is }: WatchEvent, theme: Theme): readonly string[] {
  if (SAYS_ALL.has(kind)) return [];
  const [before, after] = [was, is].map((part) =>
    part === undefined || isSaid(part, what) ? undefined : say(part, theme),
  );
  const joined = `${before} ${forTerminal("→", theme)} ${after}`;
  if (before !== undefined && after !== undefined && joined.length <= theme.width - DETAIL)
    return [joined];
  return [
    ...(before === undefined ? [] : [`was ${before}`]),
    ...(after === undefined ? [] : [`now ${after}`]),
  ];
}

/** Whether it stands there as a whole, and not as a part of something else. */
function isSaid(part: string, what: string): boolean {
  const at = what.indexOf(part);
  return at >= 0 && !/\w/.test(what.charAt(at - 1)) && !/\w/.test(what.charAt(at + part.length));
}

/** `during VersionUpdate 1a2b3c4d…`: enough of the id to know it again. */
export function duringWords({ type, updateId }: NonNullable<WatchEvent["during"]>): string {
  const id = updateId.length > 12 ? `${updateId.slice(0, 8)}…` : updateId;
  return `during ${type} ${id}`;
}

/** Between which looks it happened, and when it was sure. */
function timesOf({ at, after, reportedAt }: WatchEvent, day: string | undefined): string[] {
  const parts = [
    ...(after === undefined || after === at ? [] : [`not yet so at ${timeOf(after, day)}`]),
    ...(reportedAt === at ? [] : [`sure at ${timeOf(reportedAt, day)}`]),
  ];
  return parts.length === 0 ? [] : [parts.join(" · ")];
}
