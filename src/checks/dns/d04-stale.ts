import type { Address } from "../../model/address.ts";
import { valueOf } from "../../model/fact.ts";
import { isPublicIp } from "../../model/ip.ts";
import { isLoopback } from "../../probe/vantage.ts";
import {
  type Check,
  count,
  type Evidence,
  passed,
  problem,
  shortAddress,
  skippedCheck,
} from "../check.ts";
import { type DeadAddress, deadAddresses, idsOf } from "../dead.ts";
import { digServer, resolverViews } from "./views.ts";

/** An address that was right once: EKS replaces ENIs and API servers, and answers are kept. */
export const answersAreFresh: Check = {
  topic: "stale",
  title: "no name leads to an address that the cluster has given up",
  explains: ["D03", "N01", "N07"],
  run: (evidence) => {
    const { snapshot } = evidence;
    const given = snapshot.addresses.filter(({ sources }) =>
      sources.some(({ kind }) => kind !== "eni"),
    );
    if (given.length === 0) return skippedCheck("needs an answer from DNS (D01)");
    const stale = deadAddresses(evidence)
      .filter(({ failure }) => failure.phase === "tcp")
      .flatMap((dead) => {
        const why = whyStale(dead, evidence);
        return why === undefined ? [] : [{ ...dead, why }];
      });
    const [first] = stale;
    if (first === undefined) return passed("no name leads to an address that is given up");
    return problem(
      "fail",
      `${count(stale.length, "stale address", "stale addresses")}: the name leads to what is gone`,
      {
        details: stale.map(({ address, why }) => `${shortAddress(address.id)}: ${why.text}`),
        side: first.why.side,
        next: first.why.next,
        addresses: idsOf(stale),
      },
    );
  },
};

interface Staleness {
  readonly text: string;
  readonly side: "local" | "resolver";
  readonly next: string;
}

function whyStale(dead: DeadAddress, evidence: Evidence): Staleness | undefined {
  const { address } = dead;
  return givenByFew(address, evidence) ?? ofNoEni(address, evidence) ?? keptLocally(dead, evidence);
}

/** Of the resolvers that give addresses of this kind, some no longer give this one. */
function givenByFew({ ip, family }: Address, { snapshot }: Evidence): Staleness | undefined {
  const views = resolverViews(snapshot).filter(({ ips }) =>
    ips.some(
      (other) => isPublicIp(other) === isPublicIp(ip) && other.includes(":") === (family === 6),
    ),
  );
  const by = views.filter(({ ips }) => ips.includes(ip));
  const without = views.filter(({ ips }) => !ips.includes(ip));
  const [first] = by;
  if (first === undefined || without.length === 0) return undefined;
  return {
    text: `dead; only ${names(by)} gives it, ${names(without)} does not`,
    side: "resolver",
    next: dig(
      snapshot,
      digServer(first.resolver),
      "its ttl counts down from 60; a cache that keeps it longer has to be flushed",
    ),
  };
}

/** The ENIs are the only private addresses that an endpoint has. */
function ofNoEni({ ip, kind, sources }: Address, { snapshot }: Evidence): Staleness | undefined {
  const enis = valueOf(snapshot.enis) ?? [];
  const byDns = sources.find((source) => source.kind === "dns");
  if (enis.length === 0 || kind === "eni" || byDns === undefined || !isOfVpc(ip)) return undefined;
  const view = resolverViews(snapshot).find(({ name }) => name === byDns.resolver);
  return {
    text: `dead, and EC2 lists no ENI of the cluster with it: ${enis.map(({ privateIp }) => privateIp).join(", ")} are its ENIs now`,
    side: "resolver",
    next: dig(
      snapshot,
      view === undefined ? "" : digServer(view.resolver),
      "EKS's own records follow within a minute; a record or forwarder of yours does not",
    ),
  };
}

function keptLocally(
  { address, failure }: DeadAddress,
  { snapshot }: Evidence,
): Staleness | undefined {
  const { ip, kind, sources } = address;
  const fromFile = sources.some((source) => source.kind === "hosts-file");
  const isElsewhere = kind === "eni" || sources.some((source) => source.kind === "dns");
  const dnsAnswers = resolverViews(snapshot).some(({ ips }) => ips.length > 0);
  // A refusal by this very host is that of a tunnel, not of a server that is gone.
  if (isElsewhere || !dnsAnswers || (isLoopback(ip) && failure.code === "tcp-refused"))
    return undefined;
  const where = fromFile ? "the hosts file" : "the system's own lookup";
  return {
    text: `dead; only ${where} gives it, DNS does not`,
    side: "local",
    next: fromFile
      ? "take the endpoint's line out of /etc/hosts"
      : `getent ahosts ${hostOf(snapshot)}   # then flush the local resolver's cache`,
  };
}

function isOfVpc(ip: string): boolean {
  return !isPublicIp(ip) && !isLoopback(ip);
}

function names(views: readonly { readonly name: string }[]): string {
  return views.map(({ name }) => name).join(", ");
}

function dig(snapshot: Evidence["snapshot"], server: string, why: string): string {
  return `dig ${[hostOf(snapshot), server].filter((part) => part !== "").join(" ")}   # ${why}`;
}

function hostOf({ cluster }: Evidence["snapshot"]): string {
  return valueOf(cluster)?.endpoint?.host ?? "NAME";
}
