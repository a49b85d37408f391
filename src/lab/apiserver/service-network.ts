import ipaddr from "ipaddr.js";

/** The address of the `kubernetes` service: the first of the service CIDR, e.g. `172.20.0.1`. */
export function firstServiceIp(serviceCidr: string): string {
  return nthServiceIp(serviceCidr, 1);
}

/** The address of kube-dns, the tenth: EKS user guide. */
export function dnsServiceIp(serviceCidr: string): string {
  return nthServiceIp(serviceCidr, 10);
}

function nthServiceIp(serviceCidr: string, index: number): string {
  const bytes = networkOf(serviceCidr).toByteArray();
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) + index;
  return ipaddr.fromByteArray(bytes).toString();
}

/** The CIDR with its host bits cleared: `172.20.0.0/16`. */
export function normalizeCidr(serviceCidr: string): string {
  const [, prefix] = ipaddr.parseCIDR(serviceCidr);
  return `${networkOf(serviceCidr).toString()}/${prefix}`;
}

/** False for text that is no address, and for an address of the other family. */
export function isInsideCidr(ip: string, cidr: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  const [network, prefix] = ipaddr.parseCIDR(cidr);
  return address.kind() === network.kind() && address.match(network, prefix);
}

function networkOf(cidr: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return ipaddr.parse(cidr.split("/")[0] ?? "").kind() === "ipv6"
    ? ipaddr.IPv6.networkAddressFromCIDR(cidr)
    : ipaddr.IPv4.networkAddressFromCIDR(cidr);
}
