import { describe, expect, test } from "vitest";
import { conclude, examine } from "../../src/examine.ts";
import { NO_EXPECTATIONS } from "../../src/model/expectations.ts";
import { known } from "../../src/model/fact.ts";
import { makeRequest } from "../../src/target/request.ts";
import { type FakeWorld, fakeDeps } from "../support/fake-deps.ts";
import { failedAt, PUB_ONE, PUB_TWO, pubSnapshot, seen } from "../support/snapshots.ts";

const HEALTHY: FakeWorld = {
  attempt: ({ dial }) =>
    seen(dial.ip, ["43.200.53.253", "10.0.20.41"].includes(dial.ip) ? PUB_ONE : PUB_TWO),
};

const ONE_SILENT: FakeWorld = {
  attempt: (plan, signal) =>
    plan.dial.ip === "52.79.39.107"
      ? failedAt(plan.dial.ip)
      : (HEALTHY.attempt?.(plan, signal) ?? failedAt(plan.dial.ip)),
};

async function run(world: FakeWorld, more = {}, signal = new AbortController().signal) {
  const deps = fakeDeps(world);
  const waits: string[] = [];
  const report = await examine(makeRequest("gonz-eks-pub", more), deps, signal, {
    onProgress: ({ waitingFor }) => waits.push(waitingFor),
  });
  return { report, asked: deps.asked, waits };
}

describe("one run, whole", () => {
  test("a healthy one asks nothing beyond the map", async () => {
    const { report, asked, waits } = await run(HEALTHY);
    expect(report.verdict.status).toBe("healthy");
    expect(
      asked.filter((question) => /^(?:updates|replay|groups|instance)/.test(question)),
    ).toEqual([]);
    expect(waits).not.toContain("evidence");
  });

  test("one that failed asks for the cause, and its findings rest on the answers", async () => {
    const updates = known([]);
    const { report, asked, waits } = await run({ ...ONE_SILENT, evidence: { updates } });
    expect(report.verdict.exitCode).toBe(1);
    expect(asked).toContain("updates gonz-eks-pub");
    expect(report.snapshot.investigation.updates).toEqual(updates);
    expect(waits.at(-1)).toBe("evidence");
  });

  test("--deep asks for it all, and stays healthy where all is well", async () => {
    const { report, asked } = await run(HEALTHY, { deep: true });
    expect(asked).toContain("replay gonz-eks-pub");
    expect(report.verdict.status).toBe("healthy");
  });

  test("one that was interrupted asks nothing more and says interrupted", async () => {
    const stop = new AbortController();
    const { report, asked } = await run(
      {
        attempt: ({ dial }) => {
          stop.abort();
          return failedAt(dial.ip);
        },
      },
      {},
      stop.signal,
    );
    expect(report.verdict.exitCode).toBe(130);
    expect(asked).not.toContain("updates gonz-eks-pub");
  });

  test("what a snapshot comes to depends on nothing else", () => {
    const snapshot = pubSnapshot({}, 2);
    expect(conclude(snapshot)).toEqual(conclude(snapshot));
  });

  test("a finding that the user ignores keeps its status and does not count", () => {
    const observations = [failedAt("52.79.39.107"), seen("43.200.53.253", PUB_ONE)];
    const snapshot = pubSnapshot({ observations }, 1);
    const reason = "the second zone is being moved";
    const counted = conclude(snapshot);
    const ignore = counted.findings
      .filter(({ status, causedBy }) => status === "fail" && causedBy.length === 0)
      .map(({ code }) => ({ code, reason }));
    const ignored = conclude(snapshot, { ...NO_EXPECTATIONS, ignore });
    expect([counted.verdict.exitCode, ignored.verdict.exitCode]).toEqual([1, 0]);
    expect(ignored.findings.find(({ code }) => code === "N01")).toMatchObject({ status: "fail" });
    expect(ignored.findings.filter((finding) => finding.ignored === reason)).toHaveLength(
      ignore.length,
    );
  });
});
