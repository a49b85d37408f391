import type { Cluster, Eni } from "../../model/cluster.ts";
import { type Fact, skipped } from "../../model/fact.ts";
import type { ClusterUpdate } from "../../model/investigation.ts";
import type { Deps } from "../../model/ports.ts";
import type { ProbeRequest } from "../../model/request.ts";
import type { AwsQuestion } from "../pace/aws.ts";

/** The questions to AWS of one round, under way; undefined where one is not due. */
export interface AskedOfAws {
  readonly cluster: Promise<Fact<Cluster>> | undefined;
  readonly enis: Promise<Fact<readonly Eni[]>> | undefined;
  readonly updates: Promise<Fact<readonly ClusterUpdate[]>> | undefined;
}

/** Starts what is due, all at once. */
export function askDue(
  due: readonly AwsQuestion[],
  { cluster, paths }: ProbeRequest,
  { aws, evidence }: Deps,
  signal: AbortSignal,
): AskedOfAws {
  const listEnis = (): Promise<Fact<readonly Eni[]>> =>
    paths.includes("eni")
      ? aws.listClusterEnis(cluster, signal)
      : Promise.resolve(skipped("--paths leaves the ENIs out"));
  return {
    cluster: due.includes("eks") ? aws.describeCluster(cluster, signal) : undefined,
    enis: due.includes("ec2") ? listEnis() : undefined,
    updates: due.includes("updates") ? evidence.updates(cluster, signal) : undefined,
  };
}

/** What came of each, for the pace. */
export async function answersOf(
  asked: AskedOfAws,
): Promise<ReadonlyMap<AwsQuestion, Fact<unknown>>> {
  const answers = new Map<AwsQuestion, Fact<unknown>>();
  const [cluster, enis, updates] = await Promise.all([asked.cluster, asked.enis, asked.updates]);
  if (cluster !== undefined) answers.set("eks", cluster);
  if (enis !== undefined) answers.set("ec2", enis);
  if (updates !== undefined) answers.set("updates", updates);
  return answers;
}
