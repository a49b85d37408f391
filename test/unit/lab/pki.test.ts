import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type ClusterPki, mintClusterPki } from "../../../src/lab/pki.ts";
import { FIELD_CLUSTER } from "../../support/lab-servers.ts";

/** 2023-04-21T04:15:37.500Z: four days after the notBefore of the field notes. */
const NOW_MS = Date.UTC(2023, 3, 21, 4, 15, 37, 500);

let pki: ClusterPki;
let ca: X509Certificate;
beforeAll(async () => {
  pki = await mintClusterPki(FIELD_CLUSTER, NOW_MS);
  ca = new X509Certificate(pki.caPem);
});

const leafOf = (id: string): X509Certificate => new X509Certificate(pki.leaf(id).certificatePem);
const seconds = (text: string): number => Date.parse(text) / 1000;

describe("the CA", () => {
  it("is kubernetes' own: serial 0, ten years, self-signed", () => {
    expect(ca.subject).toBe("CN=kubernetes");
    expect(ca.serialNumber).toBe("0");
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.validFrom).toBe("Apr 17 04:15:37 2023 GMT");
    expect(seconds(ca.validTo) - seconds(ca.validFrom)).toBe(3650 * 86_400);
  });
});

describe("a leaf", () => {
  it("is named and dated as in the field notes, minutes apart between the servers", () => {
    const [a, b] = [leafOf("a"), leafOf("b")];
    expect(a.subject).toBe("CN=kube-apiserver");
    expect(a.issuer).toBe("CN=kubernetes");
    expect(a.validFrom).toBe(ca.validFrom);
    expect(b.validTo).toBe("Apr 16 04:15:37 2024 GMT");
    expect(a.validTo).toBe("Apr 16 04:20:03 2024 GMT");
  });

  it("names its own server and ENI and the endpoint in lower case, and no other server", () => {
    expect(leafOf("a").subjectAltName).toBe(
      "DNS:ip-172-16-57-254.ap-northeast-2.compute.internal, DNS:kubernetes, " +
        "DNS:kubernetes.default, DNS:kubernetes.default.svc, " +
        "DNS:kubernetes.default.svc.cluster.local, " +
        "DNS:1368909f748386f16ee96fce0f49a400.yl4.ap-northeast-2.eks.amazonaws.com, " +
        "IP Address:172.20.0.1, IP Address:10.0.20.41",
    );
    expect(leafOf("b").subjectAltName).toContain("IP Address:10.0.95.229");
    expect(leafOf("b").subjectAltName).not.toContain("10.0.20.41");
  });

  it("is signed by the CA, belongs to its key and has a positive 64-bit serial", () => {
    const leaf = leafOf("a");
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(leaf.serialNumber).toMatch(/^[0-7][0-9A-F]{15}$/);
    expect(leaf.serialNumber).not.toBe(leafOf("b").serialNumber);
    expect(pki.leaf("a").privateKeyPem).not.toBe(pki.leaf("b").privateKeyPem);
  });

  it("lives as long as the scenario says, counted from the CA's notBefore", async () => {
    const [first, ...others] = FIELD_CLUSTER.servers;
    if (first === undefined) throw new Error("the cluster has servers");
    const servers = [{ ...first, lifetimeDays: 16, notAfterOffsetSeconds: 60 }, ...others];
    const short = await mintClusterPki({ ...FIELD_CLUSTER, servers }, NOW_MS);
    const leaf = new X509Certificate(short.leaf("a").certificatePem);
    expect(leaf.validFrom).toBe("Apr 17 04:15:37 2023 GMT");
    expect(leaf.validTo).toBe("May  3 04:16:37 2023 GMT");
  });

  it("exists only for the cluster's servers", () => {
    expect(() => pki.leaf("c")).toThrow("no server c");
  });
});

const flawed = async (flaw: Parameters<ClusterPki["flawedLeaf"]>[1]): Promise<X509Certificate> =>
  new X509Certificate((await pki.flawedLeaf("a", flaw)).certificatePem);

describe("a flawed leaf", () => {
  it("of a foreign CA differs in nothing but the signer", async () => {
    const leaf = await flawed("foreign-ca");
    expect(leaf.issuer).toBe("CN=kubernetes");
    expect(leaf.verify(ca.publicKey)).toBe(false);
    expect(leaf.subjectAltName).toBe(leafOf("a").subjectAltName);
    expect(leaf.validTo).toBe(leafOf("a").validTo);
  });

  it("that is self-signed verifies by its own key", async () => {
    const leaf = await flawed("self-signed");
    expect(leaf.issuer).toBe("CN=kube-apiserver");
    expect(leaf.verify(leaf.publicKey)).toBe(true);
  });

  it("of an inspecting proxy names the right names, and the proxy's CA as its issuer", async () => {
    const leaf = await flawed("inspection");
    // In the order of the certificate: the organization is the larger part of the name.
    expect(leaf.issuer).toBe("O=Example Corp\nCN=Example TLS Inspection CA");
    expect(leaf.verify(ca.publicKey)).toBe(false);
    expect(leaf.subjectAltName).toBe(leafOf("a").subjectAltName);
    expect(leaf.validTo).toBe(leafOf("a").validTo);
  });

  it("out of date is past or not begun, and otherwise good", async () => {
    const [expired, early] = await Promise.all([flawed("expired"), flawed("not-yet-valid")]);
    expect(Date.parse(expired.validTo)).toBeLessThan(NOW_MS);
    expect(Date.parse(early.validFrom)).toBeGreaterThan(NOW_MS);
    for (const leaf of [expired, early]) expect(leaf.verify(ca.publicKey)).toBe(true);
  });

  it("of another cluster is that one's throughout: its CA, and an endpoint of the same region", async () => {
    const leaf = await flawed("other-cluster");
    expect(leaf.issuer).toBe("CN=kubernetes");
    expect(leaf.verify(ca.publicKey)).toBe(false);
    const domain = "yl4.ap-northeast-2.eks.amazonaws.com";
    expect(leaf.subjectAltName).toContain(`DNS:0badc0de0badc0de0badc0de0badc0de.${domain}`);
    expect(leaf.subjectAltName).not.toMatch(/1368909f|10\.0\.20\.41/);
    expect(Date.parse(leaf.validTo)).toBeGreaterThan(NOW_MS);
  });

  it("for another name names no part of this cluster, though its CA signed it", async () => {
    const leaf = await flawed("other-name");
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.subjectAltName).not.toContain("1368909f");
    expect(leaf.subjectAltName).not.toContain("10.0.20.41");
  });

  it("is minted once", async () => {
    expect(await pki.flawedLeaf("a", "expired")).toBe(await pki.flawedLeaf("a", "expired"));
  });
});
