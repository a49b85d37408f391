import { valueOf } from "../../model/fact.ts";
import type { KubeconfigEntry } from "../../model/local-settings.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { contextWords, kubeconfigEntries, serverHost, updateKubeconfig } from "../kubeconfig.ts";
import { isEksEndpoint } from "./refused.ts";

/** kubectl trusts the CA that the cluster has now. */
export const kubeconfigTrustsTheCluster: Check = {
  topic: "kubectl",
  title: "the kubeconfig trusts the CA that the cluster has now",
  optional: true,
  run: (evidence) => {
    const found = kubeconfigEntries(evidence, { tells: true });
    if (found.kind === "none") return found.outcome;
    const cluster = valueOf(evidence.snapshot.cluster);
    const authority = cluster && valueOf(cluster.certificateAuthority);
    if (authority === undefined) return skippedCheck("the cluster's CA is not known");
    const judged = found.entries.map((entry) => ({ entry, trust: trustOf(entry, authority) }));
    const wrong = judged.filter(({ trust }) => trust.kind === "wrong");
    if (wrong.length > 0) {
      return problem(
        "warn",
        `kubectl does not verify this cluster in ${wrong.length === 1 ? "the context" : "the contexts"} ${wrong.map(({ entry }) => contextWords(entry)).join(", ")}`,
        {
          details: wrong.map(({ entry, trust }) => `${entry.file}: ${trust.words}`),
          side: "user",
          next: updateKubeconfig(evidence, "writes the endpoint and the CA that it has now"),
        },
      );
    }
    const open = judged.filter(({ trust }) => trust.kind === "unknown");
    if (open.length > 0) {
      return problem("unknown", `what the kubeconfig trusts is not known`, {
        details: open.map(({ entry, trust }) => `${entry.file}: ${trust.words}`),
        side: "user",
        next: "kubectl config view --minify   # shows which file the CA is to be read from",
      });
    }
    return judged.some(({ trust }) => trust.kind === "right")
      ? passed("the kubeconfig has the cluster's CA")
      : skippedCheck("the kubeconfig leads through a gateway with a CA of its own");
  },
};

interface Trust {
  /** elsewhere: the context goes through a gateway that has a CA of its own. */
  readonly kind: "right" | "wrong" | "unknown" | "elsewhere";
  readonly words: string;
}

function trustOf(entry: KubeconfigEntry, authority: string): Trust {
  const { certificateAuthority, skipsVerification } = entry;
  if (skipsVerification) {
    return {
      kind: "wrong",
      words: "insecure-skip-tls-verify: the token goes to whoever answers",
    };
  }
  switch (certificateAuthority.kind) {
    case "unknown": {
      const { cause, message } = certificateAuthority.failure;
      // kubectl does not start without the file that it is told to read.
      return { kind: cause === "ENOENT" ? "wrong" : "unknown", words: message };
    }
    case "skipped":
      if (isGateway(entry)) return ELSEWHERE;
      return {
        kind: "wrong",
        words: "has no certificate-authority: this machine's own roots do not know the cluster's",
      };
    case "known": {
      const own = certificatesOf(authority);
      const isIn = certificatesOf(certificateAuthority.value).some((one) => own.includes(one));
      if (isIn) return { kind: "right", words: "" };
      return isGateway(entry)
        ? ELSEWHERE
        : { kind: "wrong", words: `has another CA than the cluster: ${WHY_ANOTHER}` };
    }
  }
}

const WHY_ANOTHER = "written before the cluster was made anew, or for another cluster";

/** The content of each PEM block, however its lines are broken. */
function certificatesOf(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => block.replaceAll(/-----[^-]*-----|\s/g, ""));
}

/** Whether the context is seen to trust another CA than the cluster's. */
export function trustsAnother(entry: KubeconfigEntry, authority: string | undefined): boolean {
  if (authority === undefined) return false;
  const { kind } = trustOf(entry, authority);
  return kind === "wrong" || kind === "elsewhere";
}

const ELSEWHERE: Trust = { kind: "elsewhere", words: "" };

/** Who calls a context like the cluster, but goes to a host of another kind, has put something before it. */
function isGateway(entry: KubeconfigEntry): boolean {
  return entry.matchedBy === "name" && !isEksEndpoint(serverHost(entry));
}
