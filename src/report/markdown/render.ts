import type { AddressTimes } from "../../model/certainty.ts";
import type { Finding, FindingStatus } from "../../model/finding.ts";
import { type Bearing, bearingOf, explainHint, symptomsOf } from "../bearing.ts";
import type { CheckReport } from "../check-report.ts";
import { driftWords, runWords } from "../run-words.ts";
import { formatMs } from "../words.ts";
import { codeBlock, escapeMarkdown, table } from "./escape.ts";

const GLYPH = { ok: "✓", warn: "!", fail: "✗", skip: "·", unknown: "?" } as const satisfies Record<
  FindingStatus,
  string
>;

/** `-o markdown`, and the step summary of GitHub Actions: verdict, what to do, every check, every path. */
export function renderMarkdown(report: CheckReport): string {
  const words = runWords(report);
  const blocks: readonly (readonly string[])[] = [
    [`## eks-probe: ${escapeMarkdown(words.cluster)} (${escapeMarkdown(words.region)})`],
    [`**${escapeMarkdown(words.verdict)}**`],
    words.simulated === undefined ? [] : [`*${escapeMarkdown(words.simulated)}*`],
    ...report.findings.flatMap((finding) => drawTrouble(finding, report)),
    drawChecks(report),
    drawPaths(report),
    ...drawDrift(report),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

/** What counts gets its evidence and the next step; the table below has the rest. */
function drawTrouble(finding: Finding, report: CheckReport): readonly (readonly string[])[] {
  const bearing = bearingOf(finding, report);
  if (bearing.kind !== "failed" && bearing.kind !== "untold" && bearing.kind !== "warning")
    return [];
  const { code, topic, summary, details, next } = finding;
  const symptoms = symptomsOf(finding, report.findings);
  const lines = [...details, ...(symptoms === undefined ? [] : [`explains ${symptoms}`])];
  return [
    [`### ${GLYPH[finding.status]} ${code} ${escapeMarkdown(topic)}: ${escapeMarkdown(summary)}`],
    lines.map((line) => `- ${escapeMarkdown(line)}`),
    next === undefined ? [] : codeBlock(next),
    [`What it means: \`${explainHint(finding)}\``],
  ];
}

function drawChecks(report: CheckReport): readonly string[] {
  const said = report.findings.filter(({ status }) => status !== "skip");
  const skipped = report.findings.length - said.length;
  return [
    ...table(
      ["", "Check", "What it asserts", "What was seen"],
      said.map((finding) => {
        const { status, code, topic, title, summary } = finding;
        const note = noteOf(bearingOf(finding, report));
        return [`${GLYPH[status]} ${status}`, `${code} ${topic}`, title, note + summary];
      }),
    ),
    ...(skipped === 0
      ? []
      : [
          "",
          `${skipped} ${skipped === 1 ? "check" : "checks"} skipped: not asked, or not applicable.`,
        ]),
  ];
}

function noteOf(bearing: Bearing): string {
  switch (bearing.kind) {
    case "symptom":
      return `symptom of ${bearing.of}: `;
    case "ignored":
      return `ignored (${bearing.reason}): `;
    case "open":
    case "untold":
      return "could not tell: ";
    case "passed":
    case "warning":
    case "failed":
    case "skipped":
      return "";
  }
}

function drawPaths({ map }: CheckReport): readonly string[] {
  if (map.paths.length === 0) return [];
  const times = new Map<string, AddressTimes>(map.times.map((one) => [one.address, one]));
  const hosts = new Map(map.apiServers.map(({ id, host }) => [id, host]));
  return table(
    ["Path", "Address", "API server", "State", "TCP", "TLS", "TTFB"],
    map.paths.map(({ kind, address, apiServer, state }) => {
      const time = times.get(address);
      const host = apiServer === undefined ? undefined : hosts.get(apiServer);
      return [
        kind,
        address,
        apiServer === undefined ? "?" : `${apiServer} ${host ?? ""}`.trimEnd(),
        state.kind,
        formatMs(time?.tcp?.p50Ms),
        formatMs(time?.tls?.p50Ms),
        formatMs(time?.ttfb?.p50Ms),
      ];
    }),
  );
}

function drawDrift(report: CheckReport): readonly (readonly string[])[] {
  const since = driftWords(report);
  if (report.drift === undefined || since === undefined) return [];
  const { changes } = report.drift;
  return [
    [`### Drift: ${escapeMarkdown(since)}`],
    changes.length === 0
      ? []
      : table(
          ["Change", "What", "Before", "After"],
          changes.map(({ kind, what, before, after }) => [kind, what, before ?? "–", after ?? "–"]),
        ),
  ];
}
