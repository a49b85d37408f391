import { valueOf } from "../../model/fact.ts";
import { hostCidr, isInCidrs } from "../../model/ip.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { notGathered, regionFlag } from "../evidence.ts";

/** Without private access nodes in private subnets come to the endpoint as their NAT gateway. */
export const allowlistHasNatGateways: Check = {
  topic: "nat",
  title: "where private access is off, publicAccessCidrs let the VPC's NAT gateways in",
  optional: true,
  needs: ["C01"],
  run: (evidence) => {
    const { cluster, investigation, request } = evidence.snapshot;
    const described = valueOf(cluster);
    if (described?.privateAccess !== "no")
      return skippedCheck(
        described?.privateAccess === "yes"
          ? "private access is on: nodes need no way out to the endpoint"
          : "whether private access is on is not known",
      );
    const cidrs = described.publicAccessCidrs;
    if (cidrs === undefined) return skippedCheck("EKS's answer has no publicAccessCidrs");
    if (cidrs.includes("0.0.0.0/0")) return passed("publicAccessCidrs let everyone in");
    if (investigation.natGateways.kind !== "known")
      return notGathered(investigation.natGateways, evidence);
    const inUse = investigation.natGateways.value.filter(
      ({ state }) => state === undefined || state === "available" || state === "pending",
    );
    const ips = inUse.flatMap(({ publicIps }) => publicIps);
    if (ips.length === 0) return skippedCheck("the VPC has no NAT gateway with a public address");
    const out = inUse.filter(({ publicIps }) => publicIps.some((ip) => !isInCidrs(ip, cidrs)));
    if (out.length === 0) return passed(`publicAccessCidrs let ${ips.join(", ")} in`);
    const missing = ips.filter((ip) => !isInCidrs(ip, cidrs));
    return problem(
      "warn",
      `private access is off, and publicAccessCidrs do not let nodes behind NAT in: ${missing.join(", ")}`,
      {
        details: [
          ...out.map(({ id, publicIps }) => `${id}: ${publicIps.join(", ")}`),
          `publicAccessCidrs: ${cidrs.join(", ")}`,
          "nodes behind it cannot join (NodeCreationFailure)",
        ],
        side: "user",
        next: `aws eks update-cluster-config --name ${request.cluster}${regionFlag(evidence)} --resources-vpc-config endpointPrivateAccess=true   # or add ${missing.map(hostCidr).join(",")} to publicAccessCidrs`,
      },
    );
  },
};
