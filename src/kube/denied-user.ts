import * as v from "valibot";
import { sanitizeText } from "../model/text.ts";

const MAX_USER = 200;

/** A refusal has some 300 bytes; a longer one is not the API server's. */
const MAX_MESSAGE = 4_096;

const Refusal = v.object({
  kind: v.literal("Status"),
  code: v.literal(403),
  message: v.pipe(v.string(), v.maxLength(MAX_MESSAGE)),
});

/** Go's %q: `forbidden: User "system:anonymous" cannot get path "/api"`. */
const USER = /\bUser ("(?:[^"\\]|\\.)*") cannot /;

/**
 * Whom a 403 refuses, as the Status in its body says (recorded: kube-apiserver 1.20); undefined for
 * a body of any other kind, such as a proxy's page. Never throws.
 */
export function readDeniedUser(body: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(Refusal, document);
  const quoted = parsed.success ? USER.exec(parsed.output.message)?.[1] : undefined;
  if (quoted === undefined) return undefined;
  const user = sanitizeText(unquote(quoted), MAX_USER);
  return user === "" ? undefined : user;
}

/** JSON's escapes are all of Go's but a few of control characters, which nobody misses. */
function unquote(quoted: string): string {
  try {
    const text: unknown = JSON.parse(quoted);
    return typeof text === "string" ? text : quoted.slice(1, -1);
  } catch {
    return quoted.slice(1, -1);
  }
}
