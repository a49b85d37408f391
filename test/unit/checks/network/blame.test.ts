import { describe, expect, test } from "vitest";
import { known } from "../../../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../../../src/model/failure.ts";
import { of } from "../../../support/evidence.ts";
import {
  failedAt,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  type SnapshotParts,
  seen,
} from "../../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";
const [ENI, ENI_2] = ["10.0.20.41", "10.0.95.229"] as const;

const failure = (code: FailureCode, phase: Failure["phase"] = "tcp"): Failure => ({
  code,
  phase,
  side: "network",
  message: `said ${code}`,
});

/** A connection that was made before it failed. */
const brokenAt = (ip: string, code: FailureCode) =>
  failedAt(ip, failure(code, "tls"), {
    timings: { tcpMs: 2, tlsMs: undefined, ttfbMs: undefined, totalMs: 5_000 },
  });

const ENIS_ANSWER = [seen(ENI, PUB_ONE), seen(ENI_2, PUB_TWO)];
const told = (observations: SnapshotParts["observations"], more: SnapshotParts = {}) =>
  reportOf(pubSnapshot({ observations: observations ?? [], ...more }));

describe("whom N07, N08 and N10 point to", () => {
  test.each([
    ["N07", "tcp-refused"],
    ["N08", "tls-timeout"],
    ["N10", "tls-reset"],
  ] as const)(
    "%s at all VIPs while the ENIs answer is the way, not the servers",
    (code, broken) => {
      const fail = broken === "tcp-refused" ? (ip: string) => failedAt(ip, failure(broken)) : null;
      const vips = [VIP, VIP_2].map((ip) => fail?.(ip) ?? brokenAt(ip, broken));
      const finding = of(told([...vips, ...ENIS_ANSWER]), code);
      expect(finding.side).toBe("network");
      expect(finding.details.join()).toContain("only the public addresses");
      const one = of(told([seen(VIP, PUB_ONE), vips[1] ?? failedAt(VIP_2), ...ENIS_ANSWER]), code);
      expect(one.details.join()).toContain("every API server answers at its ENI");
    },
  );

  test("all addresses that refuse at once are no API server that restarts", () => {
    const report = told([VIP, VIP_2].map((ip) => failedAt(ip, failure("tcp-refused"))));
    expect(of(report, "N07").side).toBe("network");
    expect(of(report, "N07").details.join()).toContain("a firewall that rejects");
  });

  test("one stall of several connections to an address is not a server that hangs", () => {
    const lost = { ...brokenAt(VIP_2, "tls-timeout"), sample: 2 };
    const finding = of(told([seen(VIP, PUB_ONE), seen(VIP_2, PUB_TWO), lost]), "N08");
    expect(finding.details.join()).toContain("packets are lost on the way");
    expect(finding.side).toBe("network");
  });
});

const advice = (observations: SnapshotParts["observations"]) =>
  of(told(observations), "N01").next ?? "";
const because = (code: FailureCode, cause: string) => ({ ...failure(code), cause });

describe("what N01 advises", () => {
  test("an ENI that is silent beside one that answers has no shut security group", () => {
    expect(advice([seen(ENI, PUB_ONE), failedAt(ENI_2)])).toContain("ip route get 10.0.95.229");
  });

  test("one silence of several connections to an address is lost packets, not a rule", () => {
    const lost = { ...failedAt(ENI), sample: 2 };
    expect(advice([seen(ENI, PUB_ONE), lost])).toContain("packets are lost on the way");
  });

  test("what is unreachable or forbidden here has nothing to do with replaced servers", () => {
    for (const [code, cause] of [
      ["tcp-unreachable", "EHOSTUNREACH"],
      ["tcp-local", "EACCES"],
    ] as const)
      expect(advice([seen(VIP, PUB_ONE), failedAt(VIP_2, because(code, cause))])).toContain(
        `ip route get ${VIP_2}`,
      );
    expect(advice([failedAt(VIP, because("tcp-local", "EMFILE"))])).toContain("ulimit -n");
  });

  test("requests that nobody answers are tried without the token, ended ones without HTTP/2", () => {
    const [timeout, reset] = (["http-timeout", "http-reset"] as const).map((code) =>
      [VIP, VIP_2].map((ip) => failedAt(ip, failure(code, "http"))),
    );
    expect(advice(timeout)).toContain("--anonymous");
    expect(advice(reset)).toContain("--http1.1");
    expect(advice(reset?.slice(1).concat(seen(VIP, PUB_ONE)))).toContain("a replaced API server");
  });
});

describe("N12 by what the kernel says", () => {
  test("a host with routes to the VPC only lacks the one to the VIPs", () => {
    const vips = [VIP, VIP_2].map((ip) => failedAt(ip, because("tcp-unreachable", "ENETUNREACH")));
    const report = told([...vips, ...ENIS_ANSWER]);
    expect(of(report, "N12")).toMatchObject({
      status: "fail",
      summary: "this host has no route to the endpoint's public IPv4 addresses",
    });
    expect(of(report, "N01").causedBy).toEqual(["N12"]);
  });

  test("a router that says unreachable is no lack of a route of this host's", () => {
    const vips = [VIP, VIP_2].map((ip) => failedAt(ip, because("tcp-unreachable", "EHOSTUNREACH")));
    expect(of(told([...vips, ...ENIS_ANSWER]), "N12").status).toBe("ok");
    const all = told(vips, {
      localIps: ["192.168.0.7"],
      enis: known([]),
    });
    expect(of(all, "N12").status).toBe("skip");
    expect(of(all, "N01").next).toContain(`ip route get ${VIP}`);
  });
});
