import type { ServerCode } from "../model/finding-code.ts";
import { SERVERS_EXPECTED } from "./expectations.ts";
import type { Explanation } from "./explanation.ts";

export const SERVER_EXPLANATIONS: Readonly<Record<ServerCode, Explanation>> = {
  P01: {
    means:
      "The map says behind every address which API server answered. An address of which that is not known may lead to one that nobody watches.",
    found:
      "By the name that /api reports, else the host name in the certificate, else the certificate's fingerprint. An error from /api and an unreadable certificate together leave nothing to go by.",
    fix: [
      "eks-probe endpoints --cluster NAME -o json   # probes[] has what each address answered",
      "Give it a token that may read /api: then every server says its name.",
    ],
    sources: ["field notes: serverAddressByClientCIDRs of /api"],
    rows: [],
  },
  P02: {
    means:
      "An API server is known by independent signs: /api, its certificate, its identity Lease. When they name different servers, something in between may have ended TLS, or two servers share a name.",
    found: "The signs of each API server, compared with the strongest of them.",
    fix: [
      "eks-probe endpoints --cluster NAME --wide   # the names in each certificate",
      "Look for a proxy that ends TLS and holds the cluster's certificates.",
    ],
    sources: [
      "Kubernetes documentation: API server identity",
      "field notes: certificates of API servers",
    ],
    rows: [],
  },
  P03: {
    means:
      "An address is pinned when every fresh connection meets the same API server, and balanced when they meet several. A kept connection hides the difference; fresh ones show it.",
    found:
      "From n fresh connections that all met one server, another has at most 3/n of the traffic, with 95 % confidence.",
    fix: ["eks-probe endpoints --cluster NAME -n 20   # more connections, a stronger word"],
    sources: ["J. A. Hanley and A. Lippman-Hand, JAMA 1983 (the rule of three)"],
    rows: [],
  },
  P04: {
    means:
      "The way to the API server works, but it answers with an error of its own (5xx, or something no API server says to /api). It is starting, ending, or has lost etcd.",
    found:
      "The HTTP status of every answer to /api, but for 401 and 403, which are about the caller, and 429, which is about load (P09). With --deep P06 names the part that is not ready.",
    fix: [
      "eks-probe endpoints --cluster NAME --deep   # asks every server what it is that is not ready",
      "Run it again in some minutes: EKS replaces a server that stays unready.",
      "aws eks describe-cluster --name NAME --query cluster.health   # what EKS itself knows",
    ],
    sources: ["recordings of kube-apiserver 1.20 and 1.36 with a hung etcd"],
    rows: [38],
  },
  P05: {
    means:
      "While EKS updates a cluster its API servers run two versions for some minutes. Clients meet one or the other by chance.",
    found: "GET /version of every API server (--deep).",
    fix: ["aws eks list-updates --name NAME   # then describe-update: how far it is"],
    sources: ["EKS user guide: update existing cluster to new Kubernetes version"],
    rows: [41],
  },
  P06: {
    means:
      "An API server that does not pass its own /livez or /readyz fails requests or soon will, even where /api still answers.",
    found:
      "GET /livez?verbose and /readyz?verbose of every API server (--deep), with the checks that fail.",
    fix: [
      "kubectl get --raw '/readyz?verbose'   # asks one of them by chance",
      "Run it again in some minutes: EKS replaces a server that stays unready.",
    ],
    sources: ["Kubernetes documentation: API health endpoints"],
    rows: [],
  },
  P07: {
    means:
      "What the addresses look like together: whether DNS gives VIPs or ENIs, and whether each VIP has a server of its own. Always consistent with a shape, never proof of it.",
    found: "The endpoint's mode, the DNS answers, and which server answered behind each address.",
    fix: ["eks-probe endpoints --cluster NAME -n 20   # more connections, a stronger word"],
    sources: ["EKS best practices: control plane", "field notes: two clusters mapped by hand"],
    rows: [],
  },
  P08: {
    means:
      "When EKS takes an API server out of service, connections to it stay open, and it answers 401 to everybody. A client that keeps such a connection seems to have lost its rights, though nothing is wrong with its token.",
    found:
      "One token in one run: some addresses accept it and others answer 401. With --deep it also says whether the address is still an endpoint of the kubernetes service.",
    fix: [
      "eks-probe watch --cluster NAME --for 15m   # follows the address until it is dead: its last 200, first 401 and reset",
      "Make the client connect anew: restart it, or have it close connections on 401.",
    ],
    sources: ["aws/containers-roadmap#1810", "cilium/cilium#20915"],
    rows: [27],
  },
  P09: {
    means:
      "The API server turns requests away (429) because it has too many: its priority levels are full, or the control plane is too small. Well-behaved clients wait and try again; others fail.",
    found:
      "Answers with status 429, how many addresses give them, the flow schema that the request fell into, Retry-After, and the control plane's scaling tier. A warning while some requests pass, a failure when none does.",
    fix: [
      "kubectl get --raw /metrics | grep flowcontrol_rejected   # which priority level rejects",
      "Look in the audit log for the client that lists without limits or watches again and again.",
      "Choose a larger scaling tier for the control plane if the load is meant.",
    ],
    sources: [
      "EKS best practices: scalability, control plane",
      "Kubernetes documentation: API Priority and Fairness",
    ],
    rows: [11],
  },
  P10: SERVERS_EXPECTED,
};
