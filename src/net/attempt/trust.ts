import { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import { createSecureContext, rootCertificates } from "node:tls";

/** Trust in exactly the certificates of one PEM text; `hasCa` is false when it held none. */
export interface Trust {
  readonly context: SecureContext;
  readonly hasCa: boolean;
}

const MAX_KEPT = 64;

/**
 * One SecureContext for each CA, shared by all probes of a port: making one costs more than a
 * handshake. Nothing else is shared between connections, sessions in particular.
 */
export function createTrustStore(): (pem: string | undefined) => Trust {
  const kept = new Map<string, Trust>();
  return (pem = "") => {
    const found = kept.get(pem);
    if (found !== undefined) return found;
    const made = makeTrust(pem);
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(pem, made);
    return made;
  };
}

function makeTrust(pem: string): Trust {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const ca = blocks.filter(isCertificate);
  // An empty list is trust in nobody; an absent one would be trust in the machine's root store.
  return { context: createSecureContext({ ca, minVersion: "TLSv1.2" }), hasCa: ca.length > 0 };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}

/**
 * Makes Node read its bundled root certificates, some 40 ms, which it does for the first context
 * with a CA of its own, whatever that is. What is made here is thrown away.
 */
export function warmUpTrust(): void {
  createSecureContext({ ca: rootCertificates.slice(0, 1) });
}
