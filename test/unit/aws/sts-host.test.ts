import { describe, expect, test } from "vitest";
import { partitionName, stsHost } from "../../../src/aws/sts-host.ts";

describe("stsHost", () => {
  test.each([
    ["eu-west-1", "sts.eu-west-1.amazonaws.com"],
    ["us-east-1", "sts.us-east-1.amazonaws.com"],
    ["cn-north-1", "sts.cn-north-1.amazonaws.com.cn"],
    ["us-gov-east-1", "sts.us-gov-east-1.amazonaws.com"],
    ["us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov"],
    ["us-isob-east-1", "sts.us-isob-east-1.sc2s.sgov.gov"],
    ["eu-isoe-west-1", "sts.eu-isoe-west-1.cloud.adc-e.uk"],
    ["us-isof-south-1", "sts.us-isof-south-1.csp.hci.ic.gov"],
    ["eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"],
    ["xx-north-1", "sts.xx-north-1.amazonaws.com"],
  ])("%s is %s, as aws eks get-token has it", (region, host) => {
    expect(stsHost(region, false, false)).toBe(host);
  });

  test.each([
    ["us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com"],
    ["us-gov-west-1", true, false, "sts.us-gov-west-1.amazonaws.com"],
    ["cn-north-1", true, false, "sts-fips.cn-north-1.amazonaws.com.cn"],
    ["eu-west-1", false, true, "sts.eu-west-1.api.aws"],
    ["cn-north-1", false, true, "sts.cn-north-1.api.amazonwebservices.com.cn"],
    ["eusc-de-east-1", false, true, "sts.eusc-de-east-1.api.amazonwebservices.eu"],
    ["us-east-1", true, true, "sts-fips.us-east-1.api.aws"],
    ["us-gov-west-1", true, true, "sts-fips.us-gov-west-1.api.aws"],
  ])("%s with FIPS %s and dual-stack %s is %s", (region, fips, dualstack, host) => {
    expect(stsHost(region, fips, dualstack)).toBe(host);
  });

  test("has no dual-stack host in the isolated partitions, where verifiers know none", () => {
    expect(stsHost("us-iso-east-1", false, true)).toBe("sts.us-iso-east-1.c2s.ic.gov");
    expect(stsHost("us-iso-east-1", true, true)).toBe("sts-fips.us-iso-east-1.c2s.ic.gov");
  });

  test("names the partition for ARNs", () => {
    expect(
      ["eu-west-1", "cn-north-1", "us-gov-west-1", "us-isob-east-1"].map(partitionName),
    ).toEqual(["aws", "aws-cn", "aws-us-gov", "aws-iso-b"]);
  });
});
