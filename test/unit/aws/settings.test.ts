import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { AwsOptions } from "../../../src/aws/options.ts";
import { type AwsSettings, loadSettings } from "../../../src/aws/settings.ts";
import { startFakeAws } from "../../support/fake-aws.ts";

const folder = mkdtempSync(join(tmpdir(), "settings-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A file of its own each time. */
function file(text: string): string {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, text);
  return path;
}

function optionsWith(
  environment: Record<string, string>,
  change: Partial<AwsOptions> = {},
): AwsOptions {
  return {
    region: undefined,
    profile: undefined,
    roleArn: undefined,
    externalId: undefined,
    timeoutMs: 1000,
    ...change,
    environment: {
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      ...environment,
    },
  };
}

async function settingsOf(
  environment: Record<string, string>,
  change: Partial<AwsOptions> = {},
): Promise<AwsSettings> {
  const outcome = await loadSettings(optionsWith(environment, change));
  if (outcome.kind === "failed") throw new Error(outcome.failure.message);
  return outcome.value;
}

const CONFIG = `
[default]
region = eu-north-1
[profile work]
region = eu-west-3
endpoint_url = http://127.0.0.1:1001
use_fips_endpoint = true
[profile local]
region = eu-west-3
endpoint_url = http://127.0.0.1:1002
services = emulated
[services emulated]
eks =
  endpoint_url = http://127.0.0.1:1003
`;

describe("the region", () => {
  test.each<[string, Record<string, string>, string | undefined, string]>([
    [
      "the option",
      { AWS_REGION: "eu-west-2", AWS_DEFAULT_REGION: "eu-west-3" },
      "eu-west-1",
      "eu-west-1",
    ],
    [
      "AWS_REGION",
      { AWS_REGION: "eu-west-2", AWS_DEFAULT_REGION: "eu-west-3" },
      undefined,
      "eu-west-2",
    ],
    ["AWS_DEFAULT_REGION", { AWS_DEFAULT_REGION: "eu-west-3" }, undefined, "eu-west-3"],
    [
      "AWS_DEFAULT_REGION when AWS_REGION is empty",
      { AWS_REGION: "", AWS_DEFAULT_REGION: "eu-west-3" },
      undefined,
      "eu-west-3",
    ],
    ["the default profile", {}, undefined, "eu-north-1"],
    ["the profile of AWS_PROFILE", { AWS_PROFILE: "work" }, undefined, "eu-west-3"],
  ])("comes from %s", async (_from, environment, region, expected) => {
    const settings = await settingsOf(
      { AWS_CONFIG_FILE: file(CONFIG), ...environment },
      { region },
    );
    expect(settings.region).toBe(expected);
  });

  test("that nobody gave is a failure with the next step, and no question to the metadata service", async () => {
    await using metadata = await startFakeAws(() => ({ body: "us-east-1" }));
    process.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata.url;
    delete process.env["AWS_EC2_METADATA_DISABLED"];
    try {
      const outcome = await loadSettings(optionsWith({}));
      expect(outcome).toMatchObject({
        kind: "failed",
        failure: { code: "no-region", side: "user", message: expect.stringContaining("--region") },
      });
      expect(metadata.requests).toEqual([]);
    } finally {
      process.env["AWS_EC2_METADATA_DISABLED"] = "true";
      delete process.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"];
    }
  });

  test.each(["eu-west-1.evil.example", "eu west 1", "EU-WEST-1", "-eu", "a/b", "x".repeat(64)])(
    "is refused as %j, since it becomes part of host names",
    async (region) => {
      expect(await loadSettings(optionsWith({}, { region }))).toMatchObject({
        failure: { code: "no-region" },
      });
    },
  );

  test("of the old FIPS kind means the region with FIPS on", async () => {
    for (const region of ["fips-us-east-1", "us-east-1-fips"]) {
      expect(await settingsOf({}, { region })).toMatchObject({
        region: "us-east-1",
        useFips: true,
      });
    }
  });
});

describe("a profile", () => {
  test("that is in no file is a failure, not a reason to look elsewhere", async () => {
    const environment = { AWS_CONFIG_FILE: file(CONFIG), AWS_REGION: "eu-west-1" };
    for (const options of [
      optionsWith(environment, { profile: "wrok" }),
      optionsWith({ ...environment, AWS_PROFILE: "wrok" }),
    ]) {
      expect(await loadSettings(options)).toMatchObject({
        failure: { code: "no-credentials", message: expect.stringContaining("wrok") },
      });
    }
  });

  test("of the credentials file alone is enough", async () => {
    const credentials = file("[keys]\naws_access_key_id = AKIDEXAMPLE1\nregion = eu-west-1\n");
    const environment = { AWS_SHARED_CREDENTIALS_FILE: credentials };
    expect((await settingsOf(environment, { profile: "keys" })).region).toBe("eu-west-1");
  });
});

describe("endpoints", () => {
  test.each<
    [string, Record<string, string>, string | undefined, Partial<AwsSettings["endpoints"]>]
  >([
    [
      "none are set",
      { AWS_REGION: "eu-west-1" },
      undefined,
      { eks: undefined, ec2: undefined, sts: undefined },
    ],
    [
      "AWS_ENDPOINT_URL holds for every service",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1" },
      undefined,
      { eks: "http://127.0.0.1:1", ec2: "http://127.0.0.1:1", sts: "http://127.0.0.1:1" },
    ],
    [
      "a service's own variable wins",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ENDPOINT_URL_EC2: "http://127.0.0.1:2" },
      undefined,
      { eks: "http://127.0.0.1:1", ec2: "http://127.0.0.1:2" },
    ],
    [
      "the profile passed as option is read, which the SDK forgets",
      {},
      "work",
      { eks: "http://127.0.0.1:1001" },
    ],
    [
      "a services section wins over the profile's own",
      {},
      "local",
      { eks: "http://127.0.0.1:1003", ec2: "http://127.0.0.1:1002" },
    ],
    [
      "the environment wins over a services section",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:1" },
      "local",
      { eks: "http://127.0.0.1:1" },
    ],
    [
      "all are ignored on demand",
      { AWS_ENDPOINT_URL_EKS: "http://127.0.0.1:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      "local",
      { eks: undefined, ec2: undefined },
    ],
    [
      "an ignore that is off ignores nothing",
      { AWS_ENDPOINT_URL_EKS: "http://127.0.0.1:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false" },
      undefined,
      { eks: "http://127.0.0.1:1" },
    ],
  ])("%s", async (_what, environment, profile, expected) => {
    const settings = await settingsOf(
      { AWS_CONFIG_FILE: file(CONFIG), ...environment },
      { profile },
    );
    expect(settings.endpoints).toMatchObject(expected);
  });

  test("that are no http URL are a failure that does not repeat them", async () => {
    const environment = { AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL_STS: "ftp://me:hidden@host" };
    const outcome = await loadSettings(optionsWith(environment));
    expect(outcome).toMatchObject({
      failure: { side: "user", message: expect.stringContaining("AWS_ENDPOINT_URL_STS") },
    });
    expect(JSON.stringify(outcome)).not.toContain("hidden");
  });
});

describe("FIPS and dual-stack", () => {
  test.each<[Record<string, string>, string | undefined, boolean, boolean]>([
    [{}, undefined, false, false],
    [{ AWS_USE_FIPS_ENDPOINT: "true" }, undefined, true, false],
    [{ AWS_USE_FIPS_ENDPOINT: "TRUE" }, undefined, true, false],
    [{ AWS_USE_DUALSTACK_ENDPOINT: "true" }, undefined, false, true],
    [{}, "work", true, false],
    [{ AWS_USE_FIPS_ENDPOINT: "false" }, "work", false, false],
  ])("with %j and profile %s", async (environment, profile, useFips, useDualstack) => {
    const settings = await settingsOf(
      { AWS_CONFIG_FILE: file(CONFIG), ...environment },
      { profile },
    );
    expect(settings).toMatchObject({ useFips, useDualstack });
  });
});
