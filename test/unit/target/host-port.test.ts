import { describe, expect, test } from "vitest";
import type { ConnectToRule } from "../../../src/model/request.ts";
import { applyConnectTo, parseConnectTo, parseResolver } from "../../../src/target/host-port.ts";

const HOST = "api.example.com";

describe("parseResolver", () => {
  test.each([
    ["system", { kind: "system" }],
    ["10.0.0.2", { kind: "server", ip: "10.0.0.2", port: 53 }],
    ["10.0.0.2:5353", { kind: "server", ip: "10.0.0.2", port: 5_353 }],
    ["fd00::2", { kind: "server", ip: "fd00::2", port: 53 }],
    ["FD00:0:0::2", { kind: "server", ip: "fd00::2", port: 53 }],
    ["[fd00::2]:5353", { kind: "server", ip: "fd00::2", port: 5_353 }],
    ["[fd00::2]", { kind: "server", ip: "fd00::2", port: 53 }],
  ])("reads %s", (text, value) => {
    expect(parseResolver(text)).toEqual({ kind: "ok", value });
  });

  test.each([
    "dns.example.com",
    "",
    "10.0.0.2:",
    "10.0.0.2:0",
    "10.0.0.2:65536",
    "10.0.0.2:53:53",
    "10.0.2",
    "0x0a000002",
    "fe80::1%eth0",
    "System",
  ])("refuses %j, which is no IP with a port", (text) => {
    expect(parseResolver(text).kind).toBe("bad");
  });

  test("names the wrong port and not the whole input", () => {
    expect(parseResolver("10.0.0.2:99999")).toEqual({
      kind: "bad",
      problem: 'port "99999" is not between 1 and 65535',
    });
  });
});

describe("parseConnectTo", () => {
  test.each<[string, ConnectToRule]>([
    ["::127.0.0.1:8443", rule(undefined, undefined, "127.0.0.1", 8_443)],
    ["Api.Example.COM:443:10.0.0.9:", rule("api.example.com", 443, "10.0.0.9", undefined)],
    ["[FD00::1]:443:[::1]:8443", rule("fd00::1", 443, "::1", 8_443)],
    [":::", rule(undefined, undefined, undefined, undefined)],
    [":443::8443", rule(undefined, 443, undefined, 8_443)],
  ])("reads %s; an empty part means any, or unchanged", (text, value) => {
    expect(parseConnectTo(text)).toEqual({ kind: "ok", value });
  });

  test.each([
    "",
    "a:1:b",
    "a:1:b:2:c",
    "a:x:b:2",
    "a:0:b:2",
    "a:1:b:70000",
    "fd00::1:443:b:2",
    "[a]:1:b:2",
    "[1.2.3]:1:b:2",
    "a b:1:c:2",
  ])("refuses %j", (text) => {
    expect(parseConnectTo(text).kind).toBe("bad");
  });
});

describe("applyConnectTo", () => {
  test("the first rule that matches wins, as in curl", () => {
    const rules = [rule(HOST, 443, "10.0.0.1", 1), rule(undefined, undefined, "10.0.0.2", 2)];
    expect(applyConnectTo(rules, ["192.0.2.1", HOST], "192.0.2.1", 443)).toEqual({
      host: "10.0.0.1",
      port: 1,
      rule: "named",
    });
    expect(applyConnectTo(rules, ["192.0.2.1"], "192.0.2.1", 443)).toEqual({
      host: "10.0.0.2",
      port: 2,
      rule: "any",
    });
  });

  test("a rule for another port is passed over", () => {
    const rules = [rule(HOST, 8_443, "10.0.0.1", 1)];
    expect(applyConnectTo(rules, ["192.0.2.1", HOST], "192.0.2.1", 443)).toEqual({
      host: "192.0.2.1",
      port: 443,
      rule: "none",
    });
  });

  test("empty parts on the right leave the address, or the port, as it is", () => {
    expect(
      applyConnectTo([rule(HOST, undefined, undefined, 8_443)], [HOST], "192.0.2.1", 443),
    ).toEqual({
      host: "192.0.2.1",
      port: 8_443,
      rule: "named",
    });
    expect(
      applyConnectTo([rule(HOST, undefined, "tunnel", undefined)], [HOST], "192.0.2.1", 443),
    ).toEqual({
      host: "tunnel",
      port: 443,
      rule: "named",
    });
  });
});

function rule(
  fromHost: string | undefined,
  fromPort: number | undefined,
  toHost: string | undefined,
  toPort: number | undefined,
): ConnectToRule {
  return { fromHost, fromPort, toHost, toPort };
}
