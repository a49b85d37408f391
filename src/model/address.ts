/** Who named an address as a way to the control plane. */
export type AddressSource =
  | { readonly kind: "dns"; readonly resolver: string }
  | { readonly kind: "eni"; readonly eniId: string; readonly primary: boolean }
  | { readonly kind: "hosts-file" }
  | { readonly kind: "system-lookup" };

/** vip: resolved and owned by no ENI of the cluster. eni: owned by one. other: neither is known. */
export type AddressKind = "vip" | "eni" | "other";

/** An IP and port that may lead to the control plane. */
export interface Address {
  /** `ip:port`, IPv6 in brackets: the key that probes and paths refer to. */
  readonly id: string;
  readonly ip: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly kind: AddressKind;
  readonly sources: readonly AddressSource[];
}

/** Where the endpoint, the ENIs and the kubernetes service listen, as EKS makes them. */
export const HTTPS_PORT = 443;

/** The port that a URL of http or https leads to, be it written or not. */
export function portOfUrl({ port, protocol }: Pick<URL, "port" | "protocol">): number {
  if (port !== "") return Number(port);
  return protocol === "http:" ? 80 : HTTPS_PORT;
}

export function addressId(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
