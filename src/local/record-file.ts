import { kindOfSaved, type SavedKind, START_BYTES } from "../history/saved-file.ts";
import { type RecordItem, readRecord } from "../watch/record/read.ts";
import { chunksOf, openRegular, readProblem } from "./chunks.ts";

/**
 * A record of any size, line by line; a file that cannot be read is a problem like any other. One
 * that a watch still writes is read as far as it goes. Never rejects.
 */
export async function* readRecordFile(path: string): AsyncGenerator<RecordItem> {
  const opened = await openRegular(path);
  if (opened.kind === "bad") {
    yield { kind: "problem", problem: opened.problem };
    return;
  }
  try {
    yield* readRecord(chunksOf(opened.file));
  } catch (error) {
    yield { kind: "problem", problem: readProblem(error) };
  } finally {
    await opened.file.close();
  }
}

/** Whether a file is a record or a saved run. Never rejects. */
export async function sniffSaved(path: string): Promise<SavedKind> {
  const opened = await openRegular(path);
  if (opened.kind === "bad") return opened;
  try {
    const start = Buffer.alloc(START_BYTES);
    const { bytesRead } = await opened.file.read(start, 0, START_BYTES, 0);
    return kindOfSaved(start.toString("utf8", 0, bytesRead));
  } catch (error) {
    return { kind: "bad", problem: readProblem(error) };
  } finally {
    await opened.file.close();
  }
}
