import { describe, expect, test } from "vitest";
import { known, unknown } from "../../../src/model/fact.ts";
import {
  failedAt,
  findingOf,
  makeCluster,
  PUB_ONE,
  pubSnapshot,
  seen,
  TCP_TIMEOUT,
} from "../../support/snapshots.ts";

const DENIED = unknown({
  code: "access-denied",
  phase: "describe-cluster",
  side: "user",
  message: "eks:DescribeCluster is denied",
});

describe("C08, the expected mode", () => {
  test("is skipped where none is expected, and ok where it is as expected", () => {
    expect(findingOf(pubSnapshot(), "C08").status).toBe("skip");
    expect(findingOf(pubSnapshot(), "C08", { mode: "public" })).toMatchObject({
      status: "ok",
      summary: "public, as expected",
    });
  });

  test("fails where it is another, with the command that sets it", () => {
    const opened = pubSnapshot({ cluster: known(makeCluster({ privateAccess: "yes" })) });
    const finding = findingOf(opened, "C08", { mode: "private" });
    expect(finding).toMatchObject({
      status: "fail",
      summary: "the endpoint is public and private, expected private",
    });
    expect(finding.next).toContain("endpointPublicAccess=false,endpointPrivateAccess=true");
  });

  test("does not take what EKS left out for another mode", () => {
    const silent = pubSnapshot({ cluster: known(makeCluster({ privateAccess: "unknown" })) });
    expect(findingOf(silent, "C08", { mode: "public" }).status).toBe("unknown");
    const denied = findingOf(pubSnapshot({ cluster: DENIED }), "C08", { mode: "public" });
    expect(denied).toMatchObject({ status: "skip", blockedBy: ["C01"] });
  });
});

describe("N13, the expected latency", () => {
  test("is skipped without a limit, and ok at exactly the limit", () => {
    expect(findingOf(pubSnapshot(), "N13").status).toBe("skip");
    expect(findingOf(pubSnapshot(), "N13", { maxTtfbMs: 31, maxTcpMs: 2 })).toMatchObject({
      status: "ok",
      summary: "within tcp ≤ 2 ms, ttfb ≤ 31 ms",
    });
  });

  test("tells a limit that is below a tenth of a millisecond as it is", () => {
    expect(findingOf(pubSnapshot(), "N13", { maxTcpMs: 0.05 }).summary).toBe(
      "slower than expected (tcp ≤ 0.05 ms)",
    );
  });

  test("fails with each address whose median is over it, and names no other", () => {
    const slow = { tcpMs: 80, tlsMs: 9, ttfbMs: 31, totalMs: 120 };
    const [one, ...others] = pubSnapshot({}, 1).observations;
    const snapshot = pubSnapshot({
      observations: [...(one ? [{ ...one, timings: slow }] : []), ...others],
    });
    expect(findingOf(snapshot, "N13", { maxTcpMs: 50 })).toMatchObject({
      status: "fail",
      details: ["43.200.53.253: tcp 80 ms"],
      addresses: ["43.200.53.253:443"],
    });
  });

  test("goes by the median: one slow connection of three is none", () => {
    const times = [2, 300, 3].map((tcpMs, index) =>
      seen("43.200.53.253", PUB_ONE, {
        sample: index + 1,
        timings: { tcpMs, tlsMs: 9, ttfbMs: 31, totalMs: 400 },
      }),
    );
    const status = findingOf(pubSnapshot({ observations: times }), "N13", { maxTcpMs: 50 }).status;
    expect(status).toBe("ok");
  });

  test("says nothing of addresses that never got so far: those are N01's", () => {
    const dead = pubSnapshot({ observations: [failedAt("43.200.53.253", TCP_TIMEOUT)] });
    expect(findingOf(dead, "N13", { maxTlsMs: 1 }).status).toBe("skip");
  });
});

describe("P10, the expected number of API servers", () => {
  test("is skipped without one, ok with as many, and fails with fewer", () => {
    expect(findingOf(pubSnapshot(), "P10").status).toBe("skip");
    expect(findingOf(pubSnapshot(), "P10", { minApiServers: 2 }).status).toBe("ok");
    expect(findingOf(pubSnapshot(), "P10", { minApiServers: 3 })).toMatchObject({
      status: "fail",
      summary: "2 API servers reached, expected 3",
    });
  });

  test("blames nobody where none was reached at all, which others explain", () => {
    const dead = pubSnapshot({ observations: [failedAt("43.200.53.253")] });
    expect(findingOf(dead, "P10", { minApiServers: 2 }).status).toBe("skip");
    const denied = findingOf(pubSnapshot({ cluster: DENIED }), "P10", { minApiServers: 9 });
    expect(denied).toMatchObject({ status: "skip", blockedBy: ["C01"] });
  });
});

test("an ignored check keeps its status and has the reason", () => {
  const ignore = [{ code: "P10", reason: "being scaled" }] as const;
  const finding = findingOf(pubSnapshot(), "P10", { minApiServers: 3, ignore });
  expect(finding).toMatchObject({ status: "fail", ignored: "being scaled" });
});
