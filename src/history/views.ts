import { compareIps } from "../model/ip.ts";
import { compareParts, type Differences, known, type Part, type PartState } from "./parts.ts";
import type { SavedEni, SavedFinding, SavedRun } from "./saved-run.ts";

/** Two runs, seen from the side of what AWS, DNS and the checks said. */

const NOT_KNOWN: PartState = { kind: "unknown", reason: "not known" };

function fact(value: string | null | undefined, shown?: string): PartState {
  return value == null ? NOT_KNOWN : known(value, shown ?? value);
}

function listFact(texts: readonly string[] | null | undefined): PartState {
  return texts == null ? NOT_KNOWN : known(listed(texts), listed(texts) || "none");
}

export function listed(texts: readonly string[]): string {
  return [...new Set(texts)].toSorted().join(", ");
}

/** Runs on two clusters: that is a change, and the rest is compared all the same. */
export function nameComparison(before: SavedRun, after: SavedRun): Differences {
  return compareParts([namePart(before)], [namePart(after)]);
}

function namePart({ cluster }: SavedRun): Part {
  return { key: "name", what: "cluster name", state: known(cluster.name) };
}

export function clusterComparison(before: SavedRun, after: SavedRun): Differences {
  const [left, right] = [clusterParts(before), clusterParts(after)];
  if (!isUntold(left) && !isUntold(right)) return compareParts(left, right);
  // All of it comes with one answer: without that, one line says it.
  const whole = (parts: readonly Part[]): readonly Part[] => [
    {
      key: "cluster",
      what: "what EKS says of the cluster",
      state: isUntold(parts) ? NOT_KNOWN : known("told"),
    },
  ];
  return compareParts(whole(left), whole(right));
}

function isUntold(parts: readonly Part[]): boolean {
  return parts.every(({ state }) => state.kind === "unknown");
}

function clusterParts({ cluster }: SavedRun): readonly Part[] {
  const states: Readonly<Record<string, PartState>> = {
    ARN: fact(cluster.arn),
    status: fact(cluster.status),
    version: fact(cluster.version),
    "platform version": fact(cluster.platformVersion),
    "endpoint host": fact(cluster.endpoint?.host.toLowerCase()),
    "cluster CA": pemFact(cluster.certificateAuthority),
    "endpoint mode": cluster.mode === "unknown" ? NOT_KNOWN : fact(cluster.mode),
    "public access CIDRs": listFact(cluster.publicAccessCidrs),
  };
  return Object.entries(states).map(([what, state]) => ({ key: what, what, state }));
}

/** The PEM itself would be pages: told by its end, which is the signature's. */
function pemFact(pem: string | null | undefined): PartState {
  if (pem == null) return NOT_KNOWN;
  const content = pem.replaceAll(/-----[^-]*-----|\s+/g, "");
  return known(content, `…${content.slice(-12)}`);
}

/**
 * What the name resolves to, resolver by resolver: another one may by design say something else.
 * The hosts file is always looked at, so that no entry is an answer as well.
 */
export function dnsComparison(before: SavedRun, after: SavedRun): Differences {
  const [left, right] = [dnsParts(before), dnsParts(after)];
  return compareParts(left, right, ({ key }, side) => {
    if (key === "hosts-file") return known("", "none");
    const anyAsked = (side === "before" ? left : right).length > 0;
    return { kind: "unknown", reason: anyAsked ? "another resolver was asked" : "not asked" };
  });
}

function dnsParts({ resolutions }: SavedRun): readonly Part[] {
  const names = [...new Set(resolutions.map(({ resolver }) => resolverName(resolver)))].toSorted();
  return names.map((key) => {
    const own = resolutions.filter(({ resolver }) => resolverName(resolver) === key);
    const ips = [...new Set(own.flatMap(({ records }) => records.map(({ ip }) => ip)))];
    const isWhole = own.every(({ outcome }) => outcome !== "failed");
    const text = ips.toSorted(compareIps).join(", ");
    return {
      key,
      what: key === "hosts-file" ? "addresses in the hosts file" : `addresses by ${key}`,
      state: isWhole ? known(text, text || "none") : { kind: "unknown", reason: "no answer" },
    };
  });
}

/** Without the port, which says nothing of who answers. */
function resolverName({ kind, ip }: SavedRun["resolutions"][number]["resolver"]): string {
  switch (kind) {
    case "server":
      return `DNS server ${ip ?? ""}`;
    case "system-lookup":
      return "the system's lookup";
    default:
      return kind;
  }
}

export function eniComparison(before: SavedRun, after: SavedRun): Differences {
  const sides = [before, after].map(({ enis }) =>
    enis.problem != null || enis.reason != null ? undefined : enis.items,
  );
  const [left, right] = sides;
  if (left === undefined || right === undefined) {
    const state = (run: SavedRun): PartState => {
      if (run.enis.problem != null) return NOT_KNOWN;
      return run.enis.reason != null ? { kind: "not-asked" } : known("asked");
    };
    const part = (run: SavedRun): Part => ({ key: "enis", what: "EKS ENIs", state: state(run) });
    return compareParts([part(before)], [part(after)]);
  }
  const [was, is] = [new Set(left.map(({ id }) => id)), new Set(right.map(({ id }) => id))];
  const inBoth = ({ id }: SavedEni): boolean => was.has(id) && is.has(id);
  return compareParts(
    left.flatMap((eni) => eniParts(eni, inBoth(eni))),
    right.flatMap((eni) => eniParts(eni, inBoth(eni))),
  );
}

/** One that came or went is one change; of one that stayed, each property is looked at. */
function eniParts(eni: SavedEni, stayed: boolean): readonly Part[] {
  const { id, privateIp, subnetId, availabilityZone, securityGroupIds, status } = eni;
  if (!stayed) return [{ key: id, what: `ENI ${id}`, state: known(id, privateIp) }];
  const states = {
    address: fact(privateIp),
    subnet: fact(subnetId),
    zone: fact(availabilityZone),
    "security groups": listFact(securityGroupIds),
    status: fact(status),
  };
  return Object.entries(states).map(([name, state]) => ({
    key: `${id} ${name}`,
    what: `${name} of ENI ${id}`,
    state,
  }));
}

/** Findings by what they come to: a check that had nothing to look at found nothing wrong. */
export function findingComparison(before: SavedRun, after: SavedRun): Differences {
  return compareParts(findingParts(before), findingParts(after), () => ({ kind: "not-asked" }));
}

function findingParts({ findings }: SavedRun): readonly Part[] {
  return findings.map((finding) => ({
    key: finding.code,
    what: `finding ${[finding.code, finding.topic].join(" ").trimEnd()}`,
    state: stateOfFinding(finding),
  }));
}

function stateOfFinding(finding: SavedFinding): PartState {
  // Its cause is compared in its stead.
  if (finding.causedBy.length > 0) return { kind: "not-asked" };
  switch (finding.status) {
    case "warn":
      return known("warn", "warning");
    case "fail":
      return known("fail", "failed");
    case "ok":
      return known("ok");
    case "skip":
      return finding.blockedBy.length > 0 ? { kind: "not-asked" } : known("ok");
    default:
      return { kind: "unknown", reason: "could not tell" };
  }
}
