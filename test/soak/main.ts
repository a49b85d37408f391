import { fileURLToPath } from "node:url";
import { describeSoak, passedSoak, type SoakSubject, soak } from "../support/soak.ts";
import { fakeWorld } from "./fake-world.ts";
import { fakeLoad, realLoad } from "./load.ts";
import { CYCLE, LAB, runLabBeside, unrest, worldBeside } from "./real-world.ts";
import { soakedWatch } from "./watch.ts";

interface Soak {
  readonly start: () => Promise<SoakSubject> | SoakSubject;
  readonly rounds: number;
  readonly limitMiB: number;
}

const WATCH_ROUNDS = 50_000;

/** What `npm run soak` does, in this order. */
const SOAKS: Readonly<Record<string, Soak>> = {
  "load-fresh": { start: () => fakeLoad("fresh"), rounds: 50_000, limitMiB: 2 },
  "load-kept": { start: () => fakeLoad("kept"), rounds: 50_000, limitMiB: 2 },
  "load-real-fresh": { start: () => realLoad("fresh"), rounds: 5_000, limitMiB: 10 },
  "load-real-kept": { start: () => realLoad("kept"), rounds: 20_000, limitMiB: 10 },
  watch: { start: () => soakedWatch(fakeWorld()), rounds: WATCH_ROUNDS, limitMiB: 10 },
  "watch-real": {
    start: async () =>
      soakedWatch(await worldBeside(unrest(WATCH_ROUNDS / CYCLE), fileURLToPath(import.meta.url))),
    rounds: WATCH_ROUNDS,
    limitMiB: 10,
  },
};

async function run(name: string, { start, rounds, limitMiB }: Soak): Promise<void> {
  process.stdout.write(`${name}\n`);
  const subject = await start();
  const limitBytes = limitMiB * 2 ** 20;
  let made = 0;
  const round = async (): Promise<void> => {
    await subject.round();
    made += 1;
    if (made % (rounds / 10) === 0) process.stderr.write(`${made} rounds, ${usage()}\n`);
  };
  const report = await soak(round, { rounds, every: rounds / 200, limitBytes });
  process.stdout.write(`${describeSoak(report)}\n${await subject.close()}\n\n`);
  if (!passedSoak(report)) process.exitCode = 1;
}

/** Some soaks take half an hour: how it looks so far, with garbage and all. */
function usage(): string {
  const { heapUsed, external, rss } = process.memoryUsage();
  const [used, resident] = [heapUsed + external, rss].map((bytes) => Math.round(bytes / 2 ** 20));
  return `${used} MiB in use, ${resident} MiB resident`;
}

async function main(names: readonly string[]): Promise<void> {
  if (names[0] === LAB) return runLabBeside();
  for (const name of names.length > 0 ? names : Object.keys(SOAKS)) {
    const found = SOAKS[name];
    if (found === undefined) throw new Error(`no soak ${name}: ${Object.keys(SOAKS).join(", ")}`);
    // oxlint-disable-next-line eslint/no-await-in-loop -- they would disturb each other
    await run(name, found);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 2;
});
