import type { Scenario } from "../scenario.ts";
import { READER, scenario, VIEWER } from "./base.ts";
import { fromOutside, OUTSIDE, withFaultAt, withFaults, withVipFault } from "./change.ts";
import { GONZ_EKS_BOTH, GONZ_EKS_PRI, GONZ_EKS_PUB, VPC_ID } from "./clusters.ts";

/** Of the office, where nobody of these scenarios sits. */
const ALLOWED = ["203.0.113.0/24"];

/** A client whose network has IPv6 alone, and a cluster whose name has no IPv6 address. */
const UNREACHABLE = { kind: "unreachable" } as const;

const SILENT_ENI = "10.0.88.140";

/** Enough for a client, and not for the server, whose answers go to any port. */
const HTTPS = {
  action: "allow",
  protocol: "6",
  cidr: "0.0.0.0/0",
  fromPort: 443,
  toPort: 443,
} as const;

/** What lies between a client and the first byte of an answer. */
export const NETWORK_SCENARIOS: readonly Scenario[] = [
  scenario("allowlist-misses-egress", "publicAccessCidrs leaves the caller's egress address out", {
    ...OUTSIDE,
    egressIp: "198.51.100.7",
    clusters: [
      fromOutside({
        ...withVipFault(GONZ_EKS_PUB, { kind: "drop" }),
        publicAccessCidrs: ALLOWED,
      }),
    ],
  }),
  scenario("private-from-laptop", "a private endpoint, from a host without a way into the VPC", {
    ...OUTSIDE,
    clusters: [fromOutside(GONZ_EKS_PRI)],
  }),
  scenario("refused", "an API server is starting: its VIP and its ENI refuse connections", {
    clusters: [
      withFaults(GONZ_EKS_PUB, ({ servers }) =>
        servers.includes("two") ? { kind: "refuse" } : undefined,
      ),
    ],
  }),
  scenario("handshake-stalls", "both VIPs accept TCP, and no TLS handshake ever ends", {
    clusters: [withVipFault(GONZ_EKS_PUB, { kind: "never", phase: "tls" })],
  }),
  scenario("mtu", "small answers arrive, the first packet of full size does not: a VPN's MTU", {
    principals: [READER, VIEWER],
    clusters: [withFaults(GONZ_EKS_PRI, () => ({ kind: "stall-large", bytes: 1380 }))],
  }),
  scenario("reset-by-filter", "a filter resets every handshake that names the endpoint", {
    ...OUTSIDE,
    clusters: [fromOutside(withVipFault(GONZ_EKS_PUB, { kind: "reset", phase: "tls" }))],
  }),
  scenario("no-route", "the client's network has no IPv4 route, the endpoint no IPv6 address", {
    clusters: [withFaults(GONZ_EKS_PUB, () => UNREACHABLE)],
  }),
  scenario("acl-closed", "the network ACL of one ENI's subnet lets no answer back out", {
    clusters: [withFaultAt(GONZ_EKS_BOTH, SILENT_ENI, { kind: "drop" })],
    vpcDetails: {
      [VPC_ID]: {
        networkAcls: [
          {
            id: "acl-0c10be0000000080c",
            subnetIds: GONZ_EKS_BOTH.enis.flatMap(({ ip, subnetId }) =>
              ip === SILENT_ENI ? [subnetId] : [],
            ),
            entries: [
              { ...HTTPS, number: 100, direction: "ingress" },
              { ...HTTPS, number: 100, direction: "egress" },
            ],
          },
        ],
      },
    },
  }),
];
