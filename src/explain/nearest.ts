import type { ExplainedCheck, ExplainedCode } from "./explanation.ts";

const AT_MOST = 4;

/** The codes that somebody may have meant: those with that topic, else those that are spelt most alike. */
export function nearestCodes(
  text: string,
  checks: readonly Pick<ExplainedCheck, "code" | "topic">[],
): readonly ExplainedCode[] {
  const wanted = text.trim().toUpperCase();
  const byTopic = checks.filter(({ topic }) => topic.toUpperCase() === wanted);
  if (byTopic.length > 0) return byTopic.map(({ code }) => code);
  const scored = checks
    .map(({ code }) => ({ code, distance: distanceOf(wanted, code) }))
    .toSorted((a, b) => a.distance - b.distance);
  const least = scored[0]?.distance ?? Infinity;
  return scored
    .filter(({ distance }) => distance === least && distance <= 2)
    .slice(0, AT_MOST)
    .map(({ code }) => code);
}

/** Characters to change, place by place, in codes of three: A9 is A09, and O9 is not far from 09. */
function distanceOf(text: string, code: string): number {
  const digits = /^([A-Z])(\d)$/.exec(text);
  const padded = digits === null ? text : `${digits[1] ?? ""}0${digits[2] ?? ""}`;
  const length = Math.max(padded.length, code.length);
  return Array.from({ length }, (_, at) => at).filter((at) => padded[at] !== code[at]).length;
}
