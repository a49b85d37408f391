import { valueOf } from "../../model/fact.ts";
import { type Check, type Evidence, passed, problem, skippedCheck } from "../check.ts";
import { answers, stateOf } from "../dead.ts";
import { regionFlag } from "../evidence.ts";

/** A private endpoint can be reached only from where a route leads into its VPC. */
export const wayIntoVpcExists: Check = {
  topic: "way in",
  title: "where public access is off, this host has a way into the VPC",
  needs: ["C01"],
  explains: ["N01"],
  run: (evidence) => {
    const { snapshot, map } = evidence;
    if (map.mode !== "private")
      return skippedCheck(
        map.mode === "unknown"
          ? "whether public access is off is not known"
          : "public access is on: no way into the VPC is needed",
      );
    const { insideVpc, insideVpcReason } = snapshot.vantage;
    if (insideVpc === "yes") return passed(`this host is in the VPC: ${insideVpcReason}`);
    const tried = snapshot.addresses.filter(({ id }) => stateOf(map, id) !== undefined);
    if (tried.some(({ id }) => answers(map, id)))
      return passed("a private address answers: a way into the VPC exists");
    const silent = tried.filter(({ id }) => isSilentByDesign(id, evidence));
    if (silent.length === 0 || silent.length < tried.length)
      return skippedCheck("no private address was tried, or not all are silent by design (N01)");
    return problem("unknown", "a private endpoint, and no way into its VPC from here", {
      details: [
        insideVpc === "no"
          ? `this host is not in the VPC: ${insideVpcReason}`
          : `whether this host is in the VPC is not known: ${insideVpcReason}`,
        "where a VPN, peering or transit gateway does lead there, the ENIs' security groups have to let this host in on 443",
      ],
      side: "network",
      next: throughTheVpc(silent[0]?.ip ?? "IP", evidence),
      addresses: silent.map(({ id }) => id),
    });
  },
};

function isSilentByDesign(id: string, { map }: Evidence): boolean {
  const state = stateOf(map, id);
  return state?.kind === "skipped" && state.failure !== undefined;
}

function throughTheVpc(ip: string, evidence: Evidence): string {
  const host = valueOf(evidence.snapshot.cluster)?.endpoint?.host ?? ip;
  return `aws ssm start-session${regionFlag(evidence)} --target INSTANCE --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=${host},portNumber=443,localPortNumber=8443   # through an instance in the VPC, then --connect-to ::127.0.0.1:8443; or connect the VPN, or run it there`;
}
