import pLimit from "p-limit";
import type { Scenario } from "../../src/lab/scenario.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { type Ended, type RunOptions, runProgram } from "./run-program.ts";

/** Programs that run at a time: more would only wait for each other. */
const AT_A_TIME = 2;

/** Does the work for every item, two at a time, in any order; results in the order of the items. */
export function twoAtATime<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const limit = pLimit(AT_A_TIME);
  return Promise.all(items.map((item) => limit(() => work(item))));
}

/** Starts a lab for one piece of work, and makes sure that nothing left it. */
export async function inLab<Result>(
  scenario: Scenario,
  work: (lab: Lab) => Promise<Result>,
): Promise<Result> {
  const lab = await startLab(scenario);
  try {
    return await work(lab);
  } finally {
    await closeLab(lab);
  }
}

/** Takes a lab down; a connection that would have left the machine is an error. */
export async function closeLab(lab: Lab): Promise<void> {
  const strays = lab.strayConnections();
  await lab.close();
  if (strays > 0) throw new Error(`${strays} connections left the lab ${lab.scenario.name}`);
}

/** Runs the program in a running lab; `env` is added to what points at the lab. */
export function runIn(
  lab: Lab,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  more: Omit<RunOptions, "env"> = {},
): Promise<Ended> {
  return runProgram(args, { ...more, env: { ...lab.environment, ...env } });
}

/** What a run of `endpoints` said, as a file to be read and compared. */
export function transcriptOf(args: readonly string[], ended: Ended): string {
  const errors = ended.stderr === "" ? "" : `[stderr]\n${ended.stderr}`;
  const text = `$ eks-probe ${args.join(" ")}\n${normalise(ended.stdout)}${errors}`;
  return `${text}[exit ${ended.code}]\n`;
}

/**
 * Takes out what differs from run to run and from machine to machine: times, ports, dates, serials,
 * and where this machine stands. Columns of times get one width, and the header one line, because
 * their shape depends on what was taken out.
 */
export function normalise(report: string): string {
  return joinHeader(report)
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT_")
    .replaceAll(/\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, "YYYY-MM-DD$1hh:mm:ssZ")
    .replaceAll(/HTTP +TCP +TLS +TTFB/g, "HTTP    TCP    TLS   TTFB")
    .replaceAll(/^ {2}(?:vip|eni|other) .*$/gm, (row) =>
      row.replaceAll(/ +\d+(?:\.\d+)?m?s(?= )/g, "  0.0ms"),
    )
    .replaceAll(/\[?[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "AUDIT-ID")
    .replaceAll(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, "SHA-256")
    .replaceAll(/(serial) [0-9A-F]+/g, "$1 SERIAL")
    .replaceAll(/ \d+(?:\.\d+)?m?s +(AUDIT-ID|–)$/gm, " 0.0ms  $1")
    .replaceAll(/((?:this clock|the clock of \S+) is) \d+ s/g, "$1 NNN s")
    .replaceAll(/TIME +ANSWER/g, "TIME   ANSWER")
    .replaceAll(/(?:^ {2}\S+ +A(?:AAA)? +\d+(?:\.\d+)?m?s +.*\n)+/gm, sortAnswers)
    .replace(/( +AAAA at [^→]+)( +A at [^→]+?\n)(?= +→)/, "$2$1");
}

/** Rows of DNS answers come in the order of arrival, and servers turn their records round. */
function sortAnswers(rows: string): string {
  const sorted = rows
    .trimEnd()
    .split("\n")
    .map((row) => {
      const [, resolver = "", type = "", answer = ""] =
        /^ {2}(\S+) +(A+) +\S+ +(.*)$/.exec(row) ?? [];
      const records =
        answer
          .match(/\S+ \(ttl \d+\)/g)
          ?.toSorted()
          .join(" ") ?? answer;
      return `  ${resolver}  ${type.padEnd(4)}  0.0ms  ${records}`;
    });
  return `${sorted.toSorted().join("\n")}\n`;
}

/** The first lines, up to the endpoint's name, as one: where they break depends on the times. */
function joinHeader(report: string): string {
  const lines = report.split("\n");
  const end = lines.findIndex((line) => /^(?:[0-9A-F]{32}\.|simulated|$)/.test(line));
  const isHeader = lines.slice(0, Math.max(0, end)).some((line) => /(?:^|[·-] )from /.test(line));
  if (!isHeader) return report;
  const separator = report.includes("·") ? " · " : " - ";
  const header = lines
    .slice(0, end)
    .join(separator)
    .replace(/(?<=[·-] )\d+(?:\.\d+)?m?s$/, "0.0ms")
    .replace(/from (?!127\.)[^(]+ \(/, "from THIS-HOST (")
    .replace(/\((?:inside|outside) the cluster VPC\)/, "(PLACE)")
    .replace("(inside the VPC or not: unknown)", "(PLACE)");
  return [header, ...lines.slice(end)].join("\n");
}
