import { valueOf } from "../../model/fact.ts";
import type { KubeconfigEntry } from "../../model/local-settings.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { contextWords, kubeconfigEntries, updateKubeconfig } from "../kubeconfig.ts";

/** What kubectl runs for its token asks for this cluster's: a token is good for one name only. */
export const tokenIsForThisCluster: Check = {
  topic: "audience",
  title: "the kubeconfig asks for a token of this cluster's name",
  optional: true,
  run: (evidence) => {
    const found = kubeconfigEntries(evidence);
    if (found.kind === "none") return found.outcome;
    const { request, cluster } = evidence.snapshot;
    // A local cluster on Outposts knows only its id.
    const wanted = valueOf(cluster)?.localId ?? request.cluster;
    // A context that only is called like this cluster may well lead to another.
    const named = found.entries
      .filter(({ matchedBy }) => matchedBy === "server")
      .flatMap((entry) => {
        const name = nameIn(entry);
        return name === undefined ? [] : [{ entry, name }];
      });
    if (named.length === 0) return skippedCheck("no context says for which cluster its token is");
    const wrong = named.filter(({ name }) => name !== wanted);
    if (wrong.length === 0) return passed(`the kubeconfig asks for a token of ${wanted}`);
    const isArn = wrong.some(({ name }) => name.startsWith("arn:"));
    return problem(
      "warn",
      `kubectl is refused (401): its token is for ${wrong.map(({ name }) => name).join(", ")}, not for ${wanted}`,
      {
        details: [
          ...wrong.map(({ entry, name }) => `${contextWords(entry)} in ${entry.file}: ${name}`),
          ...(isArn
            ? ["a token is for the cluster's name; its ARN is the name of no cluster"]
            : []),
        ],
        side: "user",
        next: updateKubeconfig(evidence, "writes an exec command with the right name"),
      },
    );
  },
};

function nameIn({ user }: KubeconfigEntry): string | undefined {
  return user.kind === "exec" ? user.clusterName : undefined;
}
