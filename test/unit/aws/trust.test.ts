import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import type { Cluster } from "../../../src/model/cluster.ts";
import type { Fact } from "../../../src/model/fact.ts";
import { calm, eksAnswer, FakeClock, optionsFor, startFakeAws } from "../../support/fake-aws.ts";
import { mintCa, mintLeaf } from "../../support/test-pki.ts";

const folder = mkdtempSync(join(tmpdir(), "trust-"));
afterAll(() => rmSync(folder, { recursive: true }));
const ca = await mintCa("CN=proxy");
const leaf = await mintLeaf(ca, { names: [{ type: "ip", value: "127.0.0.1" }] });

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});

async function ask(bundle: string | undefined): Promise<Fact<Cluster>> {
  await using aws = await startFakeAws(() => eksAnswer({ name: "demo" }), leaf);
  const environment = bundle === undefined ? {} : { AWS_CA_BUNDLE: bundle };
  const port = createAwsPort(optionsFor(aws.url, {}, environment), new FakeClock());
  return await port.describeCluster("demo", calm());
}

function bundleOf(text: string): string {
  const path = join(folder, "bundle.pem");
  writeFileSync(path, text);
  return path;
}

describe("AWS_CA_BUNDLE", () => {
  test("is trusted for AWS's endpoints, as behind a proxy that opens TLS", async () => {
    expect((await ask(bundleOf(ca.pem))).kind).toBe("known");
  });

  test("is needed: without it the same endpoint is refused", async () => {
    const fact = await ask(undefined);
    expect(fact).toMatchObject({ failure: { code: "aws-unreachable", side: "network" } });
    expect(JSON.stringify(fact)).toMatch(/UNABLE_TO_|SELF_SIGNED_/);
  });

  test("replaces other trust: a bundle with another CA refuses", async () => {
    const other = await mintCa("CN=other");
    expect(await ask(bundleOf(other.pem))).toMatchObject({ failure: { code: "aws-unreachable" } });
  });

  test("that cannot be read is the user's to mend", async () => {
    const path = join(folder, "absent.pem");
    expect(await ask(path)).toMatchObject({
      failure: {
        side: "user",
        cause: "ENOENT",
        message: `AWS_CA_BUNDLE: ${path} cannot be read (ENOENT)`,
      },
    });
  });

  test("without a certificate is a failure, since Node would take it in silence", async () => {
    expect(await ask(bundleOf("hello"))).toMatchObject({
      failure: { side: "user", message: expect.stringContaining("no PEM certificate") },
    });
  });
});
