/** One AWS partition: its regions and the ends of its host names. */
interface Partition {
  readonly name: string;
  readonly regions: RegExp;
  readonly dnsSuffix: string;
  /** Undefined where token verifiers know no dual-stack host. */
  readonly dualstackSuffix: string | undefined;
}

const COMMERCIAL: Partition = {
  name: "aws",
  regions: /^/,
  dnsSuffix: "amazonaws.com",
  dualstackSuffix: "api.aws",
};

/**
 * Source: botocore's partitions.json and aws-iam-authenticator's pkg/endpoints/partitions.go, whose
 * table has no dual-stack suffix for the isolated partitions. A region that fits no row is taken
 * for one of the commercial partition, as botocore does.
 */
const PARTITIONS: readonly Partition[] = [
  {
    name: "aws-cn",
    regions: /^cn-/,
    dnsSuffix: "amazonaws.com.cn",
    dualstackSuffix: "api.amazonwebservices.com.cn",
  },
  {
    name: "aws-us-gov",
    regions: /^us-gov-/,
    dnsSuffix: "amazonaws.com",
    dualstackSuffix: "api.aws",
  },
  { name: "aws-iso", regions: /^us-iso-/, dnsSuffix: "c2s.ic.gov", dualstackSuffix: undefined },
  {
    name: "aws-iso-b",
    regions: /^us-isob-/,
    dnsSuffix: "sc2s.sgov.gov",
    dualstackSuffix: undefined,
  },
  {
    name: "aws-iso-e",
    regions: /^eu-isoe-/,
    dnsSuffix: "cloud.adc-e.uk",
    dualstackSuffix: undefined,
  },
  {
    name: "aws-iso-f",
    regions: /^us-isof-/,
    dnsSuffix: "csp.hci.ic.gov",
    dualstackSuffix: undefined,
  },
  {
    name: "aws-eusc",
    regions: /^eusc-/,
    dnsSuffix: "amazonaws.eu",
    dualstackSuffix: "api.amazonwebservices.eu",
  },
];

function partitionOf(region: string): Partition {
  return PARTITIONS.find((partition) => partition.regions.test(region)) ?? COMMERCIAL;
}

/** The partition of a region (`aws`, `aws-cn`, …); `aws` when the region is of no known one. */
export function partitionName(region: string): string {
  return partitionOf(region).name;
}

/**
 * The STS host that a token for this region names; recorded from `aws eks get-token` 1.45. GovCloud's
 * plain host is its FIPS host. Never the global host, and never AWS_ENDPOINT_URL: the API server's
 * token verifier refuses both a foreign host and, outside the commercial partition, the global one.
 */
export function stsHost(region: string, useFips: boolean, useDualstack: boolean): string {
  const partition = partitionOf(region);
  const dualstack = useDualstack ? partition.dualstackSuffix : undefined;
  if (dualstack !== undefined) return `${useFips ? "sts-fips" : "sts"}.${region}.${dualstack}`;
  const plainIsFips = partition.name === "aws-us-gov";
  return `${useFips && !plainIsFips ? "sts-fips" : "sts"}.${region}.${partition.dnsSuffix}`;
}
