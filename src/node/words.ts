import { shortAddress } from "../checks/check.ts";
import type { ProcessOwner } from "../model/node/process.ts";
import { type Endpoint, endpointId, type TcpSocket } from "../model/node/socket.ts";

/** An endpoint as people write it: without the port where that is 443. */
export function shortEndpoint(endpoint: Endpoint): string {
  return shortAddress(endpointId(endpoint));
}

/** `kube-system/aws-node-4x7bp`; undefined where nothing names it. */
export function podOf({
  namespace,
  pod,
}: Extract<ProcessOwner, { readonly kind: "pod" }>): string | undefined {
  return namespace === undefined || pod === undefined ? undefined : `${namespace}/${pod}`;
}

/** `33.3%` of 0.3333. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}

/** Bytes that wait for the other side. The kernel counts a SYN, which carries none, as one. */
export function waitingBytes({
  state,
  sendQueueBytes,
}: Pick<TcpSocket, "state" | "sendQueueBytes">): number {
  return state === "syn-sent" ? Math.max(0, sendQueueBytes - 1) : sendQueueBytes;
}
