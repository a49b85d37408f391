import type { EventKind, EventSeverity, EventSubject } from "../model/watch/event.ts";
import {
  CONFIRM_CONNECTIONS,
  DEAD_AFTER,
  DELETED_AFTER,
  DOWN_AFTER,
  FOLLOW_MAX_MS,
  GAP_AFTER_INTERVALS,
  GONE_AFTER_BALANCED,
  GONE_AFTER_BALANCED_MAX,
  LEASE_ABSENT_AFTER,
  LEASE_STALE_BEHIND_PATH_MS,
  LEASE_STALE_MS,
  LEFT_DNS_AFTER,
  LEFT_SERVICE_AFTER,
  LOST_AFTER,
  REFUSED_AFTER,
  RESOLVER_STALE_MS,
  ROTATION_PATIENCE,
  SERVER_BACK_MS,
  SERVER_GONE_AFTER,
  UNREADY_AFTER,
  UP_AFTER,
} from "../watch/constants.ts";

/** What an event of a watch means; for the docs, the trackers do not need it. */
export interface EventExplanation {
  readonly severities: readonly EventSeverity[];
  /** What it says, and to whom it matters. */
  readonly means: string;
  /** What the program looks at. */
  readonly seen: string;
  /** How much has to be seen before it is told; until then it is a blip. */
  readonly sure: string;
  /** The keys of its subject; `may`: not always. */
  readonly about: readonly (keyof EventSubject)[];
  readonly may?: readonly (keyof EventSubject)[];
  /** What `was` and `is` hold. */
  readonly change: string;
  /** The part that it has beyond the others. */
  readonly part?: "outage" | "drain";
}

const AT_ONCE = "at once";
const LISTS = "list of ENIs (EC2)";

export const EVENT_EXPLANATIONS: Readonly<Record<EventKind, EventExplanation>> = {
  "address-joined-dns": {
    severities: ["info"],
    means:
      "The endpoint's name leads to one more address. New connections may go there from now on.",
    seen: "answers of every resolver that is asked",
    sure: "one answer of a resolver that had answered without it",
    about: ["address", "source"],
    change: "all addresses in DNS",
  },
  "address-left-dns": {
    severities: ["info"],
    means:
      "New connections no longer go there; those that are open live on. It is followed until it is dead.",
    seen: "answers of every resolver that named it",
    sure: `${LEFT_DNS_AFTER} answers in a row without it from each of them, ${ROTATION_PATIENCE} times as many as one ever left it out before where it names addresses in turns; one that has been silent for ${minutes(RESOLVER_STALE_MS)} does not count`,
    about: ["address", "source"],
    change: "all addresses in DNS",
  },
  "eni-created": {
    severities: ["info"],
    means:
      "EKS has placed a network interface in the VPC: an API server is about to serve, or subnets were changed.",
    seen: LISTS,
    sure: "one list that has it",
    about: ["eni", "address"],
    change: "is: its IP, subnet, zone, status, groups",
  },
  "eni-deleted": {
    severities: ["info"],
    means:
      "The interface is gone from EC2, and with it the private way to an API server. Its address is followed until it is dead.",
    seen: LISTS,
    sure: `${DELETED_AFTER} lists in a row without it`,
    about: ["eni", "address"],
    change: "was: its IP, subnet, zone, status, groups",
  },
  "eni-changed": {
    severities: ["info"],
    means:
      "The interface has another IP, subnet, zone, status or other security groups. Other groups may close it.",
    seen: LISTS,
    sure: AT_ONCE,
    about: ["eni", "address"],
    change: "what of it has changed",
  },
  "endpoint-joined-service": {
    severities: ["info"],
    means: "Pods that use the service `kubernetes` may be sent there.",
    seen: "endpoints of `default/kubernetes`, ready ones",
    sure: "one list that has it",
    about: ["address"],
    change: "all endpoints",
  },
  "endpoint-left-service": {
    severities: ["info"],
    means:
      "Pods are no longer sent there. An API server that ends in order takes itself out first.",
    seen: "endpoints of `default/kubernetes`, ready ones",
    sure: `${LEFT_SERVICE_AFTER} lists in a row without it`,
    about: ["address"],
    change: "all endpoints",
  },
  "server-appeared": {
    severities: ["info"],
    means:
      "There is one API server more, on some path or by its Lease alone; or one that was gone is met again, the same process as before.",
    seen: "the host that `/api` or the certificate names; identity Leases",
    sure: "one answer, or one live Lease",
    about: ["server"],
    change: "is: its host",
  },
  "server-restarted": {
    severities: ["warn"],
    means: "The same host, another process. Every connection to it was broken.",
    seen: "the incarnation in its Lease; without Leases: its connections broke and its certificate is another one",
    sure: `one list with another incarnation; where a list is due but does not tell, after ${seconds(LEASE_STALE_MS)}`,
    about: ["server"],
    change: "incarnations, or certificates",
  },
  "server-replaced": {
    severities: ["info"],
    means: "An API server is gone, and all its paths lead to one that came after it.",
    seen: "as server-gone",
    sure: "as server-gone",
    about: ["server"],
    change: "their hosts",
  },
  "server-gone": {
    severities: ["warn"],
    means: "An API server is no longer there, and none in particular has taken its place.",
    seen: "where its paths lead now; its Lease",
    sure: `not met in ${SERVER_GONE_AFTER} rounds in which others answered, all its paths lead elsewhere or are dead, and its Lease, where Leases can be read, was not renewed for ${seconds(LEASE_STALE_MS)} or is missing from ${LEASE_ABSENT_AFTER} lists; where a path is merely down, ${seconds(LEASE_STALE_BEHIND_PATH_MS)}. Met again within ${minutes(SERVER_BACK_MS)} it has restarted`,
    about: ["server"],
    change: "was: its host",
  },
  "certificate-rotated": {
    severities: ["info"],
    means:
      "An API server shows another certificate and is the same process: clients that pin certificates notice.",
    seen: "fingerprints of verified certificates; the incarnation in its Lease, to tell it from a restart",
    sure: `the Lease renewed by the same incarnation; without Leases at once, if no connection to it broke`,
    about: ["server"],
    change: "fingerprint and end of validity",
  },
  "version-changed": {
    severities: ["info"],
    means:
      "An API server runs another version; or EKS says another Kubernetes or platform version of the cluster.",
    seen: "`/version` on the kept connection; DescribeCluster",
    sure: AT_ONCE,
    about: [],
    may: ["server"],
    change: "the versions",
  },
  "cluster-changed": {
    severities: ["info", "warn", "bad"],
    means:
      "Status, access, CIDRs, groups, subnets or scaling tier of the cluster are other ones. An endpoint of another name is a warning, a cluster that is deleted or has failed is bad.",
    seen: "DescribeCluster",
    sure: AT_ONCE,
    about: [],
    change: "the values",
  },
  "path-moved": {
    severities: ["info"],
    means: "The same address leads to another API server, or to several.",
    seen: "the API server behind each fresh connection",
    sure: `${CONFIRM_CONNECTIONS} fresh connections at once, in a round of their own. Behind a balanced address a server counts as not there after ${GONE_AFTER_BALANCED} to ${GONE_AFTER_BALANCED_MAX} that did not meet it, by the share it had`,
    about: ["address"],
    may: ["server"],
    change: "their hosts",
  },
  "path-down": {
    severities: ["bad"],
    means:
      "Fresh connections to the address get no usable answer: none, a 5xx, or a 401 or 403 while another address accepts the caller, as from an API server that was scaled in. 429 is an answer.",
    seen: "fresh connections",
    sure: `${DOWN_AFTER} in a row that failed`,
    about: ["address"],
    change: "up, down",
    part: "outage",
  },
  "path-up": {
    severities: ["good"],
    means:
      "They are answered again; or, of one that never was, for the first time (without an outage).",
    seen: "fresh connections",
    sure: `${UP_AFTER} in a row that were answered`,
    about: ["address"],
    change: "down, up",
    part: "outage",
  },
  "kept-refused": {
    severities: ["warn"],
    means:
      "A connection that was open before gets 401 where fresh ones to the same address are accepted: an API server that was scaled in, or whose place another has taken, refuses everyone on its old connections. Clients have to connect anew.",
    seen: "the kept connection, beside fresh ones",
    sure: "2 rounds in a row, once for each connection",
    about: ["address"],
    may: ["server"],
    change: "200, 401",
  },
  "readyz-lost": {
    severities: ["bad"],
    means:
      "An API server that was ready says that it is not: it ends, or has lost etcd. Whatever balances by it turns away.",
    seen: "`/readyz?verbose` on the kept connections",
    sure: `${UNREADY_AFTER} rounds in a row in which all of them say so`,
    about: ["server"],
    may: ["address"],
    change: "ready, not ready",
  },
  "readyz-regained": {
    severities: ["good"],
    means: "It is ready again.",
    seen: "`/readyz?verbose` on the kept connections",
    sure: `${UP_AFTER} rounds in a row in which all of them say so`,
    about: ["server"],
    may: ["address"],
    change: "not ready, ready",
  },
  "address-dead": {
    severities: ["info"],
    means:
      "How an address ended that DNS or EC2 had dropped: when it was dropped, the last 200, the first 401, reset and silence, over fresh connections and over the one that was open. It tells how long old clients went on.",
    seen: "fresh connections, and the kept one, which is not opened anew",
    sure: `${DEAD_AFTER} fresh connections in a row that failed and the kept one ended. One that answers on is given up after ${minutes(FOLLOW_MAX_MS)}, and that is said`,
    about: ["address"],
    change: "dropped, dead",
    part: "drain",
  },
  "update-started": {
    severities: ["info"],
    means:
      "EKS updates the cluster. What changes meanwhile, or soon after, names this update (`during`).",
    seen: "ListUpdates and DescribeUpdate",
    sure: AT_ONCE,
    about: ["update"],
    change: "is: InProgress",
  },
  "update-finished": {
    severities: ["good", "bad", "warn", "info"],
    means:
      "It succeeded (good), failed (bad), was cancelled (warning), or is something else that EKS calls it.",
    seen: "ListUpdates and DescribeUpdate",
    sure: AT_ONCE,
    about: ["update"],
    change: "its status",
  },
  "source-lost": {
    severities: ["warn"],
    means:
      "Something that the watch depends on does not answer any more: what it shows is unknown from now on, not unchanged. AWS throttles, credentials have expired, a resolver is silent, a right was taken away.",
    seen: "every question that is asked",
    sure: `${LOST_AFTER} questions in a row without an answer; a denial at once`,
    about: ["source"],
    change: "none",
  },
  "source-regained": {
    severities: ["good"],
    means:
      "It answers again. What changed meanwhile is told with the time since when it was not seen.",
    seen: "every question that is asked",
    sure: "one answer",
    about: ["source"],
    change: "none",
  },
  "caller-refused": {
    severities: ["bad"],
    means:
      "Every address that answers says 401 or 403 to a caller that was accepted before: its token or its rights, not the paths.",
    seen: "fresh connections",
    sure: `${REFUSED_AFTER} rounds in a row`,
    about: [],
    change: "200, the statuses",
  },
  "caller-accepted": {
    severities: ["good"],
    means: "The caller is accepted again.",
    seen: "fresh connections",
    sure: "one 200",
    about: [],
    change: "is: 200",
  },
  "watch-gap": {
    severities: ["warn"],
    means:
      "The watch itself saw nothing for a while: this machine slept, the watch was stopped and resumed, or its clock was set back. What happened meanwhile is told as between the two rounds.",
    seen: "times of the rounds",
    sure: `${GAP_AFTER_INTERVALS} intervals without a round`,
    about: [],
    change: "the two times",
  },
};

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}

function minutes(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`;
}
