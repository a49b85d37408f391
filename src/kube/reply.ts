import * as v from "valibot";
import type { WireReply } from "../model/conversation.ts";
import type { Fact } from "../model/fact.ts";
import { unknown } from "../model/fact.ts";
import type { Failure, FailureCode } from "../model/failure.ts";
import { sanitizeText } from "../model/text.ts";

/** A text of a document, made safe to print and at most `maxLength` long; it may not be empty. */
export function shortText(maxLength: number): v.GenericSchema<string> {
  return v.pipe(
    v.string(),
    v.minLength(1),
    v.transform((text) => sanitizeText(text, maxLength)),
  );
}

/**
 * The body as a document of the schema. Never throws.
 *
 * Failures: `body-invalid-json`, `body-unexpected-shape`, both of phase `body`.
 *
 * @param what the document, for the message: `the list of Leases`
 */
export function readDocument<T>(
  body: string,
  schema: v.GenericSchema<unknown, T>,
  what: string,
): Fact<T> {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return unknown(bodyFailure("body-invalid-json", `${what} is not JSON`));
  }
  const parsed = v.safeParse(schema, document);
  if (parsed.success) return { kind: "known", value: parsed.output };
  return unknown(unexpectedShape(what));
}

/**
 * What `read` makes of the body of a success (200, and 201 for a review that was created); else why
 * there is none. A status is a failure of the code `http-status`, on the side of the user where the
 * caller is not let in or the API server does not have it.
 *
 * @param deed the second half of `may not …`: `list leases in kube-system`
 */
export function readReply<T>(
  reply: WireReply,
  deed: string,
  read: (body: string) => Fact<T>,
): Fact<T> {
  if (reply.kind === "failed") return unknown(reply.failure);
  if (reply.status === 200 || reply.status === 201) return read(reply.body);
  return unknown(statusFailure(reply.status, deed));
}

/** Failure: `http-status`, phase `http`, its cause the status. */
export function statusFailure(status: number, deed: string): Failure {
  const isCallers = status === 401 || status === 403 || status === 404;
  return {
    code: "http-status",
    phase: "http",
    side: isCallers ? "user" : "server",
    message: statusMessage(status, deed),
    cause: String(status),
  };
}

function statusMessage(status: number, deed: string): string {
  if (status === 401) return `may not ${deed}: the API server wants a token it accepts (401)`;
  if (status === 403) return `may not ${deed} (403)`;
  if (status === 404) return `cannot ${deed}: the API server does not have that (404)`;
  return `could not ${deed}: the API server answered ${status}`;
}

export function unexpectedShape(what: string): Failure {
  return bodyFailure("body-unexpected-shape", `${what} is not of the expected form`);
}

function bodyFailure(code: FailureCode, message: string): Failure {
  return { code, phase: "body", side: "server", message };
}
