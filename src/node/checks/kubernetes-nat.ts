import { skippedCheck } from "../../checks/check.ts";
import { valueOf } from "../../model/fact.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import type { ServiceNat } from "../../model/node/nat.ts";
import { kubernetesServices } from "../nat/services.ts";
import type { NodeEvidence, NodeOutcome } from "./check.ts";

/** Addresses of `default/kubernetes`: as the cluster says, else as pods here are told. */
export function clusterIpsOf({ snapshot, controlPlane }: NodeEvidence): readonly string[] {
  const service = valueOf(controlPlane.service);
  if (service !== undefined) return [service.endpoint.ip];
  return [...new Set(snapshot.serviceAddresses.map(({ ip }) => ip))];
}

/** The rules for `default/kubernetes`; none where they could not be read. */
export function kubernetesNat(evidence: NodeEvidence): readonly ServiceNat[] {
  return kubernetesServices(valueOf(evidence.snapshot.nat) ?? [], clusterIpsOf(evidence));
}

/** The finding of a check that needs the rules, where none were read; W01 says what would show them. */
export function rulesNotRead({ snapshot: { nat } }: NodeEvidence): NodeOutcome | undefined {
  switch (nat.kind) {
    case "known":
      return undefined;
    case "skipped":
      return skippedCheck(nat.reason);
    case "unknown":
      return skippedCheck("the rules of NAT could not be read (W01)");
  }
}

/** Connections to the ClusterIP. */
export function flowsToService(evidence: NodeEvidence): readonly NodeFlow[] {
  const ips = new Set([
    ...clusterIpsOf(evidence),
    ...kubernetesNat(evidence).map(({ service }) => service.ip),
  ]);
  return evidence.flows.filter(
    ({ direction, seen }) => direction === "to-control-plane" && ips.has(seen.ip),
  );
}
