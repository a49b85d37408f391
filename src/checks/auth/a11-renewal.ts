import type { KubeconfigEntry } from "../../model/local-settings.ts";
import { formatTime, parseTimeMs } from "../../model/time.ts";
import { type Check, count, passed, problem, skippedCheck } from "../check.ts";
import { contextWords, kubeconfigEntries, updateKubeconfig } from "../kubeconfig.ts";

/** After that API servers refuse a token, whoever holds it (aws-iam-authenticator). */
const TOKEN_LIFE_MINUTES = 15;

/** What the kubeconfig's user shows is signed anew when it has to be. */
export const tokenIsRenewed: Check = {
  topic: "renewal",
  title: "the kubeconfig's user signs a new token when the old one ends",
  optional: true,
  run: (evidence) => {
    const found = kubeconfigEntries(evidence);
    if (found.kind === "none") return found.outcome;
    const fixed = found.entries.flatMap((entry) => {
      const signedAt = signedAtOf(entry);
      return signedAt === undefined ? [] : [{ entry, signedAt }];
    });
    const [first] = fixed;
    if (first === undefined) {
      return found.entries.some(({ user }) => user.kind === "exec")
        ? passed("the kubeconfig runs a command for each new token")
        : skippedCheck("the kubeconfig's user shows no EKS token");
    }
    const nowMs = parseTimeMs(evidence.snapshot.startedAt) ?? 0;
    const minutes = ageMinutes(first.signedAt, nowMs);
    const isOver = minutes !== undefined && minutes >= TOKEN_LIFE_MINUTES;
    return problem(
      "warn",
      isOver
        ? `the kubeconfig holds a token signed ${count(minutes, "minute")} ago, which no API server takes any more`
        : `the kubeconfig holds a fixed token, which ends ${TOKEN_LIFE_MINUTES} minutes after it was signed`,
      {
        details: fixed.map(
          ({ entry, signedAt }) =>
            `${contextWords(entry)} in ${entry.file}: signed ${formatTime(signedAt)}`,
        ),
        side: "user",
        next: updateKubeconfig(
          evidence,
          "writes an exec command, which signs when it is needed; in Terraform: exec in place of aws_eks_cluster_auth",
        ),
      },
    );
  },
};

/** Of a token of another kind (a service account's) the end is not known from here. */
function signedAtOf({ user }: KubeconfigEntry): string | undefined {
  return user.kind === "token" ? user.signedAt : undefined;
}

function ageMinutes(signedAt: string, nowMs: number): number | undefined {
  const signedMs = parseTimeMs(signedAt);
  return signedMs === undefined ? undefined : Math.floor((nowMs - signedMs) / 60_000);
}
