import type { WireReply, WireRequest } from "../../../../src/model/conversation.ts";
import type { Failure } from "../../../../src/model/failure.ts";
import type {
  BearerToken,
  HeldConnection,
  ProbePlan,
  SocketPort,
} from "../../../../src/model/ports.ts";
import { socketPort } from "../attempt/support.ts";
import { get, told } from "../converse/support.ts";

const NEVER = new AbortController().signal;

/** A kept connection that ends with its test. */
export interface Held extends AsyncDisposable {
  readonly connection: HeldConnection;
  /** `200 body` of each answer, the code of a failure. */
  ask(paths: readonly string[], token?: BearerToken, signal?: AbortSignal): Promise<Told>;
  replies(requests: readonly WireRequest[], token?: BearerToken): Promise<readonly WireReply[]>;
}

type Told = readonly string[];

export async function hold(
  plan: ProbePlan,
  token?: BearerToken,
  port: SocketPort = socketPort(),
): Promise<Held> {
  const outcome = await port.hold(plan, Promise.resolve(token), NEVER);
  if (outcome.kind === "failed") throw new Error(outcome.failure.message);
  const { connection } = outcome;
  return {
    connection,
    ask: async (paths, sent = token, signal = NEVER) => {
      const replies = await connection.ask(paths.map(get), Promise.resolve(sent), signal);
      return replies.map(told);
    },
    replies: (requests, sent = token) => connection.ask(requests, Promise.resolve(sent), NEVER),
    [Symbol.asyncDispose]: () => {
      connection.close();
      return Promise.resolve();
    },
  };
}

export async function holdFailure(plan: ProbePlan, token?: BearerToken): Promise<Failure> {
  const outcome = await socketPort().hold(plan, Promise.resolve(token), NEVER);
  if (outcome.kind === "failed") return outcome.failure;
  outcome.connection.close();
  throw new Error("was open");
}

/** The messages of replies that failed. */
export function messagesOf(replies: readonly WireReply[]): readonly string[] {
  return replies.map((reply) => (reply.kind === "failed" ? reply.failure.message : "answered"));
}
