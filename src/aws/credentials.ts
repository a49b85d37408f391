import { withoutEcho } from "../model/echo.ts";
import type { Failure } from "../model/failure.ts";
import type { Clock } from "../model/ports.ts";
import { runBounded } from "./bounded.ts";
import { type ClientOptions, clientOptions } from "./client-options.ts";
import { classifyAwsError } from "./errors.ts";
import { type AwsIdentity, secretsOf, signaturesOf } from "./identity.ts";
import type { AwsOptions } from "./options.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";
import { type AwsSettings, profileName, sharedFiles } from "./settings.ts";
import { explainSsoSession } from "./sso-session.ts";

/** What the credentials may need on their way: where STS is, and whom to trust. */
export interface CredentialNeeds {
  readonly settings: () => Promise<Outcome<AwsSettings>>;
  readonly trust: () => Promise<Outcome<string | undefined>>;
}

/** Credentials this close to their end are fetched again: the SDK's own margin. */
const RENEW_BEFORE_MS = 300_000;

/** What `aws eks get-token --role-arn` calls its session; role trust policies may name it. */
const ROLE_SESSION_NAME = "EKSGetTokenAuth";

/** Where the credentials come from. */
export interface CredentialSource {
  get(): Promise<Outcome<AwsIdentity>>;
  /**
   * What AWS no longer takes is fetched anew by the next who asks: keys in a file say nothing of
   * their end, and may have been replaced long ago. Others than those that are held are left alone.
   */
  forget(refused: AwsIdentity): void;
}

/**
 * Gives the credentials, fetched once and shared by everyone who asks; again only when they near
 * their end, after a failure, or when they are to be forgotten. Every time the shared files are read
 * as they are then. Bounded by options.timeoutMs even where a provider
 * (a credential_process, the metadata service) never answers.
 *
 * Order: keys in the environment unless a profile was passed as an option (as awscli; the SDK lets
 * AWS_PROFILE win over them), else the SDK's default chain, which is loaded only then. With a role,
 * these credentials assume it first.
 *
 * Fails with no-credentials, credentials-expired, credentials-invalid, access-denied, and whatever
 * else the calls on the way may meet.
 */
export function createCredentials(
  options: AwsOptions,
  clock: Clock,
  needs: CredentialNeeds,
): CredentialSource {
  let held: AwsIdentity | undefined;
  let pending: Promise<Outcome<AwsIdentity>> | undefined;
  return {
    get: () => {
      if (held !== undefined && isFresh(held, clock)) return Promise.resolve(ok(held));
      pending ??= fetchBounded(options, clock, needs).then((outcome) => {
        pending = undefined;
        held = outcome.kind === "ok" ? outcome.value : undefined;
        return outcome;
      });
      return pending;
    },
    forget: (refused) => {
      if (held === refused) held = undefined;
    },
  };
}

function isFresh({ expiration }: AwsIdentity, clock: Clock): boolean {
  return expiration === undefined || expiration.getTime() - clock.wallMs() > RENEW_BEFORE_MS;
}

async function fetchBounded(
  options: AwsOptions,
  clock: Clock,
  needs: CredentialNeeds,
): Promise<Outcome<AwsIdentity>> {
  const never = new AbortController().signal;
  const ended = await runBounded(clock, options.timeoutMs, never, () =>
    fetchIdentity(options, clock, needs),
  );
  switch (ended.kind) {
    case "done":
      return ended.value;
    case "threw":
      return failed(
        classifyAwsError(ended.error, { action: "getting credentials", phase: "credentials" }),
      );
    case "timeout":
    case "interrupted":
      return failed(credentialsTimeout(options, options.timeoutMs));
  }
}

/**
 * The failure of a credential source that did not answer in time. With keys in the environment
 * nothing but STS was waited for.
 */
export function credentialsTimeout(options: AwsOptions, timeoutMs: number): Failure {
  const { roleArn, profile, environment } = options;
  if (roleArn !== undefined && profile === undefined && keysOf(environment) !== undefined) {
    return failureOf(
      "aws-unreachable",
      "credentials",
      "network",
      `sts:AssumeRole: STS did not answer within ${timeoutMs} ms`,
      "TimeoutError",
    );
  }
  return failureOf(
    "no-credentials",
    "credentials",
    "user",
    `no AWS credentials within ${timeoutMs} ms: their source did not answer`,
    "TimeoutError",
  );
}

async function fetchIdentity(
  options: AwsOptions,
  clock: Clock,
  needs: CredentialNeeds,
): Promise<Outcome<AwsIdentity>> {
  const fixed = options.profile === undefined ? keysOf(options.environment) : undefined;
  if (fixed !== undefined && options.roleArn === undefined) return ok(fixed);
  const [settings, trust] = await Promise.all([needs.settings(), needs.trust()]);
  if (settings.kind === "failed") return settings;
  if (trust.kind === "failed") return trust;
  const base =
    fixed === undefined ? await fromChain(options, clock, settings.value, trust.value) : ok(fixed);
  if (base.kind === "failed" || options.roleArn === undefined) return base;
  const client = clientOptions("sts", options, settings.value, trust.value, () =>
    Promise.resolve(base.value),
  );
  return assumeRole(options.roleArn, options.externalId, base.value, client);
}

function keysOf(environment: AwsOptions["environment"]): AwsIdentity | undefined {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

async function fromChain(
  options: AwsOptions,
  clock: Clock,
  settings: AwsSettings,
  trust: string | undefined,
): Promise<Outcome<AwsIdentity>> {
  const { defaultProvider } = await import("./credential-chain.ts");
  const profile = profileName(options);
  const { requestHandler } = clientOptions("sts", options, settings, trust, undefined);
  const provide = defaultProvider({
    ...sharedFiles(options),
    ...(profile === undefined ? {} : { profile }),
    // The SDK reads a file once in a process; what rotates keys has written it since.
    ignoreCache: true,
    // The region goes in as the parent's: as the client's own it would override sso_region.
    clientConfig: { requestHandler },
    parentClientConfig: { region: settings.region },
  });
  try {
    return ok(await provide());
  } catch (error) {
    const failure = classifyAwsError(error, {
      action: "getting credentials",
      phase: "credentials",
    });
    const told =
      failure.code === "no-credentials"
        ? await explainSsoSession(settings.profile, sharedFiles(options), clock)
        : undefined;
    return failed(told ?? failure);
  }
}

async function assumeRole(
  roleArn: string,
  externalId: string | undefined,
  base: AwsIdentity,
  client: ClientOptions,
): Promise<Outcome<AwsIdentity>> {
  const { AssumeRoleCommand, STSClient } = await import("./sts-client.ts");
  const sts = new STSClient(client);
  const sent = [...secretsOf(base)];
  sts.middlewareStack.add(
    (next) => (args) => {
      sent.push(...signaturesOf(args.request));
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  try {
    const answer = await sts.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: ROLE_SESSION_NAME,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      }),
    );
    const got = answer.Credentials;
    if (!got?.AccessKeyId || !got.SecretAccessKey || !got.SessionToken) {
      return failed(
        failureOf(
          "aws-answer-invalid",
          "credentials",
          "aws",
          "sts:AssumeRole: the answer holds no credentials",
        ),
      );
    }
    return ok({
      accessKeyId: got.AccessKeyId,
      secretAccessKey: got.SecretAccessKey,
      sessionToken: got.SessionToken,
      ...(got.Expiration === undefined ? {} : { expiration: got.Expiration }),
    });
  } catch (error) {
    const failure = classifyAwsError(error, { action: "sts:AssumeRole", phase: "credentials" });
    return failed(withoutEcho(failure, sent));
  } finally {
    sts.destroy();
  }
}
