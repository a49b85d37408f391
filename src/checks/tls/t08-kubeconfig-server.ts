import { valueOf } from "../../model/fact.ts";
import type { KubeconfigEntry } from "../../model/local-settings.ts";
import type { Certificate } from "../../model/observation.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, type Evidence, passed, problem, skippedCheck } from "../check.ts";
import {
  contextWords,
  kubeconfigEntries,
  serverHost,
  shellWord,
  updateKubeconfig,
} from "../kubeconfig.ts";
import { coversHost, isEksEndpoint } from "./refused.ts";
import { trustsAnother } from "./t07-kubeconfig-ca.ts";

/** kubectl asks for a name that the servers' certificates have. */
export const kubeconfigNamesTheEndpoint: Check = {
  topic: "server",
  title: "the kubeconfig's server is a name that the API servers' certificates have",
  optional: true,
  run: (evidence) => {
    const found = kubeconfigEntries(evidence);
    if (found.kind === "none") return found.outcome;
    const { snapshot } = evidence;
    const endpoint = valueOf(snapshot.cluster)?.endpoint;
    if (endpoint === undefined) return skippedCheck("the cluster's endpoint is not known");
    const leaves = verifiedLeaves(snapshot);
    const entries = found.entries.filter((entry) => isToBeJudged(entry, snapshot));
    if (entries.length === 0)
      return skippedCheck("no context verifies the servers by the cluster's CA (T07)");
    const wrong = entries.filter((entry) => {
      const name = expectedName(entry);
      return name !== endpoint.host && !leaves.some((leaf) => coversHost(leaf, name));
    });
    const [first] = wrong;
    if (first === undefined) return passed("the certificates have the name that kubectl asks for");
    if (leaves.length === 0) return skippedCheck("no certificate was seen to compare with");
    return problem(
      "warn",
      `kubectl asks for ${wrong.map(expectedName).join(", ")}, a name that no certificate of this cluster has`,
      {
        details: wrong.map((entry) => `${contextWords(entry)}: ${why(entry)}`),
        side: "user",
        next: nextFor(first, endpoint.host, evidence),
      },
    );
  },
};

/** Who verifies nothing asks for no name, and whose CA is another's is told by T07. */
function isToBeJudged(entry: KubeconfigEntry, { cluster }: Snapshot): boolean {
  const described = valueOf(cluster);
  const authority = described && valueOf(described.certificateAuthority);
  return !entry.skipsVerification && !trustsAnother(entry, authority);
}

/** The name that a client looks for in the certificate. */
function expectedName(entry: KubeconfigEntry): string {
  return entry.tlsServerName?.toLowerCase() ?? serverHost(entry);
}

function verifiedLeaves({ observations }: Snapshot): readonly Certificate[] {
  return observations.flatMap(({ tls }) =>
    tls?.leaf !== undefined && tls.verification.kind === "verified" ? [tls.leaf] : [],
  );
}

function why(entry: KubeconfigEntry): string {
  const name = expectedName(entry);
  if (entry.tlsServerName !== undefined) return `tls-server-name is ${name}`;
  if (isEksEndpoint(name)) return `${name} is the endpoint of another or an earlier cluster`;
  if (name === "localhost" || /^127\.|^::1$/.test(name))
    return `a tunnel at ${name}; the certificate is for the endpoint, not for the tunnel`;
  return `${name} leads here by an address or alias of yours`;
}

function nextFor(entry: KubeconfigEntry, host: string, evidence: Evidence): string {
  return isEksEndpoint(expectedName(entry))
    ? updateKubeconfig(evidence, "writes the endpoint that the cluster has now")
    : `kubectl --context ${shellWord(entry.context)} --tls-server-name ${host} get --raw /version   # then write tls-server-name beside server in ${entry.file}`;
}
