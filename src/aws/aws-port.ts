import { type Fact, known, unknown } from "../model/fact.ts";
import {
  type AwsPort,
  type BearerToken,
  type Clock,
  type EvidencePort,
  interrupted,
} from "../model/ports.ts";
import { runBounded } from "./bounded.ts";
import { credentialsTimeout } from "./credentials.ts";
import { describeCluster } from "./describe-cluster.ts";
import { classifyAwsError } from "./errors.ts";
import { listClusterEnis } from "./list-cluster-enis.ts";
import type { AwsOptions } from "./options.ts";
import { type AwsSession, createSession } from "./session.ts";
import { signFor } from "./sign-token.ts";
import { vpcCidrs } from "./vpc-cidrs.ts";

/** The further questions that AWS answers. */
export type AwsEvidence = Omit<EvidencePort, "instance" | "clusterTag" | "egressIp">;

/**
 * AWS through its SDK. Nothing is read, loaded or sent before the first call; settings, trust and
 * credentials are then fetched once and shared. Each service's client is imported by the call that
 * needs it, while the credentials are under way. No call rejects.
 */
export function createAwsPort(options: AwsOptions, clock: Clock): AwsPort & AwsEvidence {
  const session = createSession(options, clock);
  return {
    describeCluster: (name, signal) => describeCluster(session, name, signal),
    listClusterEnis: (name, signal) => listClusterEnis(session, name, signal),
    vpcCidrs: (vpcId, signal) => vpcCidrs(session, vpcId, signal),
    signToken: (name, signal) => signToken(session, name, signal),
    ...lazyEvidence(session),
  };
}

/** Most runs have nothing to explain: what explains is loaded by the first question of its kind. */
function lazyEvidence(session: AwsSession): AwsEvidence {
  let loading: Promise<AwsEvidence> | undefined;
  const load = (): Promise<AwsEvidence> => {
    loading ??= import("./evidence/evidence.ts").then(({ createEvidence }) =>
      createEvidence(session),
    );
    return loading;
  };
  return {
    replayToken: async (name, signal) => (await load()).replayToken(name, signal),
    accessEntries: async (name, signal) => (await load()).accessEntries(name, signal),
    securityGroups: async (ids, signal) => (await load()).securityGroups(ids, signal),
    networkAcls: async (subnetIds, signal) => (await load()).networkAcls(subnetIds, signal),
    routeTables: async (vpcId, signal) => (await load()).routeTables(vpcId, signal),
    subnets: async (ids, signal) => (await load()).subnets(ids, signal),
    natGateways: async (vpcId, signal) => (await load()).natGateways(vpcId, signal),
    vpcDns: async (vpcId, signal) => (await load()).vpcDns(vpcId, signal),
    updates: async (name, signal) => (await load()).updates(name, signal),
  };
}

async function signToken(
  session: AwsSession,
  name: string,
  signal: AbortSignal,
): Promise<Fact<BearerToken>> {
  const { clock, options } = session;
  const ended = await runBounded(clock, options.timeoutMs, signal, async () => {
    const signed = await signFor(session, name);
    return signed.kind === "ok" ? known(signed.value.token) : unknown(signed.failure);
  });
  switch (ended.kind) {
    case "done":
      return ended.value;
    case "threw":
      return unknown(classifyAwsError(ended.error, { action: "signing a token", phase: "sign" }));
    case "interrupted":
      return unknown(interrupted("sign"));
    case "timeout":
      return unknown(credentialsTimeout(options, options.timeoutMs));
  }
}
