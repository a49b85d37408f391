import type { Certificate, Observation } from "../model/observation.ts";

/** What one probe says of who answered, by each signal on its own. */
export interface Signals {
  readonly serverAddress: string | undefined;
  /** Host part of the serverAddress. */
  readonly host: string | undefined;
  readonly certificateHost: string | undefined;
  readonly fingerprint: string | undefined;
}

/** Names every API server's certificate carries; they tell no server from another. */
const SHARED_NAME = /^(?:localhost|kubernetes(?:\.default(?:\.svc(?:\..*)?)?)?)$/;

/**
 * An EC2 instance's own private DNS name: by address (`ip-172-16-57-254.…`) or by resource name
 * (`i-0123456789abcdef0.…`). Source: EC2 hostname types.
 */
const INSTANCE_NAME = /^(?:ip-[0-9]{1,3}(?:-[0-9]{1,3}){3}|i-[0-9a-f]{8,17})\./;

/**
 * The server's own host among its certificate's names: an instance name, else the single name that
 * is neither the endpoint's nor one that all servers share. Undefined when that leaves a choice.
 * Source: SAN list of EKS leaves (domain facts, identity signal 1).
 */
export function certificateHost(
  certificate: Certificate,
  endpointHost: string,
): string | undefined {
  const own = certificate.dnsNames
    .map((name) => name.toLowerCase())
    .filter((name) => name !== endpointHost && !name.includes("*") && !SHARED_NAME.test(name));
  const instances = own.filter((name) => INSTANCE_NAME.test(name));
  const candidates = instances.length > 0 ? instances : own;
  return candidates.length === 1 ? candidates[0] : undefined;
}

/**
 * A probe's signals. A certificate that verification refused names nobody, also under --insecure:
 * anyone can write any name into one. What /api answers is then as good as the word of whoever
 * answered, and the finding on verification says so.
 */
export function signalsOf(observation: Observation, endpointHost: string): Signals {
  const { tls, identity } = observation;
  const leaf = tls?.verification.kind === "verified" ? tls.leaf : undefined;
  return {
    serverAddress: identity?.serverAddress,
    host: identity?.host,
    certificateHost: leaf && certificateHost(leaf, endpointHost),
    fingerprint: leaf?.sha256,
  };
}

export function isIdentified(signals: Signals): boolean {
  return (signals.serverAddress ?? signals.certificateHost ?? signals.fingerprint) !== undefined;
}
