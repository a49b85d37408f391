import type { DriftChange } from "../model/drift.ts";
import { sanitizeText } from "../model/text.ts";

/** One thing that two runs can be compared by: a name, and what it was like. */
export interface Part {
  /** The same in both runs if it is the same thing. */
  readonly key: string;
  /** In words: `ENI eni-0a (10.0.20.41)`. */
  readonly what: string;
  readonly state: PartState;
}

export type PartState =
  /** `value` is what is compared, `shown` what is told of it. */
  | { readonly kind: "known"; readonly value: string; readonly shown: string }
  /** It is not there. */
  | { readonly kind: "absent" }
  /** It may be there or not, or be anything; `reason` in a few words. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** Nobody asked, which is no loss: nothing is said where neither run asked. */
  | { readonly kind: "not-asked" };

/** What could not be held against each other: what it is, and why not on which side. */
export interface Gap {
  readonly what: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface Differences {
  readonly changes: readonly DriftChange[];
  readonly gaps: readonly Gap[];
}

/** How the two runs are called where a side is meant: `in the baseline`, `now`. */
export interface Sides {
  readonly before: string;
  readonly after: string;
}

export function known(value: string, shown: string = value): PartState {
  return { kind: "known", value, shown };
}

/** The parts of both sides by their keys; what only one side lists is `elsewhere` on the other. */
export function compareParts(
  before: readonly Part[],
  after: readonly Part[],
  elsewhere: (part: Part, side: "before" | "after") => PartState = () => ({ kind: "absent" }),
): Differences {
  const [left, right] = [byKey(before), byKey(after)];
  const both = [...left.values(), ...[...right.values()].filter(({ key }) => !left.has(key))];
  const pairs = both.map((part) => ({
    // The later name: it has what the thing is like now.
    what: (right.get(part.key) ?? part).what,
    was: left.get(part.key)?.state ?? elsewhere(part, "before"),
    is: right.get(part.key)?.state ?? elsewhere(part, "after"),
  }));
  return {
    changes: pairs.flatMap(({ what, was, is }) => changeOf(told(what), was, is) ?? []),
    gaps: pairs.flatMap(({ what, was, is }) => gapBetween(told(what), was, is) ?? []),
  };
}

/** Every address of a large cluster fits. */
const MAX_TOLD = 8_192;

/** A saved run is a file that anyone may have written to: its words go out as one harmless line. */
function told(text: string): string {
  return sanitizeText(text, MAX_TOLD);
}

function byKey(parts: readonly Part[]): ReadonlyMap<string, Part> {
  return new Map(parts.map((part) => [part.key, part]));
}

function changeOf(what: string, was: PartState, is: PartState): DriftChange | undefined {
  if (was.kind === "known" && is.kind === "known") {
    return was.value === is.value
      ? undefined
      : { kind: "changed", what, before: told(was.shown), after: told(is.shown) };
  }
  if (was.kind === "known" && is.kind === "absent")
    return { kind: "removed", what, before: nonEmpty(was.shown), after: undefined };
  if (was.kind === "absent" && is.kind === "known")
    return { kind: "added", what, before: undefined, after: nonEmpty(is.shown) };
  return undefined;
}

function nonEmpty(text: string): string | undefined {
  return text === "" ? undefined : told(text);
}

function gapBetween(what: string, was: PartState, is: PartState): Gap | undefined {
  const [before, after] = [gapOf(was), gapOf(is)];
  if (before === undefined && after === undefined) return undefined;
  if (was.kind === "not-asked" && is.kind === "not-asked") return undefined;
  return { what, before, after };
}

/** A gap in one line. */
export function gapWords({ what, before, after }: Gap, names: Sides): string {
  if (before === after) return `${what}: ${before ?? ""} in both runs`;
  const sides = [
    ...(before === undefined ? [] : [`${before} ${names.before}`]),
    ...(after === undefined ? [] : [`${after} ${names.after}`]),
  ];
  return `${what}: ${sides.join(", ")}`;
}

function gapOf(state: PartState): string | undefined {
  switch (state.kind) {
    case "known":
    case "absent":
      return undefined;
    case "unknown":
      return state.reason;
    case "not-asked":
      return "not asked";
  }
}
