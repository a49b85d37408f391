import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AwsOptions } from "../../src/aws/options.ts";
import type { Clock } from "../../src/model/ports.ts";

/** One request as it came in. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** The decoded form of an EC2 or STS call; empty for EKS. */
  readonly form: URLSearchParams;
}

/** What the listener does with a request; `hang` never answers, `reset` cuts the connection. */
export type FakeAnswer =
  | { readonly status?: number; readonly type?: string; readonly body: string }
  | "hang"
  | "reset"
  | "endless";

export interface FakeAws extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly FakeRequest[];
}

/** A listener on loopback that answers as the test says and remembers what it was asked. */
export async function startFakeAws(
  answer: (request: FakeRequest, index: number) => FakeAnswer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<FakeAws> {
  const requests: FakeRequest[] = [];
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    message.setEncoding("utf8");
    let body = "";
    for await (const chunk of message) body += String(chunk);
    const request: FakeRequest = {
      method: message.method ?? "",
      path: message.url ?? "",
      headers: message.headers,
      form: new URLSearchParams(body),
    };
    requests.push(request);
    reply(response, answer(request, requests.length - 1));
  };
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    handle(message, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("not bound to a port");
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${bound.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function reply(response: ServerResponse, answer: FakeAnswer): void {
  if (answer === "hang") return;
  if (answer === "reset") {
    response.destroy();
    return;
  }
  if (answer === "endless") {
    const block = Buffer.alloc(256 * 1024, " ");
    const pump = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on("drain", pump).writeHead(200, { "content-type": "application/json" });
    pump();
    return;
  }
  response.writeHead(answer.status ?? 200, { "content-type": answer.type ?? "application/json" });
  response.end(answer.body);
}

/** An answer of EKS (restJson1). */
export function eksAnswer(cluster: unknown): FakeAnswer {
  return { body: JSON.stringify({ cluster }) };
}

/** An error of EKS: the code in the body, as API Gateway in front of EKS sends it. */
export function eksError(status: number, code: string, message = "no"): FakeAnswer {
  return { status, body: JSON.stringify({ __type: code, message }) };
}

/** An error of EC2, in its own XML. */
export function ec2Error(status: number, code: string, message = "no"): FakeAnswer {
  return {
    status,
    type: "text/xml",
    body: `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0f6c1a</RequestID></Response>`,
  };
}

/** An error of STS (awsQuery). */
export function stsError(status: number, code: string, message = "no"): FakeAnswer {
  return {
    status,
    type: "text/xml",
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>0f6c1a</RequestId></ErrorResponse>`,
  };
}

/** STS's answer to AssumeRole; the key id says whose it is. */
export function roleAnswer(accessKeyId: string, expiration: string): FakeAnswer {
  return {
    type: "text/xml",
    body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:EKSGetTokenAuth</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/probe/EKSGetTokenAuth</Arn></AssumedRoleUser><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>ROLESECRET</SecretAccessKey><SessionToken>ROLESESSION</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>0f6c1a</RequestId></ResponseMetadata></AssumeRoleResponse>`,
  };
}

/** One page of DescribeNetworkInterfaces; each item is the inside of an `<item>`. */
export function eniPage(items: readonly string[], nextToken?: string): FakeAnswer {
  const rows = items.map((item) => `<item>${item}</item>`).join("");
  const more = nextToken === undefined ? "" : `<nextToken>${nextToken}</nextToken>`;
  return {
    type: "text/xml;charset=UTF-8",
    body: `<?xml version="1.0" encoding="UTF-8"?><DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0f6c1a</requestId><networkInterfaceSet>${rows}</networkInterfaceSet>${more}</DescribeNetworkInterfacesResponse>`,
  };
}

/** An EKS-managed interface with all its marks, as EC2 writes it. */
export function eniXml(
  change: Partial<Record<"id" | "ip" | "description" | "extra", string>> = {},
): string {
  const { id = "eni-0a", ip = "10.0.20.41", description = "Amazon EKS demo", extra = "" } = change;
  return `<networkInterfaceId>${id}</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>ap-northeast-2a</availabilityZone><description>${description}</description><ownerId>111122223333</ownerId><requesterId>AROAEXAMPLE:AmazonEKS</requesterId><requesterManaged>false</requesterManaged><status>in-use</status><privateIpAddress>${ip}</privateIpAddress><groupSet><item><groupId>sg-1</groupId><groupName>cp</groupName></item></groupSet><attachment><attachmentId>eni-attach-1</attachmentId><instanceOwnerId>999988887777</instanceOwnerId><deviceIndex>1</deviceIndex><status>attached</status></attachment><privateIpAddressesSet><item><privateIpAddress>${ip}</privateIpAddress><primary>true</primary></item></privateIpAddressesSet><interfaceType>interface</interfaceType>${extra}`;
}

/** DescribeVpcs' answer; `inside` is the inside of its one `<item>`. */
export function vpcAnswer(inside: string): FakeAnswer {
  return {
    type: "text/xml",
    body: `<?xml version="1.0" encoding="UTF-8"?><DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0f6c1a</requestId><vpcSet><item>${inside}</item></vpcSet></DescribeVpcsResponse>`,
  };
}

/** Static keys, a region, and every service at the given URL. */
export function optionsFor(
  url: string,
  change: Partial<AwsOptions> = {},
  environment: AwsOptions["environment"] = {},
): AwsOptions {
  return {
    region: "ap-northeast-2",
    profile: undefined,
    roleArn: undefined,
    externalId: undefined,
    timeoutMs: 10_000,
    ...change,
    environment: {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE1",
      AWS_SECRET_ACCESS_KEY: "EXAMPLEKEY",
      AWS_ENDPOINT_URL: url,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      ...environment,
    },
  };
}

/** A clock that stands still until told; waits end when it has moved far enough. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #waits = new Set<{ readonly atMs: number; readonly end: () => void }>();

  constructor(nowMs: number = Date.parse("2023-04-21T15:34:17Z")) {
    this.#nowMs = nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wait = {
        atMs: this.#nowMs + ms,
        end: () => {
          this.#waits.delete(wait);
          resolve();
        },
      };
      this.#waits.add(wait);
      signal.addEventListener("abort", wait.end, { once: true });
    });
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const wait of this.#waits) if (wait.atMs <= this.#nowMs) wait.end();
  }
}

/** A signal that nobody aborts. */
export function calm(): AbortSignal {
  return new AbortController().signal;
}
