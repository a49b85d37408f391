/** Who names an IP as a way to the control plane, after a round. */
export interface Naming {
  /** Resolvers whose latest answer names it; of one that failed, the one before counts on. */
  readonly dns: readonly string[];
  /** Id of the cluster's ENI that owns it. */
  readonly eniId: string | undefined;
  /** ISO 8601: when DNS, and EC2, were first seen without it after having named it; until named anew. */
  readonly leftDnsAt: string | undefined;
  readonly leftEc2At: string | undefined;
  /** Those that name it lacked it in their latest answers, and have to say so once more. */
  readonly missedBy: { readonly dns: boolean; readonly ec2: boolean };
}

/** By IP: every one that is named, and those that were dropped, until they are forgotten. */
export type Namings = ReadonlyMap<string, Naming>;

export function isNamed({ dns, eniId }: Naming): boolean {
  return dns.length > 0 || eniId !== undefined;
}

/** It is named, but by the latest answers of nobody. */
export function isDoubted(naming: Naming): boolean {
  const { dns, eniId, missedBy } = naming;
  if (!isNamed(naming)) return false;
  return (dns.length === 0 || missedBy.dns) && (eniId === undefined || missedBy.ec2);
}

/** DNS names it, and the ENI that had it is not in the latest list. */
export function isOrphaned({ dns, eniId, leftEc2At, missedBy }: Naming): boolean {
  const lostItsEni = eniId === undefined ? leftEc2At !== undefined : missedBy.ec2;
  return dns.length > 0 && !missedBy.dns && lostItsEni;
}
