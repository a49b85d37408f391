import { addressId, HTTPS_PORT } from "../../model/address.ts";
import type { WireRequest } from "../../model/conversation.ts";
import type { ProbePlan } from "../../model/ports.ts";
import type { HttpPeer, HttpRequest } from "./http.ts";

/** Names the endpoint, never the address that is dialled. */
export function planPeer(plan: ProbePlan, userAgent: string, secret: string | undefined): HttpPeer {
  const headers = { "user-agent": userAgent };
  const host = addressId(plan.serverName, plan.serverPort);
  return {
    target: addressId(plan.dial.ip, plan.dial.port),
    authority: plan.serverPort === HTTPS_PORT ? host.replace(/:443$/, "") : host,
    headers: secret === undefined ? headers : { ...headers, authorization: `Bearer ${secret}` },
  };
}

export function planRequest(
  peer: HttpPeer,
  { method, path, accept, body }: WireRequest,
): HttpRequest {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return { method, path, headers: { accept, ...type, ...peer.headers }, body };
}
