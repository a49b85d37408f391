import { passed, problem, skippedCheck } from "../../checks/check.ts";
import { valueOf } from "../../model/fact.ts";
import { familyOf } from "../../model/ip.ts";
import type { KnownEni } from "../../model/node/control-plane.ts";
import type { NatTarget, ServiceNat } from "../../model/node/nat.ts";
import { percent, shortEndpoint } from "../words.ts";
import {
  enisNotKnown,
  knownWhen,
  type NodeCheck,
  type NodeEvidence,
  type NodeOutcome,
  nextAtTheSameTime,
  notSeen,
  restartKubeProxy,
} from "./check.ts";
import { kubernetesNat } from "./kubernetes-nat.ts";
import { firstOf, idsOf, ipsOf } from "./words.ts";

/** kube-proxy follows the endpoints of the service; rules that it no longer writes lead to nobody. */
export const rulesLeadToEnis: NodeCheck = {
  topic: "targets",
  title: "the ClusterIP leads to the cluster's ENIs, and to each of them",
  run: (evidence) => {
    const { nat } = evidence.snapshot;
    if (nat.kind !== "known") return notSeen(nat, evidence);
    const services = kubernetesNat(evidence).filter(({ targets }) => targets.length > 0);
    const [first] = services;
    if (first === undefined) return skippedCheck("no rule leads to an API server (W02)");
    const enis = valueOf(evidence.controlPlane.enis) ?? [];
    if (enis.length === 0) return enisNotKnown(evidence);
    const targets = services.flatMap((service) => service.targets);
    const families = new Set(enis.flatMap((eni) => addressesOf(eni).map(familyOf)));
    const comparable = targets.filter(({ to }) => families.has(familyOf(to.ip)));
    if (comparable.length === 0) return otherFamily(first);
    return compare(evidence, services, comparable, enis);
  },
};

function compare(
  evidence: NodeEvidence,
  services: readonly ServiceNat[],
  targets: readonly NatTarget[],
  enis: readonly KnownEni[],
): NodeOutcome {
  const owned = new Set(enis.flatMap(addressesOf));
  const led = new Set(targets.map(({ to }) => to.ip));
  const families = new Set(targets.map(({ to }) => familyOf(to.ip)));
  const stray = targets.filter(({ to }) => !owned.has(to.ip));
  const missing = enis.filter((eni) => {
    const ips = addressesOf(eni).filter((ip) => families.has(familyOf(ip)));
    return ips.length > 0 && !ips.some((ip) => led.has(ip));
  });
  const from = ipsOf(services.map(({ service }) => service));
  const [who, lead] = [from.join(", "), from.length === 1 ? "leads" : "lead"];
  const when = knownWhen(evidence);
  const details = firstOf([
    ...new Set(stray.map(strayLine)),
    ...missing.map(({ endpoint, eniId }) => `${endpoint.ip} (${eniId}): no rule leads there`),
    ...when.details,
  ]);
  if (stray.length > 0) {
    const ips = ipsOf(stray.map(({ to }) => to));
    const none = targets.length === stray.length ? ", and to none that is" : "";
    return problem(
      when.apart ? "warn" : "fail",
      `${who} ${lead} to ${ips.join(", ")}, which ${ips.length === 1 ? "is no ENI" : "are no ENIs"} of the cluster${none}`,
      {
        details,
        side: "local",
        next: when.apart ? nextAtTheSameTime(evidence) : restartKubeProxy(evidence),
        addresses: idsOf(stray.map(({ to }) => to)),
      },
    );
  }
  if (missing.length > 0) {
    return problem(
      "warn",
      `${who} never ${lead} to ${ipsOf(missing.map(({ endpoint }) => endpoint)).join(", ")}, which the cluster has`,
      {
        details,
        side: "server",
        next: "kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes   # listed there: restart kube-proxy; not listed: its API server comes or goes, look again in a minute",
        addresses: idsOf(missing.map(({ endpoint }) => endpoint)),
      },
    );
  }
  return passed(`${who} ${lead} to ${[...led].join(", ")}, the cluster's ENIs`, {
    details: when.details,
  });
}

function addressesOf({ endpoint, otherIps }: KnownEni): readonly string[] {
  return [endpoint.ip, ...otherIps];
}

function strayLine({ to, probability, chain }: NatTarget): string {
  const share =
    probability === undefined ? "new connections" : `${percent(probability)} of new connections`;
  return `${shortEndpoint(to)}: gets ${share}${chain === undefined ? "" : ` (${chain})`}`;
}

function otherFamily({ service }: ServiceNat): NodeOutcome {
  return problem(
    "unknown",
    `${service.ip} leads to addresses of another family than those the ENIs are known by`,
    {
      side: "local",
      next: "kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes   # do the rules lead to these addresses?",
    },
  );
}
