import type { WireReply, WireRequest } from "../../model/conversation.ts";
import type { Failure } from "../../model/failure.ts";
import type { BearerToken, Clock, ProbePlan, SocketPort } from "../../model/ports.ts";
import type { LoadPlan, LoadReport } from "../../model/watch/load.ts";
import {
  type Backoff,
  findOpen,
  NO_BACKOFF,
  noteAnswered,
  noteShed,
  noteUnreachable,
  restedMs,
} from "./backoff.ts";
import { createKeptPool, type KeptPool } from "./kept.ts";
import { nextTurnMs, startPace, takeTurn, underWayLimit } from "./pace.ts";
import { createTally } from "./tally.ts";

/** A kept connection more for each address at every so many requests a second. */
const RPS_A_CONNECTION = 50;
const MOST_KEPT = 4;

/** What to send, and for how long. */
export interface LoadOrder {
  readonly plan: LoadPlan;
  /** After so long it ends by itself. */
  readonly forMs: number;
  /** For each request; the limits of the targets' plans do not count. */
  readonly timeoutMs: number;
}

export interface LoadDeps {
  readonly clock: Clock;
  readonly sockets: Pick<SocketPort, "converse" | "hold">;
  /** The one that is good now; asked for with every request. */
  readonly token: () => Promise<BearerToken | undefined>;
}

export interface RunningLoad {
  /** As it stands now; cheap. */
  report(): LoadReport;
  /** Cuts off what is under way, and leaves no socket behind. Rejects only for a bug. */
  stop(): Promise<void>;
  /** Resolves when it has ended by itself or was stopped, and everything is closed. */
  readonly finished: Promise<void>;
}

/**
 * Sends GET requests at a steady rate to the addresses in turn, as ordinary clients would. `targets`
 * gives at any time those to send to. It ends after `forMs`, when what is under way has been answered
 * or timed out; at once when the signal aborts or by `stop`. There is one timer, whatever the rate.
 */
export function runLoad(
  order: LoadOrder,
  targets: () => readonly ProbePlan[],
  deps: LoadDeps,
  signal: AbortSignal,
): RunningLoad {
  const stopper = new AbortController();
  const ends: Ends = {
    signal: AbortSignal.any([signal, stopper.signal]),
    bugs: [],
    stop: () => stopper.abort(),
  };
  const load = createLoad(order, targets, deps, ends);
  const finished = load.run();
  // Whoever does not wait for the end is not to be ended by it.
  finished.catch(() => {});
  return {
    report: load.report,
    stop: () => {
      ends.stop();
      return finished;
    },
    finished,
  };
}

interface Ends {
  readonly signal: AbortSignal;
  /** What was thrown by what never throws: it ends the load, and not the program. */
  readonly bugs: unknown[];
  stop(): void;
}

function createLoad(
  { plan, forMs, timeoutMs }: LoadOrder,
  targets: () => readonly ProbePlan[],
  deps: LoadDeps,
  ends: Ends,
): { readonly report: () => LoadReport; readonly run: () => Promise<void> } {
  const { clock } = deps;
  const { signal, bugs } = ends;
  const request: WireRequest = { method: "GET", path: plan.path, accept: "application/json" };
  const limit = underWayLimit(plan.rps, timeoutMs);
  const startedMs = clock.monotonicMs();
  const tally = createTally();
  const underWay = new Set<Promise<void>>();
  const { ask, pool } = createAsk(plan, request, deps, signal);
  let pace = startPace(plan.rps, forMs, startedMs);
  let backoff: Backoff = NO_BACKOFF;
  let sentInTurn = 0;
  let wasOpen = true;
  let endedMs: number | undefined;

  function settle(address: string, reply: WireReply): void {
    // Cut off from here, which says nothing of the server.
    if (reply.kind === "failed" && reply.failure.code === "interrupted") return;
    tally.countReply(address, reply);
    backoff = noteReply(backoff, address, reply, clock.monotonicMs());
  }

  function send(target: ProbePlan): void {
    const { address } = target;
    tally.countSent(address);
    const sending = ask({ ...target, timeoutMs })
      .then((reply) => settle(address, reply))
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
    sending.catch((error: unknown) => {
      bugs.push(error);
      ends.stop();
    });
  }

  function turn(nowMs: number): boolean {
    const current = targets();
    const addresses = current.map(({ address }) => address);
    pool.keepOnly(addresses);
    const openness = findOpen(backoff, addresses, nowMs);
    backoff = openness.backoff;
    const isOpen = openness.open.length > 0;
    const due = takeTurn(pace, nowMs);
    pace = due.pace;
    tally.countHeld(isOpen && wasOpen ? "late" : "backingOff", due.missed);
    wasOpen = isOpen;
    if (!due.isDue) return due.isOver;
    const target = isOpen ? pickInTurn(current, openness.open, sentInTurn) : undefined;
    if (target === undefined) tally.countHeld("backingOff", 1);
    else if (underWay.size >= limit) tally.countHeld("busy", 1);
    else {
      sentInTurn = target.next;
      send(target.plan);
    }
    return due.isOver;
  }

  async function run(): Promise<void> {
    try {
      while (!signal.aborted) {
        const nowMs = clock.monotonicMs();
        if (turn(nowMs)) break;
        // oxlint-disable-next-line eslint/no-await-in-loop -- one timer is the point
        await clock.wait(Math.max(0, nextTurnMs(pace) - nowMs), signal);
      }
    } catch (error) {
      bugs.push(error);
      ends.stop();
    }
    endedMs = Math.min(clock.monotonicMs(), startedMs + forMs);
    await Promise.allSettled(underWay);
    pool.close();
    if (bugs.length > 0) throw new AggregateError(bugs, "the load went wrong");
  }

  return {
    run,
    report: () => {
      const nowMs = endedMs ?? Math.min(clock.monotonicMs(), startedMs + forMs);
      const durationMs = Math.max(0, Math.round(nowMs - startedMs));
      const backedOff = { times: backoff.times, totalMs: Math.round(restedMs(backoff, nowMs)) };
      return { plan, durationMs, ...tally.read(), backedOff };
    },
  };
}

type Ask = (target: ProbePlan) => Promise<WireReply>;

function createAsk(
  plan: LoadPlan,
  request: WireRequest,
  { sockets, token }: LoadDeps,
  signal: AbortSignal,
): { readonly ask: Ask; readonly pool: Pick<KeptPool, "keepOnly" | "close"> } {
  if (plan.connections === "kept") {
    const perAddress = Math.min(MOST_KEPT, Math.ceil(plan.rps / RPS_A_CONNECTION));
    const pool = createKeptPool({ sockets, token, perAddress, signal });
    return { ask: (target) => pool.ask(target, request), pool };
  }
  const ask: Ask = async (target) => {
    const { replies } = await sockets.converse(target, token(), [[request]], signal);
    const reply = replies[0]?.[0];
    if (reply === undefined) throw new Error("a request without a reply");
    return reply;
  };
  return { ask, pool: { keepOnly: () => {}, close: () => {} } };
}

/** The next of the targets that is open, from the place of the last one on. */
function pickInTurn(
  targets: readonly ProbePlan[],
  open: readonly string[],
  from: number,
): { readonly plan: ProbePlan; readonly next: number } | undefined {
  for (let step = 0; step < targets.length; step += 1) {
    const place = (from + step) % targets.length;
    const plan = targets[place];
    if (plan !== undefined && open.includes(plan.address)) return { plan, next: place + 1 };
  }
  return undefined;
}

function noteReply(backoff: Backoff, address: string, reply: WireReply, nowMs: number): Backoff {
  if (reply.kind === "failed") {
    return isConnectionFailure(reply.failure) ? noteUnreachable(backoff, address, nowMs) : backoff;
  }
  const answered = noteAnswered(backoff, address, nowMs);
  const isShed =
    reply.status === 429 || (reply.status === 503 && reply.retryAfterSeconds !== undefined);
  return isShed ? noteShed(answered, reply.retryAfterSeconds, nowMs) : answered;
}

/** None was made, or it was broken off; a request that nobody answered in time is none of its. */
function isConnectionFailure({ phase, code }: Failure): boolean {
  return phase === "tcp" || phase === "tls" || code === "http-reset" || code === "body-reset";
}
