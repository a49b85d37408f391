import { type Fact, valueOf } from "../model/fact.ts";
import {
  type Evidence,
  nextStepFor,
  type Outcome,
  problem,
  sameCause,
  skippedCheck,
} from "./check.ts";

/**
 * Why further evidence is not there, as a finding: skipped where nobody asked, else not known, with
 * what gives the caller the right where that is what lacks.
 */
export function notGathered(fact: Fact<unknown>, evidence: Evidence): Outcome {
  switch (fact.kind) {
    case "skipped":
      return skippedCheck(fact.reason);
    case "unknown": {
      const { failure } = fact;
      return (
        sameCause(failure, evidence) ??
        problem("unknown", failure.message, {
          side: failure.side,
          next:
            failure.code === "access-denied"
              ? policyFor(evidence.snapshot.request.cluster)
              : nextStepFor(failure, evidence),
        })
      );
    }
    case "known":
      return skippedCheck("nothing to say");
  }
}

function policyFor(cluster: string): string {
  return `eks-probe iam --cluster ${cluster} --deep   # prints the policy for these questions`;
}

/** ` --region ap-northeast-2` for a command to copy; empty where the region is not known. */
export function regionFlag({ snapshot }: Evidence): string {
  const region = valueOf(snapshot.cluster)?.region;
  // A cluster that a kubeconfig gave need not say where it is.
  return region === undefined ? "" : ` --region ${region}`;
}
