import { type EchoFilter, echoFilter } from "../../model/echo.ts";
import type { Failure } from "../../model/failure.ts";
import type { TokenUse, Verification } from "../../model/observation.ts";
import type { BearerToken, ProbePlan } from "../../model/ports.ts";
import { interrupted } from "../../model/ports.ts";
import type { Deadline, StopCause } from "../deadline.ts";
import { whenStopped } from "../deadline.ts";
import { probeFailure } from "./failure.ts";

/** What goes into the Authorization header, or why the probe ends before it is known. */
export type TokenChoice =
  | { readonly kind: "chosen"; readonly use: TokenUse; readonly secret: string | undefined }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Called once the certificate was judged. The token is looked at only when it may be sent. One that
 * is not ready by the deadline ends the probe with the code `deadline` of phase `sign`: the server
 * is not to blame.
 */
export async function chooseToken(
  plan: ProbePlan,
  verification: Verification,
  token: Promise<BearerToken | undefined>,
  deadline: Deadline,
): Promise<TokenChoice> {
  if (verification.kind === "refused" && !plan.sendTokenUnverified)
    return { kind: "chosen", use: "withheld-unverified", secret: undefined };
  const ready = token.then(chosen, () => chosen(undefined));
  const stopped = whenStopped(deadline).then((cause): TokenChoice => {
    return { kind: "failed", failure: stopFailure(cause, plan.timeoutMs) };
  });
  return Promise.race([ready, stopped]);
}

function chosen(token: BearerToken | undefined): TokenChoice {
  if (token === undefined) return { kind: "chosen", use: "none", secret: undefined };
  return { kind: "chosen", use: "sent", secret: token.reveal() };
}

function stopFailure(cause: StopCause, timeoutMs: number): Failure {
  if (cause === "interrupted") return interrupted("sign");
  return probeFailure(
    "sign",
    "deadline",
    "local",
    `the token was not ready within ${timeoutMs} ms`,
  );
}

/**
 * Whether the token turned out not to exist. It is never waited for here: a token still under way
 * counts as one.
 */
export function watchAbsence(token: Promise<BearerToken | undefined>): () => boolean {
  let absent = false;
  token.then(
    (value) => {
      absent = value === undefined;
      return value;
    },
    () => {
      absent = true;
    },
  );
  return () => absent;
}

const TELLING = /^x-amz-(?:credential|security-token|signature)$/i;

/** The token, and what a server can read in it: AWS's presigned URL, in base64url, holds keys too. */
function secretsIn(token: string): readonly string[] {
  const inside = Buffer.from(token.slice(token.indexOf(".") + 1), "base64url").toString("latin1");
  if (!URL.canParse(inside)) return [token];
  const { search, searchParams } = new URL(inside);
  const telling = [...searchParams].filter(([name]) => TELLING.test(name));
  return [token, search, ...telling.map(([, value]) => value)];
}

/** What was sent in confidence, found again: once made for the same tokens, and a run has one. */
export function createEchoStore(): (...tokens: readonly string[]) => EchoFilter {
  let last: { readonly key: string; readonly filter: EchoFilter } | undefined;
  return (...tokens) => {
    // No token has a space: it would end the header that it goes out in.
    const key = tokens.join(" ");
    if (last?.key !== key) last = { key, filter: echoFilter(tokens.flatMap(secretsIn)) };
    return last.filter;
  };
}
