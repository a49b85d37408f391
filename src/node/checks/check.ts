import { type Outcome, problem, skippedCheck } from "../../checks/check.ts";
import type { Fact } from "../../model/fact.ts";
import type { NodeReport } from "../../model/node/report.ts";
import { formatTime, parseTimeMs } from "../../model/time.ts";

/** What a check of a worker sees: what was read there, and what it is held against. */
export type NodeEvidence = Pick<NodeReport, "snapshot" | "controlPlane" | "flows">;

/** A finding without its name, which the table gives it. */
export type NodeOutcome = Omit<Outcome, "explains">;

/** One check of a worker: pure. */
export interface NodeCheck {
  /** Short word at the head of the report's line. */
  readonly topic: string;
  /** What it asserts, as a predicate. */
  readonly title: string;
  /** That it could not tell does not change the verdict. */
  readonly optional?: boolean;
  readonly run: (evidence: NodeEvidence) => NodeOutcome;
}

/**
 * Why a part of the snapshot is not there, as a finding: skipped where there was nothing to read,
 * else not known, with what would show it.
 */
export function notSeen(fact: Fact<unknown>, evidence: NodeEvidence): NodeOutcome {
  switch (fact.kind) {
    case "skipped":
      return skippedCheck(fact.reason);
    case "unknown":
      return problem("unknown", fact.failure.message, {
        side: fact.failure.side,
        next: nextToSee(evidence, fact.failure.message),
      });
    case "known":
      return skippedCheck("nothing to say");
  }
}

/** How to look again with the rights that show everything, or where the tool is that was missing. */
export function nextToSee({ snapshot }: Pick<NodeEvidence, "snapshot">, why = ""): string {
  if (snapshot.source.kind === "live") {
    return / (?:is not|nor \w+ is) installed /.test(why)
      ? "sudo eks-probe node   # on the worker itself, or in a pod whose image has iptables and nft"
      : "sudo eks-probe node   # in a pod: hostPID, hostNetwork, user 0, NET_ADMIN and SYS_PTRACE";
  }
  return "make the capture again as root, with all of /proc and what iptables-save and conntrack -L print";
}

/** The finding of a check that has to know the cluster's ENIs, where they are not known. */
export function enisNotKnown({ controlPlane }: NodeEvidence): NodeOutcome {
  const { enis } = controlPlane;
  switch (enis.kind) {
    case "skipped":
      return skippedCheck(`the cluster's ENIs are not known: ${enis.reason}`);
    case "unknown":
      return problem("unknown", `the cluster's ENIs are not known: ${enis.failure.message}`, {
        side: enis.failure.side,
        next: MAP_OF_ANOTHER,
      });
    case "known":
      return problem("unknown", "the cluster's ENIs are not known: none is listed", {
        side: "aws",
        next: MAP_OF_ANOTHER,
      });
  }
}

const MAP_OF_ANOTHER =
  "eks-probe node --map RUN.json   # a saved run of somebody who may list the ENIs (ec2:DescribeNetworkInterfaces)";

const HOUR_MS = 3_600_000;

/** How the time of what is known of the ENIs lies to the time when the worker was read. */
export interface KnownWhen {
  /** What to say of it below a finding; nothing where both are of now. */
  readonly details: readonly string[];
  /** So far apart that either may have changed meanwhile: a mismatch then proves little. */
  readonly apart: boolean;
}

/**
 * By the times of the saved run and of the capture; a run made now and a live worker are of one
 * time.
 */
export function knownWhen({ snapshot, controlPlane }: NodeEvidence): KnownWhen {
  const { source } = controlPlane;
  if (source.kind === "map") {
    const times = [parseTimeMs(source.startedAt), parseTimeMs(snapshot.readAt)] as const;
    const apart =
      times[0] !== undefined && times[1] !== undefined && Math.abs(times[0] - times[1]) > HOUR_MS;
    const when = `the ENIs are those of ${source.file}, as of ${formatTime(source.startedAt)}`;
    const read = apart ? `; the worker was read ${formatTime(snapshot.readAt)}` : "";
    return { details: [when + read], apart };
  }
  if (source.kind === "probe" && snapshot.source.kind !== "live") {
    const read = `the worker was read ${formatTime(snapshot.readAt)}, the ENIs are those of now`;
    return { details: [read], apart: false };
  }
  return { details: [], apart: false };
}

/** The next step where a mismatch may only be one of times. */
export function nextAtTheSameTime({ controlPlane }: NodeEvidence): string {
  return `eks-probe endpoints --cluster ${clusterName(controlPlane)} -o json > run.json   # then read the worker again, with --map run.json`;
}

/** Restarts kube-proxy on this worker alone. */
export function restartKubeProxy({ snapshot }: NodeEvidence): string {
  return `kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec.nodeName=${hostName(snapshot.hostname, "NODE")}   # kube-proxy starts again here, and writes its rules anew`;
}

/**
 * A host's name to be put into a command, as EKS names nodes; what may be none, since it was read
 * somewhere, must not get into one.
 */
export function hostName(name: string | undefined, otherwise: string): string {
  return name !== undefined && /^[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?$/.test(name)
    ? name
    : otherwise;
}

/** The same of a cluster, by EKS's rules for its name. */
export function clusterName({ cluster }: NodeEvidence["controlPlane"]): string {
  return cluster !== undefined && /^[A-Za-z\d][\w-]{0,99}$/.test(cluster) ? cluster : "NAME";
}

/** ` --region ap-northeast-2`; nothing where it is not known. */
export function regionFlag({ region }: NodeEvidence["controlPlane"]): string {
  return region !== undefined && /^[a-z\d-]{1,40}$/.test(region) ? ` --region ${region}` : "";
}
