import { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import { createSecureContext, rootCertificates } from "node:tls";
import type { Certificate } from "../../model/observation.ts";
import { readCertificate } from "./certificate.ts";

/** Trust in exactly the certificates of one PEM text; `hasCa` is false when it held none. */
export interface Trust {
  readonly context: SecureContext;
  readonly hasCa: boolean;
  /** The facts of a leaf, read once for each: a run sees the same few certificates many times. */
  readonly factsOf: (leaf: X509Certificate) => Certificate;
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
  const context = createSecureContext({ ca, minVersion: "TLSv1.2" });
  return { context, hasCa: ca.length > 0, factsOf: createCertificateStore() };
}

function createCertificateStore(): Trust["factsOf"] {
  const kept = new Map<string, Certificate>();
  return (leaf) => {
    const found = kept.get(leaf.fingerprint256);
    if (found !== undefined) return found;
    const facts = readCertificate(leaf);
    if (kept.size < MAX_KEPT) kept.set(leaf.fingerprint256, facts);
    return facts;
  };
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
