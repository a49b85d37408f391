import { type Fact, known, skipped, unknown, valueOf } from "../model/fact.ts";
import {
  type Egress,
  type Instance,
  type Investigation,
  NOT_INVESTIGATED,
  type Question,
} from "../model/investigation.ts";
import { isPublicIp } from "../model/ip.ts";
import { type Deps, interrupted } from "../model/ports.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { untilAborted } from "../probe/abort.ts";

/** Asks the questions, all at once. Never rejects; what was not asked says so. */
export async function investigate(
  questions: ReadonlySet<Question>,
  snapshot: Snapshot,
  deps: Deps,
  signal: AbortSignal,
): Promise<Investigation> {
  const { evidence } = deps;
  const name = snapshot.request.cluster;
  const { vpcId, groupIds, subnetIds, eniSubnetIds } = placesOf(snapshot);
  const underWay: Promise<unknown>[] = [];
  /** Starts a question; what is given back holds the answer once it is there. */
  const ask = <T>(key: Question, question: () => Promise<Fact<T>>): Answer<T> => {
    if (!questions.has(key)) return { fact: skipped(NOT_INVESTIGATED) };
    const answer: Answer<T> = { fact: unknown(interrupted("investigate")) };
    const arrive = async (): Promise<void> => {
      answer.fact = await question();
    };
    underWay.push(arrive());
    return answer;
  };
  const inVpc = <T>(question: (id: string) => Promise<Fact<T>>): Promise<Fact<T>> =>
    vpcId === undefined ? notNamed("VPC") : question(vpcId);
  let instance: Promise<Fact<Instance>> | undefined;
  const askInstance = (): Promise<Fact<Instance>> => {
    instance ??= evidence.instance(signal);
    return instance;
  };
  const asked = {
    tokenReplay: ask("tokenReplay", () =>
      snapshot.request.anonymous
        ? Promise.resolve(skipped("--anonymous signs no token"))
        : evidence.replayToken(valueOf(snapshot.cluster)?.localId ?? name, signal),
    ),
    accessEntries: ask("accessEntries", () => evidence.accessEntries(name, signal)),
    securityGroups: ask("securityGroups", () =>
      groupIds.length === 0
        ? notNamed("security group")
        : evidence.securityGroups(groupIds, signal),
    ),
    networkAcls: ask("networkAcls", () =>
      eniSubnetIds.length === 0 ? notNamed("subnet") : evidence.networkAcls(eniSubnetIds, signal),
    ),
    routeTables: ask("routeTables", () => inVpc((id) => evidence.routeTables(id, signal))),
    subnets: ask("subnets", () =>
      subnetIds.length === 0 ? notNamed("subnet") : evidence.subnets(subnetIds, signal),
    ),
    natGateways: ask("natGateways", () => inVpc((id) => evidence.natGateways(id, signal))),
    vpcDns: ask("vpcDns", () => inVpc((id) => evidence.vpcDns(id, signal))),
    updates: ask("updates", () => evidence.updates(name, signal)),
    instance: ask("instance", askInstance),
    egress: ask("egress", () => findEgress(snapshot, deps, askInstance, signal)),
  };
  // Waited for as one: a listener for each would be many on one signal.
  await untilAborted(Promise.all(underWay), signal, () => []);
  return {
    tokenReplay: asked.tokenReplay.fact,
    accessEntries: asked.accessEntries.fact,
    securityGroups: asked.securityGroups.fact,
    networkAcls: asked.networkAcls.fact,
    routeTables: asked.routeTables.fact,
    subnets: asked.subnets.fact,
    natGateways: asked.natGateways.fact,
    vpcDns: asked.vpcDns.fact,
    updates: asked.updates.fact,
    instance: asked.instance.fact,
    egress: asked.egress.fact,
  };
}

interface Answer<T> {
  fact: Fact<T>;
}

function notNamed(what: string): Promise<Fact<never>> {
  return Promise.resolve(skipped(`no answer of AWS names a ${what} of the cluster`));
}

function placesOf({ cluster, enis }: Snapshot): {
  readonly vpcId: string | undefined;
  readonly groupIds: readonly string[];
  readonly subnetIds: readonly string[];
  readonly eniSubnetIds: readonly string[];
} {
  const described = valueOf(cluster);
  const listed = valueOf(enis) ?? [];
  const eniSubnetIds = unique(listed.flatMap(({ subnetId }) => subnetId ?? []));
  return {
    vpcId: vpcIdOf({ cluster, enis }),
    groupIds: unique([
      ...listed.flatMap(({ securityGroupIds }) => securityGroupIds ?? []),
      ...(described?.clusterSecurityGroupId === undefined
        ? []
        : [described.clusterSecurityGroupId]),
      ...(described?.securityGroupIds ?? []),
    ]),
    subnetIds: unique([...(described?.subnetIds ?? []), ...eniSubnetIds]),
    eniSubnetIds,
  };
}

/** The cluster's VPC, as EKS or else its ENIs name it. */
export function vpcIdOf({ cluster, enis }: Pick<Snapshot, "cluster" | "enis">): string | undefined {
  const listed = valueOf(enis) ?? [];
  return valueOf(cluster)?.vpcId ?? listed.find(({ vpcId }) => vpcId !== undefined)?.vpcId;
}

function unique(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}

/** What the user says beats what is seen; a service is asked only where the user named one. */
async function findEgress(
  { request, vantage }: Snapshot,
  { evidence }: Deps,
  askInstance: () => Promise<Fact<Instance>>,
  signal: AbortSignal,
): Promise<Fact<Egress>> {
  if (request.egressIp !== undefined) return known({ ip: request.egressIp, source: "flag" });
  if (request.egressService !== undefined) {
    const answer = await evidence.egressIp(request.egressService, signal);
    return answer.kind === "known" ? known({ ip: answer.value, source: "service" }) : answer;
  }
  const own = [...vantage.sourceIps, ...vantage.localIps].find(isPublicIp);
  if (own !== undefined) return known({ ip: own, source: "own-address" });
  const publicIp = valueOf(await askInstance())?.publicIp;
  if (publicIp !== undefined) return known({ ip: publicIp, source: "metadata" });
  return skipped(
    "this host's public address is not known; --egress-ip tells it, --egress-service asks for it",
  );
}
