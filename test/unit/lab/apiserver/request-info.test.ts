import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRequestInfo } from "../../../../src/lab/apiserver/request-info.ts";

describe("what a request is about", () => {
  it("tells a named object from a list, and a namespaced resource from a namespace", () => {
    expect(parseRequestInfo("GET", "/api/v1/namespaces/default/endpoints/kubernetes")).toEqual({
      kind: "resource",
      verb: "get",
      group: "",
      version: "v1",
      namespace: "default",
      resource: "endpoints",
      name: "kubernetes",
    });
    expect(parseRequestInfo("GET", "/api/v1/namespaces/default")).toMatchObject({
      verb: "get",
      namespace: undefined,
      resource: "namespaces",
      name: "default",
    });
    expect(parseRequestInfo("DELETE", "/apis/g/v1/things")).toMatchObject({
      verb: "deletecollection",
      group: "g",
    });
  });

  it("takes discovery and everything else as plain paths", () => {
    for (const path of ["/api", "/api/v1", "/apis/apps/v1", "/version", "/", "*"]) {
      expect(parseRequestInfo("HEAD", path)).toEqual({ kind: "path", verb: "head", path });
    }
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (method, parts) => {
        expect(["path", "resource"]).toContain(
          parseRequestInfo(method, `/api/${parts.join("/")}`).kind,
        );
      }),
    );
  });
});
