import type { WireRequest } from "../../model/conversation.ts";
import type { EchoFilter } from "../../model/echo.ts";
import type { Failure } from "../../model/failure.ts";
import type { HttpFacts, Observation, ServerIdentity } from "../../model/observation.ts";
import type { BearerToken, ProbePlan } from "../../model/ports.ts";
import { isoTime } from "../../model/time.ts";
import type { Deadline } from "../deadline.ts";
import { startDeadline } from "../deadline.ts";
import type { ConnectionProgress, ConnectionTools } from "./connection.ts";
import { closeConnection, noConnection, openConnection } from "./connection.ts";
import type { Exchange } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { echoFailure, probeFailure } from "./failure.ts";
import type { HttpConnection } from "./http.ts";
import { readHttpFacts } from "./http-facts.ts";
import { loadHttp1 } from "./http1.ts";
import { planRequest } from "./request.ts";
import { watchAbsence } from "./token.ts";

/** Reads the body of a 200 to /api. */
export type ReadIdentity = (
  body: string,
) =>
  | { readonly kind: "ok"; readonly identity: ServerIdentity }
  | { readonly kind: "bad"; readonly failure: Failure };

export interface AttemptTools extends ConnectionTools {
  readonly readIdentity: ReadIdentity;
  /** Reads whom the body of a 403 refuses. */
  readonly readDeniedUser: (body: string) => string | undefined;
}

const API: WireRequest = { method: "GET", path: "/api", accept: "application/json" };

/** /api has 220 bytes. */
const MAX_BODY_BYTES = 64 * 1024;

interface Progress extends ConnectionProgress {
  ttfbMs: number | undefined;
  httpFacts: HttpFacts | undefined;
  identity: ServerIdentity | undefined;
}

/**
 * One fresh connection and one request, phase by phase; the first failure ends it. Resolves with
 * every socket destroyed and no listener left on the caller's signal.
 *
 * `GET /api` with what an API server needs to answer in JSON (recorded: kube-apiserver 1.20 gives
 * YAML or 406 to other Accept headers, 403 to HEAD).
 */
export async function runAttempt(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  signal: AbortSignal,
  tools: AttemptTools,
): Promise<Observation> {
  // An answer in HTTP/1.1 is certain: load its client now, not between SYN and its timestamp.
  if (plan.httpVersion === "http1.1") await loadHttp1();
  const { clock } = tools;
  const startedAt = isoTime(clock.wallMs());
  const startedMs = clock.monotonicMs();
  const progress = noProgress();
  const deadline = startDeadline(clock, plan.timeoutMs, signal);
  const tokenIsAbsent = watchAbsence(token);
  try {
    const failure = await runPhases(plan, token, deadline, tools, progress);
    const withheldNothing = progress.token === "withheld-unverified" && tokenIsAbsent();
    const observation: Observation = {
      address: plan.address,
      sample: plan.sample,
      startedAt,
      dialed: { ip: plan.dial.ip, port: plan.dial.port },
      local: progress.local,
      timings: {
        tcpMs: progress.tcpMs,
        tlsMs: progress.tlsMs,
        ttfbMs: progress.ttfbMs,
        totalMs: clock.monotonicMs() - startedMs,
      },
      tls: progress.tls,
      http: progress.httpFacts,
      identity: progress.identity,
      token: withheldNothing ? "none" : progress.token,
      failure,
    };
    const { sentSecret } = progress;
    return sentSecret === undefined ? observation : tools.echoOf(sentSecret).clean(observation);
  } finally {
    deadline.release();
    closeConnection(progress);
  }
}

async function runPhases(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  deadline: Deadline,
  tools: AttemptTools,
  progress: Progress,
): Promise<Failure | undefined> {
  const opened = await openConnection(plan, token, deadline, tools, progress);
  if (opened.kind === "failed") return opened.failure;
  const { http, peer } = opened;
  const request = planRequest(peer, API);
  const result = await exchange(peer.target, MAX_BODY_BYTES, tools.clock, deadline, (sink) =>
    http.send(request, sink),
  );
  return judge(result, http.version, peer.target, tools, progress);
}

function judge(
  result: Exchange,
  version: HttpConnection["version"],
  target: string,
  tools: AttemptTools,
  progress: Progress,
): Failure | undefined {
  const { head } = result;
  if (head === undefined) return result.failure;
  progress.ttfbMs = head.ttfbMs;
  const deniedUser = head.status === 403 ? tools.readDeniedUser(result.body) : undefined;
  progress.httpFacts = readHttpFacts(head, version, result.bodyBytes, deniedUser);
  if (head.status !== 200) return statusFailure(head.status, target);
  if (result.failure !== undefined) return result.failure;
  const read = tools.readIdentity(result.body);
  if (read.kind === "bad") return read.failure;
  const filter = progress.sentSecret === undefined ? undefined : tools.echoOf(progress.sentSecret);
  if (filter && repeats(read.identity, filter)) return echoFailure(target, "as its serverAddress");
  progress.identity = read.identity;
  return undefined;
}

/** 401 and 403 are for the caller to mend, a redirect or a server error is not. */
function statusFailure(status: number, target: string): Failure {
  const redirect = status >= 300 && status < 400 ? "; redirects are not followed" : "";
  const side = status === 401 || status === 403 ? "user" : "server";
  const message = `${target} answered GET /api with ${status}${redirect}`;
  return probeFailure("http", "http-status", side, message, String(status));
}

/** A token is made of letters that a host name may be made of too. */
function repeats({ serverAddress }: ServerIdentity, filter: EchoFilter): boolean {
  return filter.clean(serverAddress) !== serverAddress;
}

function noProgress(): Progress {
  return { ...noConnection(), ttfbMs: undefined, httpFacts: undefined, identity: undefined };
}
