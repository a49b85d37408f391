import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { addressId } from "../../model/address.ts";
import type { EchoFilter } from "../../model/echo.ts";
import type { Failure } from "../../model/failure.ts";
import type { TlsFacts, TokenUse } from "../../model/observation.ts";
import type { BearerToken, Clock, ProbePlan } from "../../model/ports.ts";
import { interrupted } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import { classifyTls, probeFailure } from "./failure.ts";
import type { HttpConnection, HttpPeer } from "./http.ts";
import { loadHttp1, openHttp1 } from "./http1.ts";
import type * as Http2 from "./http2.ts";
import { planPeer } from "./request.ts";
import type { IpPort } from "./tcp.ts";
import { connectTcp } from "./tcp.ts";
import { makeTls, noCaFailure } from "./tls.ts";
import { chooseToken } from "./token.ts";
import type { Trust } from "./trust.ts";

export interface ConnectionTools {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly trustFor: (pem: string | undefined) => Trust;
  /** Finds what a peer repeats of the tokens it was sent. */
  readonly echoOf: (...tokens: readonly string[]) => EchoFilter;
}

/** What is known so far; it only ever grows, so that a failure keeps all that came before it. */
export interface ConnectionProgress {
  socket: Socket | undefined;
  http: HttpConnection | undefined;
  local: IpPort | undefined;
  tcpMs: number | undefined;
  tlsMs: number | undefined;
  tls: TlsFacts | undefined;
  token: TokenUse;
  /** What the peer is given in confidence. */
  sentSecret: string | undefined;
}

export type Connected =
  | {
      readonly kind: "ready";
      readonly http: HttpConnection;
      readonly peer: HttpPeer;
      readonly tls: TlsFacts;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

export function noConnection(): ConnectionProgress {
  return {
    socket: undefined,
    http: undefined,
    local: undefined,
    tcpMs: undefined,
    tlsMs: undefined,
    tls: undefined,
    token: "none",
    sentSecret: undefined,
  };
}

/**
 * One fresh connection, phase by phase: TCP, TLS with its verification, and only then the token.
 * The first failure ends it. The caller must `closeConnection`, whatever came of it.
 */
export async function openConnection(
  plan: ProbePlan,
  token: Promise<BearerToken | undefined>,
  deadline: Deadline,
  tools: ConnectionTools,
  progress: ConnectionProgress,
): Promise<Connected> {
  const { clock, userAgent } = tools;
  const target = addressId(plan.dial.ip, plan.dial.port);
  if (deadline.cause() === "interrupted") return failed(interrupted("tcp"));
  const trust = tools.trustFor(plan.certificateAuthority);
  if (!trust.hasCa && !plan.insecure) return failed(noCaFailure(target));

  const tcp = await connectTcp(plan.dial, clock, deadline);
  if (tcp.kind === "failed") return tcp;
  progress.socket = tcp.socket;
  progress.tcpMs = tcp.tcpMs;
  progress.local = tcp.local;

  const handshake = makeTls(tcp.socket, plan, trust, clock, deadline);
  // The ClientHello is on its way: what reads the answer is loaded while the server works.
  if (plan.httpVersion !== "http1.1") setImmediate(() => void loadHttp2());
  const tls = await handshake;
  if (tls.kind === "failed") return tls;
  progress.tlsMs = tls.tlsMs;
  progress.tls = tls.facts;
  if (tls.kind === "refused") {
    progress.token = "withheld-unverified";
    return failed(tls.failure);
  }
  progress.socket = tls.socket;

  const client = await chooseClient(plan, tls.facts.alpn, target);
  if (client.kind === "failed") return client;
  const choice = await chooseToken(plan, tls.facts.verification, token, deadline);
  if (choice.kind === "failed") return choice;
  // A server that wants a client certificate says so after the handshake, maybe before it is asked.
  const lost = tls.lost() === undefined ? undefined : classifyTls(tls.lost(), target);
  if (lost?.code === "tls-alert") return failed(lost);
  progress.token = choice.use;
  progress.sentSecret = choice.secret;
  const peer = planPeer(plan, userAgent, choice.secret);
  const http = client.open(peer, tls.socket, tcp.socket);
  progress.http = http;
  return { kind: "ready", http, peer, tls: tls.facts };
}

function loadHttp2(): Promise<typeof Http2> {
  return import("./http2.ts");
}

export function closeConnection(progress: ConnectionProgress): void {
  progress.http?.close();
  progress.socket?.destroy();
}

/** The client for the HTTP version that ALPN chose; no ALPN means HTTP/1.1. */
type HttpClient =
  | {
      readonly kind: "loaded";
      readonly open: (peer: HttpPeer, socket: TLSSocket, raw: Socket) => HttpConnection;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Failure: `http-protocol` when HTTP/2 was demanded and the server did not agree to it. */
async function chooseClient(
  plan: ProbePlan,
  alpn: string | undefined,
  target: string,
): Promise<HttpClient> {
  if (alpn === "h2") return { kind: "loaded", open: (await loadHttp2()).openHttp2 };
  if (plan.httpVersion !== "http2") {
    const makeClient = await loadHttp1();
    return { kind: "loaded", open: (peer, socket) => openHttp1(makeClient, peer, socket) };
  }
  const message = `${target} did not agree to HTTP/2`;
  return failed(probeFailure("http", "http-protocol", "server", message));
}

function failed(failure: Failure): { readonly kind: "failed"; readonly failure: Failure } {
  return { kind: "failed", failure };
}
