import type { ClientHttp2Session, OutgoingHttpHeaders } from "node:http2";
import { connect, constants, sensitiveHeaders } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Sink } from "./exchange.ts";
import { headerTooLarge, MAX_HEADER_BYTES } from "./failure.ts";
import type { ProbeRequest } from "./request.ts";

const SETTINGS = { enablePush: false, maxHeaderListSize: MAX_HEADER_BYTES };

/**
 * One GET over HTTP/2, by node:http2 and not undici: undici 7 fails a request as soon as a GOAWAY
 * comes, even behind the whole answer, and recorded: kube-apiserver 1.36 sends GOAWAY(0) with every
 * anonymous answer. RFC 9113 section 6.8 lets streams up to the last one named finish, and so does
 * Node.
 */
export function sendHttp2(
  request: ProbeRequest,
  socket: TLSSocket,
  raw: Socket,
  sink: Sink,
): () => void {
  const session = connect(`https://${request.authority}`, {
    createConnection: () => socket,
    settings: SETTINGS,
    maxReservedRemoteStreams: 0,
  });
  // Stays on for good: an error after the end must not become an uncaught 'error' event.
  session.on("error", (error) => sink.fail(error));
  const bytesBefore = raw.bytesRead;
  const stream = session.request(outgoing(request), { endStream: true });
  let answered = false;
  let ended = false;
  stream.once("response", ({ [constants.HTTP2_HEADER_STATUS]: status, ...headers }) => {
    answered = true;
    sink.head(Number(status), headers);
  });
  stream.on("data", (chunk: Buffer) => sink.data(chunk));
  stream.once("end", () => {
    ended = true;
  });
  stream.on("error", (error) => {
    // Node resets a stream whose header exceeds the limit in its SETTINGS, and says no more.
    const tooLarge = !answered && raw.bytesRead - bytesBefore > MAX_HEADER_BYTES;
    if (tooLarge) sink.reject(headerTooLarge(request.target, resetName(stream.rstCode)));
    else sink.fail({ code: resetName(stream.rstCode), cause: error });
  });
  stream.once("close", () => {
    // A reset with CANCEL ends the stream without an 'error'.
    if (answered && ended && stream.rstCode === constants.NGHTTP2_NO_ERROR) sink.end();
    else sink.fail({ code: resetName(stream.rstCode) ?? "ERR_STREAM_PREMATURE_CLOSE" });
  });
  return () => destroyAll(session, socket);
}

function outgoing(request: ProbeRequest): OutgoingHttpHeaders {
  return {
    ...request.headers,
    [constants.HTTP2_HEADER_METHOD]: "GET",
    [constants.HTTP2_HEADER_SCHEME]: "https",
    [constants.HTTP2_HEADER_AUTHORITY]: request.authority,
    [constants.HTTP2_HEADER_PATH]: request.path,
    // RFC 7541 section 7.1.3: a never indexed field stays out of every compression table.
    [sensitiveHeaders]: ["authorization"],
  };
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

/** RFC 9113 section 7, spelt as nghttp2 does; undefined when the stream was not reset. */
function resetName(code: number | undefined): string | undefined {
  if (code === undefined || code === constants.NGHTTP2_NO_ERROR) return undefined;
  return `NGHTTP2_${RESET_NAMES[code] ?? code}`;
}

function destroyAll(session: ClientHttp2Session, socket: TLSSocket): void {
  session.destroy();
  socket.destroy();
}
