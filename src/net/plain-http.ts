import type { Client } from "undici";
import type { Clock } from "../model/ports.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { errorCodes } from "./error-codes.ts";

export interface PlainRequest {
  readonly method: "GET" | "PUT";
  /** With query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type PlainReply =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  | { readonly kind: "failed"; readonly failed: PlainFailure };

export interface PlainFailure {
  /**
   * `connect`: there was no connection (TLS included). `answer`: there was one, and no answer, or a
   * broken one. `body`: too long, or cut off.
   */
  readonly stage: "connect" | "answer" | "body";
  readonly stopped: "interrupted" | "deadline" | undefined;
  readonly cause: string | undefined;
}

/** One server that is asked a few small things over one connection, by nobody's proxy. */
export interface PlainServer {
  ask(request: PlainRequest): Promise<PlainReply>;
  close(): void;
}

export interface PlainLimits {
  /** For the connection, from the first request on. */
  readonly connectMs: number;
  readonly maxBodyBytes: number;
}

const MAX_HEADER_BYTES = 16 * 1024;

/** The caller must `close` it. Redirects are answers like others: they are not followed. */
export async function openPlainServer(
  origin: string,
  limits: PlainLimits,
  clock: Clock,
  deadline: Deadline,
): Promise<PlainServer> {
  const undici = await import("undici");
  const client = new undici.Client(origin, {
    connect: { timeout: 0 },
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadlines here are the only ones.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const connecting = startDeadline(clock, limits.connectMs, deadline.signal);
  let isConnected = false;
  client.on("connect", () => {
    isConnected = true;
    connecting.release();
  });
  const signal = AbortSignal.any([connecting.signal, deadline.signal]);
  const stopped = (): PlainFailure["stopped"] => {
    if (deadline.cause() !== undefined) return deadline.cause();
    return connecting.cause() === "deadline" ? "deadline" : undefined;
  };
  return {
    ask: async (request) => {
      // undici would make the connection all the same.
      if (signal.aborted) return failed({ stage: "connect", stopped: stopped(), cause: undefined });
      let stage: PlainFailure["stage"] = "answer";
      try {
        const { statusCode, body } = await client.request({ ...request, signal });
        stage = "body";
        const text = await readBody(body, limits.maxBodyBytes);
        if (text !== undefined) return { kind: "answered", status: statusCode, body: text };
        return failed({ stage, stopped: undefined, cause: undefined });
      } catch (error) {
        const cause = stopped() === undefined ? errorCodes(error)[0] : undefined;
        return failed({ stage: isConnected ? stage : "connect", stopped: stopped(), cause });
      }
    },
    close: () => {
      connecting.release();
      // It rejects for what is under way, and nothing is.
      client.destroy().catch(() => undefined);
    },
  };
}

type Body = Awaited<ReturnType<Client["request"]>>["body"];

/** The whole body, or undefined when it is longer than it may be. */
async function readBody(body: Body, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const part: unknown = chunk;
    if (!Buffer.isBuffer(part)) throw new TypeError("a body is read in buffers");
    bytes += part.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function failed(failure: PlainFailure): PlainReply {
  return { kind: "failed", failed: failure };
}
