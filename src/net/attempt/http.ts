import type { Failure } from "../../model/failure.ts";
import type { Sink } from "./exchange.ts";

/** Whom the requests of one connection go to, and what all of them carry. */
export interface HttpPeer {
  /** What was dialled, for messages. */
  readonly target: string;
  /** Host and `:authority`: the endpoint's name, never the address that is dialled. */
  readonly authority: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** With query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** One connection that is already made, and never made anew. */
export interface HttpConnection {
  readonly version: "2" | "1.1";
  /**
   * Sends a request and reports to the sink; HTTP/1.1 takes the next one when the last is over. The
   * result gives the request up: over HTTP/2 its stream, over HTTP/1.1 the connection.
   */
  send(request: HttpRequest, sink: Sink): () => void;
  /**
   * Tells once why it takes no more requests: a GOAWAY, an orderly end, a reset. Noticed without a
   * request; told at once where it has happened already, and never of what `close` did.
   */
  onEnd(listener: (failure: Failure) => void): void;
  /** Destroys the connection with all that is under way on it. */
  close(): void;
}

/** The end of a connection, as its client finds out and as `onEnd` tells it. */
export interface ConnectionEnd {
  readonly onEnd: HttpConnection["onEnd"];
  /** The first counts. */
  readonly tell: (failure: Failure) => void;
  /** What comes from now on is our own doing. */
  readonly seal: () => void;
}

/** Whoever of the two comes first, who tells or who wants to know: it is told once. */
export function createEnd(): ConnectionEnd {
  let end: Failure | undefined;
  let sealed = false;
  let listener: ((failure: Failure) => void) | undefined;
  return {
    tell: (failure) => {
      if (sealed || end !== undefined) return;
      end = failure;
      listener?.(failure);
    },
    seal: () => {
      sealed = true;
    },
    onEnd: (wanted) => {
      listener = wanted;
      if (end !== undefined) wanted(end);
    },
  };
}
