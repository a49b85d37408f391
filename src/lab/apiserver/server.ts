import type { Socket } from "node:net";
import type { ClusterPki, TlsIdentity } from "../pki.ts";
import type { LabCluster, LabServer } from "../scenario.ts";
import type { Answer } from "./answers.ts";
import { type Authenticate, bearerTokenOf, identifyRequester } from "./authenticate.ts";
import { createExchange, type Exchange, sendAnswer } from "./exchange.ts";
import { answerRequest, serverTimeMs } from "./router.ts";
import { createSeenRecorder, type SeenLog } from "./seen.ts";
import { MAX_BODY_BYTES } from "./self-review.ts";
import { createTlsServer, type TlsServer, type TlsServerOptions } from "./tls-server.ts";
import { createTokenCache } from "./token-cache.ts";

export interface ApiServerOptions {
  readonly cluster: LabCluster;
  readonly server: LabServer;
  readonly pki: ClusterPki;
  readonly authenticate: Authenticate;
  /** The right time, in milliseconds; the server's clock is `clockSkewSeconds` off. Default: ours. */
  readonly nowMs?: () => number;
  /** When the lab started: the times of a scenario go by it. Default: now. */
  readonly startedAtMs?: number;
}

/** One simulated kube-apiserver. It listens on nothing: a front hands it connections. */
export interface ApiServer {
  readonly server: LabServer;
  readonly cluster: LabCluster;
  readonly seen: SeenLog;
  /** The server's own wall clock, as its Date header has it. */
  clockMs(): number;
  /** Takes over a fresh TCP connection, none of whose bytes have been consumed. */
  accept(socket: Socket): void;
  /** The same server behind something broken. It counts in `seen` and ends with `close`. */
  createVariant(variant: ApiServerVariant): ApiServerVariantHandle;
  /** Cuts every connection at once. */
  close(): void;
}

export interface ApiServerVariant {
  /** Presented instead of the server's own certificate. */
  readonly identity: TlsIdentity | undefined;
  readonly protocols: TlsServerOptions["protocols"];
  /**
   * Runs before a request is answered; `proceed` answers it as the server would, or, given an
   * exchange, as the server would if it had got that one instead.
   */
  readonly intercept: Intercept | undefined;
}

export type Intercept = (exchange: Exchange, proceed: Proceed) => void;

export type Proceed = (changed?: Exchange) => void;

export interface ApiServerVariantHandle {
  accept(socket: Socket): void;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { cluster, server, pki } = options;
  const nowMs = options.nowMs ?? Date.now;
  const startedAtMs = options.startedAtMs ?? nowMs();
  const clockMs = (): number => serverTimeMs({ server, nowMs: nowMs() });
  const authenticate = createTokenCache(options.authenticate, {
    verificationMs: cluster.tokenVerificationMs ?? 0,
    nowMs,
  });
  const recorder = createSeenRecorder();
  const tlsServers: TlsServer[] = [];

  async function answer(exchange: Exchange): Promise<void> {
    const requester = await identifyRequester(
      {
        authorization: exchange.header("authorization"),
        clientCertificate: exchange.clientCertificate,
      },
      authenticate,
    );
    const isPost = exchange.method === "POST";
    const body = isPost ? await exchange.readBody(MAX_BODY_BYTES) : "";
    const context = { cluster, server, startedAtMs, nowMs: nowMs() };
    const result: Answer = answerRequest(
      {
        method: exchange.method,
        path: exchange.path,
        query: exchange.query,
        accept: exchange.header("accept"),
        forwardedFor: exchange.header("x-forwarded-for"),
        remoteIp: exchange.remoteIp,
        contentType: exchange.header("content-type"),
        body,
      },
      requester,
      context,
    );
    sendAnswer(exchange, result, cluster, serverTimeMs(context));
  }

  function createVariant(variant: ApiServerVariant): ApiServerVariantHandle {
    const tlsServer = createTlsServer({
      identity: variant.identity ?? pki.leaf(server.id),
      clientCaPem: pki.caPem,
      protocols: variant.protocols,
      onHandshake: () => recorder.countHandshake(),
      onTlsError: () => recorder.countTlsError(),
      onRequest: (request, response) => {
        const authorization = request.headers.authorization;
        const onStatus = recorder.addRequest({
          path: request.url?.split("?")[0] ?? "",
          httpVersion: request.httpVersionMajor === 2 ? "2" : "1.1",
          authorization: describeAuthorization(authorization),
        });
        const exchange = createExchange(request, response, {
          tcpSocketOf: (tlsSocket) => tlsServer.tcpSocketOf(tlsSocket),
          onStatus,
        });
        const proceed: Proceed = (changed = exchange) => void answer(changed);
        if (variant.intercept === undefined) proceed();
        else variant.intercept(exchange, proceed);
      },
    });
    tlsServers.push(tlsServer);
    return tlsServer;
  }

  const proper = createVariant({
    identity: undefined,
    protocols: "h2-and-http1",
    intercept: undefined,
  });
  return {
    server,
    cluster,
    seen: recorder.log,
    clockMs,
    accept: (socket) => proper.accept(socket),
    createVariant,
    close: () => {
      for (const tlsServer of tlsServers) tlsServer.close();
    },
  };
}

function describeAuthorization(header: string | undefined): "none" | "bearer" | "other" {
  if (header === undefined) return "none";
  return bearerTokenOf(header) === undefined ? "other" : "bearer";
}
