import type { Explanation } from "./explanation.ts";

/** What the user expects beyond what is right for every cluster: the files of the layers take these in. */
export const MODE_EXPECTED: Explanation = {
  means:
    "The endpoint's access mode (public, private, or both) is the one that --expect-mode or eks-probe.yaml names. A change of it moves every client to other addresses, so a pipeline may want to stop.",
  found:
    "DescribeCluster's endpointPublicAccess and endpointPrivateAccess, against the expectation. Where EKS was not asked, the mode is unknown and so is this.",
  fix: [
    "aws eks list-updates --name CLUSTER   # an EndpointAccessUpdate tells when it was changed",
    "aws eks update-cluster-config --name CLUSTER --resources-vpc-config endpointPublicAccess=…,endpointPrivateAccess=…   # to set it back",
    "change expect.mode in eks-probe.yaml, if the new mode is what is wanted",
  ],
  sources: [
    "EKS API reference: VpcConfigRequest",
    "EKS user guide: cluster endpoint access control",
  ],
  rows: [],
};

export const LATENCY_EXPECTED: Explanation = {
  means:
    "At every address the median time of TCP, TLS and the first byte of the answer is within the limits that --expect-tcp, --expect-tls and --expect-ttfb or eks-probe.yaml set.",
  found:
    "The times of the run's own connections, by address. With one connection an address (the default) the median is that one; connections that are made at once share this process, so short limits want -n and --interval.",
  fix: [
    "eks-probe endpoints --cluster CLUSTER -n 20 --interval 100ms   # medians of twenty, one after the other",
    "compare the addresses: one that is slow alone is behind another route or a busy API server; all of them are the way from here",
  ],
  sources: ["EKS best practices guide: control plane"],
  rows: [],
};

export const SERVERS_EXPECTED: Explanation = {
  means:
    "At least as many API servers are reached as --expect-api-servers or eks-probe.yaml names. EKS runs two or more; fewer reached means that one is gone, or that no address leads to it.",
  found:
    "The API servers of the map: different serverAddress in /api, else different certificates. A server that no connection of this run met is not counted.",
  fix: [
    "eks-probe endpoints --cluster CLUSTER -n 20 --deep   # more connections, and the identity Leases of servers that no address leads to",
    "run it again in some minutes: a server that is being replaced is missing for that long",
  ],
  sources: ["EKS user guide: cluster architecture", "aws/containers-roadmap#1810"],
  rows: [],
};
