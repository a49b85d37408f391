import type { Failure, FailureCode, FailurePhase, FailureSide } from "../../model/failure.ts";
import { interrupted } from "../../model/ports.ts";
import { sanitizeText } from "../../model/text.ts";
import type { Deadline } from "../deadline.ts";
import { errorCodes } from "../error-codes.ts";

const MAX_MESSAGE = 400;

/** The one place where a failure of a probe is put together: its message is always one safe line. */
export function probeFailure(
  phase: FailurePhase,
  code: FailureCode,
  side: FailureSide,
  message: string,
  cause?: string,
): Failure {
  const failure = { code, phase, side, message: sanitizeText(message, MAX_MESSAGE) };
  return cause === undefined ? failure : { ...failure, cause: sanitizeText(cause, 100) };
}

type Meaning = readonly [FailureCode, FailureSide, string];

const TCP_CODES: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: ["tcp-refused", "server", "refused the connection"],
  ETIMEDOUT: ["tcp-timeout", "network", "did not answer the connection attempt"],
  ECONNRESET: ["tcp-reset", "network", "reset the connection"],
  EPIPE: ["tcp-reset", "network", "reset the connection"],
  EHOSTUNREACH: ["tcp-unreachable", "network", "cannot be reached: no route to the host"],
  EHOSTDOWN: ["tcp-unreachable", "network", "cannot be reached: the host is down"],
  ENETUNREACH: ["tcp-unreachable", "network", "cannot be reached: no route to the network"],
  ENETDOWN: ["tcp-unreachable", "local", "cannot be reached: the network is down here"],
  EADDRNOTAVAIL: ["tcp-unreachable", "local", "cannot be reached: no address here to come from"],
  EAFNOSUPPORT: ["tcp-unreachable", "local", "cannot be reached: no such address family here"],
  EMFILE: ["tcp-local", "local", "was not dialled: too many open files in this process"],
  ENFILE: ["tcp-local", "local", "was not dialled: too many open files on this machine"],
  ENOBUFS: ["tcp-local", "local", "was not dialled: no buffer space on this machine"],
  EACCES: ["tcp-local", "local", "was not dialled: this machine does not permit it"],
  EPERM: ["tcp-local", "local", "was not dialled: this machine does not permit it"],
};

/** An error before the connection was made. */
export function classifyTcp(error: unknown, target: string): Failure {
  const codes = errorCodes(error);
  const cause = codes.find((code) => Object.hasOwn(TCP_CODES, code));
  const [code, side, what] = (cause === undefined ? undefined : TCP_CODES[cause]) ?? [
    "tcp-unreachable",
    "network",
    codes[0] === undefined ? "cannot be reached" : `cannot be reached (${codes[0]})`,
  ];
  return probeFailure("tcp", code, side, `${target} ${what}`, cause ?? codes[0]);
}

const RESET_CODES: readonly string[] = [
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
  "ERR_STREAM_PREMATURE_CLOSE",
];

/** OpenSSL's ways of saying that the first bytes were no TLS record. */
const NOT_TLS_CODES: readonly string[] = [
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_HTTPS_PROXY_REQUEST",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_RECORD_LAYER_FAILURE",
  "ERR_SSL_UNKNOWN_PROTOCOL",
  "ERR_SSL_UNEXPECTED_MESSAGE",
  "ERR_SSL_BAD_RECORD_TYPE",
];

/** OpenSSL names the alerts it receives `SSLV3_ALERT_*`, `TLSV1_*` and `TLSV13_ALERT_*`. */
const ALERT_CODE = /^ERR_SSL_(?:SSLV3_ALERT|TLSV1|TLSV13_ALERT)_/;

/** An error of the handshake, verification apart. */
export function classifyTls(error: unknown, target: string): Failure {
  const codes = errorCodes(error);
  const alert = codes.find((code) => ALERT_CODE.test(code));
  if (alert !== undefined) return alertFailure(alert, target);
  const plain = codes.find((code) => NOT_TLS_CODES.includes(code));
  if (plain !== undefined)
    return probeFailure("tls", "tls-not-tls", "server", `${target} does not speak TLS`, plain);
  const reset = codes.find((code) => RESET_CODES.includes(code));
  if (reset !== undefined) {
    const message = `the connection to ${target} ended during the TLS handshake`;
    return probeFailure("tls", "tls-reset", "network", message, reset);
  }
  const message = `the TLS handshake with ${target} failed`;
  return probeFailure("tls", "tls-error", "server", message, codes[0]);
}

function alertFailure(code: string, target: string, what = "refused the TLS handshake"): Failure {
  const name = code.replace(ALERT_CODE, "").toLowerCase().replaceAll("_", " ");
  const message = `${target} ${what} with the alert "${name}"`;
  return probeFailure("tls", "tls-alert", "server", message, code);
}

/** OpenSSL's verification results by X509_V_ERR_ name; every other one is `tls-untrusted`. */
const VERIFY_CODES: Readonly<Record<string, Meaning>> = {
  CERT_HAS_EXPIRED: ["tls-expired", "server", "has expired"],
  CERT_NOT_YET_VALID: ["tls-not-yet-valid", "server", "is not valid yet"],
  HOSTNAME_MISMATCH: ["tls-name-mismatch", "server", "is for another name"],
};

/** What OpenSSL said about the chain to the cluster's CA. */
export function classifyVerification(cause: string, target: string): Failure {
  const [code, side, what] = VERIFY_CODES[cause] ?? [
    "tls-untrusted",
    "server",
    "was not issued by the cluster's CA",
  ];
  const message = `the certificate that ${target} presented ${what}`;
  return probeFailure("tls", code, side, message, cause);
}

const HEADER_CODES: readonly string[] = ["UND_ERR_HEADERS_OVERFLOW", "HPE_HEADER_OVERFLOW"];

/** The peer broke HTTP/2, or says that we did. `ERR_HTTP2_ERROR` is nghttp2's own verdict. */
const PROTOCOL_CODES: readonly string[] = [
  "ERR_HTTP2_ERROR",
  "NGHTTP2_PROTOCOL_ERROR",
  "NGHTTP2_FLOW_CONTROL_ERROR",
  "NGHTTP2_FRAME_SIZE_ERROR",
  "NGHTTP2_COMPRESSION_ERROR",
  "NGHTTP2_INADEQUATE_SECURITY",
  "NGHTTP2_HTTP_1_1_REQUIRED",
];

/** An error after the handshake: `body` once the header was complete, `http` before. */
export function classifyHttp(error: unknown, phase: "http" | "body", target: string): Failure {
  const codes = errorCodes(error);
  const alert = codes.find((code) => ALERT_CODE.test(code));
  if (alert !== undefined) return alertFailure(alert, target);
  if (codes.some((code) => HEADER_CODES.includes(code))) return headerTooLarge(target, codes[0]);
  const isProtocol = codes.some((code) => PROTOCOL_CODES.includes(code));
  const reset =
    codes.find((code) => RESET_CODES.includes(code)) ??
    codes.find((code) => code.startsWith("NGHTTP2_"));
  if (isProtocol || reset === undefined) {
    const message = `what ${target} sent is not proper HTTP`;
    return probeFailure(phase, "http-protocol", "server", message, codes[0]);
  }
  if (phase === "http") {
    const message = `${target} ended the connection without an answer`;
    return probeFailure("http", "http-reset", "server", message, reset);
  }
  const message = `${target} ended the connection inside the body`;
  return probeFailure("body", "body-reset", "server", message, reset);
}

export const MAX_HEADER_BYTES: number = 16 * 1024;

export function headerTooLarge(target: string, cause?: string): Failure {
  const message = `the header of the answer from ${target} exceeds ${MAX_HEADER_BYTES} bytes`;
  return probeFailure("http", "http-header-too-large", "server", message, cause);
}

export function bodyTooLarge(target: string, maxBytes: number): Failure {
  const message = `the body of the answer from ${target} exceeds ${maxBytes} bytes`;
  return probeFailure("body", "body-too-large", "server", message);
}

/** No request goes out on a connection that has ended, or that takes no more since a GOAWAY. */
export function connectionOver(target: string): Failure {
  const message = `the connection to ${target} had ended before this request`;
  return probeFailure("http", "http-reset", "server", message);
}

/** An orderly end, between two requests. */
export function connectionEnded(target: string): Failure {
  return probeFailure("http", "http-reset", "server", `${target} ended the connection`);
}

/** RFC 9113 section 6.8: no further requests on this connection. `cause`: `NGHTTP2_NO_ERROR`. */
export function saidGoaway(target: string, cause: string): Failure {
  const message = `${target} ended the connection with GOAWAY (${cause})`;
  return probeFailure("http", "http-reset", "server", message, cause);
}

/** What Linux says when nothing was acknowledged for too long, or keep-alive went unanswered. */
const UNACKNOWLEDGED: readonly string[] = ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"];

/** How undici says that a connection is over, and no more. */
const PLAIN_END: readonly string[] = ["UND_ERR_INFO", "UND_ERR_SOCKET"];

/** An error of a connection that was made and is kept, whether or not anything is under way. */
export function classifyEnd(error: unknown, target: string): Failure {
  const codes = errorCodes(error);
  const alert = codes.find((code) => ALERT_CODE.test(code));
  if (alert !== undefined) return alertFailure(alert, target, "ended the connection");
  const silence = codes.find((code) => UNACKNOWLEDGED.includes(code));
  if (silence !== undefined) {
    const message = `${target} acknowledged nothing any more: the connection was given up`;
    return probeFailure("http", "http-timeout", "network", message, silence);
  }
  const plain = codes.some((code) => PLAIN_END.includes(code));
  if (plain || codes.length === 0) return connectionEnded(target);
  const reset = codes.find((code) => RESET_CODES.includes(code));
  if (reset === undefined) return classifyHttp(error, "http", target);
  return probeFailure("http", "http-reset", "server", `${target} reset the connection`, reset);
}

/** `where`: `as its serverAddress`. */
export function echoFailure(target: string, where: string): Failure {
  const message = `${target} gave the token back ${where}`;
  return probeFailure("body", "body-unexpected-shape", "server", message);
}

const TIMEOUTS: Readonly<Record<"tcp" | "tls" | "http" | "body", Meaning>> = {
  tcp: ["tcp-timeout", "network", "did not answer the connection attempt"],
  tls: ["tls-timeout", "server", "did not finish the TLS handshake"],
  http: ["http-timeout", "server", "did not answer the request"],
  body: ["body-timeout", "server", "did not finish the body"],
};

/** Why a phase was stopped from outside: the caller's signal or the probe's own time. */
export function stopFailure(
  deadline: Deadline,
  phase: "tcp" | "tls" | "http" | "body",
  target: string,
): Failure {
  if (deadline.cause() === "interrupted") return interrupted(phase);
  const [code, side, what] = TIMEOUTS[phase];
  return probeFailure(phase, code, side, `${target} ${what} within ${deadline.timeoutMs} ms`);
}
