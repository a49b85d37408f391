import { describe, expect, test } from "vitest";
import { parseApiVersions } from "../../../src/kube/api-versions.ts";

const HOST = "ip-172-16-57-254.ap-northeast-2.compute.internal";

function body(...entries: readonly (readonly [string, string])[]): string {
  return JSON.stringify({
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: entries.map(([clientCIDR, serverAddress]) => ({
      clientCIDR,
      serverAddress,
    })),
  });
}

describe("the body of /api", () => {
  test("names the API server, as recorded from kube-apiserver 1.20", () => {
    const recorded = `{
  "kind": "APIVersions",
  "versions": [
    "v1"
  ],
  "serverAddressByClientCIDRs": [
    {
      "clientCIDR": "0.0.0.0/0",
      "serverAddress": "${HOST}:443"
    }
  ]
}`;
    expect(parseApiVersions(recorded)).toEqual({
      kind: "ok",
      identity: { serverAddress: `${HOST}:443`, host: HOST },
    });
  });

  test("has the general entry behind one for the service network, where the latter names no server", () => {
    const both = body(["172.20.0.0/16", "172.20.0.1:443"], ["0.0.0.0/0", `${HOST}:443`]);
    expect(parseApiVersions(both)).toMatchObject({ identity: { host: HOST } });
  });

  test("falls back to ::/0 and then to the first entry", () => {
    const six = body(["fd00::/108", "[fd00::1]:443"], ["::/0", "[2001:DB8::5]:443"]);
    expect(parseApiVersions(six)).toMatchObject({
      identity: { serverAddress: "[2001:DB8::5]:443", host: "2001:db8::5" },
    });
    const first = body(["10.0.0.0/8", "A.Example:6443"], ["192.168.0.0/16", "b.example:6443"]);
    expect(parseApiVersions(first)).toMatchObject({ identity: { host: "a.example" } });
  });

  test.for(["", "<html>", '{"kind":', "[".repeat(60_000), "\u0000"])(
    "that is no JSON is told apart from JSON of another shape (%#)",
    (text) => {
      expect(parseApiVersions(text)).toMatchObject({
        kind: "bad",
        failure: { code: "body-invalid-json", phase: "body", side: "server" },
      });
    },
  );

  test.for([
    "null",
    "[]",
    '"APIVersions"',
    '{"kind":"Status","status":"Failure"}',
    '{"kind":"APIVersions"}',
    body(),
    body(...Array.from({ length: 65 }, () => ["0.0.0.0/0", `${HOST}:443`] as const)),
    body(["0.0.0.0/0", HOST]),
    body(["0.0.0.0/0", `${HOST}:`]),
    body(["0.0.0.0/0", `${HOST}:0`]),
    body(["0.0.0.0/0", `${HOST}:65536`]),
    body(["0.0.0.0/0", `${HOST}:443\n`]),
    body(["0.0.0.0/0", `\u001b[31m${HOST}:443`]),
    body(["0.0.0.0/0", `https://${HOST}:443`]),
    body(["0.0.0.0/0", `${"a".repeat(300)}:443`]),
    body(["0.0.0.0/0", "2001:db8::5:443"]),
    body(["0.0.0.0/0", "[2001:db8:::5]:443"]),
    body(["0.0.0.0/0", "-a.example:443"]),
    body(["0.0.0.0/0", ":443"]),
    '{"kind":"APIVersions","serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0"}]}',
  ])("of another shape gives no identity: %#", (text) => {
    expect(parseApiVersions(text)).toMatchObject({
      kind: "bad",
      failure: { code: "body-unexpected-shape" },
    });
  });
});
