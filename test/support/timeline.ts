import type { Scenario } from "../../src/lab/scenario.ts";
import type { Lab } from "../../src/lab/start.ts";
import { startLab } from "../../src/lab/start.ts";
import type { ProbeRequest } from "../../src/model/request.ts";
import { isoTime } from "../../src/model/time.ts";
import type { WatchEvent } from "../../src/model/watch/event.ts";
import type { RecordLine } from "../../src/model/watch/record.ts";
import { encodeLine } from "../../src/watch/record/encode.ts";
import { type FoldedRecord, foldRecord } from "../../src/watch/record/fold.ts";
import { readRecord } from "../../src/watch/record/read.ts";
import { NOTHING_SEEN, track, type WatchState } from "../../src/watch/track/track.ts";
import type { WatchedRound } from "../../src/watch/watch.ts";
import { closeLab } from "./e2e.ts";
import { type FakeClock, fakeClock } from "./fake-deps.ts";
import { depsIn, requestIn } from "./in-process.ts";
import { driveWatch } from "./watch-driver.ts";

/**
 * What a silent address costs in real time. A handshake takes a hundredth of it, but on a busy machine
 * much longer, and an outage that is none is worse than a slow test.
 */
const TIMEOUT_MS = 1_500;

/** Nothing in a lab is silent that stands for AWS, and loading its SDK takes its time. */
const AWS_TIMEOUT_MS = 15_000;

const AWS_INTERVAL_MS = 30_000;

export interface Told {
  readonly events: readonly WatchEvent[];
  readonly rounds: readonly WatchedRound[];
  readonly state: WatchState | undefined;
  /** The lines of a record of it, each with its end. */
  readonly record: readonly string[];
  /** Seconds from the start of the lab to a time of an event, to the tenth. */
  readonly seconds: (at: string | undefined) => number | undefined;
}

export interface WatchedHow extends Partial<Omit<ProbeRequest, "cluster">> {
  readonly intervalMs?: number;
  /** Ends it there, and goes on from its record so many milliseconds later than the next round was due. */
  readonly resume?: { readonly atMs: number; readonly lateMs: number };
}

/** A lab and a watch of it, real sockets and all, on one clock that is turned round by round. */
export async function watchTimeline(
  scenario: Scenario,
  forMs: number,
  how: WatchedHow = {},
): Promise<Told> {
  const clock = fakeClock(Date.now());
  const startedMs = clock.wallMs();
  const lab = await startLab(scenario, { clock });
  try {
    const { intervalMs = 10_000, resume, ...asked } = how;
    const go = watcher(lab, clock, intervalMs, asked);
    const first = await go(resume?.atMs ?? forMs, undefined);
    const lines = recordOf(scenario, startedMs, intervalMs, first);
    const rounds = [...first];
    if (resume !== undefined) {
      clock.pass((first.at(-1)?.nextInMs ?? 0) + resume.lateMs);
      await lab.advance();
      const { state } = await foldLines(lines);
      const at = isoTime(clock.wallMs());
      const then = await go(forMs - (clock.wallMs() - startedMs), state);
      lines.push(encodeLine({ kind: "resumed", at, intervalMs }), ...then.map(roundLine));
      rounds.push(...then);
    }
    return {
      events: rounds.flatMap(({ events }) => events),
      rounds,
      state: rounds.at(-1)?.state,
      record: lines,
      seconds: (at) =>
        at === undefined ? undefined : Math.round((Date.parse(at) - startedMs) / 100) / 10,
    };
  } finally {
    await closeLab(lab);
  }
}

type Watcher = (forMs: number, from: WatchState | undefined) => Promise<readonly WatchedRound[]>;

function watcher(
  lab: Lab,
  clock: FakeClock,
  intervalMs: number,
  asked: Partial<Omit<ProbeRequest, "cluster">>,
): Watcher {
  const cluster = lab.scenario.clusters[0]?.name ?? "";
  const request = requestIn(lab, cluster, { timeoutMs: TIMEOUT_MS, ...asked });
  return async (forMs, from) => {
    const watch = await driveWatch(
      { request, intervalMs, awsIntervalMs: AWS_INTERVAL_MS, from },
      depsIn(lab, AWS_TIMEOUT_MS, clock),
      clock,
    );
    await watch.run(forMs, () => lab.advance());
    await watch.stop();
    return watch.rounds;
  };
}

function recordOf(
  { clusters }: Scenario,
  startedMs: number,
  intervalMs: number,
  rounds: readonly WatchedRound[],
): string[] {
  const header: RecordLine = {
    kind: "header",
    recordVersion: 1,
    tool: { name: "eks-probe", version: "0.0.0-test" },
    startedAt: isoTime(startedMs),
    cluster: clusters[0]?.name ?? "",
    region: undefined,
    endpointHost: undefined,
    from: "worker",
    intervalMs,
    simulated: true,
  };
  return [encodeLine(header), ...rounds.map(roundLine)];
}

function roundLine({ sample, events }: WatchedRound): string {
  return encodeLine({ kind: "round", sample, events });
}

/** What a record that was read line by line comes to. */
export async function foldLines(lines: readonly string[]): Promise<FoldedRecord> {
  const folded = await foldRecord(readRecord(chunksOf(lines)));
  if (folded.kind !== "ok") throw new Error(`the record is ${folded.kind}`);
  return folded.value;
}

/** The bytes of a record, in parts that break off anywhere. */
async function* chunksOf(lines: readonly string[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(lines.join(""));
  const size = 60_000;
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

/** The events of the rounds, made once more from what they saw alone. */
export function trackedAgain(rounds: readonly WatchedRound[], intervalMs: number): WatchEvent[] {
  let state = NOTHING_SEEN;
  return rounds.flatMap(({ sample }) => {
    const tracked = track(state, sample, intervalMs);
    ({ state } = tracked);
    return tracked.events;
  });
}
