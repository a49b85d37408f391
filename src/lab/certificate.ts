import { createHash, type KeyObject, sign } from "node:crypto";
import ipaddr from "ipaddr.js";

/**
 * X.509 v3 certificates of the one shape a kube-apiserver has: RSA, sha256, a common name, and the
 * extensions of RFC 5280 that matter for TLS. Written out here because the shape needs serial 0,
 * which certificate generators replace by a random number, and because the lab must start fast.
 */
export interface CertificateContent {
  /** Big-endian, positive, shortest form. */
  readonly serial: Buffer;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Whole seconds are kept, the rest is dropped. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

export interface DistinguishedName {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

const OID = {
  commonName: "550403",
  organization: "55040a",
  sha256WithRsa: "2a864886f70d01010b",
  serverAuth: "2b06010505070301",
  subjectKeyId: "551d0e",
  keyUsage: "551d0f",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  authorityKeyId: "551d23",
  extendedKeyUsage: "551d25",
} as const;

/** The certificate as PEM, signed with the issuer's RSA key. */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): string {
  const algorithm = sequence(oid(OID.sha256WithRsa), tlv(0x05));
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, content.serial),
    algorithm,
    distinguishedName(content.issuer),
    sequence(time(content.notBefore), time(content.notAfter)),
    distinguishedName(content.subject),
    content.publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(...content.extensions)),
  );
  const signature = sign("sha256", toBeSigned, issuerKey);
  return toPem(sequence(toBeSigned, algorithm, bitString(0, signature)));
}

export function basicConstraints(isCa: boolean): Buffer {
  return extension(
    OID.basicConstraints,
    "critical",
    isCa ? sequence(tlv(0x01, Buffer.of(0xff))) : sequence(),
  );
}

/** digitalSignature and keyEncipherment; a CA may sign certificates as well. */
export function keyUsage(isCa: boolean): Buffer {
  const bits = isCa ? bitString(2, Buffer.of(0xa4)) : bitString(5, Buffer.of(0xa0));
  return extension(OID.keyUsage, "critical", bits);
}

export function serverAuthentication(): Buffer {
  return extension(OID.extendedKeyUsage, "plain", sequence(oid(OID.serverAuth)));
}

/** Names as given: DNS names are not changed in case, addresses are IPv4 or IPv6 text. */
export function subjectAltName(dnsNames: readonly string[], ips: readonly string[]): Buffer {
  const names = dnsNames.map((name) => tlv(0x82, Buffer.from(name, "ascii")));
  const addresses = ips.map((ip) => tlv(0x87, Buffer.from(ipaddr.parse(ip).toByteArray())));
  return extension(OID.subjectAltName, "plain", sequence(...names, ...addresses));
}

export function subjectKeyId(publicKey: KeyObject): Buffer {
  return extension(OID.subjectKeyId, "plain", tlv(0x04, keyId(publicKey)));
}

export function authorityKeyId(issuerKey: KeyObject): Buffer {
  return extension(OID.authorityKeyId, "plain", sequence(tlv(0x80, keyId(issuerKey))));
}

/** RFC 5280, 4.2.1.2, method 1: SHA-1 of the public key's bits. */
function keyId(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "pkcs1", format: "der" }))
    .digest();
}

function extension(id: string, weight: "critical" | "plain", value: Buffer): Buffer {
  const critical = weight === "critical" ? [tlv(0x01, Buffer.of(0xff))] : [];
  return sequence(oid(id), ...critical, tlv(0x04, value));
}

/** Largest part first, as certificates are written; in text it is often the other way round. */
function distinguishedName({ commonName, organization }: DistinguishedName): Buffer {
  const attribute = (id: string, text: string): Buffer =>
    tlv(0x31, sequence(oid(id), tlv(0x13, Buffer.from(text, "ascii"))));
  return sequence(
    ...(organization === undefined ? [] : [attribute(OID.organization, organization)]),
    attribute(OID.commonName, commonName),
  );
}

/** RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime from then on. */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;
  if (date.getUTCFullYear() < 2050) return tlv(0x17, Buffer.from(digits.slice(2), "ascii"));
  return tlv(0x18, Buffer.from(digits, "ascii"));
}

function bitString(unusedBits: number, bytes: Buffer): Buffer {
  return tlv(0x03, Buffer.of(unusedBits), bytes);
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), derLength(value.length), value]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x100) return Buffer.of(0x81, length);
  return Buffer.of(0x82, length >> 8, length & 0xff);
}

function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
