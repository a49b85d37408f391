import { known } from "../../src/model/fact.ts";
import type { KubeconfigEntry, LocalSettings } from "../../src/model/local-settings.ts";
import { NO_PROXY_SETTINGS } from "../../src/model/local-settings.ts";
import { makeCluster, PUB_HOST } from "./snapshots.ts";

const { certificateAuthority } = makeCluster();

/** The context that `aws eks update-kubeconfig` writes for gonz-eks-pub. */
export function makeEntry(change: Partial<KubeconfigEntry> = {}): KubeconfigEntry {
  return {
    file: "/home/me/.kube/config",
    context: "gonz-eks-pub",
    current: true,
    matchedBy: "server",
    server: `https://${PUB_HOST.toUpperCase()}`,
    tlsServerName: undefined,
    certificateAuthority,
    skipsVerification: false,
    proxyUrl: undefined,
    user: makeExec(),
    ...change,
  };
}

export function makeExec(
  change: Partial<Extract<KubeconfigEntry["user"], { kind: "exec" }>> = {},
): KubeconfigEntry["user"] {
  return {
    kind: "exec",
    command: "aws",
    found: "yes",
    clusterName: "gonz-eks-pub",
    region: "ap-northeast-2",
    roleArn: undefined,
    ...change,
  };
}

/** For the `local` of a snapshot. */
export function withEntries(...entries: readonly KubeconfigEntry[]): LocalSettings {
  return { proxy: NO_PROXY_SETTINGS, kubeconfig: known(entries) };
}
