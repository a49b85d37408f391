import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { createAwsPort } from "../../../../src/aws/aws-port.ts";
import type { AwsOptions } from "../../../../src/aws/options.ts";
import type { Fact } from "../../../../src/model/fact.ts";
import type { TokenReplay } from "../../../../src/model/investigation.ts";
import type { Clock } from "../../../../src/model/ports.ts";
import { systemClock } from "../../../../src/runtime.ts";
import {
  calm,
  type FakeAnswer,
  FakeClock,
  type FakeRequest,
  optionsFor,
  startFakeAws,
  stsError,
} from "../../../support/fake-aws.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-"));
afterAll(() => rmSync(folder, { recursive: true }));
const ca = await mintCa("CN=proxy");
const bundle = join(folder, "bundle.pem");
writeFileSync(bundle, ca.pem);
const leaf = await mintLeaf(ca, { names: [{ type: "ip", value: "127.0.0.1" }] });
const otherLeaf = await mintLeaf(ca, {
  names: [{ type: "dns", value: "sts.ap-northeast-2.amazonaws.com" }],
});

const ARN = "arn:aws:sts::111122223333:assumed-role/probe/me";
const IDENTITY = { Account: "111122223333", Arn: ARN, UserId: "AROAEXAMPLE:me" };
const ACCEPTED = { kind: "known", value: { kind: "accepted", arn: ARN, account: "111122223333" } };

function identityJson(change: object = {}, type = "application/json"): FakeAnswer {
  const body = {
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: { ...IDENTITY, ...change },
      ResponseMetadata: { RequestId: "0f6c1a" },
    },
  };
  return { type, body: JSON.stringify(body) };
}

function identityXml(type = "text/xml"): FakeAnswer {
  return {
    type,
    body: `<?xml version="1.0"?>\n<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${ARN}</Arn><UserId>AROAEXAMPLE:me</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  };
}

function errorJson(status: number, Code: string, Message: string): FakeAnswer {
  const body = JSON.stringify({ Error: { Code, Message, Type: "Sender" }, RequestId: "0f6c1a" });
  return { status, body };
}

interface Replayed {
  readonly fact: Fact<TokenReplay>;
  readonly requests: readonly FakeRequest[];
}

async function replay(
  answer: FakeAnswer | ((request: FakeRequest) => FakeAnswer),
  change: Partial<AwsOptions> = {},
  environment: AwsOptions["environment"] = {},
  clock: Clock = new FakeClock(),
): Promise<Replayed> {
  await using aws = await startFakeAws(typeof answer === "function" ? answer : () => answer);
  const port = createAwsPort(optionsFor(aws.url, change, environment), clock);
  const fact = await port.replayToken("demo", calm());
  return { fact, requests: aws.requests };
}

describe("the request", () => {
  test("is the one inside the token, as the API server makes it: GET, with the cluster's name", async () => {
    await using aws = await startFakeAws(() => identityJson());
    const port = createAwsPort(optionsFor(aws.url), new FakeClock());
    const token = await port.signToken("demo", calm());
    expect(await port.replayToken("demo", calm())).toEqual(ACCEPTED);
    expect(aws.requests).toHaveLength(1);
    const { method, path, headers } = aws.requests[0] ?? { method: "", path: "", headers: {} };
    const secret = token.kind === "known" ? token.value.reveal() : "";
    const url = Buffer.from(secret.replace("k8s-aws-v1.", ""), "base64url").toString();
    expect(method).toBe("GET");
    expect(`https://sts.ap-northeast-2.amazonaws.com${path}`).toBe(url);
    expect(headers).toEqual({
      host: "sts.ap-northeast-2.amazonaws.com",
      "x-k8s-aws-id": "demo",
      accept: "application/json",
      connection: "close",
    });
  });

  test("is signed anew each time, for the id where one was given", async () => {
    const clock = new FakeClock();
    const sent: FakeRequest[] = [];
    await using aws = await startFakeAws((request) => {
      sent.push(request);
      clock.advance(60_000);
      return identityJson();
    });
    const port = createAwsPort(optionsFor(aws.url, { clusterId: "local-1" }), clock);
    await port.replayToken("demo", calm());
    await port.replayToken("demo", calm());
    expect(sent.map(({ headers }) => headers["x-k8s-aws-id"])).toEqual(["local-1", "local-1"]);
    expect(sent.map(({ path }) => /X-Amz-Date=(\w+)/.exec(path)?.[1])).toEqual([
      "20230421T153417Z",
      "20230421T153517Z",
    ]);
  });

  test("goes to the endpoint set for STS alone, below its path", async () => {
    const { fact, requests } = await replay(
      identityJson(),
      {},
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
    );
    expect(fact).toMatchObject({ failure: { code: "aws-unreachable", cause: "ECONNREFUSED" } });
    expect(requests).toEqual([]);
    await using sts = await startFakeAws(() => identityJson());
    const environment = {
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
      AWS_ENDPOINT_URL_STS: `${sts.url}/sts/`,
    };
    const port = createAwsPort(optionsFor(sts.url, {}, environment), new FakeClock());
    expect(await port.replayToken("demo", calm())).toEqual(ACCEPTED);
    expect(sts.requests[0]?.path).toMatch(/^\/sts\/\?Action=GetCallerIdentity&/);
  });

  test("dials localhost as loopback", async () => {
    await using aws = await startFakeAws(() => identityJson());
    const url = aws.url.replace("127.0.0.1", "localhost");
    const port = createAwsPort(optionsFor(url), new FakeClock());
    expect(await port.replayToken("demo", calm())).toEqual(ACCEPTED);
  });

  test.each([
    "http://192.0.2.7",
    "http://sts.ap-northeast-2.amazonaws.com",
    "http://127.0.0.1.example",
    "http://localhost.example:4566",
    "http://[2001:db8::1]",
    "http://0.0.0.0",
  ])("is not made to %s, where a token would travel in the clear", async (url) => {
    const port = createAwsPort(optionsFor(url), new FakeClock());
    expect(await port.replayToken("demo", calm())).toEqual({
      kind: "skipped",
      reason: "the endpoint configured for STS is plain http to another host: no token goes there",
    });
  });
});

async function overTls(
  environment: AwsOptions["environment"],
  tls = leaf,
): Promise<{ readonly fact: Fact<TokenReplay>; readonly count: number }> {
  await using aws = await startFakeAws(() => identityJson(), tls);
  const port = createAwsPort(optionsFor(aws.url, {}, environment), new FakeClock());
  const fact = await port.replayToken("demo", calm());
  return { fact, count: aws.requests.length };
}

describe("over TLS", () => {
  test("AWS_CA_BUNDLE is trusted", async () => {
    expect(await overTls({ AWS_CA_BUNDLE: bundle })).toEqual({ fact: ACCEPTED, count: 1 });
  });

  test("an unknown issuer gets no token", async () => {
    const { fact, count } = await overTls({});
    expect(fact).toMatchObject({ failure: { code: "aws-unreachable", phase: "investigate" } });
    expect(count).toBe(0);
  });

  test("nor does it where the environment switches verification off", async () => {
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const { fact, count } = await overTls({});
      expect(fact).toMatchObject({ failure: { code: "aws-unreachable" } });
      expect(count).toBe(0);
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  test("nor a certificate with the name in the Host header but not the one that is dialled", async () => {
    const { fact, count } = await overTls({ AWS_CA_BUNDLE: bundle }, otherLeaf);
    expect(fact).toMatchObject({ failure: { cause: "ERR_TLS_CERT_ALTNAME_INVALID" } });
    expect(count).toBe(0);
  });

  test("a bundle that cannot be read is the user's to mend", async () => {
    const { fact, count } = await overTls({ AWS_CA_BUNDLE: join(folder, "absent.pem") });
    expect(fact).toMatchObject({ failure: { side: "user", cause: "ENOENT" } });
    expect(count).toBe(0);
  });
});

describe("the answer", () => {
  test.each<[string, FakeAnswer]>([
    ["JSON", identityJson()],
    ["XML", identityXml()],
    ["XML that calls itself JSON", identityXml("application/json")],
    ["JSON that calls itself a page", identityJson({}, "text/html")],
  ])("is an identity in %s", async (_what, answer) => {
    expect((await replay(answer)).fact).toEqual(ACCEPTED);
  });

  test("may lack the account, or have one that is none", async () => {
    const { fact } = await replay(identityJson({ Account: "12" }));
    expect(fact).toMatchObject({ value: { kind: "accepted", account: undefined } });
  });

  test("keeps STS's sentence about the clock readable", async () => {
    const told =
      "Signature expired: 20221103T080139Z is now earlier than 20221103T085247Z (20221103T090747Z - 15 min.)";
    const expected = {
      kind: "known",
      value: { kind: "refused", status: 403, code: "SignatureDoesNotMatch", message: told },
    };
    const json = await replay(errorJson(403, "SignatureDoesNotMatch", told));
    expect(json.fact).toEqual(expected);
    const xml = await replay(stsError(403, "SignatureDoesNotMatch", told));
    expect(xml.fact).toEqual(expected);
  });

  test.each([
    [403, "ExpiredToken", "The security token included in the request is expired"],
    [403, "InvalidClientTokenId", "The security token included in the request is invalid."],
    [400, "IncompleteSignature", "Date must be in ISO-8601 'basic format'."],
    [403, "RegionDisabledException", "STS is not activated in this region"],
  ])("is a refusal by its code: %i %s", async (status, code, message) => {
    expect((await replay(errorJson(status, code, message))).fact).toEqual({
      kind: "known",
      value: { kind: "refused", status, code, message },
    });
  });

  test("decodes XML's entities, but makes no control characters of them", async () => {
    const { fact } = await replay(stsError(403, "AccessDenied", "a &lt;b&gt; &amp;lt; &#27;[31m"));
    expect(fact).toMatchObject({ value: { message: "a <b> &lt; &#27;[31m" } });
    const raw = await replay(errorJson(403, "AccessDenied", "a\u001b[31mb\u202ec\n"));
    expect(raw.fact).toMatchObject({ value: { message: "a\uFFFDb\uFFFDc" } });
  });

  test.each<[string, FakeAnswer, string]>([
    ["throttled", errorJson(400, "Throttling", "Rate exceeded"), "throttled"],
    ["429", { status: 429, body: "" }, "throttled"],
    ["503", errorJson(503, "ServiceUnavailable", "later"), "aws-error"],
    ["500 with a page", { status: 500, body: "<html>oops</html>" }, "aws-error"],
    ["a redirect", { status: 302, body: "" }, "aws-answer-invalid"],
    ["a proxy's 407", { status: 407, body: "<html>log in</html>" }, "aws-answer-invalid"],
    ["a 403 without a code", { status: 403, body: "{}" }, "aws-answer-invalid"],
    ["a 403 whose code is a sentence", errorJson(403, "go away now", ""), "aws-answer-invalid"],
    [
      "a 403 of another service",
      { status: 403, body: "<Error><Code>X</Code></Error>" },
      "aws-answer-invalid",
    ],
    [
      "200 with a page",
      { body: "<html><Arn>arn:aws:iam::111122223333:user/x</Arn></html>" },
      "aws-answer-invalid",
    ],
    ["200 with nothing", { body: "" }, "aws-answer-invalid"],
    ["200 with a list", { body: "[]" }, "aws-answer-invalid"],
    ["200 with null", { body: "null" }, "aws-answer-invalid"],
    ["200 with another shape", { body: '{"GetCallerIdentityResponse":[1]}' }, "aws-answer-invalid"],
    [
      "200 with an ARN that is none",
      identityJson({ Arn: "arn:aws:iam::1:user/\u001b[31m" }),
      "aws-answer-invalid",
    ],
    ["200 with an ARN that is a number", identityJson({ Arn: 7 }), "aws-answer-invalid"],
    [
      "half of an answer",
      { body: '{"GetCallerIdentityResponse":{"GetCallerIden' },
      "aws-answer-invalid",
    ],
    ["204", { status: 204, body: "" }, "aws-answer-invalid"],
    ["a body without end", "endless", "aws-answer-invalid"],
    ["a cut connection", "reset", "aws-unreachable"],
  ])("leaves the verdict open for %s", async (_what, answer, code) => {
    const { fact } = await replay(answer);
    expect(fact).toMatchObject({ kind: "unknown", failure: { code, phase: "investigate" } });
    expect(JSON.stringify(fact)).not.toContain("html");
  });

  test("is not followed elsewhere", async () => {
    await using elsewhere = await startFakeAws(() => identityJson());
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(
        `HTTP/1.1 302 Found\r\nlocation: ${elsewhere.url}/?X-Amz-Signature=1\r\ncontent-length: 0\r\n\r\n`,
      );
    });
    const fact = await replayAgainst(server, new FakeClock());
    expect(fact).toEqual({
      kind: "unknown",
      failure: {
        code: "aws-answer-invalid",
        phase: "investigate",
        side: "aws",
        message:
          "sts:GetCallerIdentity: 127.0.0.1 gave an answer that is not AWS's (HTTP 302, not followed)",
      },
    });
    expect(elsewhere.requests).toEqual([]);
  });
});

/** A token handed to a bare TCP server. */
async function replayAgainst(
  server: ReturnType<typeof createTcpServer>,
  clock: Clock,
  change: Partial<AwsOptions> = {},
): Promise<Fact<TokenReplay>> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const port = bound !== null && typeof bound === "object" ? bound.port : 0;
  try {
    const aws = createAwsPort(optionsFor(`http://127.0.0.1:${port}`, change), clock);
    return await aws.replayToken("demo", calm());
  } finally {
    server.close();
  }
}

describe("time", () => {
  test("is up when STS never answers, and after ten seconds at most", async () => {
    const clock = new FakeClock();
    const { fact } = await replay(
      () => {
        clock.advance(10_000);
        return "hang";
      },
      { timeoutMs: 600_000 },
      {},
      clock,
    );
    expect(fact).toEqual({
      kind: "unknown",
      failure: {
        code: "aws-unreachable",
        phase: "investigate",
        side: "network",
        message: "sts:GetCallerIdentity: 127.0.0.1 did not answer within 10000 ms",
        cause: "TimeoutError",
      },
    });
  });

  test("is up when a body comes byte by byte, and the connection is closed then", async () => {
    let closed: Promise<void> | undefined;
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      const stop = new AbortController();
      closed = new Promise<void>((resolve) => {
        socket.on("close", () => {
          stop.abort();
          resolve();
        });
      });
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n");
      const drip = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          socket.write(" ");
          // oxlint-disable-next-line eslint/no-await-in-loop
          await delay(20);
        }
      };
      void drip();
    });
    const fact = await replayAgainst(server, systemClock(), { timeoutMs: 300 });
    expect(fact).toMatchObject({ failure: { code: "aws-unreachable", cause: "TimeoutError" } });
    await closed;
  });

  test("ends when the run is interrupted, before and during the request", async () => {
    const stop = new AbortController();
    await using aws = await startFakeAws(() => {
      stop.abort();
      return "hang";
    });
    const port = createAwsPort(optionsFor(aws.url), new FakeClock());
    const during = await port.replayToken("demo", stop.signal);
    expect(during).toMatchObject({ failure: { code: "interrupted", phase: "investigate" } });
    expect(await port.replayToken("demo", stop.signal)).toEqual(during);
    expect(aws.requests).toHaveLength(1);
  });
});

describe("secrets", () => {
  const MARKED = {
    AWS_ACCESS_KEY_ID: "plainkeyidwithnolook",
    AWS_SECRET_ACCESS_KEY: "MARKEDSECRET marked secret 0123456789",
    AWS_SESSION_TOKEN: "marked session token/with+things= inside, long enough",
  };

  /** Everything that was sent, and the token whole. */
  function sentSecrets(path: string): readonly string[] {
    const signature = /X-Amz-Signature=([0-9a-f]+)/.exec(path)?.[1] ?? "";
    const url = `https://sts.ap-northeast-2.amazonaws.com${path}`;
    return [
      ...Object.values(MARKED),
      encodeURIComponent(MARKED.AWS_SESSION_TOKEN),
      signature,
      `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`,
    ];
  }

  test.each<[string, (said: string) => FakeAnswer]>([
    ["a JSON error", (said) => errorJson(403, "SignatureDoesNotMatch", `you sent ${said}`)],
    ["an XML error", (said) => stsError(403, "SignatureDoesNotMatch", `you sent ${said}`)],
    ["an error's code", (said) => errorJson(403, said.replace(/\W/g, "_").slice(0, 60), "no")],
    ["an identity", (said) => identityJson({ Arn: `${ARN}${said.replace(/[^\w+=,.@/-]/g, "")}` })],
    ["a server's trouble", (said) => errorJson(500, said.replace(/\W/g, "_").slice(0, 60), said)],
    ["a page", (said) => ({ status: 403, body: `<html>${said}</html>` })],
  ])("that come back in %s go no further", async (_what, answer) => {
    for (const index of [0, 1, 2, 3, 4, 5]) {
      let sent: readonly string[] = [];
      // oxlint-disable-next-line eslint/no-await-in-loop -- one listener at a time
      const { fact } = await replay(
        ({ path }) => {
          sent = sentSecrets(path);
          return answer(sent[index] ?? "");
        },
        {},
        MARKED,
      );
      const text = JSON.stringify(fact);
      expect(sent).toHaveLength(6);
      for (const secret of sent) expect(text).not.toContain(secret.slice(0, 16));
    }
  });

  test("are in no failure of the connection", async () => {
    const { fact } = await replay("reset", {}, MARKED);
    const text = JSON.stringify(fact);
    expect(text).toContain("127.0.0.1");
    expect(text).not.toMatch(/X-Amz|k8s-aws-v1|plainkeyid|MARKED|marked/);
  });
});
