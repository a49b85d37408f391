import type { Fact } from "../../model/fact.ts";
import {
  AWS_BURST,
  AWS_CALLS_PER_INTERVAL,
  AWS_COST,
  AWS_EVERY,
  FIRST_BACK_OFF,
  MAX_BACK_OFF,
  PULL_AFTER,
} from "./constants.ts";

export type AwsQuestion = keyof typeof AWS_COST;

const QUESTIONS = ["eks", "ec2", "updates"] as const satisfies readonly AwsQuestion[];

/** When which question to AWS is due, and how many calls are left. Times are monotonic. */
export interface AwsPace {
  readonly intervalMs: number;
  readonly dueMs: Readonly<Record<AwsQuestion, number>>;
  readonly askedMs: Readonly<Record<AwsQuestion, number>>;
  /** Failures in a row. */
  readonly failures: Readonly<Record<AwsQuestion, number>>;
  readonly calls: { readonly left: number; readonly atMs: number };
}

export function startAwsPace(intervalMs: number, nowMs: number): AwsPace {
  return {
    intervalMs,
    dueMs: { ec2: nowMs, eks: nowMs, updates: nowMs },
    askedMs: { ec2: -Infinity, eks: -Infinity, updates: -Infinity },
    failures: { ec2: 0, eks: 0, updates: 0 },
    calls: { left: AWS_BURST, atMs: nowMs },
  };
}

/** The questions to ask now: due, or pulled forward, and within the budget. */
export function dueQuestions(
  pace: AwsPace,
  nowMs: number,
  pulled: ReadonlySet<AwsQuestion>,
): readonly AwsQuestion[] {
  let left = callsLeft(pace, nowMs);
  return QUESTIONS.filter((question) => {
    const isPulled =
      pulled.has(question) &&
      pace.failures[question] === 0 &&
      nowMs - pace.askedMs[question] >= pace.intervalMs * PULL_AFTER;
    if (nowMs < pace.dueMs[question] && !isPulled) return false;
    if (left < AWS_COST[question]) return false;
    left -= AWS_COST[question];
    return true;
  });
}

/** After `asked` were asked at `nowMs`, with what came of each. */
export function paceAfter(
  pace: AwsPace,
  nowMs: number,
  answers: ReadonlyMap<AwsQuestion, Fact<unknown>>,
): AwsPace {
  const cost = [...answers.keys()].reduce((sum, question) => sum + AWS_COST[question], 0);
  const dueMs = { ...pace.dueMs };
  const askedMs = { ...pace.askedMs };
  const failures = { ...pace.failures };
  for (const [question, fact] of answers) {
    failures[question] = fact.kind === "unknown" ? failures[question] + 1 : 0;
    askedMs[question] = nowMs;
    dueMs[question] = nowMs + pauseMs(pace.intervalMs, question, fact, failures[question]);
  }
  return {
    ...pace,
    dueMs,
    askedMs,
    failures,
    calls: { left: callsLeft(pace, nowMs) - cost, atMs: nowMs },
  };
}

/** Who throttles is asked no sooner for it; what failed otherwise may be better in a moment. */
function pauseMs(
  intervalMs: number,
  question: AwsQuestion,
  fact: Fact<unknown>,
  failures: number,
): number {
  const usualMs = intervalMs * AWS_EVERY[question];
  if (failures === 0) return usualMs;
  const longerMs = Math.min(
    intervalMs * FIRST_BACK_OFF * 2 ** (failures - 1),
    intervalMs * MAX_BACK_OFF,
  );
  const isThrottled = fact.kind === "unknown" && fact.failure.code === "throttled";
  return isThrottled ? Math.max(usualMs, longerMs) : longerMs;
}

function callsLeft({ calls, intervalMs }: AwsPace, nowMs: number): number {
  const earned = ((nowMs - calls.atMs) / intervalMs) * AWS_CALLS_PER_INTERVAL;
  return Math.min(AWS_BURST, calls.left + Math.max(0, earned));
}
