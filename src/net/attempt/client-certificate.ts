import type { Tri } from "../../model/fact.ts";

const CHANGE_CIPHER_SPEC_BYTES = 6;
/** Record header 5, handshake header 4, content type 1, AEAD tag 16. */
const RECORD_OVERHEAD_BYTES = 5 + 4 + 1 + 16;
/** An empty Certificate message: a record with a context length and a list length, 1 + 3 bytes. */
const EMPTY_CERTIFICATE_BYTES = RECORD_OVERHEAD_BYTES + 4;

/**
 * Whether the server asked for a client certificate, told from the size of the client's last
 * flight; Node has no call for it.
 *
 * In TLS 1.3 that flight is [change_cipher_spec] + [Certificate, only if asked for] + Finished
 * (RFC 8446 sections 4.4 and 5, appendix D.4). OpenSSL puts each message into a record of its own
 * and has no certificate to send, so
 *
 *     Finished           = 26 + hash length (32 or 48, by the cipher suite)
 *     empty Certificate  = 30
 *     change_cipher_spec = 6, or 0 when it went out before the second ClientHello
 *
 * For SHA-256 the flight is 58 or 64 bytes without the request and 88 or 94 with it, for SHA-384
 * 74 or 80 and 104 or 110. Any other size, and TLS 1.2, is `unknown`.
 *
 * @param flightBytes bytes written to the TCP socket from before the flight to after it.
 */
export function clientCertificateRequested(
  protocol: string | null,
  cipher: string,
  flightBytes: number,
): Tri {
  const hashBytes = hashLength(cipher);
  if (protocol !== "TLSv1.3" || hashBytes === undefined) return "unknown";
  const more = flightBytes - (RECORD_OVERHEAD_BYTES + hashBytes);
  if (more === 0 || more === CHANGE_CIPHER_SPEC_BYTES) return "no";
  const afterCertificate = more - EMPTY_CERTIFICATE_BYTES;
  if (afterCertificate === 0 || afterCertificate === CHANGE_CIPHER_SPEC_BYTES) return "yes";
  return "unknown";
}

function hashLength(cipher: string): number | undefined {
  if (cipher.endsWith("_SHA256")) return 32;
  return cipher.endsWith("_SHA384") ? 48 : undefined;
}
