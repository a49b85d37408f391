import { type Json, toYaml } from "./yaml.ts";

/**
 * What the API server answers, before the headers that every answer has. `flow` is the priority
 * and fairness schema that the request fell under: an answer of the authentication filter has
 * none, an administrator's has the exempt one (recorded from kube-apiserver 1.20).
 */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly flow: Flow;
  /** `x-content-type-options: nosniff` goes with 403 and health answers. */
  readonly nosniff: boolean;
  /** Every answer but that of a failing health check has an audit id (recorded). */
  readonly auditId: boolean;
  /** Further headers, spelled as over HTTP/1.1. */
  readonly headers: Readonly<Record<string, string>>;
}

export type Flow = "none" | "workload" | "exempt";

/** The encodings an answer can be had in. `none`: the client accepts neither. */
export type Encoding = "json" | "yaml" | "none";

const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=utf-8";

/**
 * The first type of an Accept header that the server has; absent means JSON. Parameters, quality
 * values among them, are not weighed.
 */
export function chooseEncoding(accept: string | undefined): Encoding {
  if (accept === undefined || accept.trim() === "") return "json";
  for (const item of accept.split(",")) {
    const type = item.split(";")[0]?.trim().toLowerCase();
    if (type === JSON_TYPE || type === "*/*" || type === "application/*") return "json";
    if (type === "application/yaml") return "yaml";
  }
  return "none";
}

export function textAnswer(status: number, body: string, flow: Flow): Answer {
  const contentType = TEXT_TYPE;
  return { status, contentType, body, flow, nosniff: true, auditId: true, headers: {} };
}

/** A JSON document without negotiation, as /version gives it whatever the client accepts. */
export function jsonAnswer(status: number, document: Json, flow: Flow): Answer {
  const body = JSON.stringify(document, null, 2);
  const contentType = JSON_TYPE;
  return { status, contentType, body, flow, nosniff: false, auditId: true, headers: {} };
}

export function negotiatedAnswer(document: Json, encoding: Encoding, flow: Flow): Answer {
  if (encoding === "json") return jsonAnswer(200, document, flow);
  if (encoding === "none") return notAcceptable(flow);
  const yaml = { contentType: "application/yaml", body: toYaml(document) };
  return { ...jsonAnswer(200, document, flow), ...yaml };
}

/** Every reason for a 401 looks alike. It comes before flow control, so it has no flow. */
export function unauthorized(): Answer {
  const fields = { message: "Unauthorized", reason: "Unauthorized" };
  return statusAnswer({ code: 401, ...fields, details: undefined, flow: "none" });
}

export function forbidden(message: string, details: Details, flow: Flow): Answer {
  const answer = statusAnswer({ code: 403, message, reason: "Forbidden", details, flow });
  return { ...answer, nosniff: true };
}

/** The routing layer's own 406: the one Status with empty objects on a single line (recorded). */
function notAcceptable(flow: Flow): Answer {
  const status = statusDocument(406, "406: Not Acceptable", "NotAcceptable", {});
  return jsonAnswer(406, status, flow);
}

export function methodNotAllowed(flow: Flow): Answer {
  return { ...textAnswer(405, "405: Method Not Allowed", flow), nosniff: false };
}

export type Details = { readonly [key: string]: string };

export interface StatusFields {
  readonly code: number;
  readonly message: string;
  readonly reason: string;
  readonly details: Details | undefined;
  readonly flow: Flow;
}

/** A `Status` in JSON, its empty objects spread over three lines as kube-apiserver 1.20 does. */
export function statusAnswer(fields: StatusFields): Answer {
  const { code, message, reason, details, flow } = fields;
  const answer = jsonAnswer(code, statusDocument(code, message, reason, details), flow);
  const body = answer.body.replaceAll(
    /^ {2}"(metadata|details)": \{\}/gm,
    (_, key: string) => `  "${key}": {\n    \n  }`,
  );
  return { ...answer, body };
}

function statusDocument(
  code: number,
  message: string,
  reason: string,
  details: Details | undefined,
): Json {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}
