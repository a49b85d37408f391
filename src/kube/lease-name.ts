// A hash reads nothing and changes nothing: no effect that belongs into an adapter's hands.
// oxlint-disable-next-line eslint/no-restricted-imports
import { createHash } from "node:crypto";

const COMPONENT = "kube-apiserver";
/** 128 bits of the digest go into the name: 26 characters. */
const NAME_BYTES = 16;

/**
 * The names that the identity Lease of the API server on this host may have, newest form first:
 *
 * - `apiserver-` + hash of host and `kube-apiserver`, each behind its length in two bytes, big
 *   endian (recorded from a live cluster of 1.27 or later);
 * - `apiserver-` + hash of the host alone;
 * - `kube-apiserver-` + hash of the host alone (1.26, as in its documentation).
 *
 * The hash is base32 (RFC 4648, lower case, no padding) of half the SHA-256. The host is taken as it
 * is given: what counts is the name the server's own system has, which certificates and /api repeat.
 */
export function leaseNamesOf(host: string): readonly string[] {
  const ofHost = hash(Buffer.from(host));
  const ofBoth = hash(Buffer.concat([host, COMPONENT].flatMap(withLength)));
  return [`apiserver-${ofBoth}`, `apiserver-${ofHost}`, `kube-apiserver-${ofHost}`];
}

function withLength(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return [Buffer.of((bytes.length >> 8) & 0xff, bytes.length & 0xff), bytes];
}

function hash(data: Buffer): string {
  return toBase32(createHash("sha256").update(data).digest().subarray(0, NAME_BYTES));
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

function toBase32(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((held >> bits) & 31);
    }
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (5 - bits)) & 31);
}
