import type { Deps } from "../../model/ports.ts";
import type { ProbeRequest } from "../../model/request.ts";
import type { runLoad } from "../../watch/load/run-load.ts";
import type { summarize } from "../../watch/track/summarize.ts";
import type { watchCluster } from "../../watch/watch.ts";
import type { Io } from "../io.ts";
import type { ValueReader } from "../options/values.ts";
import type { openRecord } from "./record-file.ts";

/** What the command puts together; tests hand in their own. */
export interface WatchParts {
  readonly readRun: (
    values: ValueReader,
    io: Io,
  ) => Promise<{ readonly request: ProbeRequest; readonly deps: Deps }>;
  readonly watchCluster: typeof watchCluster;
  readonly summarize: typeof summarize;
  readonly openRecord: typeof openRecord;
  readonly runLoad: typeof runLoad;
}

/** The real ones. */
export async function loadParts(): Promise<WatchParts> {
  const [run, tally, watch, record, load] = await Promise.all([
    import("../run-input.ts"),
    import("../../watch/track/summarize.ts"),
    import("../../watch/watch.ts"),
    import("./record-file.ts"),
    import("../../watch/load/run-load.ts"),
  ]);
  return {
    readRun: run.readRun,
    summarize: tally.summarize,
    watchCluster: watch.watchCluster,
    openRecord: record.openRecord,
    runLoad: load.runLoad,
  };
}
