import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  oneLineName,
  parseAltNames,
  readCertificate,
} from "../../../../src/net/attempt/certificate.ts";
import { clientCertificateRequested } from "../../../../src/net/attempt/client-certificate.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";

describe("a leaf's facts", () => {
  test("are taken from a real certificate, addresses in their short form, times in ISO 8601", async () => {
    const leaf = await mintLeaf(await mintCa("CN=kubernetes"), {
      subject: "O=system:masters, CN=kube-apiserver",
      notBefore: new Date("2023-04-06T04:15:37Z"),
      notAfter: new Date("2051-04-16T04:20:01Z"),
      names: [
        { type: "dns", value: "a.example" },
        { type: "ip", value: "10.0.20.41" },
        { type: "ip", value: "2001:db8::1" },
        { type: "url", value: "https://u.example/?a=1,DNS:evil.example" },
      ],
    });
    expect(readCertificate(new X509Certificate(leaf.cert))).toMatchObject({
      subject: "CN=kube-apiserver, O=system:masters",
      issuer: "CN=kubernetes",
      dnsNames: ["a.example"],
      ipAddresses: ["10.0.20.41", "2001:db8::1"],
      notBefore: "2023-04-06T04:15:37.000Z",
      notAfter: "2051-04-16T04:20:01.000Z",
    });
  });

  test("never take a name with a comma or a quote for two (CVE-2021-44532)", async () => {
    const tricky = 'a.example, DNS:"evil.example';
    const leaf = await mintLeaf(await mintCa("CN=kubernetes"), {
      names: [
        { type: "dns", value: tricky },
        { type: "dns", value: "b.example" },
      ],
    });
    expect(readCertificate(new X509Certificate(leaf.cert)).dnsNames).toEqual([tricky, "b.example"]);
  });

  test("carry no control characters of a stranger's certificate", async () => {
    const leaf = await mintLeaf(await mintCa("CN=kubernetes"), {
      subject: "CN=\u001b[31mred\u202e",
      names: [{ type: "dns", value: "a\u001b[2Jb.example" }],
    });
    const facts = readCertificate(new X509Certificate(leaf.cert));
    expect(facts.dnsNames).toEqual(["a\uFFFDb.example"]);
    // OpenSSL has escaped them in the subject already.
    expect(JSON.stringify(facts)).not.toMatch(/\\u001b|\u202e/);
  });
});

describe("the text of a subjectAltName", () => {
  test.for([
    ["DNS:a.example, IP Address:10.0.0.1", ["a.example", "10.0.0.1"]],
    ['DNS:"a, DNS:b", DNS:c', ["a, DNS:b", "c"]],
    ['DNS:"a\\"b\\u0000", DNS:c', ['a"b\u0000', "c"]],
    ["DNS:", [""]],
    ["", []],
    ['DNS:"unclosed', []],
    ['DNS:a, DNS:b"c', ["a"]],
    ['DNS:"a"b, DNS:c', []],
    ["DNS:a,DNS:b", []],
    ["nonsense", []],
  ] as const)("%j names %j", ([text, values]) => {
    expect(parseAltNames(text).map((name) => name.value)).toEqual(values);
  });
});

describe("a distinguished name", () => {
  test("is one line with the most specific part first", () => {
    expect(oneLineName("C=US\nO=Proxy\\, Inc\nCN=Inspector")).toBe(
      "CN=Inspector, O=Proxy\\, Inc, C=US",
    );
    expect(oneLineName(undefined)).toBe("");
  });
});

describe("the size of the client's last flight", () => {
  test.for([
    ["TLS_AES_128_GCM_SHA256", [58, 64], [88, 94]],
    ["TLS_CHACHA20_POLY1305_SHA256", [58, 64], [88, 94]],
    ["TLS_AES_256_GCM_SHA384", [74, 80], [104, 110]],
  ] as const)("tells with %s whether a certificate was asked for", ([cipher, without, asked]) => {
    for (let bytes = 0; bytes < 300; bytes += 1) {
      const expected = (without as readonly number[]).includes(bytes)
        ? "no"
        : (asked as readonly number[]).includes(bytes)
          ? "yes"
          : "unknown";
      expect([bytes, clientCertificateRequested("TLSv1.3", cipher, bytes)]).toEqual([
        bytes,
        expected,
      ]);
    }
  });

  test("tells nothing at TLS 1.2 or with a cipher of another hash", () => {
    expect(clientCertificateRequested("TLSv1.2", "TLS_AES_128_GCM_SHA256", 64)).toBe("unknown");
    expect(clientCertificateRequested("TLSv1.3", "TLS_SM4_GCM_SM3", 64)).toBe("unknown");
    expect(clientCertificateRequested(null, "unknown", 64)).toBe("unknown");
  });
});
