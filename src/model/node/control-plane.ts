import type { Fact, Tri } from "../fact.ts";
import type { Endpoint } from "./socket.ts";

/** What is known of the control plane that a worker's connections are held against. */
export interface KnownControlPlane {
  readonly source: /** `verdict`: one line of what came of asking. */
    | { readonly kind: "probe"; readonly verdict: string }
    /** A saved run or a record. */
    | { readonly kind: "map"; readonly file: string; readonly startedAt: string }
    | { readonly kind: "none"; readonly reason: string };
  readonly cluster: string | undefined;
  readonly region: string | undefined;
  readonly endpointHost: string | undefined;
  readonly privateAccess: Tri;
  /** What the endpoint's name leads to, and no ENI owns. */
  readonly vips: Fact<readonly KnownAddress[]>;
  readonly enis: Fact<readonly KnownEni[]>;
  /** What the name leads to where it is not known which addresses the ENIs own. */
  readonly others: readonly KnownAddress[];
  /** ClusterIP of `default/kubernetes`, and who says so. */
  readonly service: Fact<{ readonly endpoint: Endpoint; readonly from: string }>;
}

/** An address that leads to the control plane. */
export interface KnownAddress {
  readonly endpoint: Endpoint;
  /** Host of the API server behind it. */
  readonly apiServer: Fact<string>;
}

/** One of the cluster's ENIs, by its primary address. */
export interface KnownEni extends KnownAddress {
  readonly eniId: string;
  /** Secondary IPv4, IPv6. */
  readonly otherIps: readonly string[];
}
