import type { Cluster, Eni } from "../model/cluster.ts";
import { type Fact, known, skipped, unknown, valueOf } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import { type BearerToken, type Deps, interrupted } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import type { TokenFacts } from "../model/snapshot.ts";
import { untilAborted } from "./abort.ts";

/** The questions to AWS, all under way. */
export interface Asked {
  readonly cluster: Promise<Fact<Cluster>>;
  readonly enis: Promise<Fact<readonly Eni[]>>;
  readonly vpcCidrs: Promise<Fact<readonly string[]>>;
  readonly token: Promise<Fact<TokenFacts>>;
  /** The token itself, for the sockets only: it never becomes part of a snapshot. */
  readonly secret: Promise<BearerToken | undefined>;
}

/** Starts every question that needs only the cluster's name, at once. */
export function askAws(request: ProbeRequest, deps: Deps, signal: AbortSignal): Asked {
  const { aws } = deps;
  const name = request.cluster;
  const cluster = untilAborted(
    aws.describeCluster(name, signal),
    signal,
    stopped("describe-cluster"),
  );
  const withEnis = request.paths.includes("eni");
  const enis: Promise<Fact<readonly Eni[]>> = withEnis
    ? untilAborted(aws.listClusterEnis(name, signal), signal, stopped("describe-enis"))
    : Promise.resolve(skipped("--paths leaves the ENIs out"));
  const token: Promise<Fact<BearerToken>> = request.anonymous
    ? Promise.resolve(skipped("--anonymous sends none"))
    : signToken(cluster, request, deps, signal);
  return {
    cluster,
    enis,
    vpcCidrs: withEnis
      ? askVpc(cluster, enis, deps, signal)
      : Promise.resolve(skipped("--paths leaves the ENIs out")),
    token: token.then((fact) =>
      fact.kind === "known" ? known({ expiresAt: fact.value.expiresAt }) : fact,
    ),
    secret: token.then(valueOf),
  };
}

/**
 * Signed for the name, at once. A local cluster on an Outpost takes only tokens that name its id,
 * which its description brings: signed again then, before anything is sent.
 */
async function signToken(
  cluster: Promise<Fact<Cluster>>,
  { cluster: name }: ProbeRequest,
  { aws }: Deps,
  signal: AbortSignal,
): Promise<Fact<BearerToken>> {
  const sign = (id: string): Promise<Fact<BearerToken>> =>
    untilAborted(aws.signToken(id, signal), signal, stopped("sign"));
  const [signed, described] = await Promise.all([sign(name), cluster]);
  const localId = valueOf(described)?.localId;
  return localId === undefined ? signed : sign(localId);
}

/**
 * The VPC's ranges only place the vantage: they are asked last, when the answers that probes wait
 * for are in.
 */
async function askVpc(
  cluster: Promise<Fact<Cluster>>,
  enis: Promise<Fact<readonly Eni[]>>,
  { aws }: Deps,
  signal: AbortSignal,
): Promise<Fact<readonly string[]>> {
  const [described, listed] = await Promise.all([cluster, enis]);
  // An EC2 that does not answer one question will not answer the next.
  if (listed.kind === "unknown" && listed.failure.code === "aws-unreachable") return listed;
  const vpcId =
    valueOf(described)?.vpcId ?? valueOf(listed)?.find((eni) => eni.vpcId !== undefined)?.vpcId;
  if (vpcId === undefined) return skipped("no answer names the cluster's VPC");
  return untilAborted(aws.vpcCidrs(vpcId, signal), signal, () =>
    unknown(interrupted("describe-vpc")),
  );
}

function stopped(phase: Failure["phase"]): () => Fact<never> {
  return () => unknown(interrupted(phase));
}
