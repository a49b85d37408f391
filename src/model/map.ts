import type { AddressKind } from "./address.ts";
import type { AddressCertainty, AddressTimes } from "./certainty.ts";
import type { Coverage } from "./coverage.ts";
import type { Fact } from "./fact.ts";
import type { Failure } from "./failure.ts";
import type { Caller, HealthReport, Inspection, ServerVersion } from "./inspection.ts";
import type { Certificate } from "./observation.ts";
import type { Topology } from "./topology.ts";

/** How an API server was told apart, strongest first. */
export type IdentitySignal = "server-address" | "certificate-host" | "certificate-fingerprint";

/** One kube-apiserver instance. */
export interface ApiServer {
  /** A, B, …, Z, AA: in the order of the addresses that reach it. */
  readonly id: string;
  /** Host name of the instance, when any signal gives one. */
  readonly host: string | undefined;
  /** As /api reported it. */
  readonly serverAddress: string | undefined;
  /** The strongest signal that names it. */
  readonly identifiedBy: IdentitySignal;
  readonly certificates: readonly Certificate[];
  /** Address ids. */
  readonly reachedBy: readonly string[];
  /** What the other signals say of the name that `identifiedBy` gives, the identity Lease included. */
  readonly agreement: Agreement;
  /** What it said of itself; undefined when it was not asked (`deep`). */
  readonly inspected: InspectedServer | undefined;
}

/** What one API server said of itself, over all paths it was asked through. */
export interface InspectedServer {
  /** Address ids. */
  readonly through: readonly string[];
  readonly version: Fact<ServerVersion>;
  readonly livez: Fact<HealthReport>;
  readonly readyz: Fact<HealthReport>;
  readonly caller: Fact<Caller>;
  readonly tokenCost: Inspection["tokenCost"];
  readonly largeAnswer: Inspection["largeAnswer"];
  readonly clockSkewMs: number | undefined;
  /** Names its identity Lease may have, computed from its host. */
  readonly leaseNames: readonly string[];
}

export type Agreement =
  | { readonly kind: "agree"; readonly signals: readonly (IdentitySignal | "identity-lease")[] }
  | { readonly kind: "single"; readonly signal: IdentitySignal; readonly reason: string }
  | { readonly kind: "disagree"; readonly detail: string };

export type PathState =
  /** Every probe got a usable answer from this API server. */
  | { readonly kind: "ok" }
  /** Answered, but with a status that is not 200: 401, 403, 5xx. */
  | { readonly kind: "answered"; readonly failure: Failure }
  /** It should have worked and did not. */
  | { readonly kind: "failed"; readonly failure: Failure }
  /** Not reachable from here by design, or not asked for. */
  | { readonly kind: "skipped"; readonly reason: string; readonly failure: Failure | undefined }
  | { readonly kind: "unknown"; readonly failure: Failure };

/** Address → API server, as seen by one or more probes. */
export interface Path {
  /** Address.id */
  readonly address: string;
  readonly kind: AddressKind;
  /** ApiServer.id; undefined when no probe of this address could tell. */
  readonly apiServer: string | undefined;
  /** Probes of this address that met this API server … */
  readonly seen: number;
  /** … of all probes made of this address. */
  readonly of: number;
  readonly state: PathState;
}

/** What DescribeCluster's flags make of the endpoint. */
export type EndpointMode = "public" | "private" | "public and private" | "unknown";

/** How the DNS answers relate to the ENIs, as seen through one resolver. */
export type DnsView = "enis" | "vips" | "mixed" | "none" | "unknown";

export interface ControlPlaneMap {
  readonly mode: EndpointMode;
  readonly dnsView: DnsView;
  readonly apiServers: readonly ApiServer[];
  readonly paths: readonly Path[];
  /** One for each address. */
  readonly certainties: readonly AddressCertainty[];
  readonly times: readonly AddressTimes[];
  readonly coverage: Coverage;
  readonly topology: Topology;
}
