import { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import { createSecureContext, rootCertificates } from "node:tls";
import type { Certificate } from "../../model/observation.ts";
import { readCertificate } from "./certificate.ts";

/** Trust in exactly the certificates of one PEM text; `hasCa` is false when it held none. */
export interface Trust {
  readonly context: SecureContext;
  readonly hasCa: boolean;
  /** Of DER; parsed once for each, which costs more than all else that is done with it. */
  readonly leafOf: (der: Buffer) => X509Certificate | undefined;
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
  return {
    context,
    hasCa: ca.length > 0,
    leafOf: createLeafStore(),
    factsOf: createCertificateStore(),
  };
}

function createLeafStore(): Trust["leafOf"] {
  const kept = new Map<string, X509Certificate>();
  return (der) => {
    const key = der.toString("latin1");
    const found = kept.get(key);
    if (found !== undefined) return found;
    const leaf = parse(der);
    if (leaf === undefined) return undefined;
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, leaf);
    return leaf;
  };
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
  return parse(pem) !== undefined;
}

/** Undefined where it is none. */
function parse(pemOrDer: string | Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(pemOrDer);
  } catch {
    return undefined;
  }
}

/**
 * Makes Node read its bundled root certificates, some 40 ms, which it does for the first context
 * with a CA of its own, whatever that is. What is made here is thrown away.
 */
export function warmUpTrust(): void {
  createSecureContext({ ca: rootCertificates.slice(0, 1) });
}
