import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import type { RunningFront } from "../../src/lab/fronts/front.ts";

export interface LabAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface LabGet {
  readonly front: RunningFront;
  readonly ca: string;
  readonly servername: string;
  readonly httpVersion: "1.1" | "2";
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST, of JSON unless the headers say otherwise. */
  readonly body?: string;
  /** Stops after so many bytes of body, as a client with a limit does. */
  readonly limitBytes?: number;
}

/** One request on one fresh connection; rejects with the error of the socket or of TLS. */
export async function getFromLab(options: LabGet): Promise<LabAnswer> {
  return options.httpVersion === "2" ? getByHttp2(options) : getByHttp1(options);
}

function tlsOptions({ ca, servername }: LabGet): { ca: string; servername: string } {
  return { ca, servername };
}

/** Method and headers: a body is announced as a client would. */
function methodOf({ body, headers = {} }: LabGet): {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
} {
  if (body === undefined) return { method: "GET", headers };
  return { method: "POST", headers: { "content-type": "application/json", ...headers } };
}

async function getByHttp2(options: LabGet): Promise<LabAnswer> {
  const { front, path = "/api", limitBytes = Number.POSITIVE_INFINITY } = options;
  const { method, headers } = methodOf(options);
  const session = connectHttp2(
    `https://${front.boundAddress}:${front.boundPort}`,
    tlsOptions(options),
  );
  try {
    return await new Promise((resolve, reject) => {
      session.once("error", reject);
      session.once("close", () => reject(new Error("the session ended")));
      const head = { ":method": method, ":path": path, ...headers };
      const stream = session.request(head, { endStream: options.body === undefined });
      if (options.body !== undefined) stream.end(options.body);
      let status = 0;
      let received: Readonly<Record<string, unknown>> = {};
      let body = "";
      const finish = (): void => resolve({ status, headers: received, body });
      stream.once("response", (fields) => {
        received = fields;
        status = Number(fields[":status"]);
      });
      stream.setEncoding("utf8").on("data", (text: string) => {
        body += text;
        if (body.length >= limitBytes) finish();
      });
      stream.once("end", finish);
      // A stream that its session took down names the reason as its cause.
      stream.once("error", (error) => reject(error.cause ?? error));
    });
  } finally {
    session.destroy();
  }
}

async function getByHttp1(options: LabGet): Promise<LabAnswer> {
  const { front, path = "/api", limitBytes = Number.POSITIVE_INFINITY } = options;
  const { method, headers } = methodOf(options);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: front.boundAddress,
      port: front.boundPort,
      path,
      method,
      headers,
      agent: false,
      ...tlsOptions(options),
    });
    sent.once("error", reject);
    sent.once("response", (response) => {
      let body = "";
      const finish = (): void => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        sent.destroy();
      };
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
        if (body.length >= limitBytes) finish();
      });
      response.once("end", finish);
      response.once("error", reject);
    });
    sent.end(options.body);
  });
}
