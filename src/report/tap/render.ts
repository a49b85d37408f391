import type { Finding } from "../../model/finding.ts";
import { bearingOf, explainHint } from "../bearing.ts";
import type { CheckReport } from "../check-report.ts";
import type { Tool } from "../json/document.ts";
import { oneLine } from "../one-line.ts";
import { changeWords, driftWords, runWords } from "../run-words.ts";

/** One test point and what is said below it. */
interface TestPoint {
  readonly ok: boolean;
  readonly description: string;
  readonly directive: string | undefined;
  readonly diagnostics: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * `-o tap`: TAP version 14, a point for each check. What could not be told is `not ok`, since a gate
 * must not pass on it. A symptom and an ignored check are `not ok # TODO`: visible, and by TAP's
 * rules no failure. A warning is `ok` with a diagnostic, unless the gate fails on it.
 */
export function renderTap(report: CheckReport, tool: Tool): string {
  const words = runWords(report);
  const points = [
    ...report.findings.map((finding) => pointOf(finding, report)),
    ...interruptedPoint(report),
    ...driftPoint(report),
  ];
  return [
    "TAP version 14",
    `# ${tool.name} ${tool.version} · ${words.cluster} · ${words.region}`,
    ...(words.simulated === undefined ? [] : [`# ${words.simulated}`]),
    `1..${points.length}`,
    ...points.flatMap(drawPoint),
    `# ${words.verdict}`,
    "",
  ].join("\n");
}

function pointOf(finding: Finding, report: CheckReport): TestPoint {
  const { code, topic, title, status, summary, details, side, next, addresses } = finding;
  const bearing = bearingOf(finding, report);
  const description = `${code} ${topic}: ${title}`;
  const diagnostics = {
    status,
    message: summary,
    details,
    addresses,
    side,
    next,
    explain: explainHint(finding),
  };
  switch (bearing.kind) {
    case "passed":
      return { ok: true, description, directive: undefined, diagnostics: {} };
    case "warning":
      return { ok: true, description, directive: undefined, diagnostics };
    case "failed":
    case "untold":
      return { ok: false, description, directive: undefined, diagnostics };
    case "skipped":
      return { ok: true, description, directive: `SKIP ${summary}`, diagnostics: {} };
    case "open":
      return {
        ok: true,
        description,
        directive: `SKIP could not tell: ${summary}`,
        diagnostics: {},
      };
    case "symptom":
      return { ok: false, description, directive: `TODO symptom of ${bearing.of}`, diagnostics };
    case "ignored":
      return { ok: false, description, directive: `TODO ignored: ${bearing.reason}`, diagnostics };
  }
}

function interruptedPoint({ snapshot }: CheckReport): readonly TestPoint[] {
  if (!snapshot.interrupted) return [];
  const diagnostics = { message: "interrupted: what is here is what was known by then" };
  const description = "run: the run came to its end";
  return [{ ok: false, description, directive: undefined, diagnostics }];
}

function driftPoint(report: CheckReport): readonly TestPoint[] {
  const { drift } = report;
  const message = driftWords(report);
  if (drift === undefined || message === undefined) return [];
  const ok = drift.changes.length === 0;
  const diagnostics = { message, details: drift.changes.map(changeWords) };
  const description = "drift: the cluster is as in the baseline";
  return [{ ok, description, directive: undefined, diagnostics: ok ? {} : diagnostics }];
}

function drawPoint(
  { ok, description, directive, diagnostics }: TestPoint,
  index: number,
): readonly string[] {
  const head = `${ok ? "ok" : "not ok"} ${index + 1} - ${escapeTap(description)}`;
  const lines = Object.entries(diagnostics).flatMap(([key, value]) => drawDiagnostic(key, value));
  return [
    directive === undefined ? head : `${head} # ${escapeTap(directive)}`,
    ...(lines.length === 0 ? [] : ["  ---", ...lines, "  ..."]),
  ];
}

/** JSON's strings are YAML's double-quoted ones; each stays on its line. */
function drawDiagnostic(
  key: string,
  value: string | readonly string[] | undefined,
): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [`  ${key}: ${quote(value)}`];
  return value.length === 0 ? [] : [`  ${key}:`, ...value.map((one) => `    - ${quote(one)}`)];
}

function quote(text: string): string {
  return JSON.stringify(oneLine(text));
}

/** A `#` would start a directive; a backslash is how it is taken literally. */
function escapeTap(text: string): string {
  return oneLine(text).replaceAll(/[\\#]/g, String.raw`\$&`);
}
