import { getEventListeners, once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import { AWS_CALLS } from "../../../src/aws/actions.ts";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import { createSession } from "../../../src/aws/session.ts";
import type { Fact } from "../../../src/model/fact.ts";
import type { BearerToken } from "../../../src/model/ports.ts";
import {
  calm,
  ec2Error,
  eksAnswer,
  eksError,
  eniPage,
  eniXml,
  type FakeAnswer,
  FakeClock,
  type FakeRequest,
  optionsFor,
  roleAnswer,
  startFakeAws,
} from "../../support/fake-aws.ts";

const folder = mkdtempSync(join(tmpdir(), "long-life-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A path of its own, where there is nothing yet. */
function newPath(): string {
  files += 1;
  return join(folder, `file-${files}`);
}

/** No keys in the environment: they have to come from the file. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

function writeKeys(path: string, accessKeyId: string): void {
  writeFileSync(
    path,
    `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = EXAMPLEKEY\n`,
  );
}

function signerOf({ headers }: FakeRequest): string | undefined {
  return /Credential=([A-Z0-9]+)\//.exec(headers.authorization ?? "")?.[1];
}

function keyIdIn(fact: Fact<BearerToken>): string | undefined {
  if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
  const url = Buffer.from(fact.value.reveal().split(".")[1] ?? "", "base64url").toString();
  return new URL(url).searchParams.get("X-Amz-Credential")?.split("/")[0];
}

/** EKS, to which only one key id is good. */
function takesOnly(keyId: string, refusal: FakeAnswer): (request: FakeRequest) => FakeAnswer {
  return (request) => (signerOf(request) === keyId ? eksAnswer({ name: "demo" }) : refusal);
}

describe("keys in a file, which say nothing of their end", () => {
  test.each([
    ["ExpiredTokenException", 403, "credentials-expired"],
    ["UnrecognizedClientException", 403, "credentials-invalid"],
  ])(
    "are read again after AWS refused them with %s, by every client and for every token",
    async (name, status, code) => {
      await using aws = await startFakeAws(takesOnly("AKIDNEW", eksError(status, name)));
      const path = newPath();
      writeKeys(path, "AKIDOLD");
      const environment = { ...NO_KEYS, AWS_SHARED_CREDENTIALS_FILE: path };
      const port = createAwsPort(optionsFor(aws.url, {}, environment), new FakeClock());
      expect(keyIdIn(await port.signToken("demo", calm()))).toBe("AKIDOLD");
      writeKeys(path, "AKIDNEW");
      expect(keyIdIn(await port.signToken("demo", calm()))).toBe("AKIDOLD");
      expect(await port.describeCluster("demo", calm())).toMatchObject({ failure: { code } });
      expect(await port.describeCluster("demo", calm())).toMatchObject({ kind: "known" });
      expect(keyIdIn(await port.signToken("demo", calm()))).toBe("AKIDNEW");
      expect(aws.requests.map(signerOf)).toEqual(["AKIDOLD", "AKIDNEW"]);
    },
  );

  test("are kept after a denial: others would be denied as well", async () => {
    await using aws = await startFakeAws(() => ec2Error(403, "UnauthorizedOperation"));
    const path = newPath();
    writeKeys(path, "AKIDOLD");
    const environment = { ...NO_KEYS, AWS_SHARED_CREDENTIALS_FILE: path };
    const port = createAwsPort(optionsFor(aws.url, {}, environment), new FakeClock());
    expect(await port.listClusterEnis("demo", calm())).toMatchObject({
      failure: { code: "access-denied" },
    });
    writeKeys(path, "AKIDNEW");
    expect(keyIdIn(await port.signToken("demo", calm()))).toBe("AKIDOLD");
  });

  test("that are missing when they are read again are looked for by the next call", async () => {
    await using aws = await startFakeAws(
      takesOnly("AKIDNEW", eksError(403, "ExpiredTokenException")),
    );
    const path = newPath();
    writeKeys(path, "AKIDOLD");
    const environment = { ...NO_KEYS, AWS_SHARED_CREDENTIALS_FILE: path };
    const port = createAwsPort(optionsFor(aws.url, {}, environment), new FakeClock());
    const codes: string[] = [];
    for (const write of [
      () => undefined,
      () => writeFileSync(path, "[default]\n"),
      () => writeKeys(path, "AKIDNEW"),
    ]) {
      write();
      // oxlint-disable-next-line eslint/no-await-in-loop -- each call finds another file
      const fact = await port.describeCluster("demo", calm());
      codes.push(fact.kind === "unknown" ? fact.failure.code : fact.kind);
    }
    expect(codes).toEqual(["credentials-expired", "no-credentials", "known"]);
  });

  test("are forgotten only as the ones that were refused, not as those that came after", async () => {
    const path = newPath();
    writeKeys(path, "AKIDOLD");
    const environment = { ...NO_KEYS, AWS_SHARED_CREDENTIALS_FILE: path };
    const session = createSession(
      optionsFor("http://127.0.0.1:9", {}, environment),
      new FakeClock(),
    );
    const old = await session.credentials();
    if (old.kind === "failed") throw new Error("no credentials");
    session.forget(old.value);
    writeKeys(path, "AKIDNEW");
    const renewed = await session.credentials();
    session.forget(old.value);
    expect(await session.credentials()).toEqual(renewed);
    expect(renewed).toMatchObject({ value: { accessKeyId: "AKIDNEW" } });
  });
});

test("a role's renewed credentials sign what a client sends that was made with the old ones", async () => {
  const clock = new FakeClock();
  await using sts = await startFakeAws((_request, index) =>
    roleAnswer(`AKIDROLE${index}`, new Date(clock.wallMs() + 3_600_000).toISOString()),
  );
  await using eks = await startFakeAws(() => eksAnswer({ name: "demo" }));
  const role = { roleArn: "arn:aws:iam::111122223333:role/probe" };
  const options = optionsFor(eks.url, role, { AWS_ENDPOINT_URL_STS: sts.url });
  const port = createAwsPort(options, clock);
  for (const passedMs of [0, 3_200_000, 200_000]) {
    clock.advance(passedMs);
    // oxlint-disable-next-line eslint/no-await-in-loop -- time passes between the calls
    await port.describeCluster("demo", calm());
  }
  expect(eks.requests.map(signerOf)).toEqual(["AKIDROLE0", "AKIDROLE0", "AKIDROLE1"]);
  expect(sts.requests).toHaveLength(2);
});

describe("what could not be had", () => {
  test("of the settings is looked for again by the next call", async () => {
    const path = newPath();
    const environment = { AWS_CONFIG_FILE: path, AWS_PROFILE: "work" };
    const options = optionsFor("http://127.0.0.1:9", { region: undefined }, environment);
    const session = createSession(options, new FakeClock());
    expect(await session.settings()).toMatchObject({ failure: { code: "no-credentials" } });
    writeFileSync(path, "[profile work]\noutput = json\n");
    expect(await session.settings()).toMatchObject({ failure: { code: "no-region" } });
    writeFileSync(path, "[profile work]\nregion = eu-west-3\n");
    const good = await session.settings();
    expect(good).toMatchObject({ kind: "ok", value: { region: "eu-west-3" } });
    rmSync(path);
    expect(await session.settings()).toBe(good);
  });

  test("of the trust is looked for again by the next call", async () => {
    const path = newPath();
    const options = optionsFor("http://127.0.0.1:9", {}, { AWS_CA_BUNDLE: path });
    const session = createSession(options, new FakeClock());
    expect(await session.trust()).toMatchObject({ failure: { cause: "ENOENT" } });
    writeFileSync(path, "-----BEGIN CERTIFICATE-----\n");
    expect(await session.trust()).toMatchObject({ kind: "ok" });
  });

  test("is looked for once by calls that start together", async () => {
    const options = optionsFor("http://127.0.0.1:9", { region: undefined });
    const session = createSession(options, new FakeClock());
    const [one, other] = await Promise.all([session.settings(), session.settings()]);
    expect(one).toMatchObject({ failure: { code: "no-region" } });
    expect(other).toBe(one);
  });
});

test("a question of a watch costs no more requests than it is said to", async () => {
  const paths: string[] = [];
  await using aws = await startFakeAws(({ path }) => {
    paths.push(path);
    return path === "/" ? eniPage([eniXml()]) : eksAnswer({ name: "demo" });
  });
  const port = createAwsPort(optionsFor(aws.url), new FakeClock());
  await port.describeCluster("demo", calm());
  expect(paths).toHaveLength(AWS_CALLS.cluster);
  await port.listClusterEnis("demo", calm());
  expect(paths).toHaveLength(AWS_CALLS.cluster + AWS_CALLS.enis);
});

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

test("a thousand calls leave memory, connections and the signal's listeners as they were", async () => {
  // Not startFakeAws: it remembers every request.
  const answers = { eks: eksAnswer({ name: "demo" }), ec2: eniPage([eniXml()]) };
  let connections = 0;
  const server = createServer((request, response) => {
    const answer = request.url === "/" ? answers.ec2 : answers.eks;
    const { body, type } = typeof answer === "string" ? { body: "", type: undefined } : answer;
    request.resume();
    response.writeHead(200, { "content-type": type ?? "application/json" }).end(body);
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const port = typeof bound === "object" ? (bound?.port ?? 0) : 0;
  const aws = createAwsPort(optionsFor(`http://127.0.0.1:${port}`), new FakeClock());
  const { signal } = new AbortController();
  const ask = async (times: number): Promise<void> => {
    for (let index = 0; index < times; index += 1) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- as in a watch, round after round
      const facts = await Promise.all([
        aws.describeCluster("demo", signal),
        aws.listClusterEnis("demo", signal),
        aws.signToken("demo", signal),
      ]);
      for (const { kind } of facts) if (kind !== "known") throw new Error(kind);
    }
  };
  // Until everything that is made once is made, and compiled.
  await ask(500);
  const before = { heap: heapUsed(), files: readdirSync("/proc/self/fd").length, connections };
  await ask(500);
  expect(readdirSync("/proc/self/fd")).toHaveLength(before.files);
  expect(connections).toBe(before.connections);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(heapUsed() - before.heap).toBeLessThan(1024 * 1024);
  server.closeAllConnections();
  server.close();
});
