/** What EKS says of a cluster beyond its endpoint. All of it may be left out. */
export interface LabClusterDetails {
  /** Of `health`; default none. */
  readonly healthIssues?: readonly LabHealthIssue[] | undefined;
  /** In the order that ListUpdates gives them; default none. */
  readonly updates?: readonly LabUpdate[] | undefined;
  /** ARNs with an access entry; default those of the principals that have a Kubernetes user. */
  readonly accessEntries?: readonly string[] | undefined;
  /** Default `API_AND_CONFIG_MAP`. With `CONFIG_MAP` there are no access entries. */
  readonly authenticationMode?: LabAuthenticationMode | undefined;
  /** Of a local cluster on an Outpost: tokens are for this id, not for the name. */
  readonly localId?: string | undefined;
  /** Connected by EKS Connector: EKS has neither endpoint nor CA nor a VPC of it. */
  readonly connector?: { readonly provider: string } | undefined;
  /** Default `standard`. */
  readonly scalingTier?: LabScalingTier | undefined;
}

export type LabAuthenticationMode = "API" | "API_AND_CONFIG_MAP" | "CONFIG_MAP";

export type LabScalingTier = "standard" | "tier-xl" | "tier-2xl" | "tier-4xl" | "tier-8xl";

export interface LabHealthIssue {
  /** `Ec2SubnetNotFound`, … */
  readonly code: string;
  readonly message: string;
  readonly resourceIds: readonly string[];
}

export interface LabUpdate {
  readonly id: string;
  /** `VersionUpdate`, `EndpointAccessUpdate`, … */
  readonly type: string;
  readonly status: "InProgress" | "Failed" | "Cancelled" | "Successful";
  /** How long before the lab's start it was made; negative in a step: so long after it. */
  readonly ageSeconds: number;
  readonly params?: readonly { readonly type: string; readonly value: string }[] | undefined;
  readonly errors?:
    | readonly {
        readonly code: string;
        readonly message: string;
        readonly resourceIds: readonly string[];
      }[]
    | undefined;
}

type WithEndpoint = Pick<LabClusterDetails, "connector"> & { readonly status: string };

/** Until a cluster is up, and for a connected one, EKS has neither endpoint nor CA. */
export function hasEndpoint({ status, connector }: WithEndpoint): boolean {
  return status !== "CREATING" && status !== "PENDING" && connector === undefined;
}
