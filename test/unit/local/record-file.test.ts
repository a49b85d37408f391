import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readRecordFile, sniffSaved } from "../../../src/local/record-file.ts";
import { encodeLine } from "../../../src/watch/record/encode.ts";
import type { RecordItem } from "../../../src/watch/record/read.ts";
import { HEADER, typicalRound } from "../../support/typical-rounds.ts";

const home = mkdtempSync(join(tmpdir(), "eks-probe-record-"));
afterAll(() => rmSync(home, { recursive: true }));

async function read(path: string): Promise<RecordItem[]> {
  const items: RecordItem[] = [];
  for await (const item of readRecordFile(path)) items.push(item);
  return items;
}

describe("a record on disk", () => {
  test("is read whole, however many parts it takes", async () => {
    const path = join(home, "record");
    const rounds = Array.from({ length: 500 }, (_, index) => typicalRound(index + 1));
    writeFileSync(path, [HEADER, ...rounds].map(encodeLine).join(""));
    const items = await read(path);
    expect(items.flatMap((item) => (item.kind === "line" ? [item.line] : []))).toEqual([
      HEADER,
      ...rounds,
    ]);
    expect(items.at(-1)).toMatchObject({ kind: "end", tornBytes: 0 });
    expect(await sniffSaved(path)).toEqual({ kind: "record" });
  });

  test("that cannot be read is a problem: not there, a directory, a pipe that may never end", async () => {
    const pipe = join(home, "pipe");
    execFileSync("mkfifo", [pipe]);
    const cases: readonly (readonly [string, string])[] = [
      [join(home, "nowhere"), "is not there"],
      [home, "is not a regular file"],
      [pipe, "is not a regular file"],
      [`${home}\0`, "cannot be read (ERR_INVALID_ARG_VALUE)"],
    ];
    for (const [path, problem] of cases) {
      expect(await read(path)).toEqual([{ kind: "problem", problem }]);
      expect(await sniffSaved(path)).toEqual({ kind: "bad", problem });
    }
  });

  test("is closed by a reader that stops in its middle", async () => {
    const path = join(home, "record");
    for (let n = 0; n < 50; n += 1) {
      for await (const item of readRecordFile(path)) if (item.kind === "line") break;
    }
    const open = execFileSync("ls", ["-l", `/proc/${process.pid}/fd`], { encoding: "utf8" });
    expect(open).not.toContain(path);
  });
});
