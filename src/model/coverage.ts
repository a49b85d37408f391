import type { Fact, Tri } from "./fact.ts";
import type { ServiceEndpoints } from "./inspection.ts";

/** Who holds an identity Lease, and whether a probe met it. */
export interface LeaseView {
  readonly name: string;
  /** Undefined where neither a label nor a known server's name tells. */
  readonly host: string | undefined;
  readonly incarnation: string | undefined;
  /** Since its last renewal, by the server's clock. */
  readonly ageSeconds: number;
  /** Renewed within a minute: the server is up. Leases of dead servers linger for an hour or two. */
  readonly live: boolean;
  /** ApiServer.id of the server it belongs to; undefined when no probe met that server. */
  readonly apiServer: string | undefined;
}

/** What three sources list as the control plane's addresses in the VPC. */
export interface Sources {
  readonly enis: Fact<readonly string[]>;
  readonly service: Fact<{
    readonly source: ServiceEndpoints["source"];
    readonly ips: readonly string[];
  }>;
  /** Only what DNS gives of private addresses; public ones are another way in. */
  readonly dns: Fact<readonly string[]>;
  /** Addresses that EC2 has and the service has not, and the other way round. */
  readonly missingInService: readonly string[];
  readonly missingInEc2: readonly string[];
  /** DNS gives an address that no ENI owns, although it gives ENIs. */
  readonly unknownInDns: readonly string[];
}

export interface Coverage {
  readonly leases: Fact<readonly LeaseView[]>;
  readonly sources: Sources;
  /** The service's ClusterIP (first of its range), and whether every leaf names it. */
  readonly clusterIp: Fact<{ readonly ip: string; readonly inCertificates: Tri }>;
}
