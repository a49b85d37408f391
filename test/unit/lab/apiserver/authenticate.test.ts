import { describe, expect, it } from "vitest";
import {
  bearerTokenOf,
  identifyRequester,
  isAdmin,
} from "../../../../src/lab/apiserver/authenticate.ts";
import { authenticateByName } from "../../../support/lab-servers.ts";

describe("the bearer token", () => {
  it.each([
    ["Bearer abc", "abc"],
    ["bearer abc", "abc"],
    ["Bearer ", undefined],
    ["Bearer", undefined],
    ["Basic abc", undefined],
    ["abc", undefined],
    [undefined, undefined],
  ])("of %s is %s", (header, token) => {
    expect(bearerTokenOf(header)).toBe(token);
  });
});

const withCertificate = (authorization: string | undefined): Promise<unknown> =>
  identifyRequester({ authorization, clientCertificate: true }, authenticateByName);

describe("the requester", () => {
  it("is denied for a foreign certificate, unless a good token comes with it", async () => {
    expect(await withCertificate(undefined)).toEqual({ kind: "denied" });
    expect(await withCertificate("Bearer lab-token")).toMatchObject({ kind: "user", name: "lab" });
  });

  it("is denied, not anonymous, when the verifier itself fails", async () => {
    const credentials = { authorization: "Bearer x", clientCertificate: false };
    const requester = await identifyRequester(credentials, () => {
      throw new Error("webhook down");
    });
    expect(requester).toEqual({ kind: "denied" });
  });

  it("is an administrator by system:masters alone", () => {
    expect(isAdmin({ kind: "user", name: "system:masters", groups: [] })).toBe(false);
    expect(isAdmin({ kind: "user", name: "x", groups: ["system:masters"] })).toBe(true);
  });
});
