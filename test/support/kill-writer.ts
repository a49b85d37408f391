import { writeSync } from "node:fs";
import { openRecord } from "../../src/cli/watch/record-file.ts";
import { HEADER, typicalRound } from "./typical-rounds.ts";

/**
 * A process of its own that is there to be killed: goes on with a record, appends rounds as fast as
 * it can, and says each one's number on stdout once it is written.
 */
const path = process.argv[2] ?? "";
const record = await openRecord(path, {
  resume: true,
  header: HEADER,
  clock: {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    wait: async () => undefined,
  },
  tell: (line) => process.stderr.write(`${line}\n`),
  signal: new AbortController().signal,
});
if (record === undefined) throw new Error("nothing aborts it");
// Not by process.stdout: it would queue what the reader is too slow for, and a kill would lose it.
writeSync(1, `from ${record.before?.state.n ?? 0}\n`);
for (let n = (record.before?.state.n ?? 0) + 1; ; n += 1) {
  // oxlint-disable-next-line eslint/no-await-in-loop -- one after the other is the point
  await record.append(typicalRound(n));
  writeSync(1, `${n}\n`);
}
