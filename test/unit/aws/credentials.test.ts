import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import { createSession } from "../../../src/aws/session.ts";
import type { Fact } from "../../../src/model/fact.ts";
import type { BearerToken } from "../../../src/model/ports.ts";
import {
  calm,
  eksAnswer,
  FakeClock,
  optionsFor,
  roleAnswer,
  startFakeAws,
  stsError,
} from "../../support/fake-aws.ts";

const folder = mkdtempSync(join(tmpdir(), "credentials-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function file(text: string): string {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, text);
  return path;
}

const ROLE = "arn:aws:iam::111122223333:role/probe";
/** No keys in the environment: the SDK's chain has to find some. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

let home: string | undefined;
beforeEach(() => {
  home = process.env["HOME"];
  process.env["HOME"] = folder;
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  process.env["HOME"] = home;
});

function keyIdIn(fact: Fact<BearerToken>): string | undefined {
  if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
  const url = Buffer.from(fact.value.reveal().split(".")[1] ?? "", "base64url").toString();
  return new URL(url).searchParams.get("X-Amz-Credential")?.split("/")[0];
}

describe("credentials", () => {
  test("in the environment sign without any file or network", async () => {
    const port = createAwsPort(optionsFor("http://127.0.0.1:9"), new FakeClock());
    expect(keyIdIn(await port.signToken("demo", calm()))).toBe("AKIDEXAMPLE1");
  });

  test("of a profile passed as option win over keys in the environment", async () => {
    const config = file(
      "[profile work]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = EXAMPLEKEY\n",
    );
    const options = optionsFor(
      "http://127.0.0.1:9",
      { profile: "work" },
      { AWS_CONFIG_FILE: config },
    );
    const port = createAwsPort(options, new FakeClock());
    expect(keyIdIn(await port.signToken("demo", calm()))).toBe("AKIDPROFILE");
  });

  test("in the environment win over AWS_PROFILE, as awscli has it", async () => {
    const config = file(
      "[profile work]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = EXAMPLEKEY\n",
    );
    const environment = { AWS_CONFIG_FILE: config, AWS_PROFILE: "work" };
    const port = createAwsPort(optionsFor("http://127.0.0.1:9", {}, environment), new FakeClock());
    expect(keyIdIn(await port.signToken("demo", calm()))).toBe("AKIDEXAMPLE1");
  });

  test("that are nowhere are a failure of the user's, in every call", async () => {
    const options = optionsFor("http://127.0.0.1:9", {}, NO_KEYS);
    const port = createAwsPort(options, new FakeClock());
    const facts = await Promise.all([
      port.signToken("demo", calm()),
      port.describeCluster("demo", calm()),
      port.listClusterEnis("demo", calm()),
    ]);
    for (const fact of facts) {
      expect(fact).toMatchObject({
        kind: "unknown",
        failure: { code: "no-credentials", phase: "credentials", side: "user" },
      });
    }
  });

  test("from a process that never answers end when the time is up", async () => {
    const clock = new FakeClock();
    const script = file("#!/bin/sh\nexec sleep 2\n");
    chmodSync(script, 0o700);
    const config = file(`[default]\ncredential_process = ${script}\n`);
    const options = optionsFor("http://127.0.0.1:9", {}, { ...NO_KEYS, AWS_CONFIG_FILE: config });
    const asked = createAwsPort(options, clock).signToken("demo", calm());
    await Promise.resolve();
    clock.advance(options.timeoutMs);
    expect(await asked).toMatchObject({
      kind: "unknown",
      failure: { code: "no-credentials", cause: "TimeoutError" },
    });
  });

  test("for a role are STS's to give, which is named when it never answers", async () => {
    await using sts = await startFakeAws(() => "hang");
    const clock = new FakeClock();
    const options = optionsFor(sts.url, { roleArn: ROLE });
    const port = createAwsPort(options, clock);
    for (const ask of [
      () => port.signToken("demo", calm()),
      () => port.describeCluster("demo", calm()),
    ]) {
      const asked = ask();
      // oxlint-disable-next-line eslint/no-await-in-loop -- one clock for both
      await Promise.resolve();
      clock.advance(options.timeoutMs);
      // oxlint-disable-next-line eslint/no-await-in-loop
      expect(await asked).toMatchObject({
        failure: { code: "aws-unreachable", phase: "credentials", side: "network" },
      });
    }
  });

  test("from the metadata service are asked for once by calls that start together", async () => {
    await using metadata = await startFakeAws(({ path }) => {
      if (path.endsWith("/api/token")) return { body: "imds" };
      if (path.endsWith("/security-credentials/")) return { body: "node-role" };
      return {
        body: JSON.stringify({
          AccessKeyId: "AKIDNODE",
          SecretAccessKey: "EXAMPLEKEY",
          Token: "SESSION",
          Expiration: "2099-01-01T00:00:00Z",
        }),
      };
    });
    process.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata.url;
    delete process.env["AWS_EC2_METADATA_DISABLED"];
    try {
      const port = createAwsPort(optionsFor("http://127.0.0.1:9", {}, NO_KEYS), new FakeClock());
      const facts = await Promise.all([
        port.signToken("demo", calm()),
        port.signToken("other", calm()),
      ]);
      expect(facts.map(keyIdIn)).toEqual(["AKIDNODE", "AKIDNODE"]);
      expect(keyIdIn(await port.signToken("third", calm()))).toBe("AKIDNODE");
      expect(metadata.requests).toHaveLength(3);
    } finally {
      process.env["AWS_EC2_METADATA_DISABLED"] = "true";
      delete process.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"];
    }
  });
});

/** Writes the file that `aws sso login` leaves. */
function remember(expiresAt: string): void {
  const cache = join(folder, ".aws", "sso", "cache");
  mkdirSync(cache, { recursive: true });
  const name = createHash("sha1").update("corp").digest("hex");
  writeFileSync(
    join(cache, `${name}.json`),
    JSON.stringify({ accessToken: "EXAMPLETOKEN", expiresAt, region: "eu-west-1" }),
  );
}

describe("a sign-in session", () => {
  const profile = `[default]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = r\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://127.0.0.1:9/start\n`;

  async function failureNow(): Promise<unknown> {
    const environment = { ...NO_KEYS, AWS_CONFIG_FILE: file(profile) };
    const port = createAwsPort(optionsFor("http://127.0.0.1:9", {}, environment), new FakeClock());
    const fact = await port.signToken("demo", calm());
    return fact.kind === "unknown" ? fact.failure : fact;
  }

  test("that is not there, and one that has expired, are told apart by its file", async () => {
    expect(await failureNow()).toMatchObject({
      code: "no-credentials",
      message: expect.stringContaining("aws sso login"),
    });
    remember("2023-04-21T15:34:16Z");
    expect(await failureNow()).toMatchObject({
      code: "credentials-expired",
      side: "user",
      message: expect.stringContaining("corp has expired"),
    });
  });
});

describe("a role to assume", () => {
  test("is assumed once, with awscli's session name, and signs everything", async () => {
    await using sts = await startFakeAws(() => roleAnswer("AKIDROLE", "2099-01-01T00:00:00Z"));
    await using eks = await startFakeAws(() => eksAnswer({ name: "demo" }));
    const options = optionsFor(
      eks.url,
      { roleArn: ROLE, externalId: "outside" },
      { AWS_ENDPOINT_URL_STS: sts.url },
    );
    const port = createAwsPort(options, new FakeClock());
    const [token] = await Promise.all([
      port.signToken("demo", calm()),
      port.describeCluster("demo", calm()),
    ]);
    expect(keyIdIn(token)).toBe("AKIDROLE");
    expect(eks.requests[0]?.headers.authorization).toContain("Credential=AKIDROLE/");
    expect(sts.requests).toHaveLength(1);
    expect(Object.fromEntries(sts.requests[0]?.form ?? [])).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: ROLE,
      RoleSessionName: "EKSGetTokenAuth",
      ExternalId: "outside",
    });
    expect(sts.requests[0]?.headers.authorization).toContain("Credential=AKIDEXAMPLE1/");
  });

  test("is assumed again when its credentials near their end, and not before", async () => {
    const clock = new FakeClock();
    await using sts = await startFakeAws((_request, index) =>
      roleAnswer(`AKIDROLE${index}`, new Date(clock.wallMs() + 3_600_000).toISOString()),
    );
    const port = createAwsPort(optionsFor(sts.url, { roleArn: ROLE }), clock);
    const keyIds: (string | undefined)[] = [];
    for (const passedMs of [0, 3_200_000, 200_000]) {
      clock.advance(passedMs);
      keyIds.push(keyIdIn(await port.signToken("demo", calm())));
    }
    expect(keyIds).toEqual(["AKIDROLE0", "AKIDROLE0", "AKIDROLE1"]);
  });

  test.each([
    ["AccessDenied", 403, "access-denied", "sts:AssumeRole was denied (AccessDenied)"],
    ["ExpiredToken", 400, "credentials-expired", expect.stringContaining("expired")],
    ["InvalidClientTokenId", 403, "credentials-invalid", expect.stringContaining("sts:AssumeRole")],
    ["SignatureDoesNotMatch", 403, "credentials-invalid", expect.stringContaining("clock")],
  ])(
    "that answers %s fails as such, without STS's own words",
    async (name, status, code, message) => {
      await using sts = await startFakeAws(() =>
        stsError(status, name, "The Canonical String for this request: AKIDEXAMPLE1"),
      );
      const port = createAwsPort(optionsFor(sts.url, { roleArn: ROLE }), new FakeClock());
      const fact = await port.signToken("demo", calm());
      expect(fact).toMatchObject({ failure: { code, message, phase: "credentials", cause: name } });
      expect(JSON.stringify(fact)).not.toContain("Canonical");
    },
  );

  test("is asked for again after a failure, but not by calls that waited for the same one", async () => {
    await using sts = await startFakeAws((_request, index) =>
      index === 0 ? stsError(403, "AccessDenied") : roleAnswer("AKIDROLE", "2099-01-01T00:00:00Z"),
    );
    const session = createSession(optionsFor(sts.url, { roleArn: ROLE }), new FakeClock());
    const both = await Promise.all([session.credentials(), session.credentials()]);
    expect(both.map((outcome) => outcome.kind)).toEqual(["failed", "failed"]);
    expect((await session.credentials()).kind).toBe("ok");
    expect(sts.requests).toHaveLength(2);
  });

  test("whose answer holds no keys is an answer that is not AWS's", async () => {
    await using sts = await startFakeAws(() => ({
      type: "text/xml",
      body: "<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>",
    }));
    const port = createAwsPort(optionsFor(sts.url, { roleArn: ROLE }), new FakeClock());
    expect(await port.signToken("demo", calm())).toMatchObject({
      failure: { code: "aws-answer-invalid" },
    });
  });
});
