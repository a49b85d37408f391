import { describe, expect, test } from "vitest";
import { buildMap } from "../../../src/map/build.ts";
import { percentiles, timesOf } from "../../../src/map/times.ts";
import type { AddressCertainty } from "../../../src/model/certainty.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import {
  answered,
  failedAt,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  sampled,
  seen,
} from "../../support/snapshots.ts";

const VIP = "43.200.53.253";
const ID = `${VIP}:443`;

function certaintyAt(snapshot: Snapshot, address = ID): AddressCertainty {
  const found = buildMap(snapshot).certainties.find((one) => one.address === address);
  if (found === undefined) throw new Error(`no certainty of ${address}`);
  return found;
}

describe("how many API servers an address leads to", () => {
  test("pinned, with the bound that as many connections give", () => {
    expect(certaintyAt(pubSnapshot())).toEqual({
      address: ID,
      verdict: "pinned",
      connections: 20,
      tally: [{ apiServer: "A", seen: 20 }],
      unseenShareMax: 0.15,
      confidence: 0.95,
      reused: undefined,
    });
  });

  test("balanced, most seen first, and without a bound: a third is always possible", () => {
    const observations = [
      seen(VIP, PUB_ONE),
      ...[2, 3].map((sample) => seen(VIP, PUB_TWO, { sample })),
    ];
    expect(certaintyAt(pubSnapshot({ observations }))).toMatchObject({
      verdict: "balanced",
      connections: 3,
      tally: [
        { apiServer: "B", seen: 2 },
        { apiServer: "A", seen: 1 },
      ],
      unseenShareMax: undefined,
    });
  });

  test("a connection that met nobody it could name adds nothing to the bound", () => {
    const failed = [21, 22].map((sample) => failedAt(VIP, undefined, { sample }));
    const observations = [...sampled([[VIP, PUB_ONE]], 20), ...failed];
    expect(certaintyAt(pubSnapshot({ observations }))).toMatchObject({
      verdict: "pinned",
      connections: 20,
      unseenShareMax: 0.15,
    });
  });

  test("unknown where none could be named, and where none was tried", () => {
    const observations = [answered(VIP, PUB_ONE, 503, { tls: undefined })];
    const snapshot = pubSnapshot({ observations });
    const nobody = { verdict: "unknown", connections: 0, tally: [], unseenShareMax: undefined };
    expect(certaintyAt(snapshot)).toMatchObject(nobody);
    expect(certaintyAt(snapshot, "52.79.39.107:443")).toMatchObject(nobody);
  });

  test("goes by the certificate where /api names nobody", () => {
    const observations = [answered(VIP, PUB_ONE, 403), answered(VIP, PUB_TWO, 403, { sample: 2 })];
    expect(certaintyAt(pubSnapshot({ observations })).verdict).toBe("balanced");
  });

  test("one kept connection is told apart from the fresh ones: it meets one server, by design", () => {
    const observations = [seen(VIP, PUB_ONE), seen(VIP, PUB_TWO, { sample: 2 })];
    const kept = Array.from({ length: 20 }, () => `${PUB_TWO.host}:443`);
    const reuses = [{ address: ID, serverAddresses: kept }];
    expect(certaintyAt(pubSnapshot({ observations, reuses }))).toMatchObject({
      verdict: "balanced",
      reused: [{ apiServer: "B", seen: 20 }],
    });
  });

  test("a kept connection that got no answer met nobody, which is not the same as not asked", () => {
    const reuses = [{ address: ID, serverAddresses: [] }];
    expect(certaintyAt(pubSnapshot({ reuses })).reused).toEqual([]);
    expect(certaintyAt(pubSnapshot()).reused).toBeUndefined();
  });
});

describe("percentiles", () => {
  test("are the nearest rank: figures that were measured", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(hundred)).toEqual({
      count: 100,
      p50Ms: 50,
      p90Ms: 90,
      p99Ms: 99,
      maxMs: 100,
    });
    expect(percentiles([1, 2, 3, 4])).toMatchObject({ p50Ms: 2, p90Ms: 4, p99Ms: 4, maxMs: 4 });
    expect(percentiles([7])).toEqual({ count: 1, p50Ms: 7, p90Ms: 7, p99Ms: 7, maxMs: 7 });
  });

  test("of nothing are not zero", () => {
    expect(percentiles([])).toBeUndefined();
  });

  test("a phase counts every connection that completed it; the total only those with an answer", () => {
    const reset = { tcpMs: 4, tlsMs: undefined, ttfbMs: undefined, totalMs: 5_000 };
    const observations = [seen(VIP, PUB_ONE), failedAt(VIP, undefined, { timings: reset })];
    expect(timesOf(observations)).toEqual([
      {
        address: ID,
        tcp: { count: 2, p50Ms: 2, p90Ms: 4, p99Ms: 4, maxMs: 4 },
        tls: { count: 1, p50Ms: 9.4, p90Ms: 9.4, p99Ms: 9.4, maxMs: 9.4 },
        ttfb: { count: 1, p50Ms: 31, p90Ms: 31, p99Ms: 31, maxMs: 31 },
        total: { count: 1, p50Ms: 43, p90Ms: 43, p99Ms: 43, maxMs: 43 },
      },
    ]);
  });
});
