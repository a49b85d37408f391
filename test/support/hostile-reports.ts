import {
  type Arbitrary,
  array,
  constantFrom,
  oneof,
  option,
  record,
  string,
  tuple,
} from "fast-check";
import { known } from "../../src/model/fact.ts";
import type { Finding } from "../../src/model/finding.ts";
import type { CheckReport } from "../../src/report/check-report.ts";
import { makeRequest } from "../../src/target/request.ts";
import { checkReportOf, DRIFT, TROUBLED_FINDINGS } from "./check-reports.ts";
import { makeCluster, pubSnapshot } from "./snapshots.ts";

/** What each format would act on, and what no format can write. */
const HOSTILE: readonly string[] = [
  "::error title=x::owned",
  "\n::set-output name=a::b",
  "%0A::add-mask::x",
  "##[error]owned",
  "]]>",
  "<script>alert(1)</script>",
  "&lt;b&gt;&#10;",
  '" onload="x',
  "</testcase><testcase name='x'/>",
  "\u0000\u0008\u001b[31m\u007f\u0085",
  "\uD800",
  "\uFFFE\uFFFF",
  "\u2028ok 9 - owned",
  "# SKIP owned",
  "\\# TODO owned",
  "\nnot ok 1",
  "\n  ...\nBail out!",
  "1..0",
  "a | b | c",
  "`code` ``` *bold* _it_ ~~no~~ [x](javascript:alert(1)) ![i](http://evil.example/x.png)",
  "https://evil.example www.evil.example mail@evil.example @everyone #1 $x$",
  "| x=1;2;3 'y'=4",
  "- item",
  "1. item",
  "=====",
  "-----",
  "    indented",
  "|---|",
  "'; DROP=1s",
  "\u202Eesrever\u200b",
  "",
  " ",
  "\\",
];

export const hostileText: Arbitrary<string> = array(
  oneof(constantFrom(...HOSTILE), string({ unit: "binary", maxLength: 8 })),
  {
    minLength: 1,
    maxLength: 4,
  },
).map((parts) => parts.join(""));

const texts: Arbitrary<readonly string[]> = array(hostileText, { maxLength: 3 });

/** A finding of one of the kinds that there are, with everything in it said by an enemy. */
const finding = (base: Finding): Arbitrary<Finding> =>
  record({
    topic: hostileText,
    title: hostileText,
    summary: hostileText,
    details: texts,
    next: option(hostileText, { nil: undefined }),
  }).chain((words) =>
    hostileText.map((reason) => ({
      ...base,
      ...words,
      ignored: base.ignored === undefined ? undefined : reason,
    })),
  );

/** Reports with hostile words wherever another's words can get. */
export const hostileReport: Arbitrary<CheckReport> = record({
  name: hostileText,
  region: hostileText,
  hostname: hostileText,
  baseline: hostileText,
  what: hostileText,
  before: option(hostileText, { nil: undefined }),
  after: option(hostileText, { nil: undefined }),
  findings: tuple(...TROUBLED_FINDINGS.map(finding)),
  address: hostileText,
  failOn: constantFrom("fail", "warn"),
}).map(({ name, region, hostname, baseline, what, before, after, findings, address, failOn }) => {
  const snapshot = pubSnapshot({
    request: makeRequest(name),
    cluster: known(makeCluster({ name, region })),
  });
  const report = checkReportOf(
    { ...snapshot, vantage: { ...snapshot.vantage, hostname } },
    {
      findings: findings.map((one, index) =>
        index % 2 === 0 ? { ...one, addresses: [address] } : one,
      ),
      drift: {
        ...DRIFT,
        baseline,
        changes: DRIFT.changes.map((change) => ({ ...change, what, before, after })),
      },
      gate: { failOn },
    },
  );
  return { ...report, map: { ...report.map, times: [{ ...firstTimes(report), address }] } };
});

function firstTimes({ map }: CheckReport): CheckReport["map"]["times"][number] {
  const [times] = map.times;
  if (times === undefined) throw new Error("a report without times proves nothing");
  return times;
}
