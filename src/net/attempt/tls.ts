import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { isIP } from "node:net";
import { connect, TLSSocket } from "node:tls";
import { addressId } from "../../model/address.ts";
import type { Failure } from "../../model/failure.ts";
import type { TlsFacts, Verification } from "../../model/observation.ts";
import type { Clock, HttpVersionChoice, ProbePlan } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import { errorCodes } from "../error-codes.ts";
import { clientCertificateRequested } from "./client-certificate.ts";
import { classifyTls, classifyVerification, probeFailure, stopFailure } from "./failure.ts";
import type { Trust } from "./trust.ts";

export type TlsOutcome =
  | {
      readonly kind: "made";
      readonly socket: TLSSocket;
      readonly facts: TlsFacts;
      readonly tlsMs: number;
      /** What went wrong with the socket since: an alert says only then what the server thinks. */
      lost(): unknown;
    }
  /** The handshake came to the certificate and ended there: its time and its facts are known. */
  | {
      readonly kind: "refused";
      readonly facts: TlsFacts;
      readonly tlsMs: number;
      readonly failure: Failure;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

const ALPN: Readonly<Record<HttpVersionChoice, readonly string[]>> = {
  auto: ["h2", "http/1.1"],
  http2: ["h2"],
  "http1.1": ["http/1.1"],
};

/**
 * The handshake over a connected socket, verified here and not by Node, so that a refused
 * certificate can still be told of. `secureConnect` fires before the client's last flight is
 * written: a connection destroyed inside it leaves a TLS 1.3 server with a failed handshake and no
 * byte of HTTP. (At TLS 1.2 the server has finished before the client can decide.)
 */
export function makeTls(
  raw: Socket,
  plan: ProbePlan,
  trust: Trust,
  clock: Clock,
  deadline: Deadline,
): Promise<TlsOutcome> {
  const target = addressId(plan.dial.ip, plan.dial.port);
  return new Promise((resolve) => {
    const startedMs = clock.monotonicMs();
    const socket = connect({
      socket: raw,
      secureContext: trust.context,
      // RFC 6066 section 3: no IP in SNI.
      servername: isIP(plan.serverName) === 0 ? plan.serverName : "",
      ALPNProtocols: [...ALPN[plan.httpVersion]],
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    // Node would build its old-style certificate object with the whole chain for the callback
    // above, at a cost like that of the signature check; nothing here reads it.
    Object.defineProperty(socket, "getPeerCertificate", { value: () => ({}) });
    const settle = (outcome: TlsOutcome): void => {
      deadline.signal.removeEventListener("abort", onStop);
      resolve(outcome);
    };
    const onStop = (): void => {
      socket.destroy();
      settle({ kind: "failed", failure: stopFailure(deadline, "tls", target) });
    };
    let lost: unknown;
    // Stays on for good: an error after the phase must not become an uncaught 'error' event.
    socket.on("error", (error) => {
      lost ??= error;
      settle({ kind: "failed", failure: classifyTls(error, target) });
    });
    socket.once("secureConnect", () => {
      const tlsMs = clock.monotonicMs() - startedMs;
      const leaf = leafOf(socket, trust);
      const verification = verify(socket, leaf, plan, trust);
      if (verification.kind === "refused" && !plan.insecure) {
        const facts = readFacts(socket, leaf, verification, trust, 0);
        socket.destroy();
        raw.destroy();
        return settle({ kind: "refused", facts, tlsMs, failure: verification.failure });
      }
      const beforeFlight = raw.bytesWritten;
      setImmediate(() => {
        const facts = readFacts(socket, leaf, verification, trust, raw.bytesWritten - beforeFlight);
        settle({ kind: "made", socket, facts, tlsMs, lost: () => lost });
      });
    });
    deadline.signal.addEventListener("abort", onStop, { once: true });
    if (deadline.signal.aborted) onStop();
  });
}

/**
 * By its DER. Node's own getPeerX509Certificate loses the second certificate of a chain, some 4 KB a
 * connection that nobody frees (nodejs/node#65579 shows where): a watch makes connections for days.
 */
function leafOf(socket: TLSSocket, trust: Trust): X509Certificate | undefined {
  // Null where the connection is gone again.
  const { raw } = TLSSocket.prototype.getPeerCertificate.call(socket, false) ?? {};
  return raw === undefined ? undefined : trust.leafOf(raw);
}

/** The chain first, then the name; a certificate must name the host in its SAN, CN never counts. */
function verify(
  socket: TLSSocket,
  leaf: X509Certificate | undefined,
  plan: ProbePlan,
  trust: Trust,
): Verification {
  const target = addressId(plan.dial.ip, plan.dial.port);
  if (!trust.hasCa) return { kind: "refused", failure: noCaFailure(target) };
  if (leaf === undefined || !socket.authorized) {
    const cause = errorCodes(socket.authorizationError)[0] ?? "NO_CERTIFICATE";
    return { kind: "refused", failure: classifyVerification(cause, target) };
  }
  if (isNamed(leaf, plan.serverName)) return { kind: "verified" };
  const message = `the certificate that ${target} presented is not for ${plan.serverName}`;
  const code = "ERR_TLS_CERT_ALTNAME_INVALID";
  const failure = probeFailure("tls", "tls-name-mismatch", "server", message, code);
  return { kind: "refused", failure };
}

function isNamed(leaf: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return leaf.checkIP(name) !== undefined;
  const options = { subject: "never", partialWildcards: false } as const;
  return leaf.checkHost(name.replace(/\.$/, "").toLowerCase(), options) !== undefined;
}

/** `tls-no-ca`: without the cluster's CA nothing can be verified; the root store is never used. */
export function noCaFailure(target: string): Failure {
  const message = `no CA certificate of the cluster is known to verify ${target} with`;
  return probeFailure("tls", "tls-no-ca", "user", message);
}

function readFacts(
  socket: TLSSocket,
  leaf: X509Certificate | undefined,
  verification: Verification,
  trust: Trust,
  flightBytes: number,
): TlsFacts {
  const protocol = socket.getProtocol();
  const cipher = socket.getCipher()?.standardName ?? "unknown";
  return {
    protocol: protocol ?? "unknown",
    cipher,
    alpn: typeof socket.alpnProtocol === "string" ? socket.alpnProtocol : undefined,
    clientCertificateRequested: clientCertificateRequested(protocol, cipher, flightBytes),
    leaf: leaf === undefined ? undefined : trust.factsOf(leaf),
    verification,
  };
}
