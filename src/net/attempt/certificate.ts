import type { X509Certificate } from "node:crypto";
import ipaddr from "ipaddr.js";
import type { Tri } from "../../model/fact.ts";
import type { Certificate } from "../../model/observation.ts";
import { sanitizeText } from "../../model/text.ts";
import { isoTime } from "../../model/time.ts";
import { parseOpenSslTime } from "../times.ts";

const MAX_NAME = 255;
const MAX_SUBJECT = 512;
const MAX_NAMES = 256;

/** The facts of a leaf that are kept. Every string is sanitized: a stranger may have written it. */
export function readCertificate(leaf: X509Certificate): Certificate {
  const names = parseAltNames(leaf.subjectAltName ?? "").slice(0, MAX_NAMES);
  return {
    subject: oneLineName(leaf.subject),
    issuer: oneLineName(leaf.issuer),
    dnsNames: names
      .filter((name) => name.kind === "DNS")
      .map((name) => sanitizeText(name.value, MAX_NAME)),
    ipAddresses: names
      .filter((name) => name.kind === "IP Address")
      .map((name) => canonicalIp(name.value)),
    serialNumber: leaf.serialNumber.toUpperCase(),
    notBefore: certificateTime(leaf.validFrom),
    notAfter: certificateTime(leaf.validTo),
    sha256: leaf.fingerprint256,
    subjectKeyId: hasExtension(leaf.raw, SUBJECT_KEY_ID),
    authorityKeyId: hasExtension(leaf.raw, AUTHORITY_KEY_ID),
  };
}

/** DER of the object identifiers 2.5.29.14 and 2.5.29.35 (RFC 5280, 4.2.1). */
const SUBJECT_KEY_ID = Buffer.from("0603551d0e", "hex");
const AUTHORITY_KEY_ID = Buffer.from("0603551d23", "hex");

/**
 * Whether the certificate has an extension. Node has no accessor for these; OpenSSL has parsed the
 * certificate before, so its identifier can be looked for as it is encoded. Five given bytes in a
 * key or a signature by chance: one certificate in some 10^9.
 */
function hasExtension(der: Buffer, identifier: Buffer): Tri {
  return der.includes(identifier) ? "yes" : "no";
}

export interface AltName {
  /** `DNS`, `IP Address`, `URI`, `email`, `DirName`, …: as OpenSSL names it. */
  readonly kind: string;
  readonly value: string;
}

/**
 * Takes apart the text that Node makes of a subjectAltName: `DNS:a, IP Address:10.0.0.1`. A value
 * with a comma, a quote or a control character comes as a JSON string, so that a name cannot pass
 * itself off as two (CVE-2021-44532). What does not follow that form ends the reading: rather a
 * name too few than an invented one. Never throws.
 */
export function parseAltNames(text: string): readonly AltName[] {
  const names: AltName[] = [];
  const form = /([A-Za-z][A-Za-z0-9 ]*):(?:("(?:[^"\\]|\\.)*")|([^",]*))(?:, |$)/y;
  while (form.lastIndex < text.length) {
    const match = form.exec(text);
    const kind = match?.[1];
    const value = match?.[2] === undefined ? match?.[3] : unquote(match[2]);
    if (kind === undefined || value === undefined) break;
    names.push({ kind, value });
  }
  return names;
}

function unquote(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Node gives one attribute a line, the most general first. */
export function oneLineName(text: string | undefined): string {
  const parts = (text ?? "").split("\n").filter((part) => part !== "");
  return sanitizeText(parts.toReversed().join(", "), MAX_SUBJECT);
}

/** OpenSSL prints IPv6 in full and upper case (`2001:DB8:0:0:0:0:0:1`); kept as RFC 5952 has it. */
function canonicalIp(text: string): string {
  return ipaddr.isValid(text) ? ipaddr.parse(text).toString() : sanitizeText(text, 64);
}

function certificateTime(text: string): string {
  const ms = parseOpenSslTime(text);
  return ms === undefined ? sanitizeText(text, 64) : isoTime(ms);
}
