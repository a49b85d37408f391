import type { EC2Client } from "@aws-sdk/client-ec2";
import type { EKSClient } from "@aws-sdk/client-eks";
import { withoutEcho } from "../model/echo.ts";
import { type Fact, unknown } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import { type Clock, interrupted } from "../model/ports.ts";
import { type Ended, runBounded } from "./bounded.ts";
import { type ClientOptions, clientOptions } from "./client-options.ts";
import { createCredentials, credentialsTimeout } from "./credentials.ts";
import { type AwsAction, classifyAwsError } from "./errors.ts";
import { type AwsIdentity, secretsOf, signaturesOf } from "./identity.ts";
import type { AwsOptions } from "./options.ts";
import { failureOf, type Outcome, ok } from "./outcome.ts";
import { type AwsService, type AwsSettings, loadSettings } from "./settings.ts";
import { loadTrust } from "./trust.ts";

/**
 * What all calls of one port share; each piece is fetched once, when first needed, and again after
 * it could not be had.
 */
export interface AwsSession {
  readonly options: AwsOptions;
  readonly clock: Clock;
  readonly settings: () => Promise<Outcome<AwsSettings>>;
  readonly trust: () => Promise<Outcome<string | undefined>>;
  readonly credentials: () => Promise<Outcome<AwsIdentity>>;
  /** To be told of credentials that AWS refuses. */
  readonly forget: (refused: AwsIdentity) => void;
  /** Kept for their open connections; idle ones do not keep the process alive. */
  readonly clients: { eks?: EKSClient; ec2?: EC2Client };
}

/** Everything a request needs; the options make a client of any service. */
export interface Prepared {
  readonly settings: AwsSettings;
  readonly identity: AwsIdentity;
  readonly optionsFor: (service: AwsService) => ClientOptions;
}

/** How far a call has come, written by the call itself and read when its time is up. */
export interface Progress {
  readonly onRequest: (() => void) | undefined;
  /** Undefined until there is everything that a request needs. */
  identity: AwsIdentity | undefined;
  host: string | undefined;
  /** Of the last finished attempt; gone as soon as the next one starts. */
  lastError: unknown;
  /** What AWS was sent that its answer must not bring back to light. */
  readonly secrets: string[];
}

export function createSession(options: AwsOptions, clock: Clock): AwsSession {
  const settings = once(() => loadSettings(options));
  const trust = once(() => loadTrust(options));
  const source = createCredentials(options, clock, { settings, trust });
  return {
    options,
    clock,
    settings,
    trust,
    credentials: () => source.get(),
    forget: (refused) => source.forget(refused),
    clients: {},
  };
}

/**
 * One port call within options.timeoutMs: settings, trust and credentials while `load` fetches the
 * client's code, then `ask`. Never rejects; what goes wrong is classified, and an abort of the
 * signal is `interrupted`.
 */
export async function callAws<Client, T>(
  session: AwsSession,
  what: AwsAction,
  signal: AbortSignal,
  load: () => Promise<Client>,
  ask: (
    client: Client,
    prepared: Prepared,
    progress: Progress,
    signal: AbortSignal,
  ) => Promise<Fact<T>>,
): Promise<Fact<T>> {
  const { clock, options } = session;
  const progress: Progress = {
    onRequest: options.onRequest,
    identity: undefined,
    host: undefined,
    lastError: undefined,
    secrets: [],
  };
  const ended = await runBounded(clock, options.timeoutMs, signal, async (stopped) => {
    const [client, prepared] = await Promise.all([load(), prepare(session)]);
    if (prepared.kind === "failed") return unknown(prepared.failure);
    progress.identity = prepared.value.identity;
    progress.secrets.push(...secretsOf(prepared.value.identity));
    return ask(client, prepared.value, progress, stopped);
  });
  const fact = factOf(ended, what, progress, options);
  if (progress.identity !== undefined && isRefusal(fact)) session.forget(progress.identity);
  return withoutEcho(fact, progress.secrets);
}

function isRefusal(fact: Fact<unknown>): boolean {
  if (fact.kind !== "unknown") return false;
  const { code } = fact.failure;
  return code === "credentials-expired" || code === "credentials-invalid";
}

function factOf<T>(
  ended: Ended<Fact<T>>,
  what: AwsAction,
  progress: Progress,
  options: AwsOptions,
): Fact<T> {
  switch (ended.kind) {
    case "done":
      return ended.value;
    case "threw":
      return unknown(classifyAwsError(ended.error, { ...what, host: progress.host }));
    case "interrupted":
      return unknown(interrupted(what.phase));
    case "timeout":
      return unknown(timedOut(what, progress, options));
  }
}

/**
 * Writes down where one attempt went and how it ended, so that a call cut short between two attempts
 * is reported as what AWS said to the first.
 */
export async function noteAttempt<T>(
  progress: Progress,
  request: unknown,
  attempt: () => Promise<T>,
): Promise<T> {
  progress.host = hostOf(request);
  progress.secrets.push(...signaturesOf(request));
  progress.lastError = undefined;
  progress.onRequest?.();
  try {
    return await attempt();
  } catch (error) {
    progress.lastError = error;
    throw error;
  }
}

/** Where noteAttempt belongs: inside the retries, around a single attempt. */
export const ATTEMPT_STEP: { readonly step: "finalizeRequest"; readonly priority: "low" } = {
  step: "finalizeRequest",
  priority: "low",
};

async function prepare(session: AwsSession): Promise<Outcome<Prepared>> {
  const [settings, trust, credentials] = await Promise.all([
    session.settings(),
    session.trust(),
    session.credentials(),
  ]);
  if (settings.kind === "failed") return settings;
  if (trust.kind === "failed") return trust;
  if (credentials.kind === "failed") return credentials;
  const ask = async (): Promise<AwsIdentity> => {
    const outcome = await session.credentials();
    if (outcome.kind === "ok") return outcome.value;
    // Prepared means that there are credentials: only a renewal in the same moment can fail.
    throw Object.assign(new Error(outcome.failure.message), { name: "CredentialsProviderError" });
  };
  // So marked, the SDK asks for every request; else its clients keep for good what has no end.
  const provide = Object.assign(ask, { memoized: true });
  return ok({
    settings: settings.value,
    identity: credentials.value,
    optionsFor: (service) =>
      clientOptions(service, session.options, settings.value, trust.value, provide),
  });
}

function timedOut(what: AwsAction, progress: Progress, options: AwsOptions): Failure {
  const { timeoutMs } = options;
  if (progress.identity === undefined) return credentialsTimeout(options, timeoutMs);
  if (progress.lastError !== undefined) {
    return classifyAwsError(progress.lastError, { ...what, host: progress.host });
  }
  return failureOf(
    "aws-unreachable",
    what.phase,
    "network",
    `${what.action}: ${progress.host ?? "the AWS endpoint"} did not answer within ${timeoutMs} ms`,
    "TimeoutError",
  );
}

function hostOf(request: unknown): string | undefined {
  if (typeof request !== "object" || request === null || !("hostname" in request)) return undefined;
  return typeof request.hostname === "string" ? request.hostname : undefined;
}

/** A failure is for those who waited for it; whoever asks later may find it mended. */
function once<T>(get: () => Promise<Outcome<T>>): () => Promise<Outcome<T>> {
  let kept: Promise<Outcome<T>> | undefined;
  const fetch = async (): Promise<Outcome<T>> => {
    let outcome: Outcome<T> | undefined;
    try {
      outcome = await get();
      return outcome;
    } finally {
      if (outcome?.kind !== "ok") kept = undefined;
    }
  };
  return () => {
    kept ??= fetch();
    return kept;
  };
}
