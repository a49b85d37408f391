import { beforeAll, describe, expect, test } from "vitest";
import type { Peer } from "../../../support/hostile-servers.ts";
import { httpsPeer } from "../../../support/hostile-servers.ts";
import type { LeafOptions, TestCa, TestLeaf } from "../../../support/test-pki.ts";
import { mintCa, mintLeaf } from "../../../support/test-pki.ts";
import { API_BODY, countingToken, LEAF_NAMES, planFor, probe, SERVER_HOST } from "./support.ts";

const DAY_MS = 86_400_000;
const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

let ca: TestCa;
let foreign: TestCa;
let good: TestLeaf;

beforeAll(async () => {
  ca = await mintCa("CN=kubernetes");
  foreign = await mintCa("O=Proxy Inc, CN=Inspector");
  good = await mintLeaf(ca, { names: LEAF_NAMES });
});

function healthy(leaf: TestLeaf, maxVersion: "TLSv1.2" | "TLSv1.3" = "TLSv1.3"): Promise<Peer> {
  return httpsPeer(leaf, (_request, response) => response.end(API_BODY), { maxVersion });
}

interface Flaw {
  readonly what: string;
  readonly code: string;
  readonly cause: string;
  readonly leaf: () => Promise<TestLeaf>;
}

const own = (options: LeafOptions) => (): Promise<TestLeaf> =>
  mintLeaf(ca, { names: LEAF_NAMES, ...options });

const FLAWS: readonly Flaw[] = [
  {
    what: "of a foreign CA",
    code: "tls-untrusted",
    cause: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    leaf: () => mintLeaf(foreign, { names: LEAF_NAMES }),
  },
  {
    what: "of another CA that calls itself the same",
    code: "tls-untrusted",
    cause: "CERT_SIGNATURE_FAILURE",
    leaf: async () => mintLeaf(await mintCa("CN=kubernetes"), { names: LEAF_NAMES }),
  },
  {
    what: "that has expired",
    code: "tls-expired",
    cause: "CERT_HAS_EXPIRED",
    leaf: own({ notBefore: daysFromNow(-30), notAfter: daysFromNow(-1) }),
  },
  {
    what: "that is not valid yet",
    code: "tls-not-yet-valid",
    cause: "CERT_NOT_YET_VALID",
    leaf: own({ notBefore: daysFromNow(1), notAfter: daysFromNow(30) }),
  },
  {
    what: "for another name",
    code: "tls-name-mismatch",
    cause: "ERR_TLS_CERT_ALTNAME_INVALID",
    leaf: own({ names: [{ type: "dns", value: "other.example" }] }),
  },
  {
    what: "with the name as CN only",
    code: "tls-name-mismatch",
    cause: "ERR_TLS_CERT_ALTNAME_INVALID",
    leaf: own({ subject: `CN=0a1b2c.yl4.ap-northeast-2.eks.amazonaws.com`, names: [] }),
  },
  {
    what: "for clients only",
    code: "tls-untrusted",
    cause: "INVALID_PURPOSE",
    leaf: own({ extendedKeyUsage: "1.3.6.1.5.5.7.3.2" }),
  },
];

describe("a certificate that the cluster's CA does not vouch for", () => {
  test.for(FLAWS)("$what ends the handshake before a byte of HTTP", async (flaw) => {
    await using peer = await healthy(await flaw.leaf());
    const token = countingToken();
    const seen = await probe(planFor(peer.port, ca), token);
    expect(seen.failure).toMatchObject({ code: flaw.code, phase: "tls", cause: flaw.cause });
    expect(seen.tls?.verification).toEqual({ kind: "refused", failure: seen.failure });
    expect(seen.tls?.leaf?.subject).toMatch(/^CN=/);
    expect(seen.timings.tcpMs).toBeGreaterThan(0);
    expect(seen.timings.tlsMs).toBeGreaterThan(0);
    expect(seen).toMatchObject({ http: undefined, identity: undefined });
    expect(seen.token).toBe("withheld-unverified");
    expect(token.revealed()).toBe(0);
    await expect.poll(() => peer.seen).toEqual(["tcp", "handshake-failed"]);
  });

  test("names its issuer, most specific part first, so that an inspecting proxy can be told", async () => {
    await using peer = await healthy(await mintLeaf(foreign, { names: LEAF_NAMES }));
    const seen = await probe(planFor(peer.port, ca));
    expect(seen.tls?.leaf).toMatchObject({ issuer: "CN=Inspector, O=Proxy Inc" });
    expect(seen.tls?.leaf?.dnsNames).toContain(SERVER_HOST);
    expect(seen.tls).toMatchObject({ protocol: "TLSv1.3", alpn: "h2" });
  });

  test("gets no request at TLS 1.2 either, though that server believes the handshake done", async () => {
    await using peer = await healthy(await mintLeaf(foreign, { names: LEAF_NAMES }), "TLSv1.2");
    const token = countingToken();
    const seen = await probe(planFor(peer.port, ca), token);
    expect(seen.failure).toMatchObject({ code: "tls-untrusted" });
    expect(token.revealed()).toBe(0);
    expect(peer.seen).toEqual(["tcp", "secure"]);
  });

  test("is a name mismatch when an IP is dialled and expected, unlike the endpoint's name there", async () => {
    await using peer = await healthy(good);
    const byIp = await probe(planFor(peer.port, ca, { serverName: "127.0.0.1" }));
    expect(byIp.failure).toMatchObject({ code: "tls-name-mismatch" });
    expect((await probe(planFor(peer.port, ca))).failure).toBeUndefined();
  });

  test("takes no wildcard inside a label for the name", async () => {
    const names = [{ type: "dns" as const, value: "a*.example.test" }];
    await using peer = await healthy(await mintLeaf(ca, { names }));
    const seen = await probe(planFor(peer.port, ca, { serverName: "api.example.test" }));
    expect(seen.failure).toMatchObject({ code: "tls-name-mismatch" });
  });
});

describe("a probe without the cluster's CA", () => {
  test.for([undefined, "", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"])(
    "dials nobody, for the root store must never stand in for it (%j)",
    async (certificateAuthority) => {
      await using peer = await healthy(good);
      const seen = await probe(planFor(peer.port, ca, { certificateAuthority }));
      expect(seen.failure).toMatchObject({ code: "tls-no-ca", phase: "tls", side: "user" });
      expect(seen.token).toBe("none");
      expect(peer.seen).toEqual([]);
    },
  );

  test("goes on when told not to verify, with the refusal on record", async () => {
    await using peer = await healthy(good);
    const plan = planFor(peer.port, ca, { certificateAuthority: undefined, insecure: true });
    const seen = await probe(plan, countingToken());
    expect(seen.failure).toBeUndefined();
    expect(seen.tls?.verification).toMatchObject({ failure: { code: "tls-no-ca" } });
    expect(seen.token).toBe("withheld-unverified");
  });
});

describe("a probe told not to verify", () => {
  const cases = [
    { sendTokenUnverified: false, use: "withheld-unverified", revealed: 0 },
    { sendTokenUnverified: true, use: "sent", revealed: 1 },
  ];
  test.for(cases)(
    "asks a stranger, with the token only when that was asked for by name ($sendTokenUnverified)",
    async ({ sendTokenUnverified, use, revealed }) => {
      const authorizations: (string | undefined)[] = [];
      await using peer = await httpsPeer(
        await mintLeaf(foreign, { names: LEAF_NAMES }),
        (request, response) => {
          authorizations.push(request.headers.authorization);
          response.end(API_BODY);
        },
      );
      const token = countingToken("fake");
      const plan = planFor(peer.port, ca, { insecure: true, sendTokenUnverified });
      const seen = await probe(plan, token);
      expect(seen.failure).toBeUndefined();
      expect(seen.identity?.host).toBe(SERVER_HOST);
      expect(seen.tls?.verification).toMatchObject({ failure: { code: "tls-untrusted" } });
      expect(seen.token).toBe(use);
      expect(token.revealed()).toBe(revealed);
      expect(authorizations).toEqual([sendTokenUnverified ? "Bearer fake" : undefined]);
    },
  );

  test("still sends the token to a server that did verify", async () => {
    await using peer = await healthy(good);
    const seen = await probe(planFor(peer.port, ca, { insecure: true }), countingToken());
    expect(seen).toMatchObject({ failure: undefined, token: "sent" });
  });

  test("withheld nothing when there was no token", async () => {
    await using peer = await healthy(await mintLeaf(foreign, { names: LEAF_NAMES }));
    const seen = await probe(planFor(peer.port, ca, { insecure: true }));
    expect(seen.token).toBe("none");
  });
});
