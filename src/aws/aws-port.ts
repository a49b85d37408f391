import { type Fact, known, unknown } from "../model/fact.ts";
import { type AwsPort, type BearerToken, type Clock, interrupted } from "../model/ports.ts";
import { runBounded } from "./bounded.ts";
import { credentialsTimeout } from "./credentials.ts";
import { describeCluster } from "./describe-cluster.ts";
import { classifyAwsError } from "./errors.ts";
import { listClusterEnis } from "./list-cluster-enis.ts";
import type { AwsOptions } from "./options.ts";
import { type AwsSession, createSession } from "./session.ts";
import { stsHost } from "./sts-host.ts";
import { presignToken } from "./token.ts";
import { vpcCidrs } from "./vpc-cidrs.ts";

/**
 * AWS through its SDK. Nothing is read, loaded or sent before the first call; settings, trust and
 * credentials are then fetched once and shared. Each service's client is imported by the call that
 * needs it, while the credentials are under way. No call rejects.
 */
export function createAwsPort(options: AwsOptions, clock: Clock): AwsPort {
  const session = createSession(options, clock);
  return {
    describeCluster: (name, signal) => describeCluster(session, name, signal),
    listClusterEnis: (name, signal) => listClusterEnis(session, name, signal),
    vpcCidrs: (vpcId, signal) => vpcCidrs(session, vpcId, signal),
    signToken: (name, signal) => signToken(session, name, signal),
  };
}

/** Signs locally: with keys from the environment no network call is made and no client loaded. */
async function signToken(
  session: AwsSession,
  name: string,
  signal: AbortSignal,
): Promise<Fact<BearerToken>> {
  const { clock, options } = session;
  const ended = await runBounded(clock, options.timeoutMs, signal, async () => {
    const [settings, identity] = await Promise.all([session.settings(), session.credentials()]);
    if (settings.kind === "failed") return unknown(settings.failure);
    if (identity.kind === "failed") return unknown(identity.failure);
    const { region, useDualstack, useFips } = settings.value;
    const signed = await presignToken({
      identity: identity.value,
      region,
      host: stsHost(region, useFips, useDualstack),
      clusterId: options.clusterId ?? name,
      wallMs: clock.wallMs(),
    });
    return signed.kind === "ok" ? known(signed.value) : unknown(signed.failure);
  });
  switch (ended.kind) {
    case "done":
      return ended.value;
    case "threw":
      return unknown(classifyAwsError(ended.error, { action: "signing a token", phase: "sign" }));
    case "interrupted":
      return unknown(interrupted("sign"));
    case "timeout":
      return unknown(credentialsTimeout(options.timeoutMs));
  }
}
