import { type Fact, known, unknown } from "../model/fact.ts";
import type { Failure, FailureCode } from "../model/failure.ts";
import { canonicalIp } from "../model/ip.ts";
import { type Clock, interrupted } from "../model/ports.ts";
import { sanitizeText } from "../model/text.ts";
import { startDeadline } from "./deadline.ts";
import { openPlainServer, type PlainFailure } from "./plain-http.ts";

const TIMEOUT_MS = 5_000;

/** An address has 45 characters at most. */
const MAX_BODY_BYTES = 4 * 1024;

/**
 * This host's address as the service sees it: one IP address as text, or JSON with it as `ip`. Asked
 * without the environment's proxy, as the probes go without; redirects are not followed. Messages
 * name the service without its path, which may hold a key. Never rejects.
 *
 * Failures: `service-unreachable`, `service-answer-invalid`.
 */
export async function askEgressIp(
  url: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Fact<string>> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return unknown(failure("service-unreachable", "the egress service is no http or https URL"));
  }
  const { origin, pathname, search } = parsed;
  const deadline = startDeadline(clock, TIMEOUT_MS, signal);
  const limits = { connectMs: TIMEOUT_MS, maxBodyBytes: MAX_BODY_BYTES };
  const server = await openPlainServer(origin, limits, clock, deadline);
  try {
    const headers = { accept: "text/plain, application/json" };
    const reply = await server.ask({ method: "GET", path: `${pathname}${search}`, headers });
    if (reply.kind === "failed") return unknown(lost(origin, reply.failed));
    const { status, body } = reply;
    if (status !== 200) {
      const redirect = status >= 300 && status < 400 ? "; redirects are not followed" : "";
      const message = `${origin} answered ${status}${redirect}`;
      return unknown(failure("service-answer-invalid", message, String(status)));
    }
    const ip = readIp(body);
    const message = `what ${origin} answered is no IP address`;
    return ip === undefined ? unknown(failure("service-answer-invalid", message)) : known(ip);
  } finally {
    server.close();
    deadline.release();
  }
}

function readIp(body: string): string | undefined {
  const text = body.trim();
  return canonicalIp(text.startsWith("{") ? ipOfJson(text) : text);
}

function ipOfJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const ip = typeof value === "object" && value !== null && "ip" in value ? value.ip : "";
    return typeof ip === "string" ? ip : "";
  } catch {
    return "";
  }
}

function lost(origin: string, { stage, stopped, cause }: PlainFailure): Failure {
  if (stopped === "interrupted") return interrupted("investigate");
  if (stage === "body" && stopped === undefined) {
    const message = `the answer of ${origin} is longer than ${MAX_BODY_BYTES} bytes, or was cut off`;
    return failure("service-answer-invalid", message, cause);
  }
  const what = stage === "connect" ? "cannot be reached" : "did not answer as it should";
  const within = stopped === "deadline" ? ` within ${TIMEOUT_MS} ms` : "";
  return failure("service-unreachable", `${origin} ${what}${within}`, cause);
}

function failure(code: FailureCode, message: string, cause?: string): Failure {
  const side = code === "service-unreachable" ? "network" : "server";
  const made = { code, phase: "investigate", side, message: sanitizeText(message, 300) } as const;
  return cause === undefined ? made : { ...made, cause: sanitizeText(cause, 100) };
}
