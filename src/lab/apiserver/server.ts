import type { Socket } from "node:net";
import type { ClusterPki, TlsIdentity } from "../pki.ts";
import type { LabCluster, LabServer } from "../scenario.ts";
import type { LabProcess } from "../timeline/processes.ts";
import type { Answer } from "./answers.ts";
import {
  type Authenticate,
  bearerTokenOf,
  identifyRequester,
  type TokenVerdict,
} from "./authenticate.ts";
import { createExchange, type Exchange, sendAnswer } from "./exchange.ts";
import { answerRequest, serverTimeMs } from "./router.ts";
import { createSeenRecorder, type SeenLog } from "./seen.ts";
import { MAX_BODY_BYTES } from "./self-review.ts";
import { createShedder, isExempt, shedAnswer } from "./shedding.ts";
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
  /** Whose Leases there are, asked at every request. Default: those of the cluster's servers. */
  readonly processes?: () => readonly LabProcess[];
}

/** One simulated kube-apiserver. It listens on nothing: a front hands it connections. */
export interface ApiServer {
  /** As they are now. */
  readonly server: LabServer;
  readonly cluster: LabCluster;
  readonly seen: SeenLog;
  /** The server's own wall clock, as its Date header has it. */
  clockMs(): number;
  /** Takes over a fresh TCP connection, none of whose bytes have been consumed. */
  accept(socket: Socket): void;
  /** The same server behind something broken. It counts in `seen` and ends with `close`. */
  createVariant(variant: ApiServerVariant): ApiServerVariantHandle;
  /** What it is from now on. Open connections stay, and are answered accordingly. */
  become(cluster: LabCluster, server: LabServer): void;
  /** Resets every connection, as a process that is gone; resolves when they are closed here. */
  cut(): Promise<void>;
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
  const { pki } = options;
  let { cluster, server } = options;
  const nowMs = options.nowMs ?? Date.now;
  const startedAtMs = options.startedAtMs ?? nowMs();
  const clockMs = (): number => serverTimeMs({ server, nowMs: nowMs() });
  let known = knowNoToken();
  const shedder = createShedder(server.shedsAbove, nowMs);
  const recorder = createSeenRecorder();
  const tlsServers: TlsServer[] = [];
  /** Those that present what the server presents. */
  const proper: TlsServer[] = [];

  function knowNoToken(): Authenticate {
    const verificationMs = cluster.tokenVerificationMs ?? 0;
    return createTokenCache(options.authenticate, { verificationMs, nowMs });
  }

  /** One that was scaled in accepts nobody, not even whom it knew. */
  function authenticate(token: string): ReturnType<Authenticate> {
    return server.retired === true ? SCALED_IN : known(token);
  }

  async function answer(exchange: Exchange): Promise<void> {
    const requester = await identifyRequester(
      {
        authorization: exchange.header("authorization"),
        clientCertificate: exchange.clientCertificate,
      },
      authenticate,
    );
    if (!isExempt(requester, exchange.path) && shedder.isFull()) {
      sendAnswer(exchange, shedAnswer("workload"), cluster, clockMs());
      return;
    }
    const isPost = exchange.method === "POST";
    const body = isPost ? await exchange.readBody(MAX_BODY_BYTES) : "";
    const context = {
      cluster,
      server,
      startedAtMs,
      nowMs: nowMs(),
      processes: options.processes?.(),
    };
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
      identity: variant.identity ?? pki.leaf(server.id, server.leaf),
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
    if (variant.identity === undefined) proper.push(tlsServer);
    return tlsServer;
  }

  function become(nextCluster: LabCluster, nextServer: LabServer): void {
    const before = server;
    cluster = nextCluster;
    server = nextServer;
    // Another process has its own memory.
    if ((before.starts ?? 0) !== (server.starts ?? 0)) known = knowNoToken();
    if ((before.leaf ?? 0) === (server.leaf ?? 0)) return;
    for (const tlsServer of proper) tlsServer.present(pki.leaf(server.id, server.leaf));
  }

  const direct = createVariant({
    identity: undefined,
    protocols: "h2-and-http1",
    intercept: undefined,
  });
  return {
    get server() {
      return server;
    },
    get cluster() {
      return cluster;
    },
    seen: recorder.log,
    clockMs,
    accept: (socket) => direct.accept(socket),
    createVariant,
    become,
    cut: async () => {
      await Promise.all(tlsServers.map((tlsServer) => tlsServer.cut()));
    },
    close: () => {
      for (const tlsServer of tlsServers) tlsServer.close();
    },
  };
}

const SCALED_IN: TokenVerdict = { kind: "denied", reason: "the API server was scaled in" };

function describeAuthorization(header: string | undefined): "none" | "bearer" | "other" {
  if (header === undefined) return "none";
  return bearerTokenOf(header) === undefined ? "other" : "bearer";
}
