import { addressId } from "../../model/address.ts";
import type { Conversation, WireReply, WireRequest } from "../../model/conversation.ts";
import type { Failure } from "../../model/failure.ts";
import type { BearerToken, ProbePlan } from "../../model/ports.ts";
import { startDeadline } from "../deadline.ts";
import type { ConnectionTools } from "./connection.ts";
import { closeConnection, noConnection, openConnection } from "./connection.ts";
import { loadHttp1 } from "./http1.ts";
import { lateFailure, runStep, withoutSecrets } from "./step.ts";

/** After so many steps in a row without an answer in time, asking on only costs its deadline. */
const GIVE_UP_AFTER = 2;

type Step = readonly WireRequest[];

/**
 * One fresh connection, made as a probe makes it, and several requests over it: step after step,
 * those of one step at once over HTTP/2 and one after another over HTTP/1.1. Making the connection
 * and the first step share `plan.timeoutMs`; every further step has as much for itself, until two in
 * a row got no answer in time: the rest is then lost for the same reason. Resolves with every socket
 * destroyed and no listener left on the caller's signal.
 */
export async function runConversation(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  steps: readonly Step[],
  signal: AbortSignal,
  tools: ConnectionTools,
): Promise<Conversation> {
  // As in an attempt: not between SYN and its timestamp.
  if (plan.httpVersion === "http1.1") await loadHttp1();
  const { clock } = tools;
  const progress = noConnection();
  let deadline = startDeadline(clock, plan.timeoutMs, signal);
  try {
    const opened = await openConnection(plan, token, deadline, tools, progress);
    const replies: (readonly WireReply[])[] = [];
    const late: Failure[] = [];
    for (const [index, step] of steps.entries()) {
      if (opened.kind === "failed") {
        replies.push(step.map(() => opened));
        continue;
      }
      const given = late.length >= GIVE_UP_AFTER ? late.at(-1) : undefined;
      if (given !== undefined) {
        replies.push(step.map(() => ({ kind: "failed", failure: given })));
        continue;
      }
      if (index > 0) {
        deadline.release();
        deadline = startDeadline(clock, plan.timeoutMs, signal);
      }
      // A step may build on what the one before it brought about.
      // oxlint-disable-next-line eslint/no-await-in-loop
      const answers = await runStep(opened, step, clock, deadline);
      replies.push(answers);
      const failure = lateFailure(answers);
      if (failure === undefined) late.length = 0;
      else late.push(failure);
    }
    const { sentSecret } = progress;
    const filter = sentSecret === undefined ? undefined : tools.echoOf(sentSecret);
    const target = addressId(plan.dial.ip, plan.dial.port);
    return {
      fingerprint: progress.tls?.leaf?.sha256,
      replies: filter ? replies.map((step) => withoutSecrets(step, filter, target)) : replies,
    };
  } finally {
    deadline.release();
    closeConnection(progress);
  }
}
