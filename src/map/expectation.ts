import type { Address } from "../model/address.ts";
import { type Tri, valueOf } from "../model/fact.ts";
import { isPublicIp } from "../model/ip.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { dialTarget } from "../probe/plan.ts";
import { isLoopback } from "../probe/vantage.ts";

/** Whether an address should be reachable from here; if not, why a silence is by design. */
export type Expectation =
  | { readonly kind: "expected" }
  | { readonly kind: "by-design"; readonly reason: string };

const EXPECTED: Expectation = { kind: "expected" };

/**
 * What a failure to connect to this address means. A public address should answer, and so should
 * loopback. A private one should answer where the endpoint is private and this host is in its VPC,
 * or where a sibling or an ENI proves the route, or where the user said how it is reached, or where the name
 * leads to it although private access is off; from anywhere else its silence is what the design of
 * a VPC promises.
 */
export function expectationOf(address: Address, snapshot: Snapshot): Expectation {
  const cluster = valueOf(snapshot.cluster);
  if (cluster?.endpoint === undefined) return EXPECTED;
  if (dialTarget(address, cluster.endpoint, snapshot.request).rule === "named") return EXPECTED;
  const answered = addressesThatAnswered(snapshot);
  if (lacksIpv6Only(address, answered, snapshot)) {
    return {
      kind: "by-design",
      reason: "this host has no IPv6 route; a client falls back to IPv4",
    };
  }
  // Who sends clients to this very host promises that something listens here.
  if (!isPrivate(address) || isLoopback(address.ip)) return EXPECTED;
  // An address that a name leads to and that is no ENI (any more) is of the VPC as the ENIs are.
  const sibling = snapshot.addresses.some(
    (other) =>
      (other.kind === address.kind || other.kind === "eni") &&
      isPrivate(other) &&
      answered.has(other.id),
  );
  if (sibling) return EXPECTED;
  return privateExpectation(address, cluster.privateAccess, snapshot);
}

/** An ENI is of the VPC also where its address is a public one: all its IPv6 addresses are. */
function isPrivate({ kind, ip }: Address): boolean {
  return kind === "eni" || !isPublicIp(ip);
}

function privateExpectation(
  { sources }: Address,
  privateAccess: Tri,
  { vantage }: Snapshot,
): Expectation {
  if (privateAccess === "no") {
    // A client that is given this address by name has no other.
    if (sources.some(({ kind }) => kind !== "eni")) return EXPECTED;
    return {
      kind: "by-design",
      reason: "private address, and private access is off: only the control plane itself uses it",
    };
  }
  switch (vantage.insideVpc) {
    case "yes":
      return EXPECTED;
    case "no":
      return {
        kind: "by-design",
        reason: `private address, no route from here: ${vantage.insideVpcReason}`,
      };
    case "unknown":
      return {
        kind: "by-design",
        reason: `private address, and whether this host is in the VPC is unknown: ${vantage.insideVpcReason}`,
      };
  }
}

function addressesThatAnswered({ observations }: Snapshot): ReadonlySet<string> {
  const verified = observations.filter(
    ({ tls, http }) => tls?.verification.kind === "verified" || http !== undefined,
  );
  return new Set(verified.map(({ address }) => address));
}

function lacksIpv6Only(
  address: Address,
  answered: ReadonlySet<string>,
  { request, observations }: Snapshot,
): boolean {
  if (address.family !== 6 || request.family !== "any" || answered.size === 0) return false;
  if ([...answered].some((id) => id.startsWith("["))) return false;
  const own = observations.filter((observation) => observation.address === address.id);
  return own.every(({ failure }) => failure?.code === "tcp-unreachable");
}
