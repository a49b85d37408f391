import type { Fact, Tri } from "./fact.ts";
import type { Failure } from "./failure.ts";

/**
 * What one API server said of itself and of the cluster over one connection through one address.
 * Each answer stands alone: what the caller may not read is unknown, and costs nothing else.
 */
export interface Inspection {
  /** Address.id */
  readonly address: string;
  /** serverAddress of this very connection: through a balanced address any server may answer. */
  readonly serverAddress: Fact<string>;
  /** Names that the identity Lease of this server's host may have, computed; empty without a host. */
  readonly leaseNames: readonly string[];
  /** SHA-256 of the leaf, as in Certificate. */
  readonly fingerprint: string | undefined;
  readonly version: Fact<ServerVersion>;
  readonly livez: Fact<HealthReport>;
  readonly readyz: Fact<HealthReport>;
  /** Who the server thinks the caller is (SelfSubjectReview). */
  readonly caller: Fact<Caller>;
  readonly leases: Fact<readonly IdentityLease[]>;
  /** Endpoints of the service `default/kubernetes`. */
  readonly serviceEndpoints: Fact<ServiceEndpoints>;
  /** The first request pays for the verification of the token, the second finds it cached. */
  readonly tokenCost: Fact<{ readonly firstMs: number; readonly secondMs: number }>;
  /** GET /apis, which takes several packets where the others take one: whether large answers arrive. */
  readonly largeAnswer: Fact<{ readonly bytes: number }>;
  readonly clockSkewMs: number | undefined;
}

/** GET /version. */
export interface ServerVersion {
  /** `v1.31.5-eks-5d632ec` */
  readonly gitVersion: string;
  readonly platform: string | undefined;
}

/** GET /livez?verbose, /readyz?verbose. */
export interface HealthReport {
  readonly healthy: boolean;
  readonly checks: number;
  /** Names of the checks that fail (`etcd`, `poststarthook/…`). */
  readonly failing: readonly string[];
}

export interface Caller {
  readonly username: string;
  readonly groups: readonly string[];
  /** The IAM principal, where the authenticator names it (`extra.arn`, `extra.canonicalArn`). */
  readonly arn: string | undefined;
}

/** A Lease of kube-system that a kube-apiserver renews every 10 s as a sign of life. */
export interface IdentityLease {
  readonly name: string;
  /** Label `kubernetes.io/hostname`; absent before 1.26. */
  readonly host: string | undefined;
  /** The part of holderIdentity after the name: new at each start of the process. */
  readonly incarnation: string | undefined;
  /** ISO 8601. */
  readonly renewTime: string;
}

export interface ServiceEndpoints {
  readonly source: "endpointslices/v1" | "endpointslices/v1beta1" | "endpoints/v1";
  readonly addresses: readonly {
    readonly ip: string;
    readonly port: number;
    readonly ready: Tri;
  }[];
}

/** One look at an API server over a connection that is kept. */
export interface Glance {
  /** What /api answered; it tells whether the connection still leads anywhere, and whereto. */
  readonly api:
    | {
        readonly kind: "answered";
        readonly status: number;
        readonly ttfbMs: number;
        /** Of a 200 that named one. */
        readonly serverAddress: string | undefined;
        readonly host: string | undefined;
      }
    | { readonly kind: "failed"; readonly failure: Failure };
  readonly readyz: Fact<HealthReport>;
  readonly version: Fact<ServerVersion>;
  /** Undefined where the lists were not wanted. */
  readonly lists:
    | {
        readonly leases: Fact<readonly IdentityLease[]>;
        readonly serviceEndpoints: Fact<ServiceEndpoints>;
      }
    | undefined;
}
