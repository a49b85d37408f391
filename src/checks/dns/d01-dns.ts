import type { FailureSide } from "../../model/failure.ts";
import { compareIps, isPublicIp } from "../../model/ip.ts";
import type { ProbeRequest } from "../../model/request.ts";
import type { Resolution } from "../../model/resolution.ts";
import { ipsOf, resolverName } from "../../probe/addresses.ts";
import { type Check, count, type Evidence, passed, problem, skippedCheck } from "../check.ts";
import { digServer } from "./views.ts";

/** Every DNS server that was asked named at least one address of the endpoint. */
export const namesResolve: Check = {
  topic: "dns",
  title: "every resolver gives the endpoint at least one address",
  run: (evidence) => {
    const { snapshot } = evidence;
    const asked = snapshot.resolutions.filter(({ resolver }) => resolver.kind === "server");
    if (snapshot.cluster.kind !== "known" || snapshot.cluster.value.endpoint === undefined) {
      return skippedCheck("needs the cluster's endpoint (C01)");
    }
    const { host } = snapshot.cluster.value.endpoint;
    if (!snapshot.request.paths.includes("vip")) return skippedCheck("--paths leaves the name out");
    const local = snapshot.resolutions.filter(({ resolver }) => resolver.kind !== "server");
    const known = [...new Set(local.flatMap(ipsOf))].toSorted(compareIps);
    if (asked.length === 0 && known.length === 0) {
      const summary = snapshot.interrupted
        ? "interrupted before a resolver answered"
        : "no DNS server is configured on this machine";
      return problem("unknown", summary, {
        side: "local",
        next: `add --resolver IP, or look into /etc/resolv.conf`,
      });
    }
    const named = asked.flatMap(ipsOf);
    const { family } = snapshot.request;
    const details = lostAnswers(asked, family);
    if (named.length === 0) {
      const what = family === "any" ? "an address" : `an IPv${family} address`;
      const locally = known.length > 0 ? `; this machine itself says ${known.join(", ")}` : "";
      const unsent = neverArrived(asked);
      return problem(
        // A client of this machine has somewhere to go: whether it gets there is N01's to say.
        known.length > 0 ? "warn" : "fail",
        `no resolver gives ${host} ${what}${locally}`,
        {
          details,
          side: unsent?.side ?? "resolver",
          next: nextFor(host, unsent?.ip, asked.length > 0, evidence),
        },
      );
    }
    const silent = resolversWithoutAnswer(asked);
    if (silent.length > 0) {
      return problem(
        "warn",
        `${describeAnswers(evidence, named)}; nothing from ${silent.join(", ")}`,
        {
          details,
          side: "resolver",
          next: `dig ${host} ${digFor(asked, silent[0])}`,
        },
      );
    }
    return passed(describeAnswers(evidence, named));
  },
};

/** The way to a server, where none of the questions got to one: no resolver is to blame then. */
function neverArrived(
  asked: readonly Resolution[],
): { readonly ip: string; readonly side: FailureSide } | undefined {
  const ways = asked.flatMap(({ answer, resolver }) =>
    resolver.kind === "server" &&
    answer.kind === "failed" &&
    answer.failure.code === "dns-unreachable" &&
    answer.failure.cause !== "ECONNREFUSED"
      ? [{ ip: resolver.ip, side: answer.failure.side }]
      : [],
  );
  return ways.length === asked.length ? ways[0] : undefined;
}

/** Where the name leads nowhere: who could know more. */
function nextFor(
  host: string,
  unreachable: string | undefined,
  wasAsked: boolean,
  { map, snapshot: { request } }: Evidence,
): string {
  if (unreachable !== undefined)
    return `ip route get ${unreachable}   # the question did not leave this host, or a router sent it back: look at its routes and its firewall`;
  if (map.mode === "private" && wasAsked)
    return `eks-probe check --cluster ${request.cluster} --resolver system --resolver 1.1.1.1   # compares: a private endpoint's addresses are public knowledge, and some resolvers withhold them`;
  const type = request.family === 6 ? "AAAA " : "";
  return `dig +short ${type}${host} @1.1.1.1   # what a public resolver says, from a host that may ask one`;
}

/** A server is silent when none of its answers names an address. */
function resolversWithoutAnswer(asked: readonly Resolution[]): readonly string[] {
  const names = [...new Set(asked.map(({ resolver }) => resolverName(resolver)))];
  return names.filter((name) =>
    asked.every(
      (resolution) => resolverName(resolution.resolver) !== name || ipsOf(resolution).length === 0,
    ),
  );
}

function digFor(asked: readonly Resolution[], name: string | undefined): string {
  const [server] = asked.flatMap(({ resolver }) =>
    resolver.kind === "server" && resolverName(resolver) === name ? [digServer(resolver)] : [],
  );
  return server ?? "";
}

function lostAnswers(
  asked: readonly Resolution[],
  family: ProbeRequest["family"],
): readonly string[] {
  // Most names have no AAAA, which is worth a word only to who wants nothing else.
  const missed = family === 6 ? "AAAA" : "A";
  return asked.flatMap(({ answer, resolver, type }) => {
    if (answer.kind === "failed")
      return [`${type} at ${resolverName(resolver)}: ${answer.failure.message}`];
    if (answer.kind === "nodata" && type === missed)
      return [`${type} at ${resolverName(resolver)}: the name has no such record`];
    return [];
  });
}

function describeAnswers({ map }: Evidence, named: readonly string[]): string {
  const ips = [...new Set(named)];
  const inPublic = ips.filter(isPublicIp).length;
  const scope = scopeOf(inPublic, ips.length);
  switch (map.dnsView) {
    case "enis":
      return `${count(ips.length, "address", "addresses")}, ${scope}; ${ips.length === 1 ? "it is an EKS ENI" : "all are EKS ENIs"}`;
    case "vips":
      return `${count(ips.length, "address", "addresses")}, ${scope}; none is an EKS ENI`;
    case "mixed":
      return `${count(ips.length, "address", "addresses")}, ${scope}; some are EKS ENIs, some are not`;
    case "none":
    case "unknown":
      return `${count(ips.length, "address", "addresses")}, ${scope}; whether they are EKS ENIs is not known`;
  }
}

function scopeOf(inPublic: number, all: number): string {
  if (all === 1) return inPublic === 1 ? "public" : "private";
  if (inPublic === all) return all === 2 ? "both public" : "all public";
  if (inPublic === 0) return all === 2 ? "both private" : "all private";
  return `${inPublic} public, ${all - inPublic} private`;
}
