import { randomUUID } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { LabCluster } from "../scenario.ts";
import type { Answer, Flow } from "./answers.ts";
import { deriveUid } from "./uids.ts";

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;
/** Spelled as over HTTP/1.1; HTTP/2 has them in lower case. */
export type HeaderFields = Readonly<Record<string, string | number>>;

/** One request and the means to answer it, the same over HTTP/2 and HTTP/1.1. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly httpVersion: "1.1" | "2";
  readonly remoteIp: string | undefined;
  readonly clientCertificate: boolean;
  /** The first value of a request header; the name in lower case. */
  header(name: string): string | undefined;
  /** The body as text; undefined when it is longer, or the client goes away before its end. */
  readBody(limitBytes: number): Promise<string | undefined>;
  /** Status and headers, once, before any of the body. */
  begin(status: number, headers: HeaderFields): void;
  /** False when the client should read first: go on at the next `onDrain`. */
  write(chunk: Buffer): boolean;
  end(body?: string): void;
  isOver(): boolean;
  onDrain(listener: () => void): void;
  /** Answered in full, or the client has gone. */
  onOver(listener: () => void): void;
  /** Cuts the TCP connection with an RST. */
  reset(): void;
  /** The decrypted connection, for bytes that are no proper answer; HTTP/1.1 only. */
  rawConnection(): Socket | undefined;
}

export interface ExchangeHooks {
  /** The TCP socket below a TLS socket. */
  readonly tcpSocketOf: (tlsSocket: TLSSocket) => Socket | undefined;
  readonly onStatus: (status: number) => void;
}

export function createExchange(
  request: AnyRequest,
  response: AnyResponse,
  hooks: ExchangeHooks,
): Exchange {
  const isHttp2 = request.httpVersionMajor === 2;
  const [path = "", query = ""] = splitOnce(request.url ?? "", "?");
  // Over HTTP/2 the session only lends a view of its socket, and none once it has ended.
  const socket = isTlsSocket(request.socket) ? request.socket : undefined;
  const tcpSocket = socket === undefined ? undefined : hooks.tcpSocketOf(socket);
  const emitter: EventEmitter = response;
  const writer: { write(chunk: Buffer): boolean } = response;
  let over = false;
  response.once("close", () => {
    over = true;
  });
  // A client that goes away in the middle of an answer is its own affair.
  response.on("error", () => {});
  return {
    method: request.method ?? "GET",
    path,
    query,
    httpVersion: isHttp2 ? "2" : "1.1",
    remoteIp: socket?.remoteAddress,
    clientCertificate: hasPeerCertificate(socket),
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    readBody: (limitBytes) => readBody(request, limitBytes),
    begin: (status, headers) => {
      if (over) return;
      hooks.onStatus(status);
      writeHead(response, status, headers);
    },
    write: (chunk) => !over && writer.write(chunk),
    end: (body) => {
      if (over) return;
      if (body === undefined || request.method === "HEAD") response.end();
      else response.end(body);
    },
    isOver: () => over,
    onDrain: (listener) => {
      emitter.on("drain", listener);
    },
    onOver: (listener) => {
      if (over) listener();
      else response.once("close", listener);
    },
    reset: () => {
      if (tcpSocket?.destroyed === false) tcpSocket.resetAndDestroy();
    },
    rawConnection: () => (isHttp2 ? undefined : socket),
  };
}

async function readBody(request: AnyRequest, limitBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > limitBytes) return undefined;
      chunks.push(bytes);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function writeHead(response: AnyResponse, status: number, headers: HeaderFields): void {
  // Go sends neither of the headers that Node.js adds by itself.
  response.sendDate = false;
  if ("stream" in response) {
    response.writeHead(status, { ...headers });
    return;
  }
  response.removeHeader("connection");
  response.writeHead(status, { ...headers });
}

function isTlsSocket(socket: Socket | TLSSocket | undefined): socket is TLSSocket {
  return socket !== undefined && "getPeerCertificate" in socket;
}

function hasPeerCertificate(socket: TLSSocket | undefined): boolean {
  if (socket === undefined) return false;
  return Object.keys(socket.getPeerCertificate()).length > 0;
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

/**
 * Sends an answer with the headers a kube-apiserver gives it, in the recorded order: an audit id
 * of its own, the flow control ids of the cluster (the same on every server), and the date.
 */
export function sendAnswer(
  exchange: Exchange,
  answer: Answer,
  cluster: LabCluster,
  nowMs: number,
): void {
  const date = { Date: new Date(nowMs).toUTCString() };
  const length = { "Content-Length": Buffer.byteLength(answer.body) };
  exchange.begin(answer.status, {
    ...(answer.auditId ? { "Audit-Id": randomUUID() } : {}),
    "Cache-Control": "no-cache, private",
    "Content-Type": answer.contentType,
    ...answer.headers,
    ...(answer.nosniff ? { "X-Content-Type-Options": "nosniff" } : {}),
    ...flowHeaders(answer.flow, cluster),
    ...(exchange.httpVersion === "2" ? { ...length, ...date } : { ...date, ...length }),
  });
  exchange.end(answer.body);
}

/** The headers that name the flow schema and the priority level of a request. */
export function flowHeaders(flow: Flow, cluster: LabCluster): HeaderFields {
  if (flow === "none") return {};
  return {
    "X-Kubernetes-Pf-Flowschema-Uid": deriveUid(cluster.name, "flowschema", flow),
    "X-Kubernetes-Pf-Prioritylevel-Uid": deriveUid(cluster.name, "prioritylevel", flow),
  };
}
