import { readSavedRun, type SavedRun } from "../../src/history/saved-run.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import { renderJson } from "../../src/report/json/render.ts";
import { reportOf } from "./snapshots.ts";

/** What a run of this snapshot would have saved with `-o json`. */
export function savedText(snapshot: Snapshot): string {
  return renderJson(reportOf(snapshot), { name: "eks-probe", version: "0.0.0" });
}

/** The same, read back. */
export function savedRun(snapshot: Snapshot): SavedRun {
  const read = readSavedRun(savedText(snapshot));
  if (read.kind === "bad") throw new Error(`the run ${read.problem}`);
  return read.value;
}
