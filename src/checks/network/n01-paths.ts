import { valueOf } from "../../model/fact.ts";
import type { FailureCode } from "../../model/failure.ts";
import type { Path } from "../../model/map.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import {
  type Check,
  count,
  type Outcome,
  passed,
  problem,
  shortAddress,
  skippedCheck,
} from "../check.ts";

/** Every path that should work from here connects, speaks TLS and answers. */
export const pathsConnect: Check = {
  topic: "paths",
  title: "every address that should be reachable from here answers",
  run: ({ snapshot, map }) => {
    const addresses = byAddress(map.paths);
    if (addresses.length === 0) return withoutAddress(snapshot);
    const refused = addresses.filter(isRefused);
    const failed = addresses.filter(
      (path) => path.state.kind === "failed" && !refused.includes(path),
    );
    const tried = addresses.filter(
      ({ state }) => state.kind !== "skipped" && state.kind !== "unknown",
    );
    if (failed.length > 0) {
      const sides = [
        ...new Set(
          failed.flatMap(({ state }) => (state.kind === "failed" ? state.failure.side : [])),
        ),
      ];
      return problem("fail", `${failed.length} of ${count(tried.length, "path")} failed`, {
        details: failed.map(
          ({ address, state }) =>
            `${shortAddress(address)}: ${state.kind === "failed" ? state.failure.message : ""}`,
        ),
        side: sides.length === 1 ? sides[0] : "network",
        next: nextFor(failed[0], map.paths, snapshot),
        addresses: failed.map(({ address }) => address),
      });
    }
    if (tried.length === 0) {
      const known = addresses.filter(({ state }) => state.kind === "unknown");
      if (known.length > 0)
        return skippedCheck(
          snapshot.interrupted
            ? "interrupted before a path was tried"
            : "no path could be tried (C01)",
        );
      return problem(
        "unknown",
        "no path can be reached from here: each leads through a private network",
        {
          side: "network",
          next: "run it inside the VPC (bastion, VPN), or name the tunnel with --connect-to",
          addresses: addresses.map(({ address }) => address),
        },
      );
    }
    if (refused.length > 0) {
      return skippedCheck(
        `${count(refused.length, "path")} of ${tried.length} ${refused.length === 1 ? "ends" : "end"} at a certificate that is refused (T01)`,
      );
    }
    const skippedByDesign = addresses.filter(({ state }) => state.kind === "skipped");
    const rest =
      skippedByDesign.length > 0
        ? `; ${skippedByDesign.length} not reachable from here by design`
        : "";
    return passed(`${tried.length}/${tried.length} answer${rest}`, {
      details: skippedByDesign.map(
        ({ address, state }) =>
          `${shortAddress(address)}: ${state.kind === "skipped" ? state.reason : ""}`,
      ),
    });
  },
};

/** A refused certificate is T01's to tell. */
const REFUSED: ReadonlySet<FailureCode> = new Set([
  "tls-untrusted",
  "tls-expired",
  "tls-not-yet-valid",
  "tls-name-mismatch",
]);

function isRefused({ state }: Path): boolean {
  return state.kind === "failed" && REFUSED.has(state.failure.code);
}

/** A run that dialled nothing proves nothing; some other check says why, but for an empty choice. */
function withoutAddress({ cluster, enis, request }: Snapshot): Outcome {
  const isToldElsewhere =
    valueOf(cluster)?.endpoint === undefined ||
    enis.kind === "unknown" ||
    request.paths.includes("vip");
  if (isToldElsewhere) return skippedCheck("no address is known (C01, C02, D01)");
  return problem("unknown", "there is no address to try: none of the ENIs has one of this kind", {
    side: "user",
    next: "leave out --paths, -4 and -6",
  });
}

function byAddress(paths: readonly Path[]): readonly Path[] {
  return paths.filter(
    (path, index) => paths.findIndex(({ address }) => address === path.address) === index,
  );
}

type Words = {
  readonly path: Path;
  readonly ip: string;
  readonly cause: string | undefined;
  readonly cluster: string;
  readonly letsEveryoneIn: boolean;
  /** Another address of the kind answers: whatever filters by this host lets it through. */
  readonly siblingAnswers: boolean;
  /** Nothing answers, at several addresses: no single API server's doing. */
  readonly everywhere: boolean;
};

const NEXT_STEP: Partial<Record<FailureCode, (words: Words) => string | undefined>> = {
  "tcp-timeout": ({ path, ip, cluster, letsEveryoneIn, siblingAnswers }) => {
    if (path.seen > 0)
      return `eks-probe endpoints --cluster ${cluster} -n 20   # how many fail: at all addresses packets are lost on the way, at one it is that address's`;
    if (path.kind === "eni") {
      return siblingAnswers
        ? `ip route get ${ip}   # another ENI answers: compare the ways, and what filters on them`
        : `allow TCP 443 from here in the cluster's security group: aws eks describe-cluster --name ${cluster} --query cluster.resourcesVpcConfig`;
    }
    if (siblingAnswers) return undefined;
    return letsEveryoneIn
      ? `aws sts get-caller-identity   # if this gets through, something of this network drops the endpoint alone: publicAccessCidrs let everyone in`
      : `is your egress IP in publicAccessCidrs? aws eks describe-cluster --name ${cluster} --query cluster.resourcesVpcConfig.publicAccessCidrs`;
  },
  "tcp-unreachable": ({ ip }) =>
    `ip route get ${ip}   # no route: add it; with one, a router or firewall on it says "unreachable" or "prohibited"`,
  "tcp-local": ({ ip, cause }) =>
    cause === "EACCES" || cause === "EPERM"
      ? `ip route get ${ip}   # a "prohibit" route; else a rule of this host's own firewall (iptables -S OUTPUT, nft list ruleset)`
      : "ulimit -n   # then run it again with fewer -n",
  "tls-not-tls": ({ path }) =>
    `curl -v --max-time 3 telnet://${path.address}   # something else listens there`,
  "http-timeout": ({ cluster }) =>
    `eks-probe endpoints --cluster ${cluster} --anonymous   # if this is answered, it is the token's verdict that takes so long (authenticator, STS); else what follows the handshake is lost on the way`,
  "http-reset": ({ cluster, everywhere }) =>
    everywhere
      ? `eks-probe endpoints --cluster ${cluster} --http1.1   # if this is answered, something on the way does not pass HTTP/2; else look for a firewall that ends connections after the handshake`
      : undefined,
};

function nextFor(
  path: Path | undefined,
  paths: readonly Path[],
  { request: { cluster }, cluster: described, addresses }: Snapshot,
): string | undefined {
  if (path?.state.kind !== "failed") return undefined;
  const { code, cause } = path.state.failure;
  const tried = byAddress(paths).filter(
    ({ state }) => state.kind !== "skipped" && state.kind !== "unknown",
  );
  const words: Words = {
    path,
    ip: addresses.find(({ id }) => id === path.address)?.ip ?? shortAddress(path.address),
    cause,
    cluster,
    letsEveryoneIn: valueOf(described)?.publicAccessCidrs?.includes("0.0.0.0/0") ?? false,
    siblingAnswers: paths.some(({ kind, state }) => kind === path.kind && state.kind === "ok"),
    everywhere: tried.length > 1 && tried.every(({ state }) => state.kind === "failed"),
  };
  return (
    NEXT_STEP[code]?.(words) ??
    `eks-probe endpoints --cluster ${cluster} -n 5   # a replaced API server fails for a minute, then leaves DNS`
  );
}
