import { valueOf } from "../../model/fact.ts";
import { compareIps } from "../../model/ip.ts";
import type { Resolution, ResolverRef } from "../../model/resolution.ts";
import { ipsOf } from "../../probe/addresses.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";

/** What an ordinary program on this machine is given is what DNS says. */
export const localNamesAgree: Check = {
  topic: "local",
  title: "the hosts file and the system's lookup give what DNS gives",
  run: ({ snapshot }) => {
    const { request } = snapshot;
    const host = valueOf(snapshot.cluster)?.endpoint?.host ?? "NAME";
    // getaddrinfo and the hosts file give both families, DNS was asked for one under -4 and -6.
    const resolutions = snapshot.resolutions.filter(
      ({ type }) => request.family === "any" || type === (request.family === 4 ? "A" : "AAAA"),
    );
    const fromDns = addressesBy(resolutions, "server");
    if (fromDns.length === 0) return skippedCheck("needs an answer from DNS (D01)");
    const fromHosts = addressesBy(resolutions, "hosts-file");
    if (fromHosts.length > 0 && !isSubset(fromHosts, fromDns)) {
      return problem(
        "warn",
        `the hosts file says ${fromHosts.join(", ")}, DNS says ${fromDns.join(", ")}`,
        {
          side: "local",
          next: "look at the endpoint's line in /etc/hosts; kubectl uses it before DNS",
        },
      );
    }
    const systemLookups = resolutions.filter(({ resolver }) => resolver.kind === "system-lookup");
    if (systemLookups.length === 0) {
      const { resolvers } = request;
      const wanted = resolvers.length === 0 || resolvers.some(({ kind }) => kind === "system");
      return skippedCheck(
        wanted
          ? "the system's own lookup gave no answer"
          : "the system's own lookup was not asked: --resolver names the servers",
      );
    }
    const fromSystem = addressesBy(resolutions, "system-lookup");
    if (!isSubset(fromSystem, fromDns)) {
      return problem(
        "warn",
        `programs here are given ${fromSystem.join(", ")}, DNS says ${fromDns.join(", ")}`,
        {
          side: "local",
          next: `getent ahosts ${host}   # then compare nsswitch.conf, resolver cache and VPN client`,
        },
      );
    }
    if (fromSystem.length === 0) {
      return problem(
        "warn",
        "DNS answers, but the system's own lookup gives programs here nothing",
        {
          details: systemLookups.flatMap(({ answer }) =>
            answer.kind === "failed" ? [answer.failure.message] : [],
          ),
          side: "local",
          next: `getent ahosts ${host}   # then look at nsswitch.conf and the local resolver cache`,
        },
      );
    }
    return passed("the system's own lookup gives what DNS gives");
  },
};

function addressesBy(
  resolutions: readonly Resolution[],
  kind: ResolverRef["kind"],
): readonly string[] {
  const ips = resolutions.filter(({ resolver }) => resolver.kind === kind).flatMap(ipsOf);
  return [...new Set(ips)].toSorted(compareIps);
}

function isSubset(part: readonly string[], whole: readonly string[]): boolean {
  return part.every((ip) => whole.includes(ip));
}
