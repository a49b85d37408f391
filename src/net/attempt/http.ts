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
  /** Destroys the connection with all that is under way on it. */
  close(): void;
}
