import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  endpointChain,
  isServiceChain,
  KUBERNETES_SERVICE,
  nftEndpointChain,
  nftServiceChain,
  serviceChain,
  serviceOfComment,
  serviceOfNftChain,
} from "../../../../src/node/nat/kube-chains.ts";
import { base32, sha256 } from "../../../../src/node/nat/sha256.ts";
import { base32Of } from "../../../support/kube-proxy-rules.ts";

describe("names of kube-proxy's chains", () => {
  test("are those of the field notes, for the service of the API servers", () => {
    expect(serviceChain(KUBERNETES_SERVICE)).toBe("KUBE-SVC-NPX46M4PTMTKRN6Y");
    const chains = {
      "10.0.20.41": "KUBE-SEP-5UMKMGJMUDXCXVAP",
      "10.0.95.229": "KUBE-SEP-CQ7WW6ZVSX2XUWDS",
      "10.0.18.90": "KUBE-SEP-L4UPTJXVD7SP66Y7",
      "10.0.58.12": "KUBE-SEP-NPBLJGMVCYWGRDPS",
    };
    for (const [ip, chain] of Object.entries(chains))
      expect(endpointChain(KUBERNETES_SERVICE, { ip, port: 443 })).toBe(chain);
  });

  test("differ with the port alone", () => {
    expect(endpointChain(KUBERNETES_SERVICE, { ip: "10.0.20.41", port: 6443 })).not.toBe(
      "KUBE-SEP-5UMKMGJMUDXCXVAP",
    );
  });

  // Names that kubernetes' own tests of the nftables mode expect.
  test("of the nftables mode are those of kubernetes' own tests", () => {
    expect(nftServiceChain("ns1/svc1:p80")).toBe("service-ULMVA6XW-ns1/svc1/tcp/p80");
    expect(nftEndpointChain("ns1/svc1:p80", { ip: "10.180.0.1", port: 80 })).toBe(
      "endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80",
    );
    expect(nftEndpointChain("ns4/svc4:p80", { ip: "10.180.0.5", port: 80 })).toBe(
      "endpoint-5RFCDDV7-ns4/svc4/tcp/p80__10.180.0.5/80",
    );
  });

  test("of the nftables mode have no colon, and end in dots where they are too long", () => {
    expect(nftEndpointChain("a/b", { ip: "fd00:10::29", port: 443 })).toContain(
      "a/b/tcp/__fd00.10..29/443",
    );
    const long = nftEndpointChain(`${"n".repeat(63)}/${"s".repeat(63)}:${"p".repeat(63)}`, {
      ip: "2600:1f18:1111:2222:3333:4444:5555:6666",
      port: 50_051,
    });
    expect(long).toHaveLength("endpoint-".length + 240);
    expect(long).toMatch(/\.\.\.$/);
  });

  test("tell their service, with a port's name or without", () => {
    expect(serviceOfNftChain("service-ULMVA6XW-ns1/svc1/tcp/p80")).toBe("ns1/svc1:p80");
    expect(serviceOfNftChain("service-ULMVA6XW-my-ns/svc1/tcp/")).toBe("my-ns/svc1");
    expect(serviceOfNftChain("service-ULMVA6XW-ns1/svc1/udp/dns")).toBeUndefined();
    expect(serviceOfNftChain("services")).toBeUndefined();
  });

  test("are told from others that begin alike", () => {
    for (const chain of [
      "KUBE-SVC-NPX46M4PTMTKRN6Y",
      "KUBE-EXT-NPX46M4PTMTKRN6Y",
      "service-ULMVA6XW-ns1/svc1/tcp/p80",
    ])
      expect(isServiceChain(chain)).toBe(true);
    for (const chain of ["KUBE-SERVICES", "KUBE-SEP-X", "service-endpoints-check", "services"])
      expect(isServiceChain(chain)).toBe(false);
  });
});

test("a comment names a service only when it begins with a name of kubernetes' form", () => {
  expect(serviceOfComment("default/kubernetes:https cluster IP")).toBe("default/kubernetes:https");
  expect(serviceOfComment("default/plain -> 10.0.20.41:443")).toBe("default/plain");
  for (const comment of [
    "kubernetes service portals",
    "AWS, SNAT",
    "a/\u001b[31m:x",
    "",
    "/",
    "a/b:c:d",
  ])
    expect(serviceOfComment(comment)).toBeUndefined();
});

test("hashes are those of OpenSSL, for every text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
      expect(Buffer.from(sha256(text)).toString("hex")).toBe(
        createHash("sha256").update(text).digest("hex"),
      );
      expect(base32(sha256(text), 16)).toBe(base32Of(text, 16));
    }),
  );
});
