import { reasonOf } from "../../model/fact.ts";
import { familyOf, isInCidrs, nthHostOf } from "../../model/ip.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";

/** Who gives this worker the endpoint's addresses, as far as its resolv.conf tells. */
export interface ResolverEvidence {
  /** `vpc`: AmazonProvidedDNS. `stub`: one on this host, which asks somebody else. */
  readonly kind: "vpc" | "stub" | "other" | "unknown";
  readonly line: string;
}

/** VPC user guide: these in every VPC, and the base of the VPC's range plus two. */
const OF_EVERY_VPC: ReadonlySet<string> = new Set(["169.254.169.253", "fd00:ec2::253"]);

/** systemd-resolved, dnsmasq; node-local DNS of Kubernetes. */
const OF_THIS_HOST = ["127.0.0.0/8", "::1/128", "169.254.20.10/32"];

/** Judged by the first name server alone: it is asked before the others. */
export function resolverEvidence({
  nameServers,
  nameServersFile,
  localIps,
}: Pick<NodeSnapshot, "nameServers" | "nameServersFile" | "localIps">): ResolverEvidence {
  if (nameServers.kind !== "known") {
    const why = reasonOf(nameServers);
    return { kind: "unknown", line: `which resolver it asks is not known: ${why}` };
  }
  const servers = nameServers.value;
  const [first] = servers;
  if (first === undefined) return { kind: "unknown", line: "resolv.conf names no name server" };
  const from = nameServersFile === undefined ? "" : ` of ${nameServersFile}`;
  const list = `name servers${from}: ${servers.join(", ")}`;
  if (isInCidrs(first, OF_THIS_HOST))
    return { kind: "stub", line: `${list}: one on this host, which asks somebody else` };
  // Who is asked decides; others are asked where the first is silent.
  return isOfTheVpc(first, localIps)
    ? { kind: "vpc", line: `${list}: the VPC's own` }
    : {
        kind: "other",
        line: `${list}: not the VPC's own, which is 169.254.169.253 or the VPC's base + 2`,
      };
}

/** A VPC's range has 16 to 28 bits; which it is, this host's own address leaves open. */
const [WIDEST, NARROWEST] = [16, 28];

/** Whether it may be the base plus two of a VPC that has one of these addresses. */
function isOfTheVpc(server: string, localIps: readonly string[]): boolean {
  if (OF_EVERY_VPC.has(server)) return true;
  if (familyOf(server) === 6) return false;
  return localIps
    .filter((ip) => familyOf(ip) === 4)
    .some((ip) => {
      for (let bits = WIDEST; bits <= NARROWEST; bits += 1) {
        if (nthHostOf(`${ip}/${bits}`, 2) === server) return true;
      }
      return false;
    });
}
