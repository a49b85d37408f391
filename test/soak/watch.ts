import { getEventListeners } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRecord } from "../../src/cli/watch/record-file.ts";
import type { Deps } from "../../src/model/ports.ts";
import type { ProbeRequest } from "../../src/model/request.ts";
import { isoTime } from "../../src/model/time.ts";
import { RECORD_VERSION, type RecordHeader } from "../../src/model/watch/record.ts";
import { summaryLine } from "../../src/report/watch/ndjson.ts";
import { summarize } from "../../src/watch/track/summarize.ts";
import { type WatchedRound, watchCluster } from "../../src/watch/watch.ts";
import type { FakeClock } from "../support/fake-deps.ts";
import type { SoakSubject } from "../support/soak.ts";

export const INTERVAL_MS = 10_000;

/** JSON of all that a watch of a few addresses knows, and of what it tells of it at its end. */
const MAX_STATE_CHARS = 500_000;
const MAX_SUMMARY_CHARS = 300_000;

/** The loop's wait for its next round is all that listens between two rounds. */
const LISTENERS = 1;

/** Rounds between two looks at what is slow to look at. */
const LOOK_EVERY = 50;

/** What a watch is put into. */
export interface SoakWorld {
  readonly request: ProbeRequest;
  readonly deps: Deps;
  readonly clock: FakeClock;
  /** After the clock was turned, and before the watch notices. */
  readonly turn: () => Promise<void> | void;
  readonly close: () => Promise<void> | void;
}

/**
 * The watch as the command runs it, with its record, and with rounds as fast as they come. A round
 * throws when what is known, or what listens to the signal, has grown beyond its bound.
 */
export async function soakedWatch(world: SoakWorld): Promise<SoakSubject> {
  const { request, deps, clock } = world;
  const folder = await mkdtemp(join(tmpdir(), "eks-probe-soak-"));
  const path = join(folder, "record.ndjson");
  const header = headerOf(request, clock);
  const abort = new AbortController();
  const { signal } = abort;
  const record = await openRecord(path, { resume: false, header, clock, tell: fail, signal });
  if (record === undefined) return fail("the record was not opened");
  const kinds = new Map<string, number>();
  const largest = { state: 0, summary: 0 };
  let latest: WatchedRound | undefined;
  let written: Promise<void> = Promise.resolve();
  let wake: (() => void) | undefined;
  let ended: Error | undefined;
  const watching = watchCluster(
    {
      request,
      intervalMs: INTERVAL_MS,
      awsIntervalMs: 3 * INTERVAL_MS,
      forMs: undefined,
      onRound: (round) => {
        latest = round;
        for (const { kind } of round.events) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        written = record.append({ kind: "round", sample: round.sample, events: round.events });
        wake?.();
      },
    },
    { ...deps, clock },
    abort.signal,
  ).then(
    () => undefined,
    (error: unknown) => {
      ended = error instanceof Error ? error : new Error(String(error));
      wake?.();
    },
  );

  /** Throws where something is larger than it may ever be. */
  const look = (): void => {
    if (latest === undefined) return;
    const listeners = getEventListeners(abort.signal, "abort").length;
    if (listeners !== LISTENERS) fail(`${listeners} listen to the signal`);
    const { state } = latest;
    if (state.n % LOOK_EVERY > 0) return;
    const summary = summarize(state, request.cluster, "signal");
    largest.state = Math.max(largest.state, JSON.stringify(state).length);
    largest.summary = Math.max(largest.summary, summary ? summaryLine(summary).length : 0);
    if (largest.state > MAX_STATE_CHARS) fail(`the state takes ${largest.state} characters`);
    if (largest.summary > MAX_SUMMARY_CHARS) fail(`the summary takes ${largest.summary}`);
  };

  return {
    round: async () => {
      const made = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (latest !== undefined) {
        clock.pass(latest.nextInMs);
        await world.turn();
        clock.advance(0);
      }
      await made;
      if (ended !== undefined) throw ended;
      await written;
      look();
    },
    close: async () => {
      abort.abort("SIGTERM");
      await watching;
      await record.close();
      await world.close();
      const { size } = await stat(path);
      await rm(folder, { recursive: true });
      const rounds = latest?.state.n ?? 0;
      const days = (rounds * INTERVAL_MS) / 86_400_000;
      const events = Object.fromEntries(kinds);
      return JSON.stringify({ rounds, days, recordBytes: size, largest, events });
    },
  };
}

function headerOf({ cluster, simulated }: ProbeRequest, clock: FakeClock): RecordHeader {
  return {
    kind: "header",
    recordVersion: RECORD_VERSION,
    tool: { name: "eks-probe", version: "0.0.0-test" },
    startedAt: isoTime(clock.wallMs()),
    cluster,
    region: undefined,
    endpointHost: undefined,
    from: "soak",
    intervalMs: INTERVAL_MS,
    simulated,
  };
}

function fail(what: string): never {
  throw new Error(what);
}
