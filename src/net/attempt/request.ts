import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { addressId } from "../../model/address.ts";
import type { Failure } from "../../model/failure.ts";
import type { Clock, ProbePlan } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import type { Exchange } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { probeFailure } from "./failure.ts";
import type { MakeClient } from "./http1.ts";
import { loadHttp1, sendHttp1 } from "./http1.ts";
import { sendHttp2 } from "./http2.ts";

const HTTPS_PORT = 443;

export interface ProbeRequest {
  /** What was dialled, for messages. */
  readonly target: string;
  /** Host and `:authority`: the endpoint's name, never the address that is dialled. */
  readonly authority: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * `GET /api` with what an API server needs to answer in JSON (recorded: kube-apiserver 1.20 gives
 * YAML or 406 to other Accept headers, 403 to HEAD).
 */
export function planRequest(
  plan: ProbePlan,
  userAgent: string,
  secret: string | undefined,
): ProbeRequest {
  const headers = { accept: "application/json", "user-agent": userAgent };
  const host = addressId(plan.serverName, plan.serverPort);
  return {
    target: addressId(plan.dial.ip, plan.dial.port),
    authority: plan.serverPort === HTTPS_PORT ? host.replace(/:443$/, "") : host,
    path: "/api",
    headers: secret === undefined ? headers : { ...headers, authorization: `Bearer ${secret}` },
  };
}

/** The client for the HTTP version that ALPN chose; no ALPN means HTTP/1.1. */
export type HttpClient =
  | { readonly kind: "http2" }
  | { readonly kind: "http1"; readonly makeClient: MakeClient }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Failure: `http-protocol` when HTTP/2 was demanded and the server did not agree to it. */
export async function chooseClient(plan: ProbePlan, alpn: string | undefined): Promise<HttpClient> {
  if (alpn === "h2") return { kind: "http2" };
  if (plan.httpVersion !== "http2") return { kind: "http1", makeClient: await loadHttp1() };
  const message = `${addressId(plan.dial.ip, plan.dial.port)} did not agree to HTTP/2`;
  return { kind: "failed", failure: probeFailure("http", "http-protocol", "server", message) };
}

export function sendRequest(
  request: ProbeRequest,
  client: Exclude<HttpClient, { kind: "failed" }>,
  socket: TLSSocket,
  raw: Socket,
  clock: Clock,
  deadline: Deadline,
): Promise<Exchange> {
  return exchange(request.target, clock, deadline, (sink) =>
    client.kind === "http2"
      ? sendHttp2(request, socket, raw, sink)
      : sendHttp1(client.makeClient, request, socket, sink),
  );
}
