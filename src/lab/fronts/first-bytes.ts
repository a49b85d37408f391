import type { Socket } from "node:net";

/** A TLS record starts with type, version and length: enough to tell TLS from anything else. */
const RECORD_HEADER_BYTES = 5;
/** No ClientHello is as long; more than this before we answer is no handshake. */
const LIMIT_BYTES = 64 * 1024;

/**
 * Waits until `delayMs` have passed and the client has sent five bytes, and puts everything read
 * back, so that whoever gets the socket next reads it all. Reading during the delay is what lets
 * a client that leaves be noticed: its socket is then closed and `onReady` never called.
 */
export function awaitFirstBytes(
  socket: Socket,
  delayMs: number,
  onReady: (head: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let waiting = delayMs > 0;
  const finish = (): void => {
    if (waiting || size < RECORD_HEADER_BYTES || socket.destroyed) return;
    socket.off("data", onData);
    socket.pause();
    const head = Buffer.concat(chunks);
    socket.unshift(head);
    onReady(head);
  };
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LIMIT_BYTES) socket.destroy();
    else finish();
  };
  socket.on("data", onData);
  if (!waiting) return;
  const timer = setTimeout(() => {
    waiting = false;
    finish();
  }, delayMs);
  socket.once("close", () => clearTimeout(timer));
}

/** A Go server looks for these five bytes where a TLS record should start. */
const HTTP_STARTS: ReadonlySet<string> = new Set(["GET /", "HEAD ", "POST ", "PUT /", "OPTIO"]);

export function looksLikePlainHttp(head: Buffer): boolean {
  return HTTP_STARTS.has(head.subarray(0, RECORD_HEADER_BYTES).toString("latin1"));
}

/** Recorded from kube-apiserver 1.20. */
export const PLAIN_HTTP_ANSWER: string =
  "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
