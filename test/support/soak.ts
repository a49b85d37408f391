import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Something that can be done again and again, and should cost no more the last time than the first. */
export interface SoakSubject {
  round(): Promise<void>;
  /** Leaves nothing behind; says what came of it, or throws where it did not do its work. */
  close(): Promise<string>;
}

export interface SoakOptions {
  readonly rounds: number;
  /** A sample is taken after so many rounds; there should be twenty at least. */
  readonly every: number;
  /** How much more memory may be in use at the end than near the start. */
  readonly limitBytes: number;
}

export interface SoakReport {
  readonly rounds: number;
  /** Heap and what it holds outside, after a collection: median of the second tenth and of the last. */
  readonly memory: Change & { readonly isFlat: boolean };
  /** Resident set; told and not judged, for the allocator keeps what it once had. */
  readonly rss: Change;
  /** Open file descriptors after the first tenth; undefined where the system does not tell. */
  readonly descriptors:
    | { readonly least: number; readonly most: number; readonly isConstant: boolean }
    | undefined;
}

interface Change {
  readonly earlyBytes: number;
  readonly lateBytes: number;
  readonly growthBytes: number;
}

const LEAST_SAMPLES = 20;

/** Does the rounds one after another, and tells whether memory and descriptors stayed as they were. */
export async function soak(
  round: () => Promise<void>,
  { rounds, every, limitBytes }: SoakOptions,
): Promise<SoakReport> {
  const samples = Math.floor(rounds / every);
  if (samples < LEAST_SAMPLES) throw new Error(`${samples} samples are too few to tell`);
  const collect = garbageCollector();
  // Made before, so that what measures does not grow.
  const [memory, rss, descriptors] = [
    new Float64Array(samples),
    new Float64Array(samples),
    new Float64Array(samples),
  ];
  for (let done = 1; done <= samples * every; done += 1) {
    // oxlint-disable-next-line eslint/no-await-in-loop -- one after another is the point
    await round();
    if (done % every > 0) continue;
    // oxlint-disable-next-line eslint/no-await-in-loop
    await collect();
    const usage = process.memoryUsage();
    const index = done / every - 1;
    memory[index] = usage.heapUsed + usage.external;
    rss[index] = usage.rss;
    descriptors[index] = countDescriptors() ?? Number.NaN;
  }
  const change = changeOf(memory);
  return {
    rounds: samples * every,
    memory: { ...change, isFlat: change.growthBytes <= limitBytes },
    rss: changeOf(rss),
    descriptors: rangeOf(descriptors.subarray(tenth(samples))),
  };
}

/** One line for each thing that was measured. */
export function describeSoak({ rounds, memory, rss, descriptors }: SoakReport): string {
  return [
    `rounds       ${rounds}`,
    `memory       ${describeChange(memory)}, ${memory.isFlat ? "flat" : "NOT FLAT"}`,
    `resident     ${describeChange(rss)}`,
    descriptors === undefined
      ? "descriptors  not told by this system"
      : `descriptors  ${descriptors.least} to ${descriptors.most}, ${descriptors.isConstant ? "constant" : "NOT CONSTANT"}`,
  ].join("\n");
}

function describeChange({ earlyBytes, lateBytes, growthBytes }: Change): string {
  return `${mebibytes(earlyBytes)} -> ${mebibytes(lateBytes)} (${mebibytes(growthBytes)} more)`;
}

export function passedSoak({ memory, descriptors }: SoakReport): boolean {
  return memory.isFlat && descriptors?.isConstant !== false;
}

function changeOf(samples: Float64Array): Change {
  const size = tenth(samples.length);
  const earlyBytes = median(samples.subarray(size, 2 * size));
  const lateBytes = median(samples.subarray(-size));
  return { earlyBytes, lateBytes, growthBytes: lateBytes - earlyBytes };
}

function rangeOf(samples: Float64Array): SoakReport["descriptors"] {
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  return Number.isNaN(least) ? undefined : { least, most, isConstant: least === most };
}

function tenth(count: number): number {
  return Math.floor(count / 10);
}

function median(samples: Float64Array): number {
  const sorted = samples.toSorted();
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Linux only; the one that reads the folder is among them each time. */
function countDescriptors(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}

/** Collects what sockets and finalizers let go of as well, which takes turns of the event loop. */
function garbageCollector(): () => Promise<void> {
  const collect = globalThis.gc ?? exposeCollector();
  return async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- turns of the event loop
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    await collect();
    await collect();
  };
}

/** For a process that was started without --expose-gc. */
function exposeCollector(): () => void | Promise<void> {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  if (typeof found !== "function") throw new Error("there is no garbage collector to call");
  return () => void found();
}
