import type { CheckReport } from "../check-report.ts";
import type { Tool } from "../json/document.ts";
import { runWords } from "../run-words.ts";
import { type Case, casesOf } from "./cases.ts";
import { openTag, textElement } from "./xml.ts";

/**
 * `-o junit`: the XML that Jenkins, GitLab and their kin read. A suite is a cluster, a case a check,
 * or a check at an address. A warning passes unless the gate fails on it; a symptom is skipped, since
 * its cause fails for both; what could not be told is an error.
 */
export function renderJunit(report: CheckReport, tool: Tool): string {
  const { snapshot, gate } = report;
  const words = runWords(report);
  const cases = casesOf(report);
  const counts = {
    tests: String(cases.length),
    failures: String(cases.filter(({ result }) => result.kind === "failure").length),
    errors: String(cases.filter(({ result }) => result.kind === "error").length),
    time: seconds(snapshot.durationMs),
  };
  const skipped = String(cases.filter(({ result }) => result.kind === "skipped").length);
  const suite = {
    name: words.cluster,
    ...counts,
    skipped,
    // The schema's times have no zone; this is UTC.
    timestamp: snapshot.startedAt.replace(/\.\d+Z$|Z$/, ""),
    hostname: snapshot.vantage.hostname,
  };
  const properties = {
    tool: `${tool.name} ${tool.version}`,
    region: words.region,
    verdict: words.verdict,
    exitCode: String(gate.exitCode),
    failOn: gate.failOn,
    ...(words.simulated === undefined ? {} : { simulated: words.simulated }),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    openTag("testsuites", { name: tool.name, ...counts }),
    `  ${openTag("testsuite", suite)}`,
    "    <properties>",
    ...Object.entries(properties).map(
      ([name, value]) => `      ${openTag("property", { name, value }, "/")}`,
    ),
    "    </properties>",
    ...cases.map(drawCase),
    `    ${textElement("system-out", {}, [words.simulated ?? "", words.verdict].filter(Boolean))}`,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function drawCase({ group, name, timeMs, result }: Case): string {
  const attributes = { classname: group, name, time: seconds(timeMs) };
  const inside = drawResult(result);
  return inside === undefined
    ? `    ${openTag("testcase", attributes, "/")}`
    : `    ${openTag("testcase", attributes)}\n      ${inside}\n    </testcase>`;
}

function drawResult(result: Case["result"]): string | undefined {
  switch (result.kind) {
    case "passed":
      return result.said.length === 0 ? undefined : textElement("system-out", {}, result.said);
    case "failure":
    case "error":
      return textElement(result.kind, { type: result.type, message: result.message }, result.lines);
    case "skipped":
      return openTag("skipped", { message: result.message }, "/");
  }
}

/** As the schema wants it: a plain decimal. */
function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
