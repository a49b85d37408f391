import { expect, test } from "vitest";
import { runChecks } from "../../../src/checks/run.ts";
import { CHECKS } from "../../../src/checks/table.ts";
import { known } from "../../../src/model/fact.ts";
import { notInvestigated } from "../../../src/model/investigation.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { makeEntry, withEntries } from "../../support/kubeconfig-entries.ts";
import {
  makeCluster,
  makeEni,
  priSnapshot,
  pubSnapshot,
  reportOf,
} from "../../support/snapshots.ts";
import { accepted, ROLE, refusedSnapshot, TOO_OLD } from "./auth/support.ts";

const everythingAsked = {
  local: withEntries(makeEntry()),
  investigation: {
    ...notInvestigated(),
    tokenReplay: accepted(),
    accessEntries: known([ROLE]),
  },
};

test.each([
  ["as it is", pubSnapshot()],
  ["private", priSnapshot()],
  ["with all the evidence that can be had", pubSnapshot(everythingAsked)],
])("a healthy cluster, %s, has no finding that is more than ok", (_what, snapshot) => {
  const { findings, verdict } = reportOf(snapshot);
  const troubled = findings.filter(({ status }) => status !== "ok" && status !== "skip");
  expect(troubled).toEqual([]);
  expect(verdict.exitCode).toBe(0);
});

/** What A03 explains of a run whose tokens are all refused, by how far the clock is off. */
function explainedByClock(clockSkewMs: number): readonly string[] {
  const snapshot = refusedSnapshot({ tokenReplay: TOO_OLD }, { clockSkewMs });
  return reportOf(snapshot)
    .findings.filter(({ causedBy }) => causedBy.includes("A03"))
    .map(({ code }) => code);
}

test("a check explains what this run's evidence bears out, not all that it ever could", () => {
  expect(explainedByClock(20 * 60_000)).toEqual(["A02", "A08"]);
  expect(explainedByClock(2 * 60_000)).toEqual([]);
});

test("and never more than the table says it may", () => {
  const snapshots: readonly Snapshot[] = [
    refusedSnapshot({ tokenReplay: TOO_OLD }, { clockSkewMs: 20 * 60_000 }),
    refusedSnapshot({ tokenReplay: accepted(), accessEntries: known([]) }),
  ];
  for (const snapshot of snapshots) {
    const { findings, ...evidence } = reportOf(snapshot);
    expect(runChecks(evidence)).toEqual(findings);
    for (const { code, causedBy } of findings) {
      for (const cause of causedBy) expect(CHECKS[cause].explains).toContain(code);
    }
  }
});

const nextOf = (snapshot: Snapshot, code: string): string | undefined =>
  reportOf(snapshot, { mode: "private" }).findings.find((one) => one.code === code)?.next;

test("a command to copy names the region, once, and only where one is known", () => {
  const one = pubSnapshot({ enis: known([makeEni("10.0.20.41")]) });
  expect(nextOf(one, "C02")).toBe(
    "aws eks describe-cluster --name gonz-eks-pub --region ap-northeast-2 --query cluster.health",
  );
  expect(nextOf(one, "C08")).toMatch(
    /^aws eks update-cluster-config --name gonz-eks-pub --region ap-northeast-2 --resources/,
  );
  const creating = pubSnapshot({ cluster: known(makeCluster({ status: "UPDATING" })) });
  expect(nextOf(creating, "C03")?.match(/ --region /g)).toHaveLength(1);

  const given = makeCluster({ region: undefined, status: "DELETING" });
  const nowhere = reportOf(
    pubSnapshot({
      cluster: known(given),
      enis: known([makeEni("10.0.20.41")]),
      local: withEntries(makeEntry({ certificateAuthority: known("another CA") })),
    }),
    { mode: "private" },
  ).findings;
  const commands = nowhere.flatMap(({ next }) => next ?? []);
  expect(commands.filter((next) => next.startsWith("aws eks update-kubeconfig"))).toHaveLength(1);
  expect(commands.filter((next) => /undefined| --region/.test(next))).toEqual([]);
});
