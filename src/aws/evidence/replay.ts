import { withoutEcho } from "../../model/echo.ts";
import { type Fact, skipped, unknown } from "../../model/fact.ts";
import type { TokenReplay } from "../../model/investigation.ts";
import { interrupted } from "../../model/ports.ts";
import { type Ended, runBounded } from "../bounded.ts";
import { credentialsTimeout } from "../credentials.ts";
import { classifyAwsError } from "../errors.ts";
import { secretsOf } from "../identity.ts";
import { failureOf } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { type SignedToken, signFor } from "../sign-token.ts";
import { CLUSTER_HEADER } from "../token.ts";
import { sendToSts } from "./sts-request.ts";
import { routeToSts } from "./sts-target.ts";
import { readVerdict } from "./sts-verdict.ts";

const WHAT = { action: "sts:GetCallerIdentity", phase: "investigate" } as const;

/** How long aws-iam-authenticator waits for STS. */
const MAX_MS = 10_000;

/**
 * What STS says of a token that is signed now, by the request that the API server would make of it:
 * aws-iam-authenticator's, a GET with the cluster's name in x-k8s-aws-id. Skipped where the token
 * would travel in the clear. Fails with throttled, aws-error, aws-unreachable, aws-answer-invalid,
 * and what region and credentials may fail with. Nothing of the token comes back.
 */
export async function replayToken(
  session: AwsSession,
  name: string,
  signal: AbortSignal,
): Promise<Fact<TokenReplay>> {
  const limitMs = Math.min(MAX_MS, session.options.timeoutMs);
  const progress: Progress = { host: undefined, secrets: [] };
  const ended = await runBounded(session.clock, limitMs, signal, (stopped) =>
    replay(session, name, progress, stopped),
  );
  return withoutEcho(factOf(ended, progress, session, limitMs), progress.secrets);
}

/** How far it has come, read when its time is up. */
interface Progress {
  /** Undefined until something is sent. */
  host: string | undefined;
  readonly secrets: string[];
}

async function replay(
  session: AwsSession,
  name: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Fact<TokenReplay>> {
  const [signed, trust] = await Promise.all([signFor(session, name), session.trust()]);
  if (signed.kind === "failed") return unknown(signed.failure);
  if (trust.kind === "failed") return unknown(trust.failure);
  const { token, host, clusterId, settings } = signed.value;
  progress.secrets.push(...secretsIn(signed.value));
  const route = routeToSts(token.reveal(), host, settings.endpoints.sts);
  if (route.kind === "refuse") return skipped(route.reason);
  const { target } = route;
  progress.host = target.host;
  session.options.onRequest?.();
  const headers = { host, [CLUSTER_HEADER]: clusterId, accept: "application/json" };
  const reply = await sendToSts(target, headers, trust.value, signal);
  return reply.kind === "ok" ? readVerdict(reply.value, target.host) : unknown(reply.failure);
}

/** What STS was sent that its answer must not bring back to light. */
function secretsIn({ token, identity }: SignedToken): readonly string[] {
  const secret = token.reveal();
  const url = Buffer.from(secret.slice(secret.indexOf(".") + 1), "base64url").toString();
  const signature = /X-Amz-Signature=([0-9a-f]+)/.exec(url)?.slice(1) ?? [];
  return [secret, ...secretsOf(identity), ...signature];
}

function factOf(
  ended: Ended<Fact<TokenReplay>>,
  { host }: Progress,
  { options }: AwsSession,
  limitMs: number,
): Fact<TokenReplay> {
  switch (ended.kind) {
    case "done":
      return ended.value;
    case "threw":
      return unknown(classifyAwsError(ended.error, { ...WHAT, host }));
    case "interrupted":
      return unknown(interrupted(WHAT.phase));
    case "timeout":
      return unknown(
        host === undefined
          ? credentialsTimeout(options, limitMs)
          : failureOf(
              "aws-unreachable",
              WHAT.phase,
              "network",
              `${WHAT.action}: ${host} did not answer within ${limitMs} ms`,
              "TimeoutError",
            ),
      );
  }
}
