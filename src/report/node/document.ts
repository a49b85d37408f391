import type { Verdict } from "../../model/finding.ts";
import type { ConntrackUse } from "../../model/node/nat.ts";
import type { NodeFinding } from "../../model/node/report.ts";
import type { Tool } from "../json/document.ts";
import type { FactDocument } from "../json/fact.ts";

/** Raised by one when a field is removed or changes its meaning; new fields do not raise it. */
export const NODE_SCHEMA_VERSION = 1;

/** What `node -o json` prints. */
export interface NodeDocument {
  readonly schemaVersion: number;
  readonly tool: Tool;
  readonly simulated?: true;
  readonly readAt: string;
  readonly hostname: string;
  readonly source: { readonly kind: string; readonly path: string | undefined };
  readonly localIps: readonly string[];
  /** What pods are told of default/kubernetes. */
  readonly serviceAddresses: readonly string[];
  readonly kubelet: FactDocument<KubeletDocument>;
  readonly nameServers: FactDocument<readonly string[]>;
  readonly nameServersFile: string | undefined;
  readonly controlPlane: ControlPlaneDocument;
  readonly apiServers: readonly ServerDocument[];
  /** Rules for `default/kubernetes`. */
  readonly services: FactDocument<readonly ServiceDocument[]>;
  readonly conntrack: FactDocument<ConntrackUse>;
  readonly processes: readonly ProcessDocument[];
  readonly connections: readonly ConnectionDocument[];
  readonly notSeen: readonly string[];
  readonly findings: readonly FindingDocument[];
  readonly verdict: Verdict;
}

/** A finding, and whether that it could not tell counts. */
export interface FindingDocument extends NodeFinding {
  readonly optional: boolean;
}

interface KubeletDocument {
  readonly server: string;
  readonly clusterName: string | undefined;
  readonly region: string | undefined;
  readonly nodeIp: string | undefined;
  readonly clusterDns: readonly string[];
  readonly file: string;
}

/** `address` is `ip:port`. */
export interface AddressDocument {
  readonly address: string;
  readonly apiServer: FactDocument<string>;
}

interface EniDocument extends AddressDocument {
  readonly eniId: string;
  readonly otherIps: readonly string[];
}

/** An API server, and what leads to it. */
export interface ServerDocument {
  readonly id: string;
  readonly host: string;
  readonly addresses: readonly { readonly address: string; readonly kind: string }[];
}

/** What the connections were held against. */
export interface ControlPlaneDocument {
  readonly source: {
    readonly kind: string;
    readonly file: string | undefined;
    readonly startedAt: string | undefined;
    readonly detail: string | undefined;
  };
  readonly cluster: string | undefined;
  readonly region: string | undefined;
  readonly endpointHost: string | undefined;
  readonly privateAccess: string;
  readonly vips: FactDocument<readonly AddressDocument[]>;
  readonly enis: FactDocument<readonly EniDocument[]>;
  readonly others: readonly AddressDocument[];
  readonly service: FactDocument<{ readonly address: string; readonly from: string }>;
}

/** How one service address is translated. */
export interface ServiceDocument {
  readonly backend: string;
  readonly address: string;
  readonly name: string | undefined;
  readonly chain: string | undefined;
  readonly targets: readonly {
    readonly address: string;
    readonly probability: number | undefined;
    readonly chain: string | undefined;
    readonly weight: number | undefined;
  }[];
  readonly oddities: readonly string[];
}

/** A process that has one of the connections. */
export interface ProcessDocument {
  readonly pid: number;
  readonly name: string;
  readonly command: FactDocument<readonly string[]>;
  readonly startedAt: FactDocument<string>;
  readonly owner: OwnerDocument;
  readonly networkNamespace: string | undefined;
}

/** What runs a process; the fields that its kind does not have are undefined. */
export interface OwnerDocument {
  readonly kind: string;
  readonly unit: string | undefined;
  readonly namespace: string | undefined;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly podUid: string | undefined;
  readonly containerId: string | undefined;
  readonly reason: string | undefined;
}

/** One connection between the worker and the control plane. */
export interface ConnectionDocument {
  readonly direction: string;
  readonly pid: number | undefined;
  readonly process: string | undefined;
  readonly ownerReason: string | undefined;
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly sendQueueBytes: number;
  readonly receiveQueueBytes: number;
  readonly retransmits: number;
  readonly timer: string;
  readonly uid: number;
  readonly translation: TranslationDocument;
  readonly address: string | undefined;
  readonly addressKind: string | undefined;
  readonly eniId: string | undefined;
  readonly apiServer: FactDocument<string>;
}

/** How a connection is translated; the fields that its kind does not have are undefined. */
export interface TranslationDocument {
  readonly kind: string;
  readonly to: string | undefined;
  readonly chain: string | undefined;
  readonly candidates: readonly {
    readonly address: string;
    readonly probability: number | undefined;
  }[];
  readonly reason: string | undefined;
}
