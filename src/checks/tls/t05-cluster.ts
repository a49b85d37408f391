import { valueOf } from "../../model/fact.ts";
import { isPublicIp } from "../../model/ip.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import {
  isClusterIssuer,
  otherEndpoint,
  type RefusedLeaf,
  refusedLeaves,
  severity,
} from "./refused.ts";

/** The certificates are this cluster's, and not those of a cluster that has the address now. */
export const certificatesAreTheClusters: Check = {
  topic: "whose",
  title: "the certificates are this cluster's and no other cluster's",
  explains: ["T01"],
  run: ({ snapshot }) => {
    if (snapshot.observations.every(({ tls }) => tls?.leaf === undefined))
      return skippedCheck("no certificate was seen");
    const others = refusedLeaves(snapshot).filter((one) => isOtherClusters(one, snapshot));
    const addresses = [...new Set(others.map(({ address }) => address))];
    if (addresses.length === 0) return passed("no certificate is another cluster's");
    return problem(
      severity(snapshot),
      `another cluster answers at ${addresses.map(shortAddress).join(", ")}: its certificate is not of this cluster's CA`,
      {
        details: others.map((one) => describe(one, snapshot)),
        side: "network",
        next: nextFor(snapshot),
        addresses,
      },
    );
  },
};

function isOtherClusters({ failure, leaf }: RefusedLeaf, snapshot: Snapshot): boolean {
  if (leaf === undefined) return false;
  if (failure.code !== "tls-untrusted" && failure.code !== "tls-name-mismatch") return false;
  return (
    otherEndpoint(leaf, snapshot) !== undefined ||
    (failure.code === "tls-untrusted" && isClusterIssuer(leaf.issuer))
  );
}

function describe({ address, leaf }: RefusedLeaf, snapshot: Snapshot): string {
  const other = leaf && otherEndpoint(leaf, snapshot);
  const whose =
    other === undefined
      ? `issued by ${leaf?.issuer ?? "nobody known"}, as every cluster's, but by another CA`
      : `names ${other}`;
  return `${shortAddress(address)}: ${whose}${placeOf(address, snapshot)}`;
}

/** A private address without an ENI of the cluster is some other machine's. */
function placeOf(id: string, { addresses, enis }: Snapshot): string {
  const address = addresses.find((one) => one.id === id);
  if (address === undefined || address.kind === "eni" || isPublicIp(address.ip)) return "";
  return valueOf(enis) === undefined ? "" : "; EC2 has no ENI of this cluster there";
}

function nextFor(snapshot: Snapshot): string {
  const endpoint = valueOf(snapshot.cluster)?.endpoint;
  return `getent ahosts ${endpoint?.host ?? "ENDPOINT"}   # a stale hosts entry, a record of your own or an overlapping network leads there; if EKS made the cluster anew, the CA given here is the old one`;
}
