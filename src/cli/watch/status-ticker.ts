import type { Clock } from "../../model/ports.ts";
import type { RunningLoad } from "../../watch/load/run-load.ts";
import type { WatchedRound } from "../../watch/watch.ts";
import type { Io } from "../io.ts";
import type { StatusLine } from "./status-line.ts";

/** Keeps the status line up to date. */
export interface StatusTicker {
  round(round: WatchedRound): void;
  load(load: RunningLoad): void;
  stop(): void;
}

const EVERY_MS = 1_000;

/** Draws at once, after each round, and once a second. */
export async function statusTicker({
  status,
  request,
  settings,
  deps: { clock },
  io,
}: {
  readonly status: StatusLine;
  readonly request: { readonly cluster: string };
  readonly settings: { readonly forMs: number | undefined; readonly noColor: boolean };
  readonly deps: { readonly clock: Clock };
  readonly io: Io;
}): Promise<StatusTicker> {
  const [{ renderStatusLine }, { themeFor }] = await Promise.all([
    import("../../report/watch/status-line.ts"),
    import("../theme.ts"),
  ]);
  const theme = themeFor(io, settings.noColor);
  const startedMs = clock.monotonicMs();
  const over = new AbortController();
  let latest: WatchedRound | undefined;
  let latestMs = 0;
  let load: RunningLoad | undefined;
  const loadNow = (): { readonly rps: number; readonly p99Ms: number | undefined } | undefined => {
    if (load === undefined) return undefined;
    const { sent, durationMs, latency } = load.report();
    const rps = durationMs > 0 ? Math.round((sent * 1_000) / durationMs) : 0;
    return { rps, p99Ms: latency?.p99Ms };
  };
  status.show((width) => {
    const nowMs = clock.monotonicMs();
    const nextInMs = latest === undefined ? 0 : latestMs + latest.nextInMs - nowMs;
    const { forMs } = settings;
    const view = {
      cluster: request.cluster,
      state: latest?.state,
      nextInMs: nextInMs > 0 ? nextInMs : undefined,
      leftMs: forMs === undefined ? undefined : Math.max(0, startedMs + forMs - nowMs),
      load: loadNow(),
    };
    return renderStatusLine(view, theme, width);
  });
  const tick = async (): Promise<void> => {
    while (!over.signal.aborted) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- once a second is the point
      await clock.wait(EVERY_MS, over.signal);
      if (!over.signal.aborted) status.redraw();
    }
  };
  void tick();
  return {
    round: (round) => {
      latest = round;
      latestMs = clock.monotonicMs();
      status.redraw();
    },
    load: (running) => {
      load = running;
    },
    stop: () => over.abort(),
  };
}
