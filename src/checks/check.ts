import type { Expectations } from "../model/expectations.ts";
import { type Fact, valueOf } from "../model/fact.ts";
import type { Failure, FailureCode, FailurePhase } from "../model/failure.ts";
import type { Finding, FindingStatus } from "../model/finding.ts";
import type { FindingCode } from "../model/finding-code.ts";
import type { ControlPlaneMap } from "../model/map.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** What a check sees: everything the run learned, and the map made of it. */
export interface Evidence {
  readonly snapshot: Snapshot;
  readonly map: ControlPlaneMap;
  readonly expectations: Expectations;
}

/** A finding without its name and its relations to others, which the table gives it. */
export type Outcome = Pick<
  Finding,
  "status" | "summary" | "details" | "side" | "next" | "addresses"
> & {
  /** Which of the check's `explains` hold for what was seen; all of them where it says nothing. */
  readonly explains?: readonly FindingCode[];
};

export interface Check {
  /** Short word at the head of the report's line. */
  readonly topic: string;
  /** What it asserts, as a predicate. */
  readonly title: string;
  /** What it tells needs rights or answers that a healthy cluster need not give the caller. */
  readonly optional?: boolean;
  /** Without these being ok it has no sense: it is then skipped and names them. */
  readonly needs?: readonly FindingCode[];
  /** Findings that are mere symptoms of this one, where both are in trouble over the same addresses. */
  readonly explains?: readonly FindingCode[];
  readonly run: (evidence: Evidence) => Outcome;
}

const NOTHING_MORE = { details: [], side: undefined, next: undefined, addresses: [] } as const;

export function passed(summary: string, more: Partial<Outcome> = {}): Outcome {
  return { ...NOTHING_MORE, status: "ok", summary, ...more };
}

export function skippedCheck(summary: string): Outcome {
  return { ...NOTHING_MORE, status: "skip", summary };
}

export function problem(
  status: Exclude<FindingStatus, "ok" | "skip">,
  summary: string,
  more: Partial<Outcome>,
): Outcome {
  return { ...NOTHING_MORE, status, summary, ...more };
}

/** `1 address`, `2 addresses`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** An address id as people write it: without the port where that is 443. */
export function shortAddress(id: string): string {
  return id.replace(/:443$/, "").replace(/^\[(.*)\]$/, "$1");
}

type Words = { readonly name: string; readonly region: string };

const NEXT_STEP: Partial<Record<FailureCode, (words: Words, phase: FailurePhase) => string>> = {
  "no-credentials": () =>
    "aws configure list   # shows which credentials are found; or set AWS_PROFILE, or aws sso login",
  "credentials-expired": () =>
    "aws sso login   # or renew the session that AWS_PROFILE or the environment names",
  "credentials-invalid": () =>
    "aws sts get-caller-identity   # tells whether these keys are accepted at all",
  "access-denied": ({ name, region }, phase) =>
    phase === "describe-cluster"
      ? `eks-probe endpoints --kubeconfig ~/.kube/config --cluster ${name}   # needs no eks:DescribeCluster; eks-probe iam prints the policy that allows it`
      : `eks-probe iam --cluster ${name}${region}   # prints the least policy`,
  "cluster-not-found": ({ region }) =>
    `aws eks list-clusters${region}   # shows the clusters of this account and region`,
  "no-region": () => "add --region, e.g. --region ap-northeast-2, or set AWS_REGION",
  throttled: () => "wait a minute and run it again; other callers share this account's API rate",
  "aws-unreachable": () =>
    "check the way to the AWS API: proxy, DNS, VPC endpoints, AWS_ENDPOINT_URL, AWS_CA_BUNDLE",
};

/** ` --region ap-northeast-2`, to be put after a command; empty where no region is known. */
export function regionFlag(region: string | undefined): string {
  return region === undefined ? "" : ` --region ${region}`;
}

/** The next step that fits a failure of an AWS call or of the credentials. */
export function nextStepFor(failure: Failure, { snapshot }: Evidence): string {
  const { request, cluster } = snapshot;
  const words = {
    name: request.cluster,
    region: regionFlag(valueOf(cluster)?.region),
  };
  return (
    NEXT_STEP[failure.code]?.(words, failure.phase) ??
    `aws eks describe-cluster --name ${words.name}${words.region}   # shows what the API says itself`
  );
}

/**
 * Why a fact is not known, as a finding: for checks that rest on one fact. `whenDenied` is the next
 * step where the caller lacks the right to it.
 */
export function notKnown(fact: Fact<unknown>, whenDenied: string): Outcome {
  switch (fact.kind) {
    case "skipped":
      return skippedCheck(fact.reason);
    case "unknown": {
      const { message, side } = fact.failure;
      const next =
        side === "user"
          ? whenDenied
          : "run it again; a server that is just starting or ending fails";
      return problem("unknown", message, { side, next });
    }
    case "known":
      return skippedCheck("nothing to say");
  }
}

/** What is wrong with whoever asks AWS is wrong with every question, and told once, by A01. */
const OF_THE_CALLER: ReadonlySet<FailureCode> = new Set([
  "no-credentials",
  "credentials-expired",
  "credentials-invalid",
  "no-region",
]);

/** Whether it is the credentials that failed, and not the call that they were for. */
export function isOfTheCaller({ code, phase }: Failure): boolean {
  return phase === "credentials" || OF_THE_CALLER.has(code);
}

/** The finding that stands in for one of a further AWS call that failed as the cluster's did. */
export function sameCause(failure: Failure, { snapshot }: Evidence): Outcome | undefined {
  const { cluster } = snapshot;
  const told = cluster.kind === "unknown" && cluster.failure.code === failure.code;
  return told && isOfTheCaller(failure) ? skippedCheck("for the same reason as A01") : undefined;
}
