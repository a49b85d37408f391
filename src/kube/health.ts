import type { WireReply } from "../model/conversation.ts";
import type { Fact } from "../model/fact.ts";
import { known, unknown } from "../model/fact.ts";
import type { HealthReport } from "../model/inspection.ts";
import { sanitizeText } from "../model/text.ts";
import { statusFailure, unexpectedShape } from "./reply.ts";

/** A kube-apiserver has some 30 to 60. */
const MAX_CHECKS = 500;
const MAX_NAME = 128;

/** `[+]ping ok`, `[+]log excluded: ok`, `[-]etcd failed: reason withheld`. */
const CHECK = /^\[([+-])\](\S{1,300}) /;

/**
 * Reads the lines of `/livez?verbose` and `/readyz?verbose` (recorded: kube-apiserver 1.20); a plain
 * `ok` is a healthy report of no check. Undefined for any other text. Never throws.
 */
export function parseHealth(body: string): Omit<HealthReport, "healthy"> | undefined {
  if (body.trim() === "ok") return { checks: 0, failing: [] };
  const failing: string[] = [];
  let checks = 0;
  for (const line of body.split("\n")) {
    const [, sign, name = ""] = CHECK.exec(line) ?? [];
    if (sign === undefined) continue;
    checks += 1;
    if (sign === "-") failing.push(sanitizeText(name, MAX_NAME));
  }
  return checks === 0 || checks > MAX_CHECKS ? undefined : { checks, failing };
}

/**
 * A health check that fails is answered with 500, and 503 by what stands in front of an API server;
 * both are a report as long as the failing checks are named. Healthy is a 200 that names none.
 *
 * Failures: `http-status`; `body-unexpected-shape` for a 200 that is no report.
 *
 * @param path `/readyz`
 */
export function readHealth(reply: WireReply, path: string): Fact<HealthReport> {
  if (reply.kind === "failed") return unknown(reply.failure);
  const { status, body } = reply;
  const isReport = status === 200 || status === 500 || status === 503;
  const report = isReport ? parseHealth(body) : undefined;
  if (report !== undefined && (status === 200 || report.failing.length > 0))
    return known({ healthy: report.failing.length === 0, ...report });
  if (status !== 200) return unknown(statusFailure(status, `read ${path}`));
  return unknown(unexpectedShape(`the body of ${path}`));
}
