import type { Readable } from "node:stream";
import type { AwsIdentity } from "./identity.ts";
import type { AwsOptions } from "./options.ts";
import type { AwsService, AwsSettings } from "./settings.ts";

/** Most attempts for one request, the first one included: the SDK's own default. */
const MAX_ATTEMPTS = 3;

/** Longest time for TCP and TLS to one address, in milliseconds. */
const CONNECT_TIMEOUT_MS = 3000;

/**
 * A page of 1000 interfaces is about 2 MB of XML, a cluster or a session a few KB; more than that is
 * not AWS. What the SDK's parsers make of hostile XML or JSON takes 35 to 60 times its size.
 */
const MAX_ANSWER_BYTES: Readonly<Record<AwsService, number>> = {
  ec2: 2.5 * 1024 * 1024,
  eks: 1024 * 1024,
  sts: 1024 * 1024,
};

/** What every client is made with; given outright, so that none looks it up again by itself. */
export interface ClientOptions {
  readonly region: string;
  readonly credentials?: () => Promise<AwsIdentity>;
  readonly endpoint?: string;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  readonly maxAttempts: number;
  readonly retryMode: "standard";
  readonly defaultsMode: "standard";
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
    readonly httpsAgent?: { readonly ca: string };
  };
  readonly streamCollector: (stream: Readable) => Promise<Uint8Array>;
}

/** Thrown into the SDK, which passes it on; told apart by its name. */
class NotAwsAnswerError extends Error {
  override readonly name = "NotAwsAnswerError";
}

/** The options of one service's client; trust is PEM, undefined for Node's own roots. */
export function clientOptions(
  service: AwsService,
  options: AwsOptions,
  settings: AwsSettings,
  trust: string | undefined,
  credentials: (() => Promise<AwsIdentity>) | undefined,
): ClientOptions {
  const endpoint = settings.endpoints[service];
  return {
    region: settings.region,
    ...(credentials === undefined ? {} : { credentials }),
    ...(endpoint === undefined ? {} : { endpoint }),
    useFipsEndpoint: settings.useFips,
    useDualstackEndpoint: settings.useDualstack,
    maxAttempts: MAX_ATTEMPTS,
    retryMode: "standard",
    defaultsMode: "standard",
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs),
      requestTimeout: options.timeoutMs,
      // Without it the handler only prints a warning and goes on waiting.
      throwOnRequestTimeout: true,
      ...(trust === undefined ? {} : { httpsAgent: { ca: trust } }),
    },
    streamCollector: (stream) => collectAnswer(stream, MAX_ANSWER_BYTES[service]),
  };
}

/** Reads a whole body, but no more than an AWS answer can be, and no web page. */
async function collectAnswer(stream: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    // Leaving the loop destroys the stream, and with it the connection.
    if (bytes > maxBytes) throw new NotAwsAnswerError(`over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks, bytes);
  // A portal's page may be well-formed XML, and EC2's deserialiser takes it for an empty list.
  if (/^\s*<(?:!doctype\s+)?html/i.test(body.toString("latin1", 0, 200))) {
    throw new NotAwsAnswerError("a web page");
  }
  return body;
}
