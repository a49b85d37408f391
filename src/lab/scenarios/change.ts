import type { FrontFault, LabCluster, LabFront, Scenario } from "../scenario.ts";

/** The same cluster, with a fault at the addresses that the function names one for. */
export function withFaults(
  cluster: LabCluster,
  faultOf: (front: LabFront) => FrontFault | undefined,
): LabCluster {
  return {
    ...cluster,
    fronts: cluster.fronts.map((front) => ({ ...front, fault: faultOf(front) })),
  };
}

/** The same fault at every VIP; the ENIs stay as they are. */
export function withVipFault(cluster: LabCluster, fault: FrontFault): LabCluster {
  return withFaults(cluster, (front) => (isEni(cluster, front) ? undefined : fault));
}

export function withFaultAt(cluster: LabCluster, ip: string, fault: FrontFault): LabCluster {
  return withFaults(cluster, (front) => (front.ip === ip ? fault : undefined));
}

/** The same cluster from outside its VPC: no packet finds the way to an ENI. */
export function fromOutside(cluster: LabCluster): LabCluster {
  return { ...cluster, fronts: cluster.fronts.filter((front) => !isEni(cluster, front)) };
}

/** What a scenario needs whose host has no route into the VPC. */
export const OUTSIDE: Pick<Scenario, "catchAll"> = { catchAll: "drop" };

function isEni({ enis }: LabCluster, { ip }: LabFront): boolean {
  return enis.some((eni) => eni.ip === ip);
}
