import type { Socket } from "node:net";
import { addressId } from "../../model/address.ts";
import { withoutEcho } from "../../model/echo.ts";
import type { Failure } from "../../model/failure.ts";
import type { HttpFacts, Observation, ServerIdentity, TlsFacts } from "../../model/observation.ts";
import type { BearerToken, Clock, ProbePlan } from "../../model/ports.ts";
import { interrupted } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import { startDeadline } from "../deadline.ts";
import { isoTime } from "../times.ts";
import type { Exchange } from "./exchange.ts";
import { probeFailure } from "./failure.ts";
import { readHttpFacts } from "./http-facts.ts";
import { loadHttp1 } from "./http1.ts";
import { chooseClient, planRequest, sendRequest } from "./request.ts";
import type { IpPort } from "./tcp.ts";
import { connectTcp } from "./tcp.ts";
import { makeTls, noCaFailure } from "./tls.ts";
import { chooseToken, secretsIn, watchAbsence } from "./token.ts";
import type { Trust } from "./trust.ts";

/** Reads the body of a 200 to /api. */
export type ReadIdentity = (
  body: string,
) =>
  | { readonly kind: "ok"; readonly identity: ServerIdentity }
  | { readonly kind: "bad"; readonly failure: Failure };

export interface AttemptTools {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly readIdentity: ReadIdentity;
  readonly trustFor: (pem: string | undefined) => Trust;
}

/** What is known so far; it only ever grows, so that a failure keeps all that came before it. */
interface Progress {
  socket: Socket | undefined;
  local: IpPort | undefined;
  tcpMs: number | undefined;
  tlsMs: number | undefined;
  ttfbMs: number | undefined;
  tls: TlsFacts | undefined;
  http: HttpFacts | undefined;
  identity: ServerIdentity | undefined;
  token: Observation["token"];
  /** What the peer was given in confidence. */
  sentSecret: string | undefined;
}

/**
 * One fresh connection and one request, phase by phase; the first failure ends it. Resolves with
 * every socket destroyed and no listener left on the caller's signal.
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
      http: progress.http,
      identity: progress.identity,
      token: withheldNothing ? "none" : progress.token,
      failure,
    };
    const { sentSecret } = progress;
    return sentSecret === undefined ? observation : withoutEcho(observation, secretsIn(sentSecret));
  } finally {
    deadline.release();
    progress.socket?.destroy();
  }
}

async function runPhases(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  deadline: Deadline,
  tools: AttemptTools,
  progress: Progress,
): Promise<Failure | undefined> {
  const { clock, userAgent } = tools;
  if (deadline.cause() === "interrupted") return interrupted("tcp");
  const trust = tools.trustFor(plan.certificateAuthority);
  if (!trust.hasCa && !plan.insecure) return noCaFailure(addressId(plan.dial.ip, plan.dial.port));

  const tcp = await connectTcp(plan.dial, clock, deadline);
  if (tcp.kind === "failed") return tcp.failure;
  progress.socket = tcp.socket;
  progress.tcpMs = tcp.tcpMs;
  progress.local = tcp.local;

  const tls = await makeTls(tcp.socket, plan, trust, clock, deadline);
  if (tls.kind === "failed") return tls.failure;
  progress.tlsMs = tls.tlsMs;
  progress.tls = tls.facts;
  if (tls.kind === "refused") {
    progress.token = "withheld-unverified";
    return tls.failure;
  }
  progress.socket = tls.socket;

  const client = await chooseClient(plan, tls.facts.alpn);
  if (client.kind === "failed") return client.failure;
  const choice = await chooseToken(plan, tls.facts.verification, token, deadline);
  if (choice.kind === "failed") return choice.failure;
  const request = planRequest(plan, userAgent, choice.secret);
  progress.token = choice.use;
  progress.sentSecret = choice.secret;
  const result = await sendRequest(request, client, tls.socket, tcp.socket, clock, deadline);
  return judge(result, tls.facts.alpn, request.target, tools, progress);
}

function judge(
  result: Exchange,
  alpn: string | undefined,
  target: string,
  tools: AttemptTools,
  progress: Progress,
): Failure | undefined {
  const { head } = result;
  if (head === undefined) return result.failure;
  progress.ttfbMs = head.ttfbMs;
  progress.http = readHttpFacts(head, alpn === "h2" ? "2" : "1.1", result.bodyBytes);
  if (head.status !== 200) return statusFailure(head.status, target);
  if (result.failure !== undefined) return result.failure;
  const read = tools.readIdentity(result.body);
  if (read.kind === "bad") return read.failure;
  if (repeats(read.identity, progress.sentSecret)) return echoFailure(target);
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
function repeats({ serverAddress }: ServerIdentity, secret: string | undefined): boolean {
  return secret !== undefined && withoutEcho(serverAddress, secretsIn(secret)) !== serverAddress;
}

function echoFailure(target: string): Failure {
  const message = `${target} gave the token back as its serverAddress`;
  return probeFailure("body", "body-unexpected-shape", "server", message);
}

function noProgress(): Progress {
  return {
    socket: undefined,
    local: undefined,
    tcpMs: undefined,
    tlsMs: undefined,
    ttfbMs: undefined,
    tls: undefined,
    http: undefined,
    identity: undefined,
    token: "none",
    sentSecret: undefined,
  };
}
