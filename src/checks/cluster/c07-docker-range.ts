import { reasonOf } from "../../model/fact.ts";
import { cidrsOverlap } from "../../model/ip.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";

/** Docker's own bridge on the control plane's hosts (EKS user guide, network requirements). */
const DOCKER_RANGE = "172.17.0.0/16";

/** What the control plane sends to a node must not end at the control plane's own bridge. */
export const vpcAvoidsDockerRange: Check = {
  topic: "ranges",
  title: `the VPC has no address in ${DOCKER_RANGE}`,
  optional: true,
  needs: ["C01"],
  run: ({ snapshot }) => {
    const { vpcCidrs } = snapshot.vantage;
    if (vpcCidrs.kind !== "known") {
      return skippedCheck(`the VPC's address ranges are not known: ${reasonOf(vpcCidrs)}`);
    }
    const inside = vpcCidrs.value.filter((cidr) => cidrsOverlap(cidr, DOCKER_RANGE));
    if (inside.length > 0) {
      return problem("warn", `the VPC's ${inside.join(", ")} overlaps ${DOCKER_RANGE}`, {
        details: [
          "the control plane may not reach kubelets and webhooks there: exec, logs and port-forward time out while /api answers",
        ],
        side: "user",
        next: "kubectl get nodes -o wide   # move nodes whose INTERNAL-IP begins with 172.17. to subnets of another range",
      });
    }
    return passed(`the VPC's ${vpcCidrs.value.join(", ")} keeps clear of ${DOCKER_RANGE}`);
  },
};
