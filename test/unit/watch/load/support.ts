import type { WireReply } from "../../../../src/model/conversation.ts";
import type { FailureCode, FailurePhase } from "../../../../src/model/failure.ts";
import type { HeldConnection, HeldOutcome, ProbePlan } from "../../../../src/model/ports.ts";
import type { LoadPlan } from "../../../../src/model/watch/load.ts";
import type { LoadOrder } from "../../../../src/watch/load/run-load.ts";
import type { FakeClock } from "../../../support/fake-deps.ts";

type Answered = Extract<WireReply, { kind: "answered" }>;

export function answered(status: number, more: Partial<Answered> = {}): WireReply {
  return {
    kind: "answered",
    status,
    body: "{}",
    ttfbMs: 10,
    clockSkewMs: 0,
    retryAfterSeconds: undefined,
    flowSchemaUid: undefined,
    priorityLevelUid: undefined,
    ...more,
  };
}

export function failedWith(code: FailureCode, phase: FailurePhase): WireReply {
  return { kind: "failed", failure: { code, phase, side: "network", message: code } };
}

export function target(address: string): ProbePlan {
  return {
    address,
    sample: 1,
    dial: { ip: address.split(":")[0] ?? address, port: 443 },
    serverName: "0a1b2c.yl4.ap-northeast-2.eks.amazonaws.com",
    serverPort: 443,
    certificateAuthority: undefined,
    httpVersion: "auto",
    insecure: false,
    sendTokenUnverified: false,
    timeoutMs: 5_000,
  };
}

export function order(plan: Partial<LoadPlan>, forMs: number, timeoutMs = 5_000): LoadOrder {
  return {
    plan: { rps: 10, path: "/version", connections: "fresh", ...plan },
    forMs,
    timeoutMs,
  };
}

/** Lets everything happen that needs no time. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** So much time, in steps after each of which everything happens that can. */
export async function pass(
  clocks: readonly FakeClock[],
  ms: number,
  stepMs: number,
): Promise<void> {
  await settled();
  for (let passed = 0; passed < ms; passed += stepMs) {
    for (const clock of clocks) clock.advance(Math.min(stepMs, ms - passed));
    // oxlint-disable-next-line eslint/no-await-in-loop -- time goes by step after step
    await settled();
  }
}

export interface FakeLine extends HeldConnection {
  /** From now on it has ended. */
  break(): void;
  readonly isClosed: () => boolean;
}

/** A kept connection; `reply` answers what is asked over it. */
export function fakeLine(reply: () => WireReply | Promise<WireReply>): FakeLine {
  let isBroken = false;
  let isClosed = false;
  const gone = failedWith("http-reset", "http");
  return {
    fingerprint: undefined,
    ask: async (requests) =>
      Promise.all(requests.map(async () => (isBroken || isClosed ? gone : reply()))),
    ended: () => (isBroken && gone.kind === "failed" ? gone.failure : undefined),
    close: () => {
      isClosed = true;
    },
    break: () => {
      isBroken = true;
    },
    isClosed: () => isClosed,
  };
}

export function opened(connection: HeldConnection): HeldOutcome {
  return { kind: "open", connection };
}
