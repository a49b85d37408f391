import { valueOf } from "../../model/fact.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, type Outcome, passed, problem, regionFlag, skippedCheck } from "../check.ts";
import { hasLostSts, isRefusedEverywhere } from "./answers.ts";
import { isEntryOf, principalOf } from "./principal.ts";
import { replayOf } from "./replay.ts";

/** The cluster knows the caller: by an access entry or by the ConfigMap aws-auth. */
export const callerIsMapped: Check = {
  topic: "mapping",
  title: "the caller has an access entry, or a mapping in aws-auth",
  optional: true,
  needs: ["A01"],
  explains: ["A02"],
  run: ({ snapshot }) => {
    const replay = replayOf(snapshot);
    if (replay?.kind !== "accepted") {
      return skippedCheck(
        replay === undefined
          ? "whose token it is was not asked of STS"
          : "STS refuses the token (A08)",
      );
    }
    if (hasLostSts(snapshot))
      return skippedCheck("EKS itself says that its API servers cannot ask STS (A02)");
    const principal = principalOf(replay.arn);
    const entries = valueOf(snapshot.investigation.accessEntries);
    const hasEntry = entries?.some((entry) => isEntryOf(entry, replay.arn)) === true;
    if (!isRefusedEverywhere(snapshot))
      return passed(hasEntry ? `${principal} has an access entry` : `${principal} is let in`);
    if (hasEntry) {
      return passed(
        `${principal} has an access entry: one made just now reaches every API server within minutes`,
      );
    }
    return notMapped(principal, entries !== undefined, snapshot);
  },
};

function notMapped(principal: string, isListed: boolean, snapshot: Snapshot): Outcome {
  const cluster = valueOf(snapshot.cluster);
  const name = snapshot.request.cluster;
  const where = `--cluster-name ${name}${regionFlag(cluster?.region)}`;
  const details = [
    "STS accepts the token as the API servers would send it: keys, signature and clock are right",
  ];
  const create = `aws eks create-access-entry ${where} --principal-arn ${principal}   # then aws eks associate-access-policy`;
  if (cluster?.authenticationMode === "CONFIG_MAP") {
    return problem("fail", `${principal} is in no mapping of the ConfigMap aws-auth`, {
      details: [...details, "aws-auth names a role without its path, an access entry with it"],
      side: "user",
      next: "kubectl -n kube-system edit configmap aws-auth   # as one who is mapped; access entries take authenticationMode API_AND_CONFIG_MAP",
    });
  }
  if (!isListed) {
    return problem(
      "fail",
      `${principal} is not mapped to a user of the cluster, or the token is for a cluster of another name`,
      {
        details: [...details, whyNotListed(snapshot)],
        side: "user",
        next: `aws eks list-access-entries ${where}   # is it there? the name in a token has to be the cluster's, never its ARN`,
      },
    );
  }
  return problem(
    "fail",
    cluster?.authenticationMode === "API"
      ? `${principal} has no access entry`
      : `${principal} has no access entry, and aws-auth does not map it either`,
    { details, side: "user", next: create },
  );
}

function whyNotListed({ investigation: { accessEntries } }: Snapshot): string {
  switch (accessEntries.kind) {
    case "unknown":
      return `its access entries are not known: ${accessEntries.failure.message}`;
    case "skipped":
      return `its access entries are not known: ${accessEntries.reason}`;
    case "known":
      return "";
  }
}
