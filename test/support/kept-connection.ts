import { connect as connectHttp2 } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { LabAnswer, LabGet } from "./lab-client.ts";

/** One HTTP/2 connection that stays, as a kubelet's does. */
export interface KeptConnection {
  /** Of the certificate that the handshake showed. */
  readonly fingerprint: string;
  /** Rejects with the code of what took the connection down. */
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<LabAnswer>;
  /** Like `ask`, or undefined when nothing has come by then. */
  askWithin(
    ms: number,
    path: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<LabAnswer | undefined>;
  /** Code of the error that ended it, `closed` without one. */
  readonly ended: Promise<string>;
  close(): void;
}

export async function keepConnection(
  options: Pick<LabGet, "front" | "ca" | "servername">,
): Promise<KeptConnection> {
  const { front, ca, servername } = options;
  const socket = connectTls({
    host: front.boundAddress,
    port: front.boundPort,
    ca,
    servername,
    ALPNProtocols: ["h2"],
  });
  const session = connectHttp2(`https://${front.boundAddress}`, { createConnection: () => socket });
  let code = "closed";
  session.on("error", (error: NodeJS.ErrnoException) => {
    code = error.code ?? error.message;
  });
  const ended = new Promise<string>((resolve) => session.once("close", () => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    // Node.js overlooks a reset that comes before the server's first frame.
    session.once("remoteSettings", () => resolve());
    session.once("error", reject);
  });
  const fingerprint = socket.getPeerCertificate().fingerprint256;
  const ask: KeptConnection["ask"] = (path, headers = {}) =>
    new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error instanceof Error && error.cause instanceof Error ? error.cause : error);
      };
      if (session.destroyed) return reject(new Error(code));
      const stream = session.request({ ":path": path, ...headers });
      let received: Readonly<Record<string, unknown>> = {};
      let body = "";
      stream.once("response", (fields) => {
        received = fields;
      });
      stream.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      stream.once("end", () => {
        resolve({ status: Number(received[":status"]), headers: received, body });
      });
      stream.once("error", fail);
    });
  return {
    fingerprint,
    ask,
    askWithin: (ms, path, headers) => {
      const asked = ask(path, headers);
      asked.catch(() => undefined);
      return Promise.race([asked, sleep(ms, undefined)]);
    },
    ended,
    close: () => session.destroy(),
  };
}
