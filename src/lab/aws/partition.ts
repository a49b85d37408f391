/** A group of regions with domains of its own (botocore's partitions.json). */
export interface Partition {
  readonly id: string;
  readonly regions: RegExp;
  readonly dnsSuffix: string;
  readonly dualStackSuffix: string;
}

const PARTITIONS: readonly Partition[] = [
  {
    id: "aws",
    regions: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
    dnsSuffix: "amazonaws.com",
    dualStackSuffix: "api.aws",
  },
  {
    id: "aws-cn",
    regions: /^cn-\w+-\d+$/,
    dnsSuffix: "amazonaws.com.cn",
    dualStackSuffix: "api.amazonwebservices.com.cn",
  },
  {
    id: "aws-us-gov",
    regions: /^us-gov-\w+-\d+$/,
    dnsSuffix: "amazonaws.com",
    dualStackSuffix: "api.aws",
  },
  {
    id: "aws-iso",
    regions: /^us-iso-\w+-\d+$/,
    dnsSuffix: "c2s.ic.gov",
    dualStackSuffix: "api.aws.ic.gov",
  },
  {
    id: "aws-iso-b",
    regions: /^us-isob-\w+-\d+$/,
    dnsSuffix: "sc2s.sgov.gov",
    dualStackSuffix: "api.aws.scloud",
  },
  {
    id: "aws-iso-e",
    regions: /^eu-isoe-\w+-\d+$/,
    dnsSuffix: "cloud.adc-e.uk",
    dualStackSuffix: "api.cloud-aws.adc-e.uk",
  },
  {
    id: "aws-iso-f",
    regions: /^us-isof-\w+-\d+$/,
    dnsSuffix: "csp.hci.ic.gov",
    dualStackSuffix: "api.aws.hci.ic.gov",
  },
  {
    id: "aws-eusc",
    regions: /^eusc-de-\w+-\d+$/,
    dnsSuffix: "amazonaws.eu",
    dualStackSuffix: "api.amazonwebservices.eu",
  },
];

/** The partition of a region; undefined for a name no partition claims. */
export function partitionOf(region: string): Partition | undefined {
  return PARTITIONS.find((partition) => partition.regions.test(region));
}
