import type { Fact } from "../fact.ts";
import type { Failure } from "../failure.ts";
import type {
  HealthReport,
  IdentityLease,
  ServerVersion,
  ServiceEndpoints,
} from "../inspection.ts";
import type { ClusterUpdate } from "../investigation.ts";

/**
 * What one round of a watch saw. Plain data, small, and all that the events are made from: a record
 * is a list of these, and the same list gives the same events again. What a round did not ask is
 * undefined, and what was known of it stays known.
 */
export interface WatchSample {
  /** 1-based; goes on over a resume. */
  readonly n: number;
  /** ISO 8601 wall clock at the start of the round. */
  readonly at: string;
  readonly durationMs: number;
  /** One for each resolver and record type that was asked. */
  readonly dns: readonly DnsSeen[] | undefined;
  readonly enis: Fact<readonly EniSeen[]> | undefined;
  readonly cluster: Fact<ClusterSeen> | undefined;
  /** The latest updates of the cluster, newest first. */
  readonly updates: Fact<readonly ClusterUpdate[]> | undefined;
  /** Whether a token was there to be sent; skipped with --anonymous. */
  readonly token: Fact<{ readonly expiresAt: string }> | undefined;
  /** Fresh connections, in the order of the addresses and then of the attempts. */
  readonly probes: readonly ProbeSeen[];
  /** What the connections that are kept had to say, one an address at most. */
  readonly kept: readonly KeptSeen[];
  /** Leases and the service's endpoints, read through one of the kept connections. */
  readonly lists: ListsSeen | undefined;
}

/** One question to one resolver. */
export interface DnsSeen {
  /** As `resolverName` has it: `10.0.0.2`, `system lookup`, `hosts file`. */
  readonly resolver: string;
  readonly type: "A" | "AAAA";
  readonly answer:
    | {
        readonly kind: "records";
        readonly ips: readonly string[];
        /** The least of the records; undefined where the source has none (getaddrinfo, hosts file). */
        readonly ttlSeconds: number | undefined;
      }
    /** The name is there and has no such record: nothing is in DNS, for certain. */
    | { readonly kind: "nodata" }
    /** `dns-nxdomain` denies the name for certain; every other failure leaves it open. */
    | { readonly kind: "failed"; readonly failure: Failure };
}

/** What of an ENI may change. */
export interface EniSeen {
  readonly id: string;
  readonly privateIp: string;
  readonly subnetId: string | undefined;
  readonly availabilityZone: string | undefined;
  readonly status: string | undefined;
  /** In order of name. */
  readonly securityGroupIds: readonly string[] | undefined;
}

/** What of the cluster may change. */
export interface ClusterSeen {
  readonly status: string | undefined;
  readonly version: string | undefined;
  readonly platformVersion: string | undefined;
  readonly endpointHost: string | undefined;
  /** `public`, `private`, `public and private`; undefined where EKS did not say. */
  readonly access: string | undefined;
  readonly publicAccessCidrs: readonly string[] | undefined;
  readonly securityGroupIds: readonly string[] | undefined;
  readonly subnetIds: readonly string[] | undefined;
  readonly scalingTier: string | undefined;
}

/** One fresh connection to one address. */
export interface ProbeSeen {
  /** Address.id */
  readonly address: string;
  /** 1-based within the round. */
  readonly attempt: number;
  /** ISO 8601 wall clock at its start. */
  readonly at: string;
  /** Of the answer to /api; undefined when none came. */
  readonly status: number | undefined;
  /** The first thing that went wrong; undefined when /api answered 200 and named its server. */
  readonly failure: Failure | undefined;
  /** Host of the API server that answered: as /api has it, else as its verified certificate has. */
  readonly server: string | undefined;
  /** SHA-256 of the verified leaf. */
  readonly fingerprint: string | undefined;
  /** ISO 8601, of that leaf. */
  readonly notBefore: string | undefined;
  readonly notAfter: string | undefined;
  /** Milliseconds; undefined for a phase that was not completed. */
  readonly tcpMs: number | undefined;
  readonly tlsMs: number | undefined;
  readonly ttfbMs: number | undefined;
}

/** One connection that is kept open, as a kubelet keeps one, asked once in the round. */
export interface KeptSeen {
  /** Address.id */
  readonly address: string;
  /** ISO 8601: the connection is as old as that. */
  readonly openedAt: string;
  /** ISO 8601 wall clock when it was asked. */
  readonly at: string;
  readonly outcome: /** To /api. */
    | { readonly kind: "answered"; readonly status: number; readonly ttfbMs: number }
    /** The connection is no more: reset, ended, silent. */
    | { readonly kind: "ended"; readonly failure: Failure };
  /** Host of the API server at its end, as /api named it. */
  readonly server: string | undefined;
  readonly fingerprint: string | undefined;
  /** Undefined where it was not asked. */
  readonly readyz: Fact<HealthReport> | undefined;
  readonly version: Fact<ServerVersion> | undefined;
}

export interface ListsSeen {
  /** Address.id of the connection they were read through. */
  readonly address: string;
  readonly leases: Fact<readonly IdentityLease[]>;
  readonly serviceEndpoints: Fact<ServiceEndpoints>;
}
