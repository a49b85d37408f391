// npm run bench [-- --runs N] [-- --write] [-- --only GROUP]: what the program costs, beside what a user would do
// instead. Everything is on loopback, against the program's own lab.
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { NotMeasured } from "./command.js";
import { FEW_ADDRESSES_LAB, fewAddressesRows } from "./few-addresses.js";
import { WARM_UPS } from "./figures.js";
import { manyAddressesLab, measureManyAddresses } from "./many-addresses.js";
import { renderBench, writeIntoReadme } from "./report.js";
import { watchingRows } from "./watching.js";
import { findBuildProblem, openWorkbench } from "./workbench.js";
import { workerParts } from "./worker.js";

const DEFAULT_RUNS = 10;
const MAX_RUNS = 100;
const TIME_LIMIT_MS = 30 * 60_000;

const say = (text) => process.stderr.write(`${text}\n`);

function announce(what, { runs, signal }) {
  if (!signal.aborted) say(`${what}: ${WARM_UPS} + ${runs} rounds`);
}

async function main() {
  const { runs, write, groups } = readOptions();
  const build = findBuildProblem();
  if (build?.kind === "missing" || (build && write)) throw new UsageError(build.text);

  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(name, () => interrupted.abort(new NotMeasured("interrupted")));
  }
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new NotMeasured("out of time")), TIME_LIMIT_MS);
  const notes = [...(build ? [`${build.text}.`] : []), ...noteNoise()];
  const startedAt = new Date();
  const signal = AbortSignal.any([interrupted.signal, late.signal]);
  const bench = { ...openWorkbench(signal), runs };
  try {
    const rows = [];
    for (const measure of groups) rows.push(...(await measure(bench, notes)));
    if (interrupted.signal.aborted) {
      process.exitCode = 130;
      return;
    }
    const markdown = renderBench({ rows, notes, runs, startedAt });
    process.stdout.write(`${markdown}\n`);
    if (rows.some(({ isWrong }) => isWrong)) process.exitCode = 1;
    else if (write) writeIntoReadme(markdown);
  } finally {
    clearTimeout(timer);
    bench.close();
  }
}

class UsageError extends Error {}

/** In the order of the table. */
const GROUPS = new Map([
  ["few", measureFew],
  ["many", measureMany],
  ["watch", measureWatching],
  ["worker", measureWorker],
]);

function readOptions() {
  const options = {
    runs: { type: "string" },
    write: { type: "boolean", default: false },
    only: { type: "string" },
  };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const runs = Number(values.runs ?? DEFAULT_RUNS);
  if (!Number.isInteger(runs) || runs < 1 || runs > MAX_RUNS)
    throw new UsageError(`--runs is a whole number from 1 to ${MAX_RUNS}`);
  const { write, only } = values;
  if (only === undefined) return { runs, write, groups: [...GROUPS.values()] };
  if (!GROUPS.has(only)) throw new UsageError(`--only is one of ${[...GROUPS.keys()].join(", ")}`);
  if (write) throw new UsageError("--write is for the whole table, not with --only");
  return { runs, write, groups: [GROUPS.get(only)] };
}

function noteNoise() {
  const [lastMinute] = loadavg();
  return lastMinute > 1
    ? [`Noisy: the load average was ${lastMinute.toFixed(2)} at the start.`]
    : [];
}

async function measureFew(bench, notes) {
  return withLab(
    bench,
    () => FEW_ADDRESSES_LAB,
    "4 addresses",
    async (lab) => {
      const rows = [];
      for (const { what, measure } of fewAddressesRows(bench, lab)) {
        announce(what, bench);
        const { note, ...figures } = await measure().catch(whyNot);
        rows.push({ what, ...figures });
        if (note !== undefined) notes.push(note);
      }
      if (!bench.hasWarmCache()) notes.push("The code cache stayed empty: all figures are cold.");
      return rows;
    },
  );
}

async function measureMany(bench, notes) {
  return withLab(bench, manyAddressesLab, "200 addresses", async (lab) => {
    announce("200 addresses", bench);
    const measured = await measureManyAddresses(bench, lab);
    notes.push(...measured.notes);
    return measured.rows;
  });
}

async function measureWatching(bench, notes) {
  return withLab(
    bench,
    () => FEW_ADDRESSES_LAB,
    "`watch` and `replay`",
    async (lab) => {
      announce("watch and replay", bench);
      const measured = await watchingRows(bench, lab);
      notes.push(...measured.notes);
      return measured.rows;
    },
  );
}

async function measureWorker(bench, notes) {
  const rows = [];
  for (const { what, measure } of workerParts(bench)) {
    announce(what, bench);
    try {
      const measured = await measure();
      rows.push(...measured.rows);
      notes.push(...measured.notes);
    } catch (error) {
      rows.push({ what, ...whyNot(error) });
    }
  }
  return rows;
}

/** One lab, up for the rows that need it; where it or they fail, one row says so. */
async function withLab(bench, argsFor, what, measure) {
  try {
    const lab = await bench.startLab(await argsFor(bench));
    try {
      return await measure(lab);
    } finally {
      await lab.stop();
    }
  } catch (error) {
    return [{ what, ...whyNot(error) }];
  }
}

function whyNot(error) {
  if (!(error instanceof NotMeasured)) throw error;
  return { problem: error.message, isWrong: !error.missingTool };
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`bench: ${error.message}`);
  process.exitCode = 2;
}
