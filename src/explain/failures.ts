import type { KnownFailure } from "./explanation.ts";

/** How people lose their endpoint, by what they see first. Numbers are fixed for good. */
const BY_AREA: Readonly<Record<string, readonly (readonly [number: number, symptom: string])[]>> = {
  "network path": [
    [1, "public addresses time out: this host's egress address is not in publicAccessCidrs"],
    [
      2,
      "nodes never join: public access is narrowed, private access off, the NAT address not allowed",
    ],
    [3, "private addresses time out from a laptop: private endpoint, and no way into the VPC"],
    [
      4,
      "private addresses time out from inside: the ENIs' security groups do not let this host in",
    ],
    [5, "one ENI or zone alone times out: network ACL or route table of its subnet"],
    [
      6,
      "one of the resolved addresses is dead for a minute: an API server was replaced, DNS is behind",
    ],
    [
      7,
      "connection refused: a server restarts, or a hosts entry or tunnel leads where nothing listens",
    ],
    [8, "TLS handshake timeout: TCP connects, then silence"],
    [9, "small answers arrive, large ones hang: packets beyond the path's MTU are lost"],
    [10, "EOF or reset in the handshake: a filter on the name, or a load balancer without targets"],
    [11, "429 Too Many Requests: the API server sheds load"],
    [
      12,
      "exec and logs time out while the rest works: the control plane does not reach the kubelet",
    ],
  ],
  DNS: [
    [
      13,
      "no such host outside the VPC: an old private endpoint, or a resolver that drops private answers",
    ],
    [14, "no such host anywhere: the cluster is deleted, misspelt or still being made"],
    [15, "public addresses inside the VPC though private access is on: the VPC's DNS settings"],
    [
      16,
      "public addresses from a peered or own network with both accesses on, and a firewall in front",
    ],
    [17, "another cluster's address: overlapping networks, a stale hosts entry or record"],
    [18, "network unreachable from an IPv6-only host: the endpoint has no IPv6 address"],
  ],
  TLS: [
    [19, "x509: unknown authority, and the issuer is a proxy's: something inspects TLS"],
    [20, "x509: unknown authority, and the issuer is a cluster's: the kubeconfig has an old CA"],
    [
      21,
      "x509: valid for other names than the one dialled: address, alias or tunnel in the kubeconfig",
    ],
    [
      22,
      "certificate expired or not yet valid: this host's clock, or a certificate that is overdue",
    ],
  ],
  auth: [
    [23, "401, and STS says the signature expired: this host's clock"],
    [24, "401, though STS accepts the token: it is for a cluster of another name"],
    [25, "401, though token and name are right: the caller is mapped to nobody"],
    [26, "401 after a quarter of an hour: a token that was written down"],
    [27, "401 on one address or an old connection only: an API server that is being removed"],
    [28, "401 for health checks without a token since the update to 1.32"],
    [29, "403 for system:anonymous: the token did not arrive"],
    [30, "403 for one's own user: the token is good, the permission is missing"],
    [31, "the exec plugin fails: a sign-in session is over"],
    [32, "executable aws not found: no such program in this image"],
    [33, "ExpiredToken or AccessDenied while assuming a role"],
    [34, "no EC2 role found in a pod: the metadata service's answer does not arrive"],
    [35, "InvalidClientTokenId: keys of another partition, or deleted ones"],
    [36, "401 for a token that is too long"],
    [37, "i/o timeout to STS: no way to it for the role, or switched off for the API servers"],
    [38, "401 now and then with a good token: the authenticator is throttled by STS"],
  ],
  proxy: [
    [
      39,
      "407 or Forbidden from a proxy, or private addresses sent to it: NO_PROXY lacks the endpoint",
    ],
    [40, "a certificate of something else altogether: HTTPS_PROXY points at a tunnel"],
  ],
  "control plane": [
    [41, "no endpoint, or servers change under way: the cluster is being made, updated or deleted"],
    [42, "updates fail, no new ENI: subnets without free addresses, subnet or group deleted"],
    [43, "fewer than two ENIs in use"],
    [44, "AccessDenied for DescribeCluster or DescribeNetworkInterfaces"],
    [45, "no endpoint at all: a connected cluster; an Outposts cluster that goes by its id"],
  ],
  "inside a node": [
    [46, "the service address times out in pods while the node gets through"],
    [47, "timeouts for a quarter of an hour after an update: clients hang on a deleted ENI"],
    [48, "kubelet goes out through the public endpoint though the private one is on"],
    [49, "kubelet goes through a proxy"],
    [50, "long watches break off: idle connections are dropped by IPVS"],
  ],
};

export const KNOWN_FAILURES: readonly KnownFailure[] = Object.entries(BY_AREA).flatMap(
  ([area, failures]) => failures.map(([number, symptom]) => ({ number, area, symptom })),
);
