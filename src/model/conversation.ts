import type { Failure } from "./failure.ts";

/** One request of several over one connection. */
export interface WireRequest {
  readonly method: "GET" | "POST";
  /** With query. */
  readonly path: string;
  readonly accept: string;
  /** JSON, for POST. */
  readonly body?: string;
}

export type WireReply =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly body: string;
      /** From the request being written to the first byte of the answer. */
      readonly ttfbMs: number;
      readonly clockSkewMs: number | undefined;
      /** Of a server that sheds load: its Retry-After header, where that is a number. */
      readonly retryAfterSeconds: number | undefined;
      /** X-Kubernetes-PF-FlowSchema-UID and -PriorityLevel-UID. */
      readonly flowSchemaUid: string | undefined;
      readonly priorityLevelUid: string | undefined;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

/** One fresh, verified connection, and the replies in the order of the requests. */
export interface Conversation {
  /** SHA-256 of the leaf; undefined when the handshake did not come that far. */
  readonly fingerprint: string | undefined;
  readonly replies: readonly (readonly WireReply[])[];
}
