import type { Cluster } from "../model/cluster.ts";
import { type Fact, known, unknown } from "../model/fact.ts";
import { readCluster } from "./cluster-answer.ts";
import { failureOf } from "./outcome.ts";
import { ATTEMPT_STEP, type AwsSession, callAws, noteAttempt } from "./session.ts";

const WHAT = { action: "eks:DescribeCluster", phase: "describe-cluster" } as const;

/**
 * One cluster, as EKS describes it. A cluster that is still being made is known, without endpoint.
 * Fails with cluster-not-found, access-denied, throttled, aws-unreachable, aws-answer-invalid,
 * aws-error, and what region and credentials may fail with.
 */
export async function describeCluster(
  session: AwsSession,
  name: string,
  signal: AbortSignal,
): Promise<Fact<Cluster>> {
  const answer = await askEks(session, name, signal);
  if (answer.kind !== "unknown" || answer.failure.code !== "cluster-not-found") return answer;
  const settings = await session.settings();
  const where = settings.kind === "ok" ? settings.value.region : "this region";
  // The name has been checked; it is what the user has to compare.
  const message = `there is no cluster ${name} in ${where}, in the account of these credentials`;
  return unknown({ ...answer.failure, message });
}

function askEks(session: AwsSession, name: string, signal: AbortSignal): Promise<Fact<Cluster>> {
  return callAws(
    session,
    WHAT,
    signal,
    () => import("./eks-client.ts"),
    async (eks, prepared, progress, abortSignal) => {
      const client = (session.clients.eks ??= new eks.EKSClient(prepared.optionsFor("eks")));
      const command = new eks.DescribeClusterCommand({ name });
      command.middlewareStack.add(
        (next) => (args) => noteAttempt(progress, args.request, () => next(args)),
        ATTEMPT_STEP,
      );
      const answer = await client.send(command, { abortSignal });
      if (answer.cluster === undefined) {
        return unknown(
          failureOf(
            "aws-answer-invalid",
            WHAT.phase,
            "aws",
            `${WHAT.action}: the answer holds no cluster`,
          ),
        );
      }
      const read = readCluster(answer.cluster, name, prepared.settings.region);
      return read.kind === "ok" ? known(read.value) : unknown(read.failure);
    },
  );
}
