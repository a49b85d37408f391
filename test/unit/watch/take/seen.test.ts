import { describe, expect, it } from "vitest";
import { seenCluster, seenDns, seenEni, seenProbe } from "../../../../src/watch/take/seen.ts";
import {
  answered,
  failedAt,
  makeCluster,
  makeEni,
  named,
  PUB_HOST,
  PUB_ONE,
  seen,
} from "../../../support/snapshots.ts";

const AT = "2026-11-25T00:00:00.000Z";

describe("what a round keeps of an answer", () => {
  it("of DNS has the addresses in order, and how long a cache may keep the shortest of them", () => {
    const records = [
      { type: "A", ip: "3.36.0.2", ttlSeconds: 60 },
      { type: "A", ip: "3.36.0.1", ttlSeconds: 7 },
    ] as const;
    const answer = { kind: "records", records, cnames: [] } as const;
    expect(seenDns(named(["3.36.0.2"], { answer }))).toEqual({
      resolver: "10.0.0.2",
      type: "A",
      answer: { kind: "records", ips: ["3.36.0.1", "3.36.0.2"], ttlSeconds: 7 },
    });
  });

  it("of getaddrinfo has no TTL, since that tells none", () => {
    const { answer } = seenDns(named(["3.36.0.2"], { resolver: { kind: "system-lookup" } }));
    expect(answer).toEqual({ kind: "records", ips: ["3.36.0.2"], ttlSeconds: undefined });
  });

  it("is the same in whichever order AWS lists groups, subnets and ranges", () => {
    const groups = ["sg-2", "sg-1"];
    expect(seenEni(makeEni("10.0.20.41", { securityGroupIds: groups })).securityGroupIds).toEqual([
      "sg-1",
      "sg-2",
    ]);
    const cluster = makeCluster({
      subnetIds: ["b", "a"],
      publicAccessCidrs: ["2.0.0.0/8", "1.0.0.0/8"],
    });
    expect(seenCluster(cluster)).toMatchObject({
      subnetIds: ["a", "b"],
      publicAccessCidrs: ["1.0.0.0/8", "2.0.0.0/8"],
      access: "public",
    });
  });

  it("does not say how the endpoint may be reached where EKS did not", () => {
    const unsaid = makeCluster({ publicAccess: "unknown", privateAccess: "unknown" });
    expect(seenCluster(unsaid).access).toBeUndefined();
  });

  it("of a connection has the server by /api, and by its certificate where /api names nobody", () => {
    const good = seenProbe(seen("3.36.0.1", PUB_ONE), AT, PUB_HOST);
    expect(good).toMatchObject({ status: 200, server: PUB_ONE.host, failure: undefined });
    const refused = seenProbe(answered("3.36.0.1", PUB_ONE, 401), AT, PUB_HOST);
    expect(refused).toMatchObject({ status: 401, server: PUB_ONE.host });
    expect(refused.fingerprint).toBe(good.fingerprint);
  });

  it("of a connection that failed has no server, and no time of a phase that did not end", () => {
    expect(seenProbe(failedAt("3.36.0.1"), AT, PUB_HOST)).toMatchObject({
      status: undefined,
      server: undefined,
      fingerprint: undefined,
      notAfter: undefined,
      tcpMs: undefined,
      failure: { code: "tcp-timeout" },
    });
  });

  it("has times to a hundredth of a millisecond", () => {
    const timings = { tcpMs: 1.23456, tlsMs: 2, ttfbMs: 3.999, totalMs: 8 };
    expect(seenProbe(seen("3.36.0.1", PUB_ONE, { timings }), AT, PUB_HOST)).toMatchObject({
      tcpMs: 1.23,
      tlsMs: 2,
      ttfbMs: 4,
    });
  });
});
