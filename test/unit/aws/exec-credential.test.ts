import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apiVersionFromExecInfo, execCredential } from "../../../src/aws/exec-credential.ts";

const group = "client.authentication.k8s.io";

describe("execCredential", () => {
  test("is awscli's document, key by key", () => {
    expect(JSON.stringify(execCredential("t", "2023-04-21T15:48:17Z", `${group}/v1`))).toBe(
      `{"kind":"ExecCredential","apiVersion":"${group}/v1","spec":{},"status":{"expirationTimestamp":"2023-04-21T15:48:17Z","token":"t"}}`,
    );
  });
});

describe("apiVersionFromExecInfo", () => {
  test.each([
    [undefined, "v1beta1", false],
    ["", "v1beta1", false],
    [`{"apiVersion":"${group}/v1"}`, "v1", false],
    [`{"apiVersion":"${group}/v1beta1"}`, "v1beta1", false],
    [`{"apiVersion":"${group}/v1alpha1"}`, "v1alpha1", true],
    [`{"apiVersion":"${group}/v2"}`, "v1beta1", true],
    ["{}", "v1beta1", true],
    ["{", "v1beta1", true],
  ])("answers %s in %s", (value, version, warns) => {
    const info = apiVersionFromExecInfo(value);
    expect(info).toMatchObject({ kind: "ok", apiVersion: `${group}/${version}` });
    expect(info.kind === "ok" && info.warning !== undefined).toBe(warns);
  });

  test.each(["[]", "5", "null", '"text"'])("refuses %s, on which awscli fails too", (value) => {
    expect(apiVersionFromExecInfo(value).kind).toBe("bad");
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(["ok", "bad"]).toContain(apiVersionFromExecInfo(text).kind);
      }),
    );
  });
});
