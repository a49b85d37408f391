import ipaddr from "ipaddr.js";

/** Canonical text of an IP address (`::ffff:1.2.3.4` becomes `1.2.3.4`), or undefined. */
export function canonicalIp(text: string): string | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  if (text.includes("%")) return undefined;
  return ipaddr.process(text).toString();
}

export function familyOf(ip: string): 4 | 6 {
  return ip.includes(":") ? 6 : 4;
}

/**
 * Whether the address is of the public internet: not private, shared (RFC 6598), loopback,
 * link-local, documentation or otherwise reserved.
 */
export function isPublicIp(ip: string): boolean {
  return ipaddr.isValid(ip) && ipaddr.process(ip).range() === "unicast";
}

/** Whether the address lies in any of the CIDRs; malformed CIDRs hold nothing. */
export function isInCidrs(ip: string, cidrs: readonly string[]): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  return cidrs.some((cidr) => {
    if (!ipaddr.isValidCIDR(cidr)) return false;
    const [range, bits] = ipaddr.parseCIDR(cidr);
    return range.kind() === address.kind() && address.match(range, bits);
  });
}

/** Whether two ranges have an address in common; a malformed one has none with any. */
export function cidrsOverlap(a: string, b: string): boolean {
  if (!ipaddr.isValidCIDR(a) || !ipaddr.isValidCIDR(b)) return false;
  const [left, leftBits] = ipaddr.parseCIDR(a);
  const [right, rightBits] = ipaddr.parseCIDR(b);
  return left.kind() === right.kind() && left.match(right, Math.min(leftBits, rightBits));
}

/** Bits of a range's prefix: 16 of `10.0.0.0/16`; undefined if malformed. */
export function prefixLengthOf(cidr: string): number | undefined {
  return ipaddr.isValidCIDR(cidr) ? ipaddr.parseCIDR(cidr)[1] : undefined;
}

/** The range that holds this one address: `/32`, or `/128`. */
export function hostCidr(ip: string): string {
  return `${ip}/${familyOf(ip) === 4 ? 32 : 128}`;
}

/** Orders addresses by family, then by number, so that reports do not depend on arrival. */
export function compareIps(a: string, b: string): number {
  const [left, right] = [ipSortKey(a), ipSortKey(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** A text by which addresses sort as `compareIps` has them, for those that sort many. */
export function ipSortKey(ip: string): string {
  if (!ipaddr.isValid(ip)) return `9${ip}`;
  const address = ipaddr.process(ip);
  const hex = address.toByteArray().map((byte) => byte.toString(16).padStart(2, "0"));
  return `${address.kind() === "ipv4" ? "4" : "6"}${hex.join("")}`;
}

/** The first address after a range's own: `172.20.0.1` of `172.20.0.0/16`; undefined if malformed. */
export function firstHostOf(cidr: string): string | undefined {
  return nthHostOf(cidr, 1);
}

/**
 * The n-th address after a range's own, n from 1 to 9; undefined if malformed, or where the range is
 * too small to have one that is not its last.
 */
export function nthHostOf(cidr: string, n: number): string | undefined {
  if (!ipaddr.isValidCIDR(cidr)) return undefined;
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const network =
    address.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  const bytes = network.toByteArray();
  const hostBits = bytes.length * 8 - bits;
  if (hostBits < 8 && n >= 2 ** hostBits - 1) return undefined;
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) + n;
  return ipaddr.fromByteArray(bytes).toString();
}
