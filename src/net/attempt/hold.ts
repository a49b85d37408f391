import type { WireReply, WireRequest } from "../../model/conversation.ts";
import type { EchoFilter } from "../../model/echo.ts";
import type { Failure } from "../../model/failure.ts";
import type { BearerToken, HeldConnection, HeldOutcome, ProbePlan } from "../../model/ports.ts";
import { interrupted } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import { startDeadline } from "../deadline.ts";
import type { Connected, ConnectionProgress, ConnectionTools } from "./connection.ts";
import { closeConnection, noConnection, openConnection } from "./connection.ts";
import { connectionOver } from "./failure.ts";
import { loadHttp1 } from "./http1.ts";
import { planPeer } from "./request.ts";
import { lateFailure, runStep, withoutSecrets } from "./step.ts";
import { chooseToken } from "./token.ts";

/**
 * As kubelet and kubectl keep theirs (client-go, `KeepAlive: 30 * time.Second`): a Network Load
 * Balancer forgets a connection that said nothing for 350 s, and would end it before the API server
 * does.
 */
const KEEP_ALIVE_MS = 30_000;

/** So many tokens back what a peer repeats is looked for: a token is good for 15 minutes. */
const TOKENS_KEPT = 3;

/**
 * One fresh connection, made and verified as a probe makes it, that stays open for the caller. The
 * caller has to close it, also when it has ended by itself. No listener stays on the caller's signal.
 *
 * It has ended as soon as the peer says so or is gone: by GOAWAY, by an orderly end, by a reset, and
 * also when an `ask` got nothing at all in time and nothing else was answered meanwhile: a kubelet
 * would have ended it after an HTTP/2 ping without an answer. Over HTTP/1.1 it ends with the first
 * request that gets no whole answer, for the next answer could not be told from the rest of the last.
 */
export async function holdConnection(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  signal: AbortSignal,
  tools: ConnectionTools,
): Promise<HeldOutcome> {
  // It may never come to the token, and a rejection that nobody hears ends the process.
  token.catch(() => undefined);
  // As in an attempt: not between SYN and its timestamp.
  if (plan.httpVersion === "http1.1") await loadHttp1();
  const progress = noConnection();
  const deadline = startDeadline(tools.clock, plan.timeoutMs, signal);
  let connection: HeldConnection | undefined;
  try {
    const opened = await openConnection(plan, token, deadline, tools, progress);
    if (opened.kind === "failed") return opened;
    if (deadline.cause() === "interrupted") return { kind: "failed", failure: interrupted("http") };
    connection = keepOpen(plan, tools, opened, progress);
    return { kind: "open", connection };
  } finally {
    deadline.release();
    if (connection === undefined) closeConnection(progress);
  }
}

type Ready = Extract<Connected, { kind: "ready" }>;

function keepOpen(
  plan: ProbePlan,
  tools: ConnectionTools,
  { http, peer, tls }: Ready,
  progress: ConnectionProgress,
): HeldConnection {
  const { target } = peer;
  const echoes = createEchoes(tools, target);
  const underWay = new Set<Deadline>();
  let end: Failure | undefined;
  let closed = false;
  let answers = 0;
  let turn: Promise<unknown> = Promise.resolve();

  progress.socket?.setKeepAlive(true, KEEP_ALIVE_MS);
  // After a GOAWAY what is under way may still be answered.
  const closeWhenDone = (): void => {
    if (end !== undefined && underWay.size === 0) closeConnection(progress);
  };
  const endWith = (failure: Failure): void => {
    end ??= failure;
    closeWhenDone();
  };
  http.onEnd(endWith);

  const judge = (replies: readonly WireReply[], answersBefore: number): readonly WireReply[] => {
    answers += replies.filter(({ kind }) => kind === "answered").length;
    const late = answers === answersBefore ? lateFailure(replies) : undefined;
    if (late !== undefined) endWith(late);
    const lost = replies.findIndex(({ kind }) => kind === "failed");
    const first = replies[lost];
    if (http.version === "2" || first?.kind !== "failed") return replies;
    endWith(first.failure);
    const rest = { kind: "failed", failure: end ?? first.failure } as const;
    return replies.map((reply, index) => (index > lost ? rest : reply));
  };

  const askNow = async (
    requests: readonly WireRequest[],
    token: Promise<BearerToken | undefined>,
    signal: AbortSignal,
  ): Promise<readonly WireReply[]> => {
    const allFail = (failure: Failure): readonly WireReply[] =>
      requests.map(() => ({ kind: "failed", failure }));
    const deadline = startDeadline(tools.clock, plan.timeoutMs, signal);
    underWay.add(deadline);
    try {
      if (closed || end !== undefined) return allFail(end ?? connectionOver(target));
      const choice = await chooseToken(plan, tls.verification, token, deadline);
      if (choice.kind === "failed") return allFail(choice.failure);
      // It may have ended while the token was waited for.
      if (closed || end !== undefined) return allFail(end ?? connectionOver(target));
      if (choice.secret !== undefined) echoes.add(choice.secret);
      const answersBefore = answers;
      const sender = { http, peer: planPeer(plan, tools.userAgent, choice.secret) };
      const replies = await runStep(sender, requests, tools.clock, deadline);
      return echoes.clean(judge(replies, answersBefore));
    } finally {
      deadline.release();
      underWay.delete(deadline);
      closeWhenDone();
    }
  };

  return {
    fingerprint: tls.leaf?.sha256,
    ended: () => end,
    ask: (requests, token, signal) => {
      token.catch(() => undefined);
      if (http.version === "2") return askNow(requests, token, signal);
      // Its time is counted from its turn: until then it is not the peer that is waited for.
      const asked = turn.then(() => askNow(requests, token, signal));
      turn = asked.catch(() => undefined);
      return asked;
    },
    close: () => {
      closed = true;
      for (const deadline of underWay) deadline.interrupt();
      closeConnection(progress);
    },
  };
}

/** What the peer was given in confidence lately, taken out of what it says. */
function createEchoes(
  { echoOf }: ConnectionTools,
  target: string,
): {
  add(secret: string): void;
  clean(replies: readonly WireReply[]): readonly WireReply[];
} {
  let confided: readonly string[] = [];
  let filter: EchoFilter | undefined;
  return {
    add: (secret) => {
      if (confided.includes(secret)) return;
      confided = [secret, ...confided].slice(0, TOKENS_KEPT);
      filter = echoOf(...confided);
    },
    clean: (replies) => (filter ? withoutSecrets(replies, filter, target) : replies),
  };
}
