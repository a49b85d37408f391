import { valueOf } from "../../model/fact.ts";
import type { ClusterUpdate } from "../../model/investigation.ts";
import { formatTime, parseTimeMs } from "../../model/time.ts";
import { type Check, type Outcome, passed, problem, skippedCheck } from "../check.ts";
import { notGathered, regionFlag } from "../evidence.ts";

/** Nothing is being changed, and the last change went well. */
export const noUpdateRuns: Check = {
  topic: "updates",
  title: "the cluster is ACTIVE, and its latest update neither runs nor failed",
  optional: true,
  needs: ["C01"],
  // API servers of two versions are what an update of the version looks like from outside.
  explains: ["P05"],
  run: (evidence) => {
    const { cluster, investigation, request } = evidence.snapshot;
    const status = valueOf(cluster)?.status;
    const [latest] = valueOf(investigation.updates) ?? [];
    const list = `aws eks list-updates --name ${request.cluster}${regionFlag(evidence)}`;
    if (status === "UPDATING" || latest?.status === "InProgress") return running(latest, list);
    if (latest?.status === "Failed" && isRecent(latest, evidence.snapshot.startedAt)) {
      return problem("warn", `the latest update failed: ${describeUpdate(latest)}`, {
        details: latest.errors.map(({ code, message }) => `${code}: ${message}`),
        side: "aws",
        next: `aws eks describe-update --name ${request.cluster}${regionFlag(evidence)} --update-id ${latest.id}`,
      });
    }
    if (status !== undefined && status !== "ACTIVE")
      return skippedCheck(`the cluster is ${status} (C01)`);
    // ACTIVE is EKS's own word that nothing runs; only the past is then unknown.
    if (investigation.updates.kind === "unknown")
      return notGathered(investigation.updates, evidence);
    if (status === undefined && investigation.updates.kind === "skipped")
      return skippedCheck("EKS's answer has no status");
    return passed(
      latest === undefined
        ? "ACTIVE, no update under way"
        : `ACTIVE, no update under way; the latest: ${describeUpdate(latest)}`,
    );
  },
};

const WEEK_MS = 7 * 24 * 3_600_000;

/** What failed long ago and was let be is nobody's trouble today. */
function isRecent({ createdAt }: ClusterUpdate, now: string): boolean {
  const [then, nowMs] = [parseTimeMs(createdAt ?? ""), parseTimeMs(now)];
  return then === undefined || nowMs === undefined || nowMs - then < WEEK_MS;
}

function running(latest: ClusterUpdate | undefined, list: string): Outcome {
  const what = latest?.status === "InProgress" ? describeUpdate(latest) : "which one is not known";
  return problem("warn", `an update is under way: ${what}`, {
    details: [
      "API servers and ENIs may be replaced meanwhile: an address that dies leaves DNS within a minute",
    ],
    side: "aws",
    next: `${list}   # wait until it is done, then run this again`,
  });
}

function describeUpdate({ type, createdAt }: ClusterUpdate): string {
  const since = createdAt === undefined ? "" : ` of ${formatTime(createdAt)}`;
  return `${type ?? "of unknown type"}${since}`;
}
