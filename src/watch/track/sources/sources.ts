import type { Failure } from "../../../model/failure.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import { LOST_AFTER, RESOLVER_STALE_MS } from "../../constants.ts";
import { draft, type Round, type Step } from "../step.ts";
import { durationWords, msBetween } from "../times.ts";
import { shownLine } from "../words.ts";
import { type CallerState, NO_CALLER, trackCaller } from "./caller.ts";
import { gapEvents } from "./gap.ts";
import { type Asked, askedSources, type SourceName } from "./source-answers.ts";
import { blindWords, lostWords, regainedWords } from "./source-words.ts";

/** Whom the watch depends on, and what of them it cannot see now. */
export interface SourcesState {
  /**
   * By source (`ec2`, `eks`, `updates`, `leases`, `service-endpoints`, `token`, `dns RESOLVER TYPE`):
   * why.
   */
  readonly blind: Readonly<Record<string, string>>;
  readonly callerRefused: boolean;
  /** By source. */
  readonly known: Readonly<Record<string, SourceState>>;
  readonly caller: CallerState;
  /** Of the latest round. */
  readonly durationMs: number;
}

export interface SourceState {
  readonly name: SourceName;
  /** ISO 8601: last asked, and last answered. */
  readonly askedAt: string;
  readonly answeredAt: string | undefined;
  /** The failures since the last answer. */
  readonly failed: FailedState | undefined;
  readonly isLost: boolean;
}

interface FailedState {
  /** ISO 8601: the first and the last. */
  readonly from: string;
  readonly at: string;
  /** Of the rounds in which it was asked, and no more than decide. */
  readonly rounds: number;
  readonly failure: Failure;
}

export const NO_SOURCES: SourcesState = {
  blind: {},
  callerRefused: false,
  known: {},
  caller: NO_CALLER,
  durationMs: 0,
};

/**
 * Sources that answer no more or again, a caller that is refused everywhere, a watch that stood still.
 * A source that never answered has not been lost: it stands in `blind`.
 */
export function trackSources(state: SourcesState, round: Round): Step<SourcesState> {
  const asked = askedSources(round.sample);
  const before = new Map(Object.entries(state.known));
  const seen = asked.flatMap((source): readonly (readonly [string, SourceState])[] =>
    source.kind === "skipped" ? [] : [[source.key, nextOf(before.get(source.key), source, round)]],
  );
  const known = [...new Map([...before, ...seen])].filter(
    ([, source]) => !isForgotten(source, round),
  );
  const caller = trackCaller(state.caller, round);
  return {
    state: {
      blind: blindOf(state, asked, known),
      callerRefused: caller.state.isRefused,
      known: Object.fromEntries(known),
      caller: caller.state,
      durationMs: round.sample.durationMs,
    },
    events: [
      ...gapEvents(round, state.durationMs),
      ...changeEvents(
        round,
        seen.flatMap(([key, is]) => changeOf(before.get(key), is) ?? []),
      ),
      ...caller.events,
    ],
  };
}

/** What cannot be seen, one line each. */
export function blindLines({ blind, known }: SourcesState): readonly string[] {
  const names = new Map(Object.entries(known).map(([key, { name }]) => [key, name]));
  const lines = new Map<string, { readonly names: SourceName[]; readonly reason: string }>();
  for (const [key, reason] of Object.entries(blind)) {
    const name = names.get(key) ?? nameOf(key);
    if (name === undefined) continue;
    const group = `${groupOf(name)} ${reason}`;
    lines.set(group, { names: [...(lines.get(group)?.names ?? []), name], reason });
  }
  return [...lines.values()].map(({ names: group, reason }) => blindWords(group, reason));
}

function nextOf(
  before: SourceState | undefined,
  source: Exclude<Asked, { readonly kind: "skipped" }>,
  { sample: { at } }: Round,
): SourceState {
  const { name } = source;
  if (source.kind === "answered")
    return { name, askedAt: at, answeredAt: at, failed: undefined, isLost: false };
  const { failure } = source;
  const rounds = Math.min((before?.failed?.rounds ?? 0) + 1, LOST_AFTER);
  // A denial is no blip: asked again, AWS denies it again.
  const isEnough = rounds >= LOST_AFTER || failure.code === "access-denied";
  return {
    name,
    askedAt: at,
    answeredAt: before?.answeredAt,
    failed: { from: before?.failed?.from ?? at, at, rounds, failure },
    isLost: before?.isLost === true || (isEnough && before?.answeredAt !== undefined),
  };
}

/** A resolver that a resumed watch, or this machine's new network, does not ask any more. */
function isForgotten({ name, askedAt }: SourceState, { sample }: Round): boolean {
  return (
    name.source === "dns" &&
    sample.dns !== undefined &&
    (msBetween(askedAt, sample.at) ?? 0) > RESOLVER_STALE_MS
  );
}

function blindOf(
  state: SourcesState,
  asked: readonly Asked[],
  known: readonly (readonly [string, SourceState])[],
): SourcesState["blind"] {
  const knownKeys = new Set(known.map(([key]) => key));
  const skipped = [
    ...Object.entries(state.blind),
    ...asked.flatMap((source) =>
      source.kind === "skipped" ? [[source.key, shownLine(source.reason)] as const] : [],
    ),
  ].filter(([key]) => !knownKeys.has(key) && !key.startsWith("dns "));
  const failing = known.flatMap(([key, { failed, isLost, answeredAt }]) =>
    failed !== undefined && (isLost || answeredAt === undefined)
      ? [[key, shownLine(failed.failure.message)] as const]
      : [],
  );
  return Object.fromEntries([...skipped, ...failing]);
}

/** A source that is lost with this round, or answers again. */
interface Change {
  readonly kind: "source-lost" | "source-regained";
  readonly name: SourceName;
  readonly failed: FailedState;
  /** ISO 8601: before it failed. */
  readonly answeredAt: string | undefined;
}

function changeOf(was: SourceState | undefined, is: SourceState): Change | undefined {
  const { name } = is;
  if (is.failed !== undefined) {
    if (!is.isLost || was?.isLost === true) return undefined;
    return { kind: "source-lost", name, failed: is.failed, answeredAt: is.answeredAt };
  }
  if (was?.failed === undefined) return undefined;
  const wasNeverThere = was.answeredAt === undefined && was.failed.rounds >= LOST_AFTER;
  if (!was.isLost && !wasNeverThere) return undefined;
  return { kind: "source-regained", name, failed: was.failed, answeredAt: was.answeredAt };
}

/** A resolver that fails, fails for both types: that is told once. */
function changeEvents(round: Round, changes: readonly Change[]): readonly EventDraft[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = `${change.kind} ${groupOf(change.name)}`;
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].flatMap((group) => changeEvent(round, group) ?? []);
}

function changeEvent(round: Round, group: readonly Change[]): EventDraft | undefined {
  const [first] = group;
  if (first === undefined) return undefined;
  const { kind, name, failed, answeredAt } = first;
  const names = group.map((change) => change.name);
  const subject = { source: name.source };
  const reasons = [...new Set(group.map((change) => shownLine(change.failed.failure.message)))];
  if (kind === "source-lost")
    return draft(round, kind, "warn", subject, lostWords(names, failed.failure), {
      at: failed.from,
      after: answeredAt,
      evidence: reasons,
    });
  const unseenMs = msBetween(failed.from, round.sample.at) ?? 0;
  const what = regainedWords(names, answeredAt !== undefined);
  return draft(round, kind, "good", subject, what, {
    after: failed.at,
    evidence: [`no usable answer for ${durationWords(unseenMs)}`, ...reasons],
  });
}

function groupOf(name: SourceName): string {
  return name.source === "dns" ? `dns ${name.resolver}` : name.source;
}

const SKIPPABLE = ["ec2", "eks", "updates", "leases", "service-endpoints"] as const;

/** Of a source that was only ever skipped. */
function nameOf(key: string): SourceName | undefined {
  const source = SKIPPABLE.find((one) => one === key);
  return source === undefined ? undefined : { source };
}
