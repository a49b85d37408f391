import { describe, expect, test } from "vitest";
import { readProxySettings } from "../../../src/local/proxy.ts";
import { NO_PROXY_SETTINGS } from "../../../src/model/local-settings.ts";

describe("the proxy that other clients would use", () => {
  test("is none where nothing is set, or only set to nothing", () => {
    expect(readProxySettings({})).toEqual(NO_PROXY_SETTINGS);
    expect(readProxySettings({ https_proxy: "", HTTPS_PROXY: "  ", no_proxy: "" })).toEqual(
      NO_PROXY_SETTINGS,
    );
  });

  test("is not that of http, which is for another scheme, nor ALL_PROXY, which Go does not read", () => {
    for (const name of ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
      expect(readProxySettings({ [name]: "http://p:1" })).toEqual(NO_PROXY_SETTINGS);
  });

  test.each([
    ["HTTPS_PROXY", { https_proxy: "http://b:2", HTTPS_PROXY: "http://a:1" }],
    ["https_proxy", { https_proxy: "http://a:1", HTTPS_PROXY: "" }],
  ])("is taken from %s first", (variable, environment) => {
    expect(readProxySettings(environment)).toMatchObject({ httpsProxy: "http://a:1", variable });
  });

  test.each([
    ["http://proxy.corp.example:3128", "http://proxy.corp.example:3128"],
    [
      "http://user:EXAMPLEPASSWORD@proxy.corp.example:3128/path?x=1",
      "http://proxy.corp.example:3128",
    ],
    ["EXAMPLEUSER:EXAMPLEPASSWORD@proxy.corp.example:3128", "http://proxy.corp.example:3128"],
    ["proxy.corp.example:3128", "http://proxy.corp.example:3128"],
    ["https://proxy.corp.example", "https://proxy.corp.example"],
    ["socks5h://user:EXAMPLEPASSWORD@[::1]:1080", "socks5h://[::1]:1080"],
    [" http://10.0.0.9:3128 ", "http://10.0.0.9:3128"],
  ])("%j is shown as %s", (text, httpsProxy) => {
    const read = readProxySettings({ https_proxy: text });
    expect(read).toEqual({ httpsProxy, variable: "https_proxy", noProxy: [], unreadable: [] });
  });

  test.each([
    "http://",
    "ftp://proxy:21",
    "http://a b:1",
    "http://EXAMPLEPASSWORD@",
    "://",
    "a\u001b[2Jb:1",
  ])("%j is none: its variable is named, its text is not", (text) => {
    const read = readProxySettings({ HTTPS_PROXY: text });
    expect(read).toEqual({ ...NO_PROXY_SETTINGS, unreadable: ["HTTPS_PROXY"] });
  });

  test("a value that is none does not hide the next one", () => {
    expect(readProxySettings({ HTTPS_PROXY: "http://", https_proxy: "socks5://a:1080" })).toEqual({
      httpsProxy: "socks5://a:1080",
      variable: "https_proxy",
      noProxy: [],
      unreadable: ["HTTPS_PROXY"],
    });
  });

  test.each([
    [{ no_proxy: ".eks.amazonaws.com,10.0.0.0/8, localhost" }],
    [{ no_proxy: ".eks.amazonaws.com ,10.0.0.0/8\n,,localhost", NO_PROXY: "" }],
    [{ no_proxy: "other.example", NO_PROXY: ".eks.amazonaws.com,10.0.0.0/8,localhost" }],
  ])("NO_PROXY comes in its parts", (environment) => {
    expect(readProxySettings(environment).noProxy).toEqual([
      ".eks.amazonaws.com",
      "10.0.0.0/8",
      "localhost",
    ]);
  });

  test("parts of NO_PROXY with a space between them are one, which exempts nothing", () => {
    const { noProxy } = readProxySettings({ NO_PROXY: "localhost .eks.amazonaws.com" });
    expect(noProxy).toEqual(["localhost .eks.amazonaws.com"]);
  });

  test("NO_PROXY of any size is held to a size that can be shown", () => {
    const { noProxy } = readProxySettings({
      NO_PROXY: Array.from({ length: 5_000 }, () => `${"x".repeat(400)}\u0007`).join(","),
    });
    expect(noProxy).toHaveLength(1_000);
    expect(noProxy[0]).toHaveLength(255);
  });
});
