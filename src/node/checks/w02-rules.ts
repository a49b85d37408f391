import { count, passed, problem, skippedCheck } from "../../checks/check.ts";
import { valueOf } from "../../model/fact.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import { blindToRules } from "../blind.ts";
import {
  hostName,
  type NodeCheck,
  type NodeEvidence,
  type NodeOutcome,
  nextToSee,
  restartKubeProxy,
} from "./check.ts";
import { clusterIpsOf, flowsToService, kubernetesNat, rulesNotRead } from "./kubernetes-nat.ts";
import { firstOf, groupFlows, groupLine } from "./words.ts";

/** The ClusterIP is no host: what no rule translates leaves this worker and is lost. */
export const clusterIpHasRules: NodeCheck = {
  topic: "rules",
  title: "the ClusterIP of the kubernetes service is translated, where this worker uses it",
  run: (evidence) => {
    const runs = kubeProxyRuns(evidence);
    const flows = flowsToService(evidence);
    if (!runs && flows.length === 0)
      return skippedCheck("nothing here goes to the ClusterIP, and no kube-proxy was seen");
    const notRead = rulesNotRead(evidence);
    if (notRead !== undefined) return notRead;
    const services = kubernetesNat(evidence);
    const [leading] = services.filter(({ targets }) => targets.length > 0);
    if (leading !== undefined) {
      const chain = leading.chain === undefined ? "" : ` (${leading.chain})`;
      return passed(`${leading.service.ip} is translated by ${leading.backend}${chain}`);
    }
    const obstacle = obstacleTo(evidence);
    if (obstacle !== undefined) {
      return problem("unknown", obstacle, { side: "local", next: nextToSee(evidence, obstacle) });
    }
    const [empty] = services;
    if (empty !== undefined) {
      return problem("fail", `the rules for ${empty.service.ip} lead to no API server`, {
        details: [...empty.oddities, ...linesOf(flows)],
        side: "local",
        next: restartKubeProxy(evidence),
      });
    }
    return untranslated(evidence, runs, flows);
  },
};

/** kube-proxy's connection to the endpoint shows it, where its owner could be seen. */
function kubeProxyRuns({ snapshot }: NodeEvidence): boolean {
  return snapshot.processes.some(({ name }) => name === "kube-proxy");
}

/** Why that there are no rules for it is not certain. */
function obstacleTo(evidence: NodeEvidence): string | undefined {
  const blind = blindToRules(evidence.snapshot);
  if (blind !== undefined) return blind;
  const ipvs = (valueOf(evidence.snapshot.nat) ?? []).some(({ backend }) => backend === "ipvs");
  if (ipvs && clusterIpsOf(evidence).length === 0)
    return "IPVS names no services, and the ClusterIP is not known";
  return undefined;
}

function untranslated(
  evidence: NodeEvidence,
  runs: boolean,
  flows: readonly NodeFlow[],
): NodeOutcome {
  const service = clusterIpsOf(evidence)[0] ?? "default/kubernetes";
  const alive = flows.filter(({ socket }) => socket.state === "established");
  // Programs of the kernel (eBPF) translate without a rule; to hold them for missing would be wrong.
  if (!runs && alive.length > 0) {
    return problem(
      "warn",
      `no rule translates ${service}, and yet ${count(alive.length, "connection")} to it ${alive.length === 1 ? "is" : "are"} open`,
      {
        details: [
          "eBPF does it (Cilium in place of kube-proxy), which shows in no rule; or the rules went after the connections were made",
          ...linesOf(alive),
        ],
        side: "local",
        next: `kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=${hostName(evidence.snapshot.hostname, "NODE")}   # which runs here: kube-proxy or Cilium?`,
      },
    );
  }
  return problem(
    "fail",
    runs
      ? `no rule translates ${service}, though kube-proxy runs here`
      : `no rule translates ${service}, and no kube-proxy was seen`,
    {
      details: [...linesOf(flows), "pods here get i/o timeouts, while this host gets through"],
      side: "local",
      next: runs
        ? restartKubeProxy(evidence)
        : "kubectl -n kube-system get daemonset kube-proxy   # is it there, and ready on every node?",
    },
  );
}

function linesOf(flows: readonly NodeFlow[]): readonly string[] {
  return firstOf(groupFlows(flows).map(groupLine));
}
