import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import { connect, constants, sensitiveHeaders } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { errorCodes } from "../error-codes.ts";
import type { Sink } from "./exchange.ts";
import {
  classifyEnd,
  connectionEnded,
  connectionOver,
  headerTooLarge,
  MAX_HEADER_BYTES,
  saidGoaway,
} from "./failure.ts";
import type { HttpConnection, HttpPeer, HttpRequest } from "./http.ts";
import { createEnd } from "./http.ts";
import { outliveStream } from "./session-keeper.ts";

const BREACHES: readonly string[] = ["ERR_HTTP2_ERROR", "ERR_HTTP2_TOO_MANY_INVALID_FRAMES"];

const SETTINGS = { enablePush: false, maxHeaderListSize: MAX_HEADER_BYTES };

/**
 * HTTP/2 by node:http2 and not undici: undici 7 fails a request as soon as a GOAWAY comes, even
 * behind the whole answer, and recorded: kube-apiserver 1.36 sends GOAWAY(0) with every anonymous
 * answer. RFC 9113 section 6.8 lets streams up to the last one named finish, and so does Node.
 */
export function openHttp2(peer: HttpPeer, socket: TLSSocket, raw: Socket): HttpConnection {
  const session = connect(`https://${peer.authority}`, {
    createConnection: () => socket,
    settings: SETTINGS,
    maxReservedRemoteStreams: 0,
  });
  const open = new Set<Sink>();
  const end = createEnd();
  // A session over a socket that is gone already says nothing of it.
  if (socket.destroyed) end.tell(connectionEnded(peer.target));
  session.on("goaway", (code) => end.tell(saidGoaway(peer.target, codeName(code))));
  session.on("close", () => end.tell(connectionEnded(peer.target)));
  // The session keeps its socket's error to itself until the peer has closed the connection, too.
  socket.on("error", (error) => end.tell(classifyEnd(error, peer.target)));
  // Stays on for good: an error after the end must not become an uncaught 'error' event.
  session.on("error", (error) => {
    end.tell(classifyEnd(error, peer.target));
    for (const sink of open) sink.fail(error);
  });
  const traffic: Traffic = { bodyBytes: 0, headerBytes: () => raw.bytesRead - traffic.bodyBytes };
  return {
    version: "2",
    onEnd: end.onEnd,
    close: () => {
      end.seal();
      session.destroy();
      socket.destroy();
    },
    send: (request, sink) => {
      const stream = openStream(session, peer, request);
      if (stream === undefined) {
        sink.reject(connectionOver(peer.target));
        return () => undefined;
      }
      open.add(sink);
      stream.once("close", () => open.delete(sink));
      report(stream, sink, peer.target, traffic);
      return () => {
        if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
      };
    },
  };
}

/** Undefined once the session takes no new streams: after a GOAWAY, or when it has ended. */
function openStream(
  session: ClientHttp2Session,
  peer: HttpPeer,
  request: HttpRequest,
): ClientHttp2Stream | undefined {
  if (session.closed || session.destroyed) return undefined;
  const { body } = request;
  const stream = session.request(outgoing(peer, request), { endStream: body === undefined });
  outliveStream(session, stream);
  if (body !== undefined) stream.end(body);
  return stream;
}

function outgoing(peer: HttpPeer, request: HttpRequest): OutgoingHttpHeaders {
  return {
    ...request.headers,
    [constants.HTTP2_HEADER_METHOD]: request.method,
    [constants.HTTP2_HEADER_SCHEME]: "https",
    [constants.HTTP2_HEADER_AUTHORITY]: peer.authority,
    [constants.HTTP2_HEADER_PATH]: request.path,
    // RFC 7541 section 7.1.3: a never indexed field stays out of every compression table.
    [sensitiveHeaders]: ["authorization"],
  };
}

/** What came over the connection: of all streams together, for Node tells it of no single one. */
interface Traffic {
  bodyBytes: number;
  /** Everything but the bodies, framing included. */
  headerBytes(): number;
}

function report(stream: ClientHttp2Stream, sink: Sink, target: string, traffic: Traffic): void {
  const headerBytesBefore = traffic.headerBytes();
  let answered = false;
  let ended = false;
  stream.once("response", ({ [constants.HTTP2_HEADER_STATUS]: status, ...headers }) => {
    answered = true;
    sink.head(Number(status), headers);
  });
  stream.on("data", (chunk: Buffer) => {
    traffic.bodyBytes += chunk.length;
    sink.data(chunk);
  });
  stream.once("end", () => {
    ended = true;
  });
  stream.on("error", (error) => {
    // A flood or a broken frame ends the session from this side: nobody reset anything.
    if (errorCodes(error).some((code) => BREACHES.includes(code))) return sink.fail(error);
    // Node resets a stream whose header exceeds the limit in its SETTINGS, and says no more.
    const tooLarge = !answered && traffic.headerBytes() - headerBytesBefore > MAX_HEADER_BYTES;
    if (tooLarge) sink.reject(headerTooLarge(target, resetName(stream.rstCode)));
    else sink.fail({ code: resetName(stream.rstCode), cause: error });
  });
  stream.once("close", () => {
    // A reset with CANCEL ends the stream without an 'error'.
    if (answered && ended && stream.rstCode === constants.NGHTTP2_NO_ERROR) sink.end();
    else sink.fail({ code: resetName(stream.rstCode) ?? "ERR_STREAM_PREMATURE_CLOSE" });
  });
}

const RESET_NAMES: readonly string[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/** Undefined when the stream was not reset. */
function resetName(code: number | undefined): string | undefined {
  return code === undefined || code === constants.NGHTTP2_NO_ERROR ? undefined : codeName(code);
}

/** RFC 9113 section 7, spelt as nghttp2 does. */
function codeName(code: number): string {
  return `NGHTTP2_${RESET_NAMES[code] ?? code}`;
}
