import { describe, expect, test } from "vitest";
import { parseIp, parseMetadata, parseServiceUrl } from "../../../src/target/local.ts";

describe("parseIp", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:DB8:0::7", "2001:db8::7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
  ])("reads %s", (text, value) => {
    expect(parseIp(text)).toEqual({ kind: "ok", value });
  });

  test.each(["", "203.0.113", "203.0.113.7/32", "203.0.113.7:443", "fe80::1%eth0", "0x7f.1", "me"])(
    "refuses %j",
    (text) => {
      expect(parseIp(text)).toMatchObject({
        kind: "bad",
        problem: expect.stringContaining("203.0.113.7 or 2001:db8::7"),
      });
    },
  );
});

describe("parseServiceUrl", () => {
  test.each([
    ["https://checkip.example", "https://checkip.example/"],
    ["http://127.0.0.1:8080/ip?format=json", "http://127.0.0.1:8080/ip?format=json"],
  ])("reads %s", (text, value) => {
    expect(parseServiceUrl(text)).toEqual({ kind: "ok", value });
  });

  test.each([
    "checkip.example",
    "ftp://checkip.example",
    "https://",
    "https://checkip.example/#part",
    "https://check ip.example",
  ])("refuses %j", (text) => {
    expect(parseServiceUrl(text)).toMatchObject({
      kind: "bad",
      problem: expect.stringContaining("https://HOST/PATH"),
    });
  });

  test("refuses user name and password, and does not repeat them", () => {
    for (const text of [
      "https://me:EXAMPLEPASSWORD@x.example",
      "https://EXAMPLEPASSWORD@x.example",
    ]) {
      const read = parseServiceUrl(text);
      expect(read.kind).toBe("bad");
      expect(JSON.stringify(read)).not.toContain("EXAMPLEPASSWORD");
    }
  });
});

describe("parseMetadata", () => {
  test("reads off and plain http URLs, IPv6 included", () => {
    expect(parseMetadata("off")).toEqual({ kind: "ok", value: { kind: "off" } });
    const urls = ["http://127.0.0.1:1338", "http://[fd00:ec2::254]", "http://127.0.0.1:1338/mock"];
    for (const url of urls) {
      expect(parseMetadata(url)).toEqual({ kind: "ok", value: { kind: "url", url } });
    }
    expect(parseMetadata("http://127.0.0.1:1338/")).toMatchObject({
      value: { url: "http://127.0.0.1:1338" },
    });
  });

  test.each([
    "OFF",
    "on",
    "127.0.0.1",
    "https://127.0.0.1",
    "http://127.0.0.1?x=1",
    "http://a:b@c",
  ])("refuses %j", (text) => {
    expect(parseMetadata(text)).toMatchObject({
      kind: "bad",
      problem: expect.stringContaining("http://ADDRESS[:PORT], or off"),
    });
  });
});
