import type { Exchange } from "../apiserver/exchange.ts";
import type { ApiServer, ApiServerVariantHandle, Intercept } from "../apiserver/server.ts";
import type { ClusterPki } from "../pki.ts";
import type { FrontFault } from "../scenario.ts";
import { sendBody, sendEndlessHeader, sendRedirect, sendStatus } from "./broken-answers.ts";
import type { Gate } from "./gate.ts";
import { halfAnswerFor, isHalfFault } from "./half-answers.ts";
import { isShut } from "./shut-port.ts";

/** What happens to a TCP connection before TLS sees it. */
export type ConnectionPlan =
  /** Cut as soon as it is accepted. */
  | { readonly kind: "reset" }
  /** Kept open and read, never answered. */
  | { readonly kind: "silence" }
  /** After `delayMs` and the first bytes of the client: go on, or break off. */
  | {
      readonly kind: "answer";
      readonly delayMs: number;
      readonly next: "tls" | "reset" | "garbage";
    };

/**
 * `roundTripMs` is waited out twice here: on loopback the TCP handshake takes no time and cannot
 * be delayed, so its round trip is added to that of the TLS handshake. The request's follows in
 * `interceptFor`.
 */
export function planConnection(fault: FrontFault | undefined, roundTripMs: number): ConnectionPlan {
  const delayMs = 2 * roundTripMs;
  const proper: ConnectionPlan = { kind: "answer", delayMs, next: "tls" };
  if (fault === undefined) return proper;
  if (fault.kind === "garbage") return { kind: "answer", delayMs, next: "garbage" };
  if (fault.kind === "never" && fault.phase === "tls") return { kind: "silence" };
  if (fault.kind === "reset" && fault.phase === "tcp") return { kind: "reset" };
  if (fault.kind === "reset" && fault.phase === "tls") {
    return { kind: "answer", delayMs, next: "reset" };
  }
  if (fault.kind === "late" && fault.phase === "tls") {
    return { kind: "answer", delayMs: delayMs + fault.ms, next: "tls" };
  }
  return proper;
}

export interface HandlerOptions {
  readonly apiServer: ApiServer;
  readonly fault: FrontFault | undefined;
  readonly pki: ClusterPki;
  readonly roundTripMs: number;
  readonly tricklePaceMs: number;
  /** Of an address whose packets may get lost for a while. */
  readonly gate: Gate | undefined;
}

/**
 * What takes the connections that get as far as TLS: the API server itself, or, where something
 * has to differ, a variant of it.
 */
export async function createHandler(options: HandlerOptions): Promise<ApiServerVariantHandle> {
  const { apiServer, fault, gate, pki, roundTripMs } = options;
  const faulty = interceptFor(options);
  const isFlawed = fault?.kind === "wrong-certificate";
  const isPlain = faulty === undefined && !isFlawed && roundTripMs === 0;
  if (isPlain && gate === undefined) return apiServer;
  const arrive: Intercept = (exchange, proceed) => {
    delay(exchange, roundTripMs, () =>
      faulty === undefined ? proceed() : faulty(exchange, proceed),
    );
  };
  const intercept: Intercept =
    gate === undefined
      ? arrive
      : (exchange, proceed) => gate.pass(exchange, () => arrive(exchange, proceed));
  return apiServer.createVariant({
    identity: isFlawed ? await pki.flawedLeaf(apiServer.server.id, fault.flaw) : undefined,
    // A header without end is only a header over HTTP/1.1: HTTP/2 has frames of known length.
    protocols: fault?.kind === "endless-header" ? "http1-only" : "h2-and-http1",
    intercept,
  });
}

function interceptFor(options: HandlerOptions): Intercept | undefined {
  const { fault, apiServer } = options;
  if (fault === undefined || isShut(fault)) return undefined;
  if ("phase" in fault && fault.phase !== "http") return undefined;
  if (isHalfFault(fault)) return halfAnswerFor(fault, apiServer);
  switch (fault.kind) {
    case "garbage":
      return undefined;
    case "late":
      return (exchange, proceed) => delay(exchange, fault.ms, () => proceed());
    case "never":
      return () => {};
    case "reset":
      return (exchange) => exchange.reset();
    case "status":
      return (exchange) => sendStatus(exchange, fault.status, apiServer);
    case "redirect":
      return (exchange) => sendRedirect(exchange, fault.location, apiServer);
    case "body":
      return (exchange) => sendBody(exchange, fault.body, options);
    case "endless-header":
      return sendEndlessHeader;
  }
}

/** Forgets the rest when the client goes away first. */
function delay(exchange: Exchange, ms: number, next: () => void): void {
  if (ms === 0) {
    next();
    return;
  }
  const timer = setTimeout(next, ms);
  exchange.onOver(() => clearTimeout(timer));
}
