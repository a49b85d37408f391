import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { WARM_UPS } from "./figures.js";

const README = new URL("../README.md", import.meta.url);
const [FROM, TO] = ["<!-- bench -->\n", "<!-- /bench -->"];
const HEAD = ["what", "median (min to max)", "compared with", "ratio", "goal", "met", "runs"];

/** The Markdown of a whole bench: machine, table, notes. */
export function renderBench({ rows, notes, runs, startedAt }) {
  const lines = [HEAD, HEAD.map(() => "---"), ...rows.map((row) => cellsOf(row, runs))];
  return [
    `${startedAt.toISOString().slice(0, 10)}, ${describeMachine()}. Ratios are medians of ratios within one pair of runs, A B A B …, after ${WARM_UPS} warm-ups; figures are warm (code cache filled) where nothing else is said.`,
    "",
    ...lines.map((cells) => `| ${cells.join(" | ")} |`),
    "",
    ...notes.map((note) => `- ${note}`),
  ].join("\n");
}

/** `own`: of a row that takes too long for as many runs as the others. */
function cellsOf({ what, measured, against, ratio, goal, problem, runs: own }, runs) {
  if (problem !== undefined)
    return [what, `not measured: ${cellText(problem)}`, "", "", "", "", ""];
  return [
    what,
    measured,
    against ?? "",
    ratio ?? "",
    goal?.text ?? "",
    goal?.met ?? "",
    own ?? runs,
  ];
}

function cellText(text) {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function describeMachine() {
  const model = cpus()[0]?.model.trim() ?? "unknown CPU";
  return `${model}, ${availableParallelism()} cores, Node ${process.versions.node}`;
}

/** Puts it between the marks; throws where README has none. */
export function writeIntoReadme(markdown) {
  const readme = readFileSync(README, "utf8");
  const start = readme.indexOf(FROM) + FROM.length;
  const end = readme.indexOf(TO, start);
  if (start < FROM.length || end < 0) throw new Error("README.md has no <!-- bench --> block");
  writeFileSync(README, `${readme.slice(0, start)}${markdown}\n${readme.slice(end)}`);
}
