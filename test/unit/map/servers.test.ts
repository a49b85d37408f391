import { describe, expect, test } from "vitest";
import { certificateHost } from "../../../src/map/identity.ts";
import { groupServers, letterOf } from "../../../src/map/servers.ts";
import { answered, makeLeaf, PUB_HOST, PUB_ONE, PUB_TWO, seen } from "../../support/snapshots.ts";

describe("certificateHost", () => {
  test("is the instance's own name among those that every server's certificate has", () => {
    expect(certificateHost(makeLeaf(PUB_ONE, PUB_HOST), PUB_HOST)).toBe(PUB_ONE.host);
  });

  test("is unknown where two instance names leave a choice", () => {
    const leaf = makeLeaf(PUB_ONE, PUB_HOST, { dnsNames: [PUB_ONE.host, PUB_TWO.host] });
    expect(certificateHost(leaf, PUB_HOST)).toBeUndefined();
  });

  test("takes a single foreign name, but no wildcard", () => {
    const one = makeLeaf(PUB_ONE, PUB_HOST, { dnsNames: ["kubernetes", "Master-1", PUB_HOST] });
    expect(certificateHost(one, PUB_HOST)).toBe("master-1");
    const wildcard = makeLeaf(PUB_ONE, PUB_HOST, { dnsNames: ["*.example.com", PUB_HOST] });
    expect(certificateHost(wildcard, PUB_HOST)).toBeUndefined();
  });

  test("knows an instance named by resource", () => {
    const name = "i-0123456789abcdef0.ap-northeast-2.compute.internal";
    const leaf = makeLeaf(PUB_ONE, PUB_HOST, { dnsNames: ["other.example.com", name] });
    expect(certificateHost(leaf, PUB_HOST)).toBe(name);
  });
});

describe("groupServers", () => {
  test("joins by serverAddress, and an answer without one by its certificate", () => {
    const sightings = groupServers(
      [
        answered("10.0.20.41", PUB_ONE, 401),
        seen("43.200.53.253", PUB_ONE),
        seen("52.79.39.107", PUB_TWO),
      ],
      PUB_HOST,
    );
    expect(sightings.map(({ server }) => [server.id, server.host, server.reachedBy])).toEqual([
      ["A", PUB_ONE.host, ["10.0.20.41:443", "43.200.53.253:443"]],
      ["B", PUB_TWO.host, ["52.79.39.107:443"]],
    ]);
    expect(sightings[0]?.server.agreement).toEqual({
      kind: "agree",
      signals: ["server-address", "certificate-host", "certificate-fingerprint"],
    });
  });

  test("keeps one server with two certificates, as after a rotation, together", () => {
    const renewed = makeLeaf({ ...PUB_ONE, byte: "A9" }, PUB_HOST);
    const later = seen("43.200.53.253", PUB_ONE, { sample: 2 });
    const sightings = groupServers(
      [
        seen("43.200.53.253", PUB_ONE),
        { ...later, tls: later.tls && { ...later.tls, leaf: renewed } },
      ],
      PUB_HOST,
    );
    expect(sightings).toHaveLength(1);
    expect(sightings[0]?.server.certificates.map(({ sha256 }) => sha256.slice(0, 2))).toEqual([
      "A1",
      "A9",
    ]);
    expect(sightings[0]?.server.agreement.kind).toBe("agree");
  });

  test("a certificate that two servers share makes no third one of what has no more to show", () => {
    const two = seen("52.79.39.107", PUB_TWO);
    const shared = { ...two, tls: seen("52.79.39.107", PUB_ONE).tls };
    const silent = [1, 2, 3].map((sample) => answered("10.0.20.41", PUB_ONE, 429, { sample }));
    const sightings = groupServers([seen("43.200.53.253", PUB_ONE), shared, ...silent], PUB_HOST);
    expect(sightings.map(({ server }) => server.serverAddress)).toEqual([
      `${PUB_ONE.host}:443`,
      `${PUB_TWO.host}:443`,
    ]);
    expect(sightings.flatMap(({ observations }) => observations)).toHaveLength(2);
  });

  test("says so when /api and the certificate name different hosts", () => {
    const mixed = { ...seen("43.200.53.253", PUB_ONE), tls: seen("43.200.53.253", PUB_TWO).tls };
    expect(groupServers([mixed], PUB_HOST)[0]?.server.agreement).toEqual({
      kind: "disagree",
      detail: `/api says ${PUB_ONE.host}, the certificate says ${PUB_TWO.host}`,
    });
  });

  test("a server that calls itself by its IP agrees with a certificate that has that IP", () => {
    const byIp = seen("43.200.53.253", PUB_ONE, {
      identity: { serverAddress: `${PUB_ONE.eniIp}:443`, host: PUB_ONE.eniIp },
    });
    expect(groupServers([byIp], PUB_HOST)[0]?.server.agreement.kind).toBe("agree");
    const byForeignIp = seen("43.200.53.253", PUB_ONE, {
      identity: { serverAddress: "10.9.9.9:443", host: "10.9.9.9" },
    });
    expect(groupServers([byForeignIp], PUB_HOST)[0]?.server.agreement.kind).toBe("disagree");
  });

  test("a certificate that verification refused names nobody", () => {
    const refused = seen("43.200.53.253", PUB_ONE, {
      http: undefined,
      identity: undefined,
      tls: {
        ...seenTls(),
        verification: {
          kind: "refused",
          failure: { code: "tls-untrusted", phase: "tls", side: "network", message: "untrusted" },
        },
      },
    });
    expect(groupServers([refused], PUB_HOST)).toEqual([]);
  });

  test("falls back to the fingerprint where the certificate has no name of its own", () => {
    const sightings = groupServers(
      [bare("43.200.53.253", PUB_ONE), bare("52.79.39.107", PUB_TWO), bare("10.0.20.41", PUB_ONE)],
      PUB_HOST,
    );
    expect(
      sightings.map(({ server, observations }) => [
        server.id,
        server.identifiedBy,
        observations.length,
      ]),
    ).toEqual([
      ["A", "certificate-fingerprint", 2],
      ["B", "certificate-fingerprint", 1],
    ]);
  });
});

test("letters count as spreadsheets do", () => {
  expect([0, 25, 26, 51, 52, 701, 702].map(letterOf)).toEqual([
    "A",
    "Z",
    "AA",
    "AZ",
    "BA",
    "ZZ",
    "AAA",
  ]);
});

function seenTls() {
  const { tls } = seen("43.200.53.253", PUB_ONE);
  if (tls === undefined) throw new Error("seen() has TLS facts");
  return tls;
}

/** An answer without a name in /api, and without one in the certificate. */
function bare(ip: string, of: typeof PUB_ONE) {
  const leaf = makeLeaf(of, PUB_HOST, { dnsNames: ["kubernetes", PUB_HOST] });
  return { ...answered(ip, of, 401), tls: { ...seenTls(), leaf } };
}
