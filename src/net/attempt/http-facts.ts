import type { HttpFacts } from "../../model/observation.ts";
import { sanitizeText } from "../../model/text.ts";
import { isoTime } from "../../model/time.ts";
import { parseHttpDate } from "../times.ts";
import type { Head, ResponseHeaders } from "./exchange.ts";

const MAX_VALUE = 128;

/** The facts of an answer's header that are kept. */
export function readHttpFacts(
  head: Head,
  version: string,
  bodyBytes: number,
  deniedUser?: string,
): HttpFacts {
  const dateMs = parseHttpDate(headerValue(head.headers, "date") ?? "");
  const middleMs = (head.requestWallMs + head.headWallMs) / 2;
  return {
    status: head.status,
    version,
    auditId: headerValue(head.headers, "audit-id"),
    flowSchemaUid: headerValue(head.headers, "x-kubernetes-pf-flowschema-uid"),
    priorityLevelUid: headerValue(head.headers, "x-kubernetes-pf-prioritylevel-uid"),
    date: dateMs === undefined ? undefined : isoTime(dateMs),
    clockSkewMs: dateMs === undefined ? undefined : dateMs - middleMs,
    bodyBytes,
    deniedUser,
    retryAfterSeconds: wholeSeconds(headerValue(head.headers, "retry-after")),
  };
}

/** RFC 9110 section 10.2.3 also has a date, which no API server sends. */
function wholeSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function headerValue(headers: ResponseHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  const first = typeof value === "object" ? value[0] : value;
  return first === undefined ? undefined : sanitizeText(first, MAX_VALUE);
}
