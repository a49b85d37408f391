import { describe, expect, test } from "vitest";
import { CHECKS } from "../../../src/checks/table.ts";
import type { Finding } from "../../../src/model/finding.ts";
import type { CheckReport } from "../../../src/report/check-report.ts";
import { type CheckTextOptions, renderCheckText } from "../../../src/report/text/check.ts";
import { plainTheme } from "../../../src/report/theme.ts";
import { checkReportOf, DRIFT, makeFinding } from "../../support/check-reports.ts";
import { failedAt, PUB_ONE, PUB_TWO, pubSnapshot, sampled } from "../../support/snapshots.ts";

const PLAIN: CheckTextOptions = { short: false, verbose: false, quiet: false };

function render(
  report: CheckReport,
  options: Partial<CheckTextOptions> = {},
  width = 100,
  unicode = true,
): string {
  return renderCheckText(report, { ...PLAIN, ...options }, plainTheme(width, unicode));
}

function reportWith(...findings: readonly Finding[]): CheckReport {
  return checkReportOf(pubSnapshot({}, 1), { findings });
}

const CLUSTER = makeFinding("C01", { topic: "cluster", summary: "ACTIVE, Kubernetes 1.25" });
const GROUPS = makeFinding("N05", {
  topic: "groups",
  status: "fail",
  summary: "no security group of the ENIs lets 10.0.105.163 in on 443",
  details: ["10.0.20.41: sg-0c has no such rule"],
  side: "aws",
  next: "aws ec2 authorize-security-group-ingress --group-id sg-0c   # lets this host in",
  addresses: ["10.0.20.41:443"],
});
const PATHS = makeFinding("N01", {
  topic: "paths",
  status: "fail",
  summary: "1 of 4 paths failed",
  details: ["10.0.20.41: no answer within 5s"],
  next: "never shown: it is a symptom",
  causedBy: ["N05"],
});
const ENDED = makeFinding("P10", {
  topic: "servers",
  status: "warn",
  summary: "1 API server reached, expected 2",
  causedBy: ["N01"],
});

describe("check for a terminal", () => {
  test("groups by layer, folds symptoms of symptoms under the first cause, and names who has to act", () => {
    expect(render(reportWith(CLUSTER, GROUPS, PATHS, ENDED))).toBe(`\
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

cluster
  ✓ cluster  ACTIVE, Kubernetes 1.25  C01

network
  ✗ groups   failed: no security group of the ENIs lets 10.0.105.163 in on 443  N05
             10.0.20.41: sg-0c has no such rule
             so: N01 paths: 1 of 4 paths failed
             so: P10 servers: 1 API server reached, expected 2
             who: AWS, or the cluster's settings there
             → aws ec2 authorize-security-group-ingress --group-id sg-0c
               # lets this host in

  eks-probe explain N05   # what it means and how to mend it

failed · 4 paths · 2 API servers · 1 failed · 0 warnings
`);
  });

  test("--short leaves what is not ok, and the verdict", () => {
    expect(render(reportWith(CLUSTER, GROUPS, PATHS), { short: true })).toBe(`\
  ✗ groups   failed: no security group of the ENIs lets 10.0.105.163 in on 443  N05
             10.0.20.41: sg-0c has no such rule
             so: N01 paths: 1 of 4 paths failed
             who: AWS, or the cluster's settings there
             → aws ec2 authorize-security-group-ingress --group-id sg-0c
               # lets this host in
  eks-probe explain N05   # what it means and how to mend it
failed · 4 paths · 2 API servers · 1 failed · 0 warnings
`);
  });

  test("--short of a healthy run, and -q of any, is the verdict alone", () => {
    const verdict = "healthy · 4 paths · 2 API servers · 0 failed · 0 warnings\n";
    const same = { ...DRIFT, changes: [], notComparable: ["version: not known now"] };
    const healthy = checkReportOf(pubSnapshot({}, 1));
    expect(render(healthy, { short: true })).toBe(verdict);
    expect(render({ ...healthy, drift: same }, { short: true })).toBe(verdict);
    expect(render(healthy, { quiet: true })).toBe(verdict);
    expect(render(reportWith(GROUPS), { quiet: true })).toMatch(/^failed · [^\n]+\n$/);
  });

  test("a check that a failure kept from running names it; others that were skipped are a list", () => {
    const blocked = makeFinding("C02", {
      topic: "enis",
      status: "skip",
      summary: "needs C01 (cluster), which is not ok",
      blockedBy: ["C01"],
    });
    const idle = (["C04", "C05"] as const).map((code) =>
      makeFinding(code, { topic: code, status: "skip", summary: "not asked" }),
    );
    const text = render(reportWith(blocked, ...idle));
    expect(text).toContain("  · enis     skipped: needs C01 (cluster), which is not ok  C02\n");
    expect(text).toContain("  · skipped  C04 C04, C05 C05\n");
    expect(text).not.toContain("not asked");
    expect(render(reportWith(...idle), { verbose: true })).toContain("skipped: not asked  C04\n");
  });

  test("what is ignored is told with the reason, troubles nobody, and is not in --short", () => {
    const ignored = { ...GROUPS, ignored: "closed on purpose" };
    const text = render(reportWith(ignored));
    expect(text).toContain(
      "  · groups   ignored: no security group of the ENIs lets 10.0.105.163 in on 443  N05\n             because: closed on purpose\n",
    );
    for (const absent of ["✗", "→", "explain", "who:"]) expect(text).not.toContain(absent);
    expect(render(reportWith(ignored), { short: true })).toMatch(/^healthy · [^\n]+\n$/);
  });

  test("-v also has the evidence of what passed", () => {
    const passed = { ...CLUSTER, details: ["platform eks.3"] };
    expect(render(reportWith(passed))).not.toContain("eks.3");
    expect(render(reportWith(passed), { verbose: true })).toContain(
      "             platform eks.3\n",
    );
  });

  test("causes that go round in a circle are each shown, not lost", () => {
    const circle = [
      { ...GROUPS, causedBy: ["N01"] as const },
      { ...PATHS, causedBy: ["N05"] as const },
    ];
    const text = render(reportWith(...circle));
    expect(text).toContain("groups   failed");
    expect(text).toContain("paths    failed");
  });
});

describe("drift", () => {
  const healthy = checkReportOf(pubSnapshot({}, 1));

  test("is a part of its own, and the verdict's word where all else is well", () => {
    const text = render({ ...healthy, drift: { ...DRIFT, notComparable: ["a: b", "c: d"] } });
    expect(text).toContain(`
baseline
  ! drift    drifted: 3 changes since before.json of 2023-04-20T15:41:31.000Z
`);
    expect(text).toContain(
      "2 things are not comparable: each known in one run at most; -v lists them",
    );
    expect(text).toMatch(/\ndrifted · 4 paths · .* · 3 changes since the baseline\n$/);
  });

  test("does not hide a failure in the verdict", () => {
    const failed = reportWith(GROUPS);
    expect(render({ ...failed, drift: DRIFT }, { quiet: true })).toMatch(
      /^failed · .* · 3 changes since the baseline\n$/,
    );
  });

  test("is told in --short, without what could not be compared", () => {
    const text = render({ ...healthy, drift: DRIFT }, { short: true });
    expect(text).toMatch(/^ {2}! drift {4}drifted: 3 changes since/);
    expect(text).not.toContain("not comparable");
  });

  test("-v lists what could not be compared", () => {
    const drift = { ...DRIFT, notComparable: ["a: not known now", "c: not asked now"] };
    const text = render({ ...healthy, drift }, { verbose: true });
    expect(text).toContain("             not comparable: a: not known now\n");
    expect(text).toContain("             not comparable: c: not asked now\n");
  });

  test("no change is said as well", () => {
    const same = { ...DRIFT, changes: [], notComparable: [] };
    expect(render({ ...healthy, drift: same })).toContain(
      "\n  ✓ drift    nothing changed since before.json of 2023-04-20T15:41:31.000Z\n",
    );
  });
});

describe("the width", () => {
  const failing = checkReportOf(
    pubSnapshot(
      {
        observations: [
          ...sampled(
            [
              ["43.200.53.253", PUB_ONE],
              ["10.0.20.41", PUB_ONE],
            ],
            1,
          ),
          failedAt("52.79.39.107"),
          ...sampled([["10.0.95.229", PUB_TWO]], 1),
        ],
      },
      1,
    ),
  );

  test.each([60, 80, 100])(
    "no line is longer than %d columns, but for a command to be copied",
    (width) => {
      for (const report of [failing, reportWith(GROUPS, PATHS), { ...failing, drift: DRIFT }]) {
        for (const verbose of [false, true]) {
          const lines = render(report, { verbose }, width).split("\n");
          const long = lines.filter(
            (line) => line.length > width && !/^ {13}→ /.test(line) && line.trim().includes(" "),
          );
          expect(long.filter((line) => !line.includes(" · "))).toEqual([]);
        }
      }
    },
  );

  test("ASCII alone where the terminal is not UTF-8, line by line the same", () => {
    const ascii = render(failing, {}, 80, false);
    // oxlint-disable-next-line no-control-regex -- that there is none of the others is the point
    expect(ascii).toMatch(/^[\n\u0020-\u007e]+$/);
    expect(ascii.split("\n")).toHaveLength(render(failing, {}, 80).split("\n").length);
  });
});

test("every topic fits its column", () => {
  const topics = Object.values(CHECKS).map(({ topic }) => topic);
  expect(topics.filter((topic) => topic.length > 8)).toEqual([]);
});

test("the report goes by the same findings as endpoints: none is added or lost", () => {
  const snapshot = pubSnapshot({}, 1);
  const text = render(checkReportOf(snapshot), { verbose: true });
  for (const { code, causedBy } of checkReportOf(snapshot).findings) {
    expect(causedBy.length > 0 || text.includes(code)).toBe(true);
  }
});

test("evidence of a hundred addresses leaves room for what to do; -v shows all of it", () => {
  const details = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}: refused`);
  const many = reportWith({ ...GROUPS, details });
  const shown = render(many);
  expect(shown.match(/: refused$/gm)).toHaveLength(10);
  expect(shown).toContain("and 90 lines more, which -v shows\n");
  expect(render(many, { verbose: true }).match(/: refused$/gm)).toHaveLength(100);
  const twelve = render(reportWith({ ...GROUPS, details: details.slice(0, 12) }));
  expect(twelve.match(/: refused$/gm)).toHaveLength(12);
  expect(twelve).not.toContain("-v shows");
});
