export type SavedKind =
  | { readonly kind: "record" }
  | { readonly kind: "run" }
  /** `problem` follows the file's name. */
  | { readonly kind: "bad"; readonly problem: string };

/** So much of a file is enough to tell. */
export const START_BYTES: number = 64 * 1024;

/**
 * What a saved file is, by its first `START_BYTES`: the record of a watch, or a run (`-o json`).
 * Whether all of it is right is for its reader to say.
 */
export function kindOfSaved(start: string): SavedKind {
  const fields = firstLine(start);
  if (fields !== undefined && "schemaVersion" in fields) return { kind: "run" };
  if (fields !== undefined && "kind" in fields) return { kind: "record" };
  if (fields !== undefined && "type" in fields) {
    return {
      kind: "bad",
      problem: "is what watch -o ndjson printed; keep a record with watch --record",
    };
  }
  const text = start.replace(/^\uFEFF/, "").trimStart();
  if (text.replaceAll("\0", "") === "") return { kind: "bad", problem: "is empty" };
  // Cut before the end of its first line.
  if (/^\{\s*"kind"\s*:/.test(text)) return { kind: "record" };
  if (text.startsWith("{")) return { kind: "run" };
  return {
    kind: "bad",
    problem: "is neither a record (watch --record) nor a saved run (-o json)",
  };
}

function firstLine(start: string): object | undefined {
  const line = start.replace(/^\s+/, "").split("\n", 1)[0] ?? "";
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
