import type { EventDraft, EventSeverity } from "../../../model/watch/event.ts";
import type { ClusterSeen } from "../../../model/watch/sample.ts";
import { draft, type Round, type Step } from "../step.ts";
import { shown, shownLine } from "../words.ts";

type Field = keyof ClusterSeen;

export interface ClusterState {
  /** What is known of it; a field that the latest answer left out is as it was before. */
  readonly last: ClusterSeen | undefined;
  /** ISO 8601, by field: the latest answer that had it. */
  readonly seenAt: Readonly<Partial<Record<Field, string>>>;
}

export const NO_CLUSTER: ClusterState = { last: undefined, seenAt: {} };

interface FieldInfo {
  readonly what: string;
  readonly kind: "version-changed" | "cluster-changed";
  /** Of the change to that value. */
  readonly severity: (is: string) => EventSeverity;
}

const info = (): EventSeverity => "info";

const FIELDS = {
  status: {
    what: "status of the cluster",
    kind: "cluster-changed",
    severity: (is) => (is === "FAILED" || is === "DELETING" ? "bad" : "info"),
  },
  version: { what: "Kubernetes version of the cluster", kind: "version-changed", severity: info },
  platformVersion: {
    what: "platform version of the cluster",
    kind: "version-changed",
    severity: info,
  },
  // Every kubeconfig that was made before leads elsewhere.
  endpointHost: {
    what: "endpoint of the cluster",
    kind: "cluster-changed",
    severity: () => "warn",
  },
  access: { what: "endpoint access of the cluster", kind: "cluster-changed", severity: info },
  publicAccessCidrs: {
    what: "public access CIDRs of the cluster",
    kind: "cluster-changed",
    severity: info,
  },
  securityGroupIds: {
    what: "security groups of the cluster",
    kind: "cluster-changed",
    severity: info,
  },
  subnetIds: { what: "subnets of the cluster", kind: "cluster-changed", severity: info },
  scalingTier: { what: "scaling tier of the cluster", kind: "cluster-changed", severity: info },
} as const satisfies Record<Field, FieldInfo>;

const NAMES: readonly Field[] = Object.keys(FIELDS).filter(isField);

function isField(name: string): name is Field {
  return name in FIELDS;
}

/**
 * What EKS says of the cluster: version, status, how the endpoint is set up. A field that is
 * undefined is unknown, and the first value of a field is how things are: neither is an event.
 */
export function trackCluster(state: ClusterState, round: Round): Step<ClusterState> {
  const { cluster, at } = round.sample;
  if (cluster?.kind !== "known") return { state, events: [] };
  const seen = cluster.value;
  const events = NAMES.flatMap((field) => changeOf(state, round, field, seen) ?? []);
  const present = NAMES.filter((field) => seen[field] !== undefined);
  return {
    state: {
      last: state.last === undefined ? seen : merged(state.last, seen),
      seenAt: { ...state.seenAt, ...Object.fromEntries(present.map((field) => [field, at])) },
    },
    events,
  };
}

function merged(before: ClusterSeen, seen: ClusterSeen): ClusterSeen {
  return {
    status: seen.status ?? before.status,
    version: seen.version ?? before.version,
    platformVersion: seen.platformVersion ?? before.platformVersion,
    endpointHost: seen.endpointHost ?? before.endpointHost,
    access: seen.access ?? before.access,
    publicAccessCidrs: seen.publicAccessCidrs ?? before.publicAccessCidrs,
    securityGroupIds: seen.securityGroupIds ?? before.securityGroupIds,
    subnetIds: seen.subnetIds ?? before.subnetIds,
    scalingTier: seen.scalingTier ?? before.scalingTier,
  };
}

function changeOf(
  { last, seenAt }: ClusterState,
  round: Round,
  field: Field,
  seen: ClusterSeen,
): EventDraft | undefined {
  const [was, is] = [valuesOf(last?.[field]), valuesOf(seen[field])];
  if (was === undefined || is === undefined) return undefined;
  const [wasWords, isWords] = [wordsOf(was), wordsOf(is)];
  if (wasWords === isWords) return undefined;
  const { kind, what, severity }: FieldInfo = FIELDS[field];
  const isList = Array.isArray(seen[field]);
  return draft(
    round,
    kind,
    severity(isWords),
    {},
    isList
      ? `${what} changed: ${differenceWords(was, is)}`
      : `${what} is ${shown(isWords)}, was ${shown(wasWords)}`,
    {
      after: seenAt[field],
      was: shownLine(wasWords),
      is: shownLine(isWords),
      evidence: [`EKS says (DescribeCluster) ${shownLine(isWords)}`],
    },
  );
}

/** Lists have no order. */
function valuesOf(value: ClusterSeen[Field]): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? [value] : [...new Set(value)].toSorted();
}

function wordsOf(values: readonly string[]): string {
  return values.join(", ") || "none";
}

/** `0.0.0.0/0 is out, 203.0.113.0/24 is in` */
function differenceWords(was: readonly string[], is: readonly string[]): string {
  const [before, now] = [new Set(was), new Set(is)];
  return shownLine(
    [
      ...was.filter((value) => !now.has(value)).map((value) => `${shown(value)} is out`),
      ...is.filter((value) => !before.has(value)).map((value) => `${shown(value)} is in`),
    ].join(", "),
  );
}
