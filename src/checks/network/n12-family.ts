import { valueOf } from "../../model/fact.ts";
import { familyOf, isInCidrs } from "../../model/ip.ts";
import {
  type Check,
  type Evidence,
  type Outcome,
  passed,
  problem,
  skippedCheck,
} from "../check.ts";
import { answers, type DeadAddress, deadAddresses, idsOf, stateOf } from "../dead.ts";

/** The endpoint has an address of a kind that this host can send to. */
export const familiesMatch: Check = {
  topic: "family",
  title: "this host has a route of the endpoint's address family",
  explains: ["N01"],
  run: (evidence) => {
    const { snapshot, map } = evidence;
    const dead = deadAddresses(evidence, ["tcp-unreachable"]);
    const families = [4, 6] as const;
    const lost = families.flatMap((family) => lostFamily(family, dead, evidence));
    const [first] = [...lost, ...families.flatMap((family) => lostPublic(family, dead, evidence))];
    if (first !== undefined) return first;
    return snapshot.addresses.some(({ id }) => answers(map, id))
      ? passed("this host has a route to an address of the endpoint")
      : skippedCheck("not every address of a family is unreachable");
  },
};

function lostFamily(
  family: 4 | 6,
  dead: readonly DeadAddress[],
  evidence: Evidence,
): readonly Outcome[] {
  const { snapshot, map } = evidence;
  const own = snapshot.addresses.filter(
    ({ id, family: other }) => other === family && stateOf(map, id)?.kind !== "skipped",
  );
  const unreachable = dead.filter(({ address }) => address.family === family);
  if (own.length === 0 || unreachable.length < own.length) return [];
  const other = family === 4 ? 6 : 4;
  const hasOther = snapshot.addresses.some((address) => address.family === other);
  const hostHas = snapshot.vantage.localIps.some(
    (ip) => familyOf(ip) === family && !isInCidrs(ip, LINK_LOCAL),
  );
  // Who has an address and a route is told so by somebody on the way, which is no lack of either.
  if (hostHas && (hasOther || !unreachable.some(hasNoRoute))) return [];
  const host = valueOf(snapshot.cluster)?.endpoint?.host ?? "the endpoint";
  const only = hasOther ? "" : `, and ${host} has no IPv${other} address`;
  return [
    problem(
      "fail",
      hostHas
        ? `this host has no route to the endpoint's IPv${family} addresses${only}`
        : `this host has no IPv${family} address${only}`,
      {
        details: unreachable.map(({ address, failure }) => `${address.ip}: ${failure.message}`),
        side: "local",
        next: nextFor(family, hostHas),
        addresses: idsOf(unreachable),
      },
    ),
  ];
}

/** What the kernel says before the first packet; an address that is unreachable is something else. */
const NO_ROUTE: readonly (string | undefined)[] = [
  undefined,
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
];

function hasNoRoute({ failure }: DeadAddress): boolean {
  return NO_ROUTE.includes(failure.cause);
}

/** A host that has routes to the VPC and none to the internet. */
function lostPublic(
  family: 4 | 6,
  dead: readonly DeadAddress[],
  { snapshot, map }: Evidence,
): readonly Outcome[] {
  const vips = snapshot.addresses.filter(
    (address) => address.kind === "vip" && address.family === family,
  );
  const lost = dead.filter(
    (one) => vips.some(({ id }) => id === one.address.id) && hasNoRoute(one),
  );
  const someAnswer = snapshot.addresses.some(
    ({ id, family: other }) => other === family && answers(map, id),
  );
  if (lost.length === 0 || lost.length < vips.length || !someAnswer) return [];
  return [
    problem("fail", `this host has no route to the endpoint's public IPv${family} addresses`, {
      details: lost.map(({ address, failure }) => `${address.ip}: ${failure.message}`),
      side: "local",
      next: nextFor(family, true),
      addresses: idsOf(lost),
    }),
  ];
}

function nextFor(family: 4 | 6, hostHas: boolean): string {
  const look = `ip -${family} route`;
  if (hostHas) return `${look}   # a default route, or one by the VPN, is missing`;
  return family === 4
    ? `${look}   # give the host IPv4 or a NAT64 with DNS64; only clusters with ipFamily ipv6 have IPv6 addresses, under api.aws`
    : `${look}   # give the host IPv6, or ask without -6`;
}

const LINK_LOCAL = ["169.254.0.0/16", "fe80::/10"];
