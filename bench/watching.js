import { rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findTool, NotMeasured, runCommand } from "./command.js";
import { describe, formatMb, measurePairs, slowness } from "./figures.js";
import { lengthenRecord } from "./long-record.js";
import { runWithUsage } from "./usage.js";

const BY_HAND = fileURLToPath(new URL("watch-by-hand.sh", import.meta.url));
const CLUSTER = "gonz-eks-pub";
const ADDRESSES = 4;

/** Of the two lengths of a run; the difference is rounds alone, without the start and the first look. */
const [LONG_SECONDS, SHORT_SECONDS] = [60, 10];
/** A minute each: a few have to do, and what ran before has warmed what there is to warm. */
const MAX_RUNS = 3;
const HAND_ROUNDS = 15;
const RECORD_ROUNDS = 10_000;

/** What it costs to watch four addresses once a second, and to read what was recorded. */
export async function watchingRows(bench, lab) {
  const record = join(bench.scratch, "watch.ndjson");
  const runs = Math.min(bench.runs, MAX_RUNS);
  const pairs = [];
  for (let run = 0; run < runs; run += 1) {
    const long = await watchFor(bench, lab, LONG_SECONDS, record);
    const short = await watchFor(bench, lab, SHORT_SECONDS, join(bench.scratch, "short.ndjson"));
    const a = (long.cpuMs - short.cpuMs) / (long.rounds - short.rounds);
    const b = await byHand(bench, lab);
    pairs.push({ a, b, peakMb: long.peakMb });
  }
  const peaks = pairs.map(({ peakMb }) => peakMb);
  const what = `\`watch --interval 1s\`, ${ADDRESSES} addresses`;
  return {
    rows: [
      {
        what: `${what}: CPU of a round, times that of ${ADDRESSES} × \`curl\` and \`jq\` (\`bench/watch-by-hand.sh\`)`,
        ...slowness(pairs),
        runs,
      },
      {
        what: `${what}: peak memory within ${LONG_SECONDS} s`,
        measured: describe(peaks, formatMb),
        runs,
      },
      await replayRow(bench, record),
    ],
    notes: [
      `CPU of a round of \`watch\`: user and system time of ${LONG_SECONDS} s, less that of ${SHORT_SECONDS} s beside it, for each round more; its rounds are recorded, and beside the fresh connection each asks a kept one per address. By hand one connection is made per address, and nothing else is asked.`,
    ],
  };
}

async function watchFor(bench, lab, seconds, record) {
  rmSync(record, { force: true });
  const args = ["watch", "--cluster", CLUSTER, "--interval", "1s", "--for", `${seconds}s`];
  const usage = await runWithUsage(bench, [...args, "--record", record, "-o", "ndjson"], lab.env);
  const last = JSON.parse(usage.stdout.trim().split("\n").at(-1));
  const bad = last.paths.filter(({ attempts, answered }) => answered !== attempts);
  if (last.type !== "summary" || last.paths.length !== ADDRESSES || bad.length > 0)
    throw new NotMeasured(`the watch saw ${JSON.stringify(last.paths)}`);
  return { ...usage, rounds: last.samples };
}

/** Milliseconds of CPU for a round by hand. */
async function byHand(bench, lab) {
  const [aws, bash] = await Promise.all(["aws", "bash", "dig", "jq", "curl", "awk"].map(findTool));
  const env = { ...lab.env, PATH: [dirname(aws), lab.env.PATH].join(delimiter) };
  const args = [BY_HAND, CLUSTER, lab.env.AWS_REGION, String(HAND_ROUNDS)];
  const { stdout } = await runCommand(bash, args, { env, signal: bench.signal });
  const lines = stdout.trim().split("\n");
  const [, seconds] = /^cpu ([\d.]+)$/.exec(lines.at(-1)) ?? [];
  const answers = lines.filter((line) => / ip-\S+:443$/.test(line)).length;
  if (seconds === undefined || answers !== HAND_ROUNDS * ADDRESSES)
    throw new NotMeasured(`by hand ${answers} of ${HAND_ROUNDS * ADDRESSES} answered`);
  return (Number(seconds) * 1000) / HAND_ROUNDS;
}

async function replayRow(bench, short) {
  const record = join(bench.scratch, "long.ndjson");
  await lengthenRecord(short, record, RECORD_ROUNDS);
  const [jq, bash] = await Promise.all(["jq", "bash"].map(findTool));
  const { env, signal } = bench;
  const pairs = await measurePairs(
    bench.runs,
    async () => (await bench.runProgram(["replay", record, "--quiet"])).ms,
    // Into nothing: what reads it here would cost time as well.
    async () =>
      (
        await runCommand(bash, ["-c", 'exec "$0" -c . "$1" >/dev/null', jq, record], {
          env,
          signal,
        })
      ).ms,
  );
  return {
    what: `\`replay\` of a record of ${RECORD_ROUNDS.toLocaleString("en")} rounds: times as long as \`jq -c .\``,
    ...slowness(pairs),
  };
}
