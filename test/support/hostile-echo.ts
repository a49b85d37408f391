import { STATUS_CODES } from "node:http";
import type { FakeAnswer, FakeRequest } from "./fake-aws.ts";
import { httpsPeer, type Peer, tlsPeer } from "./hostile-servers.ts";
import { apiBody } from "./hostile-world.ts";
import type { TestLeaf } from "./test-pki.ts";

/** Servers that were given a token and say it back, each in another place. */
export interface EchoServers {
  readonly peers: readonly Peer[];
  /** Every Authorization header that reached one of them. */
  readonly heard: readonly string[];
}

type Echo = (token: string) => {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

const HOST = "ip-172-16-57-254.ec2.internal";

/** A slice is what redaction by looks does not know; the whole is what it does. */
const ECHOES: readonly Echo[] = [
  (token) => ({ body: token }),
  (token) => ({
    body: JSON.stringify({ kind: "Status", message: `Bearer ${token}` }),
    status: 403,
  }),
  (token) => ({ headers: { "audit-id": `Bearer ${token}` } }),
  (token) => ({ headers: { "audit-id": token.slice(60, 92), "x-other": token } }),
  (token) => ({
    headers: {
      "x-kubernetes-pf-flowschema-uid": token.slice(200, 236),
      "x-kubernetes-pf-prioritylevel-uid": token.slice(-30),
      date: token,
    },
  }),
  (token) => ({ body: apiBody(token.slice(0, 200)) }),
  (token) => ({ body: apiBody(`ip-${token.slice(120, 150).replaceAll(/[^a-z0-9]/gi, "x")}.a`) }),
  (token) => ({ status: 302, headers: { location: `https://127.0.0.1/?${token}` } }),
  (token) => ({ status: 500, headers: { "content-type": token, "retry-after": token } }),
  // As the user that is refused, once behind JSON's escapes and once behind the quotes inside.
  (token) => ({ status: 403, body: refusal(token.slice(60, 92)) }),
  (token) => ({ status: 403, body: refusal(escaped(token.slice(60, 92))) }),
  // The whole URL inside the token, as it was before base64.
  (token) => ({ body: apiBody(HOST), headers: { "audit-id": decodeToken(token).slice(-100) } }),
];

function refusal(user: string): string {
  const message = `forbidden: User "${user}" cannot get path "/api"`;
  return JSON.stringify({ kind: "Status", status: "Failure", message, code: 403 });
}

/** Every character as Go and JSON may write it. */
function escaped(text: string): string {
  return text.replaceAll(/./g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`);
}

/** One server for each way to say a token back, over HTTP/2 or 1.1, and one in its reason phrase. */
export async function startEchoServers(leaf: TestLeaf): Promise<EchoServers> {
  const heard: string[] = [];
  const tokenOf = (authorization: string): string => {
    heard.push(authorization);
    return authorization.replace(/^Bearer /, "");
  };
  const peers = await Promise.all(
    ECHOES.map((echo) =>
      httpsPeer(leaf, (request, response) => {
        const {
          status = 200,
          headers = {},
          body = apiBody(HOST),
        } = echo(tokenOf(request.headers.authorization ?? ""));
        response.writeHead(status, headers);
        response.end(body);
      }),
    ),
  );
  const phrase = await tlsPeer(leaf, (socket) => {
    socket.once("data", (head) => {
      const token = tokenOf(/authorization: (.*)\r/i.exec(head.toString("latin1"))?.[1] ?? "");
      socket.end(`HTTP/1.1 200 ${token}\r\ncontent-length: 0\r\nx-echo: ${token}\r\n\r\n`);
    });
  });
  const broken = await tlsPeer(leaf, (socket) => {
    socket.once("data", (head) => {
      tokenOf(/authorization: (.*)\r/i.exec(head.toString("latin1"))?.[1] ?? "");
      socket.end(head);
    });
  });
  return { peers: [...peers, phrase, broken], heard };
}

function decodeToken(token: string): string {
  return Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
}

/** Ways for an AWS endpoint to say a request's headers back. */
export const AWS_ECHOES: Readonly<Record<string, (request: FakeRequest) => FakeAnswer>> = {
  "an error's message": (request) => anError(request, 500, "InternalFailure", headersOf(request)),
  "an error's message, as JSON": (request) =>
    anError(request, 400, "ClientException", JSON.stringify(Object.entries(request.headers))),
  "an error's code": (request) => anError(request, 400, headersOf(request), "no"),
  "an error's code, bare": (request) => anError(request, 400, bareEcho(request), "no"),
  "an error's message, bare": (request) => anError(request, 400, "Weird", bareEcho(request)),
  "a refused signature, with the string to sign": (request) =>
    anError(
      request,
      403,
      request.form.has("Action") ? "SignatureDoesNotMatch" : "InvalidSignatureException",
      `The request signature we calculated does not match. The Canonical String for this request should have been\n'${request.method}\n${request.path}\n\n${headersOf(request).replaceAll("; ", "\n")}'\n\nThe String-to-Sign should have been\n'${bareEcho(request)}'`,
    ),
  "a body that is not its format": (request) => ({ body: `{${headersOf(request)}` }),
  "a body that is only the echo": (request) => ({ body: bareEcho(request) }),
  "an answer's fields": (request) =>
    request.form.has("Action")
      ? {
          type: "text/xml",
          body: `<R><networkInterfaceSet><item><description>Amazon EKS demo</description><networkInterfaceId>${xml(bareEcho(request))}</networkInterfaceId><privateIpAddress>${xml(bareEcho(request))}</privateIpAddress><status>${xml(headersOf(request))}</status><vpcId>${xml(bareEcho(request))}</vpcId></item></networkInterfaceSet></R>`,
        }
      : {
          body: JSON.stringify({
            cluster: {
              name: bareEcho(request),
              arn: headersOf(request),
              status: bareEcho(request),
              version: headersOf(request),
              resourcesVpcConfig: { vpcId: bareEcho(request), subnetIds: [headersOf(request)] },
            },
          }),
        },
  "an endpoint": (request) => ({
    body: JSON.stringify({ cluster: { endpoint: `https://x/${bareEcho(request)}` } }),
  }),
};

function anError(request: FakeRequest, status: number, code: string, message: string): FakeAnswer {
  if (!request.form.has("Action"))
    return { status, body: JSON.stringify({ __type: code, message }) };
  const error = `<Code>${xml(code)}</Code><Message>${xml(message)}</Message>`;
  const isSts = request.form.get("Version") === "2011-06-15";
  return {
    status,
    type: "text/xml",
    body: isSts
      ? `<ErrorResponse><Error>${error}</Error></ErrorResponse>`
      : `<Response><Errors><Error>${error}</Error></Errors></Response>`,
  };
}

function headersOf({ headers }: FakeRequest): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join("; ");
}

/** The values alone, with nothing before them that tells what they are. */
function bareEcho({ headers }: FakeRequest): string {
  const keyId = /Credential=([^/]+)/.exec(headers.authorization ?? "")?.[1] ?? "";
  const signature = /Signature=(\w+)/.exec(headers.authorization ?? "")?.[1] ?? "";
  return `${keyId} ${String(headers["x-amz-security-token"])} ${signature.slice(0, 30)} ${STATUS_CODES[400]}`;
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
