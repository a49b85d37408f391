/** Stable codes by layer, in the order in which traffic meets them. Add, never reuse. */

/** The cluster as EKS and EC2 describe it. */
export type ClusterCode = "C01" | "C02" | "C03" | "C04" | "C05" | "C06" | "C07" | "C08";

export type DnsCode = "D01" | "D02" | "D03" | "D04" | "D05" | "D06" | "D07";

/** From this host to the address: routes, filters, TCP, up to the first byte of TLS. */
export type NetworkCode =
  | "N01"
  | "N02"
  | "N03"
  | "N04"
  | "N05"
  | "N06"
  | "N07"
  | "N08"
  | "N09"
  | "N10"
  | "N11"
  | "N12"
  | "N13";

export type TlsCode = "T01" | "T02" | "T03" | "T04" | "T05" | "T06" | "T07" | "T08";

/** Credentials, token, and what the API servers make of them. */
export type AuthCode =
  | "A01"
  | "A02"
  | "A03"
  | "A04"
  | "A05"
  | "A06"
  | "A07"
  | "A08"
  | "A09"
  | "A10"
  | "A11"
  | "A12"
  | "A13"
  | "A14"
  | "A15"
  | "A16";

/** The API servers themselves and the map of them. */
export type ServerCode =
  | "P01"
  | "P02"
  | "P03"
  | "P04"
  | "P05"
  | "P06"
  | "P07"
  | "P08"
  | "P09"
  | "P10";

/** What Kubernetes' own data says. */
export type KubeCode = "K01" | "K02" | "K03";

export type FindingCode =
  | ClusterCode
  | DnsCode
  | NetworkCode
  | TlsCode
  | AuthCode
  | ServerCode
  | KubeCode;

/** Layers by the first letter of a code, in the order of reports. */
export const LAYERS = {
  C: "cluster",
  D: "DNS",
  N: "network",
  T: "TLS",
  A: "auth",
  P: "API servers",
  K: "Kubernetes data",
} as const;

export type Layer = keyof typeof LAYERS;

export function layerOf(code: FindingCode): Layer {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every code begins with its layer
  return code.charAt(0) as Layer;
}

/** A saved run may have been made by a later version, with layers that are not known here. */
export const OTHER_LAYER = "other";

/** The layer's name in reports. */
export function layerName(code: FindingCode): string {
  const names: Readonly<Record<string, string>> = LAYERS;
  return names[code.charAt(0)] ?? OTHER_LAYER;
}
