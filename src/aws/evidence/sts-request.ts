import type { LookupAddress, LookupOptions } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { failed, type Outcome, ok } from "../outcome.ts";
import type { StsTarget } from "./sts-target.ts";
import { notSts } from "./sts-verdict.ts";

/** STS's answers are below 2 KB. */
const MAX_BODY_BYTES = 64 * 1024;

export interface StsReply {
  readonly status: number;
  readonly body: string;
}

/**
 * One GET over a connection of its own; redirects are not followed. Trust is PEM, undefined for
 * Node's own roots; verification cannot be switched off. Rejects with Node's error when there is no
 * answer; fails with aws-answer-invalid when the answer is longer than STS's ever are.
 */
export async function sendToSts(
  target: StsTarget,
  headers: Readonly<Record<string, string>>,
  trust: string | undefined,
  signal: AbortSignal,
): Promise<Outcome<StsReply>> {
  const response = await respond(target, headers, trust, signal);
  const status = response.statusCode ?? 0;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    // Leaving the loop destroys the response, and with it the connection.
    if (bytes > MAX_BODY_BYTES) return failed(notSts(target.host, `over ${MAX_BODY_BYTES} bytes`));
    chunks.push(chunk);
  }
  return ok({ status, body: Buffer.concat(chunks, bytes).toString("utf8") });
}

function respond(
  { secure, host, port, path }: StsTarget,
  headers: Readonly<Record<string, string>>,
  trust: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const common = {
    method: "GET",
    host,
    port,
    path,
    headers,
    signal,
    agent: false,
    ...(host === "localhost" ? { lookup: lookupLoopback } : {}),
  } as const;
  return new Promise((resolve, reject) => {
    const request = secure
      ? requestHttps({
          ...common,
          ...(trust === undefined ? {} : { ca: trust }),
          // Node takes the name to verify from the Host header, which may be another one's.
          servername: isIP(host) === 0 ? host : "",
          // Outright, since the environment can change the default.
          rejectUnauthorized: true,
        })
      : requestHttp(common);
    request.on("response", resolve).on("error", reject).end();
  });
}

type LookupDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

function lookupLoopback(_host: string, { all }: LookupOptions, done: LookupDone): void {
  if (all !== true) return done(null, "127.0.0.1", 4);
  done(null, [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ]);
}
