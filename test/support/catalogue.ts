import type { FindingStatus } from "../../src/model/finding.ts";
import type { FindingCode } from "../../src/model/finding-code.ts";
import { findProgram } from "./real-clients.ts";

/** One failure of the catalogue, provoked: what the program has to say of it, and nothing else. */
export interface CatalogueCase {
  /** Numbers in the catalogue of failures; none for what is worth telling and is no failure there. */
  readonly rows: readonly number[];
  readonly scenario: string;
  /** Undefined is the scenario's only one. */
  readonly cluster?: string;
  /** Beside `--cluster` and `--timeout`. */
  readonly args?: readonly string[];
  /** The finding that names the cause. */
  readonly code: FindingCode;
  readonly status: FindingStatus;
  /** What its summary has to say. */
  readonly says: RegExp;
  /** Further findings that count: where a scenario has two causes, or a cause two sides. */
  readonly also?: readonly FindingCode[];
  readonly exitCode: number;
}

type More = Pick<CatalogueCase, "cluster" | "args" | "also">;

function caseOf(status: FindingStatus, exitCode: number) {
  return (
    rows: CatalogueCase["rows"],
    scenario: string,
    code: FindingCode,
    says: RegExp,
    more: More = {},
  ): CatalogueCase => ({ rows, scenario, code, status, says, exitCode, ...more });
}

const fails = caseOf("fail", 1);
const warns = caseOf("warn", 0);
/** Could not tell, which changes the exit code. */
const leavesOpen = caseOf("unknown", 3);
/** Adds to the map, and its lack changes nothing. */
const lacks = caseOf("unknown", 0);
/** By design: told, and no trouble. */
const tells = caseOf("ok", 0);

const ROLE = { args: ["--role-arn", "arn:aws:iam::111122223333:role/deploy"] } as const;
/** Where this machine has no AWS CLI, the kubeconfig's command is not found besides. */
const KUBECONFIG: More = findProgram("aws") === undefined ? { also: ["A12"] } : {};
const DEEP = { args: ["--deep"] } as const;

export const CATALOGUE: readonly CatalogueCase[] = [
  // The way to the address
  fails([1], "allowlist-misses-egress", "N02", /do not let 198\.51\.100\.7 in/),
  fails([1], "allowlist-misses-egress", "N02", /do not let 192\.0\.2\.66 in/, {
    args: ["--egress-ip", "192.0.2.66"],
  }),
  leavesOpen([3], "private-from-laptop", "N04", /no way into its VPC/),
  fails([4], "security-group-closed", "N05", /no rule of sg-\w+ lets 10\.0\.105\.163/),
  fails([5], "acl-closed", "N06", /surrounds 10\.0\.88\.140 drops the packets/),
  fails([7], "refused", "N07", /2 addresses refuse/),
  fails([7], "eni-refused", "N07", /1 address refuses/),
  fails([8], "handshake-stalls", "N08", /stalls after TCP at 2 of 4/),
  fails([8], "vip-silent", "N08", /stalls after TCP at 1 of 4/),
  fails([9], "mtu", "N09", /answers stop half-way/, DEEP),
  fails([10], "reset-by-filter", "N10", /right after the ClientHello/),
  fails([18], "no-route", "N12", /no route to the endpoint's IPv4 addresses/),

  // What the name leads to
  fails([6], "stale-dns", "D04", /1 stale address/),
  fails([6], "stale-cache", "D04", /1 stale address/),
  warns([13], "rebind-protection", "D05", /withholds the endpoint's private addresses/),
  fails([14], "nxdomain", "D01", /no resolver gives/),
  leavesOpen([14], "gonz-eks-pub", "C01", /there is no cluster gone/, { cluster: "gone" }),
  warns([14], "resolver-down", "D01", /nothing from/),
  warns([15], "vpc-dns-off", "D06", /enableDnsHostnames is off/, DEEP),
  fails([16], "zone-not-forwarded", "D07", /leads to the VIPs, which are blocked/),

  // What the client is set up to do
  warns([20], "kubeconfig-old-ca", "T07", /does not verify this cluster/, KUBECONFIG),
  warns([21], "kubeconfig-tunnel", "T08", /asks for 127\.0\.0\.1, a name that no/, KUBECONFIG),
  warns([24], "kubeconfig-other-name", "A10", /for gonz-eks-pri, not for/, KUBECONFIG),
  warns([26], "kubeconfig-static-token", "A11", /signed 60 minutes ago/),
  warns([32], "kubeconfig-no-command", "A12", /finds no command aws-iam-/),
  warns([39], "proxy-env", "N11", /through http:\/\/127\.0\.0\.1:9; eks-probe does not/),
  warns([40], "proxy-tunnel", "N11", /through https:\/\/127\.0\.0\.1:8443/),

  // Whom the certificate is of
  fails([17], "other-cluster", "T05", /another cluster answers at 10\.0\.18\.90/),
  fails([17], "vip-foreign", "T05", /another cluster answers at 52\.79\.39\.107/),
  fails([19], "inspection", "T04", /Example TLS Inspection CA/),
  fails([22], "not-yet-valid", "T06", /by this clock, which is more likely wrong/),
  fails([22], "vip-expired", "T06", /is expired, and this host's clock is not to blame/),
  warns([22], "expiring", "T02", /ends in 12 days/),

  // What the API servers make of the request
  fails([11], "overloaded", "P09", /4 of 4 requests were turned away/),
  fails([], "vip-unready", "P04", /1 of 4 answers were errors/),
  fails([25], "unmapped", "A09", /has no access entry/),
  fails([25], "other-role-mapped", "A09", /role\/deploy has no access entry/),
  fails([27], "scaled-in", "P08", /for a token that other API servers accept/),
  tells([28], "anonymous-1-33", "A14", /401/, { args: ["--anonymous"] }),
  fails([29], "token-stripped", "A15", /the API server saw nobody/),
  lacks([30], "no-rbac", "K01", /may not list leases/, DEEP),
  warns([], "no-discovery", "A02", /user lab may not read \/api/),
  fails([38], "authenticator-throttled", "A16", /accepts and refuses/, { args: ["-n", "3"] }),
  warns([], "clock-skew", "A03", /(?:299|30\d) s ahead/),

  // What EKS and EC2 say of the cluster
  warns([2], "nat-not-allowed", "N03", /203\.0\.113\.40/, DEEP),
  fails([12], "kubelet-path", "C04", /Ec2SubnetNotFound/, { also: ["C05"] }),
  warns([12], "docker-range", "C07", /172\.17\.128\.0\/20 overlaps/),
  leavesOpen([41], "creating", "C01", /its status is CREATING/),
  warns([41], "updating", "C03", /VersionUpdate/, DEEP),
  warns([41], "update-failed", "C03", /the latest update failed/, DEEP),
  warns([41], "failed", "C01", /status is FAILED/),
  warns([41], "deleting", "C01", /is being deleted/),
  fails([42], "few-free-addresses", "C04", /InsufficientFreeAddresses/, { also: ["C05"] }),
  warns([43], "single-eni", "C02", /1 EKS ENI/),
  leavesOpen([44], "cluster-denied", "C01", /DescribeCluster was denied/),
  leavesOpen([44], "enis-denied", "C02", /DescribeNetworkInterfaces was denied/),
  leavesOpen([45], "connected", "C06", /EKS Connector, GKE/),
  tells([45], "outposts", "C06", /the token is signed for its id/),

  // What AWS makes of the caller
  leavesOpen([31], "expired", "A01", /the AWS credentials have expired/),
  fails([23], "clock-behind", "A03", /this clock is 3\d{3} s behind/),
  leavesOpen([34], "hop-limit", "A13", /metadata service does not answer/),
  leavesOpen([33], "role-denied", "A06", /sts:AssumeRole was denied/, ROLE),
  leavesOpen([35], "unknown-key", "A01", /InvalidClientTokenId/),
  fails([36], "huge-session", "A07", /5861 bytes, API servers take 4096/),
  leavesOpen([37], "sts-unreachable", "A06", /STS did not answer/, ROLE),
];

export interface HealthyCase {
  readonly scenario: string;
  readonly cluster: string;
  readonly args?: readonly string[];
}

/** Where nothing is wrong, whatever is looked at. */
export const HEALTHY: readonly HealthyCase[] = [
  { scenario: "field-notes", cluster: "gonz-eks-pub" },
  { scenario: "gonz-eks-pub", cluster: "gonz-eks-pub", ...DEEP },
  { scenario: "gonz-eks-pri", cluster: "gonz-eks-pri", ...DEEP },
  { scenario: "gonz-eks-both", cluster: "gonz-eks-both", ...DEEP },
  { scenario: "outsider", cluster: "gonz-eks-both" },
  { scenario: "kubeconfig-proper", cluster: "gonz-eks-pub", ...DEEP },
  { scenario: "reader", cluster: "gonz-eks-pub", ...DEEP },
  { scenario: "shedding", cluster: "gonz-eks-pub" },
  { scenario: "anonymous-1-33", cluster: "gonz-eks-pub", args: ["--deep", "-n", "2"] },
];
