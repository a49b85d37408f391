import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { createAwsPort } from "../../../src/aws/aws-port.ts";
import { calm, FakeClock, optionsFor } from "../../support/fake-aws.ts";

/** Packages of the SDK whose code has been loaded in this process so far. */
function loadedPackages(): readonly string[] {
  const files = Object.keys(createRequire(import.meta.url).cache);
  const names = files.map(
    (file) => /node_modules\/(@aws-sdk\/[^/]+|@smithy\/[^/]+)/.exec(file)?.[1],
  );
  return [...new Set(names.filter((name) => name !== undefined))];
}

test("a token from keys in the environment loads neither a client nor the credential chain", async () => {
  const port = createAwsPort(optionsFor("http://127.0.0.1:9"), new FakeClock());
  expect((await port.signToken("demo", calm())).kind).toBe("known");
  const before = loadedPackages();
  expect(before).toContain("@smithy/signature-v4");
  expect(before.filter((name) => /client-|credential-provider|node-http/.test(name))).toEqual([]);

  // The counter-proof: a call that needs a client shows up in the same list.
  await port.describeCluster("demo", AbortSignal.timeout(5000));
  expect(loadedPackages()).toContain("@aws-sdk/client-eks");
  expect(loadedPackages()).not.toContain("@aws-sdk/client-ec2");
});
