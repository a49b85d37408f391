import { isoTime, parseTimeMs } from "../../model/time.ts";
import { bearingOf } from "../bearing.ts";
import type { CheckReport } from "../check-report.ts";
import type { Tool } from "../json/document.ts";
import { oneLine } from "../one-line.ts";
import { runWords } from "../run-words.ts";
import { driftResult, resultsOf } from "./results.ts";
import { driftRule, type Explanations, ruleOf } from "./rules.ts";

export interface SarifOptions {
  readonly tool: Tool;
  /** What `explain` says, for the rules' help. */
  readonly explanations: Explanations;
}

/** `-o sarif`: SARIF 2.1.0, one run; the rules are the checks, the results what is in trouble. */
export function renderSarif(report: CheckReport, { tool, explanations }: SarifOptions): string {
  const { findings, drift, verdict, snapshot } = report;
  const words = runWords(report);
  const rules = findings.map((finding) => ruleOf(finding, explanations));
  const run = {
    tool: {
      driver: {
        name: tool.name,
        semanticVersion: tool.version,
        rules: drift === undefined ? rules : [...rules, driftRule],
      },
    },
    automationDetails: { id: `${tool.name}/${words.region}/${words.cluster}/` },
    invocations: [invocationOf(report)],
    results: [...resultsOf(report), ...driftResult(report, rules.length)],
    columnKind: "utf16CodeUnits",
    properties: {
      cluster: words.cluster,
      region: words.region,
      verdict: verdict.status,
      summary: words.verdict,
      failOn: report.gate.failOn,
      simulated: snapshot.request.simulated,
    },
  };
  const log = {
    $schema:
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [run],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** What could not be told is no result: it says that the tool could not do its work. */
function invocationOf(report: CheckReport): unknown {
  const { snapshot, gate, findings } = report;
  const startedMs = parseTimeMs(snapshot.startedAt);
  const notifications = findings.flatMap((finding, index) =>
    bearingOf(finding, report).kind === "untold"
      ? [
          {
            level: "error",
            message: { text: oneLine(`${finding.code} could not tell: ${finding.summary}`) },
            associatedRule: { id: finding.code, index },
          },
        ]
      : [],
  );
  return {
    executionSuccessful: notifications.length === 0 && !snapshot.interrupted,
    exitCode: gate.exitCode,
    exitCodeDescription: runWords(report).verdict,
    ...(startedMs === undefined
      ? {}
      : {
          startTimeUtc: isoTime(startedMs),
          endTimeUtc: isoTime(startedMs + Math.max(0, Math.round(snapshot.durationMs))),
        }),
    toolExecutionNotifications: notifications,
  };
}
