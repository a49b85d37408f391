import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { LabPrincipal, Scenario } from "../scenario.ts";
import { type AwsLogEntry, answerRequest } from "./answer.ts";
import { createFaultPlan } from "./faults.ts";
import { createPrincipalStore } from "./principals.ts";
import type { AwsReply } from "./reply.ts";
import { readRequest } from "./request.ts";

export interface AwsOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Asked at every request, so that a scenario may change under way. */
  scenario(): Scenario;
  /** PEM of a cluster's CA; undefined while there is none. */
  certificateAuthorityOf(clusterName: string): string | undefined;
  /** When clusters and ENIs were made, milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** By role ARN: the external id AssumeRole has to bring. Default: no role asks for one. */
  readonly externalIds?: Readonly<Record<string, string>>;
  /** Wall clock, milliseconds since the epoch: for signatures, expiry and the Date header. */
  nowMs(): number;
}

export interface RunningAws {
  /** `http://127.0.0.1:41234`, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly port: number;
  /** Declared principals and live sessions: what a token verifier has to know. */
  principals(): readonly LabPrincipal[];
  /** The latest calls, oldest first, at most 1000. */
  log(): readonly AwsLogEntry[];
  close(): Promise<void>;
}

const LOG_ENTRIES = 1000;
/** Session tokens travel in a header, presigned requests in the request line. */
const MAX_HEADER_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 30_000;
const METHODS: readonly (string | undefined)[] = ["GET", "POST"];

/** EKS, EC2 and STS behind one port, told apart by the credential scope of the signature. */
export async function startAwsServer(options: AwsOptions): Promise<RunningAws> {
  const host = options.host ?? "127.0.0.1";
  const principals = createPrincipalStore(
    () => options.scenario().principals,
    () => options.nowMs(),
  );
  const faults = createFaultPlan(() => options.scenario().awsFaults);
  const startedAtMs = options.nowMs();
  const log: AwsLogEntry[] = [];
  const timers = new Set<NodeJS.Timeout>();

  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS },
    (message, response) => void serve(message, response),
  );

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    // The SDKs set their clock by this header, so it has to agree with the signature check.
    response.setHeader("date", new Date(options.nowMs()).toUTCString());
    response.on("error", () => response.destroy());
    if (!METHODS.includes(message.method)) {
      send(response, plainReply(405, "method not allowed", { allow: "GET, POST" }));
      return;
    }
    const read = await readRequest(message);
    if (read.kind === "gone") return;
    if (read.kind === "too-large") {
      send(response, plainReply(413, "request entity too large", { connection: "close" }));
      return;
    }
    const scenario = options.scenario();
    const { reply, logged } = answerRequest(
      read.request,
      {
        scenario,
        principals,
        certificateAuthorityOf: (name) => options.certificateAuthorityOf(name),
        externalIds: options.externalIds ?? {},
        createdAtMs: options.createdAtMs,
        startedAtMs,
        nowMs: options.nowMs(),
      },
      faults,
    );
    log.push(logged);
    if (log.length > LOG_ENTRIES) log.shift();
    if (reply === undefined) return;
    await pause(scenario.latency.awsMs);
    send(response, reply);
  }

  function pause(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });
  }

  server.listen(options.port ?? 0, host);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    principals: () => principals.current(),
    log: () => [...log],
    close() {
      closing ??= new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function send(response: ServerResponse, reply: AwsReply): void {
  if (response.destroyed) return;
  response.writeHead(reply.status, {
    ...reply.headers,
    "content-length": Buffer.byteLength(reply.body),
  });
  response.end(reply.body);
}

/** For requests that no service ever sees. */
function plainReply(status: number, message: string, more: Record<string, string>): AwsReply {
  const headers = { "content-type": "application/json", ...more };
  return { status, headers, body: JSON.stringify({ message }) };
}
