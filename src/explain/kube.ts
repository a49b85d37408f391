import type { KubeCode } from "../model/finding-code.ts";
import type { Explanation } from "./explanation.ts";

export const KUBE_EXPLANATIONS: Readonly<Record<KubeCode, Explanation>> = {
  K01: {
    means:
      "Every API server renews a Lease in kube-system as a sign of life. One with a live Lease that no probe met is a server you cannot see from here; one that was met and does not renew its own is about to go.",
    found:
      "The Leases that the caller may list (--deep), by their last renewal, against the servers that were met. A 403 for listing is told as what it is: the token is good, the permission is missing.",
    fix: [
      "kubectl auth can-i list leases.coordination.k8s.io -n kube-system   # who may not list sees nothing",
      "aws eks associate-access-policy help   # AmazonEKSAdminViewPolicy, for one, lets list them",
      "eks-probe endpoints --cluster NAME --deep -n 50   # a shared address may need more connections",
    ],
    sources: [
      "Kubernetes documentation: Leases, API server identity",
      "EKS user guide: access policies",
    ],
    rows: [30],
  },
  K02: {
    means:
      "EC2's list of the cluster's ENIs, the endpoints of the kubernetes service, and what DNS gives should be the same. Pods follow the second, everybody else the third.",
    found:
      "The three lists compared (--deep); who answers at an address tells which of them is behind.",
    fix: [
      "kubectl get endpointslices -n default   # again in some minutes: an update shows like this and passes",
      "aws eks list-updates --name NAME   # is one under way?",
    ],
    sources: ["aws/containers-roadmap#1810", "EKS best practices: control plane"],
    rows: [6],
  },
  K03: {
    means:
      "Pods reach the API server at the kubernetes service's address and verify it under that name. A certificate without it breaks every client inside the cluster.",
    found:
      "The first address of the cluster's service range against the addresses in every certificate.",
    fix: [
      "kubectl get service kubernetes -n default   # then compare with the certificates (--wide)",
    ],
    sources: ["field notes: names in the certificates of API servers"],
    rows: [],
  },
};
