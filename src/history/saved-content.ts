/** What a file holds that is to be a saved run: nothing of it is held to any shape yet. */
export type SavedContent =
  | { readonly kind: "run"; readonly document: unknown }
  /** `problem` goes on from the file's name. */
  | { readonly kind: "bad"; readonly problem: string };

/** Takes any JSON for a run, and says of everything else what it looks like. Never throws. */
export function readSavedContent(content: string): SavedContent {
  const text = content.replace(/^\uFEFF/, "");
  const document = parsed(text);
  return document === undefined
    ? { kind: "bad", problem: problemOf(text) }
    : { kind: "run", document };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const REMEDY = "only what -o json or watch --record wrote can be read back";

function problemOf(text: string): string {
  if (text.trim() === "") return `is empty; ${REMEDY}`;
  if (text.includes("\0")) return `is a binary file; ${REMEDY}`;
  if (text.trimStart().startsWith("<")) return `is XML, as JUnit's reports are; ${REMEDY}`;
  if (/^\{"type":"(?:start|event|summary)"/.test(text))
    return `is what watch -o ndjson printed; ${REMEDY}`;
  return `is not JSON; ${REMEDY}`;
}
