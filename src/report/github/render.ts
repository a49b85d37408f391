import type { Finding } from "../../model/finding.ts";
import { type Bearing, bearingOf, explainHint, symptomsOf } from "../bearing.ts";
import type { CheckReport } from "../check-report.ts";
import { changeWords, driftWords, type RunWords, runWords } from "../run-words.ts";
import { workflowCommand } from "./command.ts";

type Level = "error" | "warning" | "notice";

const LEVEL = {
  failed: "error",
  untold: "error",
  warning: "warning",
  open: "notice",
  ignored: "notice",
  passed: undefined,
  skipped: undefined,
  symptom: undefined,
} as const satisfies Record<Bearing["kind"], Level | undefined>;

const RANK = { error: 0, warning: 1, notice: 2 } as const satisfies Record<Level, number>;

interface Annotation {
  readonly level: Level;
  readonly title: string;
  readonly lines: readonly string[];
}

/**
 * `-o github`: annotations of a run of GitHub Actions, worst first, since GitHub shows ten of a kind
 * for each step. A symptom is told with its cause. The last one is the verdict.
 */
export function renderGithub(report: CheckReport): string {
  const words = runWords(report);
  const annotations = [
    ...report.findings.flatMap((finding) => ofFinding(finding, report, words)),
    ...ofRun(report, words),
  ].toSorted((a, b) => RANK[a.level] - RANK[b.level]);
  const verdict: Annotation = {
    level: "notice",
    title: `eks-probe · ${words.cluster}`,
    lines: [words.verdict, ...(words.simulated === undefined ? [] : [words.simulated])],
  };
  return [...annotations, verdict]
    .map(({ level, title, lines }) => `${workflowCommand(level, title, lines)}\n`)
    .join("");
}

function ofFinding(
  finding: Finding,
  report: CheckReport,
  { cluster }: RunWords,
): readonly Annotation[] {
  const bearing = bearingOf(finding, report);
  const level = LEVEL[bearing.kind];
  if (level === undefined) return [];
  const symptoms = symptomsOf(finding, report.findings);
  return [
    {
      level,
      title: `${finding.code} ${finding.topic} · ${cluster}`,
      lines: [
        headOf(bearing) + finding.summary,
        ...finding.details,
        ...(symptoms === undefined ? [] : [`explains ${symptoms}`]),
        ...(finding.next === undefined ? [] : [`next: ${finding.next}`]),
        explainHint(finding),
      ],
    },
  ];
}

function headOf(bearing: Bearing): string {
  switch (bearing.kind) {
    case "untold":
    case "open":
      return "could not tell: ";
    case "ignored":
      return `ignored: ${bearing.reason}; it says: `;
    case "failed":
    case "warning":
    case "passed":
    case "skipped":
    case "symptom":
      return "";
  }
}

function ofRun(report: CheckReport, { cluster }: RunWords): readonly Annotation[] {
  const { drift, snapshot } = report;
  const since = driftWords(report);
  return [
    ...(snapshot.interrupted
      ? [
          {
            level: "error",
            title: `interrupted · ${cluster}`,
            lines: ["what is here is what was known by then"],
          } as const,
        ]
      : []),
    ...(drift !== undefined && drift.changes.length > 0 && since !== undefined
      ? [
          {
            level: "error",
            title: `drift · ${cluster}`,
            lines: [since, ...drift.changes.map(changeWords)],
          } as const,
        ]
      : []),
  ];
}
