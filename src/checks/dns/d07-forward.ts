import { valueOf } from "../../model/fact.ts";
import type { FailureCode } from "../../model/failure.ts";
import { isPublicIp } from "../../model/ip.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { answers, deadAddresses, idsOf, stateOf } from "../dead.ts";

const DROPPED: readonly FailureCode[] = ["tcp-timeout", "tcp-unreachable"];

/** A network that lets only the private way through is told the private way. */
export const outsidersAreLedIn: Check = {
  topic: "zone",
  title: "a host that reaches only the ENIs is given the ENIs by its resolver",
  needs: ["C01"],
  explains: ["N01", "N02"],
  run: (evidence) => {
    const { snapshot, map } = evidence;
    if (map.mode !== "public and private")
      return skippedCheck("only with public and private access on the name has two answers");
    if (snapshot.vantage.insideVpc === "yes")
      return skippedCheck("this host is in the VPC, whose resolver knows the private answer (D06)");
    const vips = snapshot.addresses.filter(
      ({ kind, ip, id }) => kind === "vip" && isPublicIp(ip) && isTried(stateOf(map, id)?.kind),
    );
    if (vips.length === 0) return skippedCheck("no public address was tried");
    const blocked = deadAddresses(evidence, DROPPED).filter(({ address }) =>
      vips.includes(address),
    );
    if (blocked.length < vips.length)
      return passed("the public addresses can be reached from here");
    const enis = snapshot.addresses.filter(({ kind, id }) => kind === "eni" && answers(map, id));
    if (enis.length === 0) return skippedCheck("no ENI answers here either");
    const host = valueOf(snapshot.cluster)?.endpoint?.host ?? "the endpoint's name";
    return problem(
      "fail",
      "the name leads to the VIPs, which are blocked from here; the ENIs answer",
      {
        details: [
          `blocked: ${blocked.map(({ address }) => address.ip).join(", ")}`,
          `answers: ${enis.map(({ ip }) => ip).join(", ")}`,
          "outside the VPC every resolver gives the public addresses: EKS's private zone is the VPC's alone",
        ],
        side: "resolver",
        next: `aws route53resolver list-resolver-endpoints   # forward ${host} to an inbound endpoint in the VPC`,
        addresses: idsOf(blocked),
      },
    );
  },
};

function isTried(kind: "ok" | "answered" | "failed" | "skipped" | "unknown" | undefined): boolean {
  return kind === "ok" || kind === "answered" || kind === "failed";
}
