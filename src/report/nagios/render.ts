import { parseTimeMs } from "../../model/time.ts";
import { bearingOf, explainHint } from "../bearing.ts";
import type { CheckReport } from "../check-report.ts";
import { oneLine } from "../one-line.ts";
import { driftWords, runWords } from "../run-words.ts";
import { nagiosState } from "./exit-code.ts";

const DAY_MS = 86_400_000;

/** Monitoring systems cut the line: the worst comes first, and the count says what is left out. */
const MAX_NAMED = 3;

/**
 * `-o nagios`: one status line and performance data, by the Monitoring Plugins' guidelines. Goes with
 * nagiosExitCode.
 */
export function renderNagios(report: CheckReport): string {
  const words = runWords(report);
  const said = [
    `EKS ${nagiosState(report)} - ${words.cluster}: ${words.verdict}`,
    ...(words.simulated === undefined ? [] : [words.simulated]),
    ...troubleWords(report),
  ];
  const data = performanceData(report);
  return `${said.map(statusText).join("; ")} | ${data.join(" ")}\n`;
}

function troubleWords(report: CheckReport): readonly string[] {
  const named = ["failed", "untold", "warning"] as const;
  const troubled = named.flatMap((kind) =>
    report.findings.filter((finding) => bearingOf(finding, report).kind === kind),
  );
  const told = troubled.slice(0, MAX_NAMED).map((finding) => {
    const next = finding.next === undefined ? "" : `, next: ${finding.next}`;
    return `${finding.code} ${finding.topic}: ${finding.summary}${next} (${explainHint(finding)})`;
  });
  const left = troubled.length - told.length;
  const drift = driftWords(report);
  return [
    ...told,
    ...(left > 0 ? [`and ${left} more`] : []),
    ...(drift === undefined ? [] : [drift]),
  ];
}

/** A bar would start the performance data. */
function statusText(text: string): string {
  return oneLine(text).replaceAll("|", "¦");
}

function performanceData(report: CheckReport): readonly string[] {
  const { map, findings, expectations } = report;
  const amount = (kinds: readonly string[]): number =>
    findings.filter((finding) => kinds.includes(bearingOf(finding, report).kind)).length;
  const days = daysToFirstEnd(report);
  const failedByWarnings = findings.filter(
    (finding) => finding.status === "warn" && bearingOf(finding, report).kind === "failed",
  ).length;
  return [
    ...map.times.flatMap(({ address, tcp, tls, ttfb }) => [
      ...seconds(`${address} tcp`, tcp?.p50Ms, expectations.maxTcpMs),
      ...seconds(`${address} tls`, tls?.p50Ms, expectations.maxTlsMs),
      ...seconds(`${address} ttfb`, ttfb?.p50Ms, expectations.maxTtfbMs),
    ]),
    datum("api servers", `${map.apiServers.length};${minimum(expectations.minApiServers)};;0`),
    datum("failed", `${amount(["failed"]) - failedByWarnings};;;0`),
    datum("unknown", `${amount(["untold"])};;;0`),
    datum("warnings", `${amount(["warning"]) + failedByWarnings};;;0`),
    ...(days === undefined
      ? []
      : [datum("certificate days", `${days};${minimum(expectations.certificateDays)};;`)]),
  ];
}

/** A range of the guidelines: alert below it. */
function minimum(value: number | undefined): string {
  return value === undefined ? "" : `${value}:`;
}

function seconds(
  label: string,
  ms: number | undefined,
  limitMs: number | undefined,
): readonly string[] {
  if (ms === undefined) return [];
  const limit = limitMs === undefined ? "" : decimal(limitMs);
  return [datum(label, `${decimal(ms)}s;${limit};;0`)];
}

function decimal(ms: number): string {
  return (ms / 1_000).toFixed(6).replace(/\.?0+$/, "");
}

/** The port is said only where it is not the usual one; neither = nor ' may be in a label. */
function datum(label: string, value: string): string {
  return `'${oneLine(label).replace(/:443 /, " ").replaceAll(/['=|]/g, "_")}'=${value}`;
}

/** Whole days from the run to the end of the first certificate that ends. */
function daysToFirstEnd({ map, snapshot }: CheckReport): number | undefined {
  const startedMs = parseTimeMs(snapshot.startedAt);
  const ends = map.apiServers
    .flatMap(({ certificates }) => certificates)
    .map(({ notAfter }) => parseTimeMs(notAfter))
    .filter((end) => end !== undefined);
  if (startedMs === undefined || ends.length === 0) return undefined;
  return Math.floor((Math.min(...ends) - startedMs) / DAY_MS);
}
