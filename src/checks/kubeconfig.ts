import type { KubeconfigEntry } from "../model/local-settings.ts";
import { type Evidence, type Outcome, problem, skippedCheck } from "./check.ts";
import { regionFlag } from "./evidence.ts";

/** The contexts that mean the cluster, or the outcome of a check that has none to look at. */
export type Entries =
  | { readonly kind: "some"; readonly entries: readonly KubeconfigEntry[] }
  | { readonly kind: "none"; readonly outcome: Outcome };

/** The code of the check that says why a kubeconfig could not be read; the others point to it. */
const TELLS_WHY = "T07";

/** `tells` only for the one check that says why a kubeconfig could not be read. */
export function kubeconfigEntries(
  { snapshot }: Evidence,
  { tells = false }: { readonly tells?: boolean } = {},
): Entries {
  const { kubeconfig } = snapshot.local;
  switch (kubeconfig.kind) {
    case "skipped":
      return { kind: "none", outcome: skippedCheck(kubeconfig.reason) };
    case "unknown":
      return {
        kind: "none",
        outcome: tells
          ? problem("unknown", kubeconfig.failure.message, {
              side: kubeconfig.failure.side,
              next: "kubectl config view   # says what is wrong with the file",
            })
          : skippedCheck(`the kubeconfig could not be read (${TELLS_WHY})`),
      };
    case "known":
      return kubeconfig.value.length === 0
        ? { kind: "none", outcome: skippedCheck("no context of the kubeconfig means this cluster") }
        : { kind: "some", entries: kubeconfig.value };
  }
}

/** `gonz-eks-pub (current)`: how a finding calls a context. */
export function contextWords({ context, current }: KubeconfigEntry): string {
  return current ? `${context} (current)` : context;
}

/** The host of `server`; as written where that is no URL. */
export function serverHost({ server }: KubeconfigEntry): string {
  if (!URL.canParse(server)) return server.toLowerCase();
  return new URL(server).hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

/** `aws eks update-kubeconfig …`: writes endpoint, CA and exec command as EKS has them now. */
export function updateKubeconfig(evidence: Evidence, why: string): string {
  const { request } = evidence.snapshot;
  return `aws eks update-kubeconfig --name ${request.cluster}${regionFlag(evidence)}   # ${why}`;
}

/** A word of a command to be copied: what a shell would act on is quoted. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
