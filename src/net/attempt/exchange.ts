import type { Failure } from "../../model/failure.ts";
import type { Clock } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import {
  bodyTooLarge,
  classifyHttp,
  headerTooLarge,
  MAX_HEADER_BYTES,
  stopFailure,
} from "./failure.ts";

export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Head {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  readonly ttfbMs: number;
  readonly requestWallMs: number;
  readonly headWallMs: number;
}

/** One request and as much of its answer as came. */
export interface Exchange {
  readonly head: Head | undefined;
  readonly body: string;
  readonly bodyBytes: number;
  /** What cut the exchange short; undefined when the body came to its end. */
  readonly failure: Failure | undefined;
}

/** Where an HTTP client reports to. Whatever comes after the end is ignored. */
export interface Sink {
  head(status: number, headers: ResponseHeaders): void;
  data(chunk: Buffer): void;
  end(): void;
  fail(error: unknown): void;
  reject(failure: Failure): void;
}

/**
 * Runs one request through `start`, which sends it, reports to the sink and returns what gives it
 * up. Limits hold here for both HTTP versions: the deadline, 16 KiB of header, `maxBodyBytes`. The
 * request is given up at the first failure.
 */
export function exchange(
  target: string,
  maxBodyBytes: number,
  clock: Clock,
  deadline: Deadline,
  start: (sink: Sink) => () => void,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const requestWallMs = clock.wallMs();
    const startedMs = clock.monotonicMs();
    const chunks: Buffer[] = [];
    let bodyBytes = 0;
    let head: Head | undefined;
    let settled = false;
    let giveUp: (() => void) | undefined;
    const phase = (): "http" | "body" => (head === undefined ? "http" : "body");
    const settle = (failure: Failure | undefined): void => {
      if (settled) return;
      settled = true;
      deadline.signal.removeEventListener("abort", onStop);
      giveUp?.();
      resolve({ head, body: Buffer.concat(chunks).toString("utf8"), bodyBytes, failure });
    };
    const onStop = (): void => settle(stopFailure(deadline, phase(), target));
    const sink: Sink = {
      head: (status, headers) => {
        if (settled || head !== undefined) return;
        const ttfbMs = clock.monotonicMs() - startedMs;
        if (headerBytes(headers) > MAX_HEADER_BYTES) return settle(headerTooLarge(target));
        head = { status, headers, ttfbMs, requestWallMs, headWallMs: clock.wallMs() };
      },
      data: (chunk) => {
        if (settled) return;
        bodyBytes += chunk.length;
        if (bodyBytes > maxBodyBytes) return settle(bodyTooLarge(target, maxBodyBytes));
        chunks.push(chunk);
      },
      end: () => settle(undefined),
      fail: (error) => settle(classifyHttp(error, phase(), target)),
      reject: settle,
    };
    if (deadline.signal.aborted) return onStop();
    deadline.signal.addEventListener("abort", onStop, { once: true });
    giveUp = start(sink);
    // It may have ended before there was anything to give up.
    if (settled) giveUp();
  });
}

/** As RFC 9113 section 6.5.2 counts, without its 32 bytes for each field. */
function headerBytes(headers: ResponseHeaders): number {
  return Object.entries(headers).reduce((sum, [name, value]) => {
    const values = typeof value === "string" ? [value] : (value ?? []);
    return sum + values.reduce((all, each) => all + name.length + each.length, 0);
  }, 0);
}
