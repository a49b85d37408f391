import { expect, test } from "vitest";
import { callAws, createSession, noteAttempt } from "../../../src/aws/session.ts";
import { calm, FakeClock, optionsFor } from "../../support/fake-aws.ts";

const WHAT = { action: "eks:DescribeCluster", phase: "describe-cluster" } as const;
const request = { hostname: "eks.eu-west-1.amazonaws.com" };

test("a call cut short between two attempts reports what AWS said to the first", async () => {
  const clock = new FakeClock();
  const session = createSession(optionsFor("http://127.0.0.1:9"), clock);
  const fact = await callAws(
    session,
    WHAT,
    calm(),
    () => Promise.resolve(undefined),
    async (_client, _prepared, progress) => {
      await noteAttempt(progress, request, () =>
        Promise.reject(Object.assign(new Error("slow down"), { name: "ThrottlingException" })),
      ).catch(() => clock.advance(10_000));
      return new Promise<never>(() => undefined);
    },
  );
  expect(fact).toMatchObject({
    kind: "unknown",
    failure: { code: "throttled", cause: "ThrottlingException" },
  });
});

test("a call cut short during its second attempt reports the silence, not the first attempt", async () => {
  const clock = new FakeClock();
  const session = createSession(optionsFor("http://127.0.0.1:9"), clock);
  const fact = await callAws(
    session,
    WHAT,
    calm(),
    () => Promise.resolve(undefined),
    async (_client, _prepared, progress) => {
      await noteAttempt(progress, request, () => Promise.reject(new Error("first"))).catch(
        () => undefined,
      );
      return noteAttempt(progress, request, () => {
        clock.advance(10_000);
        return new Promise<never>(() => undefined);
      });
    },
  );
  expect(fact).toMatchObject({
    kind: "unknown",
    failure: {
      code: "aws-unreachable",
      message: "eks:DescribeCluster: eks.eu-west-1.amazonaws.com did not answer within 10000 ms",
    },
  });
});

test("nothing is read or loaded before the first call", async () => {
  const options = optionsFor("http://127.0.0.1:9", { region: undefined });
  const read: string[] = [];
  const environment = new Proxy(options.environment, {
    get: (target, name) => {
      read.push(String(name));
      return Reflect.get(target, name);
    },
  });
  const session = createSession({ ...options, environment }, new FakeClock());
  expect(read).toEqual([]);
  expect(await session.settings()).toMatchObject({ failure: { code: "no-region" } });
  expect(read).toContain("AWS_REGION");
});
