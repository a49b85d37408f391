import { STATUS_CODES } from "node:http";
import { jsonAnswer, statusAnswer, textAnswer, unauthorized } from "../apiserver/answers.ts";
import { apiVersionsDocument, reportedAddress } from "../apiserver/documents.ts";
import { type Exchange, flowHeaders, sendAnswer } from "../apiserver/exchange.ts";
import type { ApiServer } from "../apiserver/server.ts";
import { shedAnswer } from "../apiserver/shedding.ts";
import type { FrontFault } from "../scenario.ts";

type BodyKind = Extract<FrontFault, { kind: "body" }>["body"];

export interface BrokenAnswerContext {
  readonly apiServer: ApiServer;
  /** Between two bytes of a body that trickles. */
  readonly tricklePaceMs: number;
}

/** 1 GiB: far beyond any limit a client could have on this document, and yet an end. */
const HUGE_BYTES = 2 ** 30;
const CHUNK_BYTES = 64 * 1024;

const REASONS: Readonly<Record<number, string>> = {
  403: "Forbidden",
  404: "NotFound",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** The same status for every request, whoever asks and for what. */
export function sendStatus(exchange: Exchange, status: number, apiServer: ApiServer): void {
  const { cluster } = apiServer;
  if (status === 401) {
    sendAnswer(exchange, unauthorized(), cluster, apiServer.clockMs());
    return;
  }
  if (status === 429) {
    sendAnswer(exchange, shedAnswer("workload"), cluster, apiServer.clockMs());
    return;
  }
  const message = STATUS_CODES[status] ?? "Unknown";
  const answer = statusAnswer({
    code: status,
    message,
    reason: REASONS[status] ?? message.replaceAll(/[^A-Za-z]/g, ""),
    details: {},
    flow: "workload",
  });
  sendAnswer(exchange, answer, cluster, apiServer.clockMs());
}

export function sendRedirect(exchange: Exchange, location: string, apiServer: ApiServer): void {
  const answer = textAnswer(302, "Found\n", "none");
  const headers = { Location: location };
  sendAnswer(exchange, { ...answer, headers }, apiServer.cluster, apiServer.clockMs());
}

/** 200 for every request, with a body that no API server would send. */
export function sendBody(exchange: Exchange, body: BodyKind, context: BrokenAnswerContext): void {
  const { apiServer } = context;
  const proper = apiVersionsDocument(apiServer.cluster, apiServer.server, undefined);
  const sendText = (text: string): void => {
    const answer = { ...jsonAnswer(200, null, "workload"), body: text };
    sendAnswer(exchange, answer, apiServer.cluster, apiServer.clockMs());
  };
  switch (body) {
    case "invalid-json":
      sendText('{\n  "kind": "APIVersions",\n  "versions": [\n    "v1"\n  ],\n  "serverAddr');
      return;
    case "other-shape":
      sendText(otherShape(apiServer));
      return;
    case "escape-sequences":
      sendText(escapeSequences());
      return;
    case "empty":
      sendText("");
      return;
    case "huge":
      streamHuge(exchange, apiServer);
      return;
    case "one-byte-a-second":
      trickle(exchange, JSON.stringify(proper, null, 2), context);
      return;
  }
}

/** The right fields; what should be a list is an object. */
function otherShape(apiServer: ApiServer): string {
  const serverAddressByClientCIDRs = { "0.0.0.0/0": reportedAddress(apiServer.server) };
  return JSON.stringify(
    { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs },
    null,
    2,
  );
}

/**
 * Valid JSON whose server address would clear a terminal, retitle it, recolour it by a C1 control
 * and turn the reading direction round, were it printed as it comes.
 */
function escapeSequences(): string {
  const serverAddress =
    "ip-172-16-57-254\u001b[2J\u001b[31m\u001b]0;owned\u0007\u009b32m\u202egnol\u2066\r\n.internal:443";
  const document = {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
  return JSON.stringify(document, null, 2).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function beginJson(exchange: Exchange, apiServer: ApiServer, length: number | undefined): void {
  exchange.begin(200, {
    "Cache-Control": "no-cache, private",
    "Content-Type": "application/json",
    ...flowHeaders("workload", apiServer.cluster),
    ...(length === undefined ? {} : { "Content-Length": length }),
  });
}

/** Without a length, so that only counting what arrives can stop it; only as fast as it is read. */
function streamHuge(exchange: Exchange, apiServer: ApiServer): void {
  beginJson(exchange, apiServer, undefined);
  streamChunks(
    (chunk) => exchange.write(chunk),
    (listener) => exchange.onDrain(listener),
    () => exchange.isOver(),
    () => exchange.end(),
    { start: '{"kind":"APIVersions","versions":["v1"],', filler: " " },
  );
}

/** HTTP/1.1 only: a header that goes on for ever, written past the HTTP server. */
export function sendEndlessHeader(exchange: Exchange): void {
  const connection = exchange.rawConnection();
  if (connection === undefined) return;
  streamChunks(
    (chunk) => connection.write(chunk),
    (listener) => void connection.on("drain", listener),
    () => connection.destroyed || exchange.isOver(),
    () => connection.destroy(),
    // Not spaces: a parser skips those before a value without counting them.
    { start: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Filler: ", filler: "a" },
  );
}

function streamChunks(
  write: (chunk: Buffer) => boolean,
  onDrain: (listener: () => void) => void,
  isOver: () => boolean,
  end: () => void,
  text: { readonly start: string; readonly filler: string },
): void {
  const filler = Buffer.alloc(CHUNK_BYTES, text.filler);
  let sent = 0;
  const pump = (): void => {
    while (!isOver() && sent < HUGE_BYTES) {
      const chunk = sent === 0 ? Buffer.from(text.start) : filler;
      sent += chunk.length;
      if (!write(chunk)) return;
    }
    if (!isOver()) end();
  };
  onDrain(pump);
  pump();
}

/** The proper answer, its length announced, a byte at a time. */
function trickle(exchange: Exchange, text: string, context: BrokenAnswerContext): void {
  const bytes = Buffer.from(text);
  beginJson(exchange, context.apiServer, bytes.length);
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < bytes.length) exchange.write(bytes.subarray(sent, sent + 1));
    else exchange.end();
    sent += 1;
  }, context.tricklePaceMs);
  exchange.onOver(() => clearInterval(timer));
}
