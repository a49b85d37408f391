import { describe, expect, test } from "vitest";
import {
  parseClusterName,
  parseExternalId,
  parseRegion,
  parseRoleArn,
} from "../../../src/target/names.ts";

function problemOf(parsed: { kind: string; problem?: string }): string | undefined {
  return parsed.kind === "bad" ? parsed.problem : undefined;
}

describe("parseClusterName", () => {
  test.each(["gonz-eks-pub", "a", "1_b-C", "x".repeat(100)])("takes %s", (text) => {
    expect(parseClusterName(text)).toEqual({ kind: "ok", value: text });
  });

  test.each(["-a", "_a", "a.b", "a b", "x".repeat(101), "näme", "a\n"])("refuses %j", (text) => {
    expect(problemOf(parseClusterName(text))).toContain("is not a cluster name");
  });

  test("says of an empty name that it is empty", () => {
    expect(problemOf(parseClusterName("  "))).toContain("is empty");
  });

  test("an ARN, which people paste, gets the name in it back", () => {
    const arn = "arn:aws:eks:eu-west-1:111122223333:cluster/demo";
    expect(problemOf(parseClusterName(arn))).toBe(
      `"${arn}" is an ARN; give the cluster's name: demo`,
    );
    expect(problemOf(parseClusterName("arn:aws:eks"))).toBe(
      '"arn:aws:eks" is an ARN; give the cluster\'s name',
    );
  });
});

describe("parseRegion", () => {
  test.each([
    "ap-northeast-2",
    "us-gov-west-1",
    "us-isob-east-1",
    "eusc-de-east-1",
    "cn-north-1",
    "mx-central-1",
  ])("takes %s, by shape, because new regions appear", (text) => {
    expect(parseRegion(text)).toEqual({ kind: "ok", value: text });
  });

  test.each([
    "",
    "seoul",
    "ap-northeast",
    "AP-NORTHEAST-2",
    "ap-northeast-2 ",
    "a-b-1",
    "evil.com",
  ])("refuses %j", (text) => {
    expect(problemOf(parseRegion(text))).toContain("is not a region");
  });

  test("an availability zone gets its region back", () => {
    expect(problemOf(parseRegion("ap-northeast-2a"))).toBe(
      '"ap-northeast-2a" is an availability zone; the region is ap-northeast-2',
    );
  });
});

describe("parseRoleArn", () => {
  test.each([
    "arn:aws:iam::111122223333:role/viewer",
    "arn:aws-cn:iam::111122223333:role/path/to/viewer",
    "arn:aws-us-gov:iam::111122223333:role/a+b=c,d.e@f-g_h",
  ])("takes %s", (text) => {
    expect(parseRoleArn(text)).toEqual({ kind: "ok", value: text });
  });

  test.each([
    "viewer",
    "arn:aws:iam::111122223333:user/viewer",
    "arn:aws:sts::111122223333:assumed-role/viewer/ci",
    "arn:aws:iam::1111:role/viewer",
    "arn:aws:iam::111122223333:role/",
  ])("refuses %s, which no AssumeRole takes", (text) => {
    expect(problemOf(parseRoleArn(text))).toContain("is not a role ARN");
  });
});

describe("parseExternalId", () => {
  test.each(["ab", "a:b/c@d.e,f=g+h-i", "x".repeat(1_224)])("takes what STS takes", (text) => {
    expect(parseExternalId(text)).toEqual({ kind: "ok", value: text });
  });

  test.each(["", "a", "x".repeat(1_225), "a b"])("refuses what STS would refuse", (text) => {
    expect(problemOf(parseExternalId(text))).toContain("is not an external id");
  });
});
