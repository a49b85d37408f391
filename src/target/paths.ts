import type { PathChoice } from "../model/request.ts";
import { bad, ok, type Parsed, quoteInput } from "./parsed.ts";

/** `vip`, `eni` or `vip,eni`. */
export function parsePaths(text: string): Parsed<readonly PathChoice[]> {
  const parts = splitList(text);
  const wrong = parts.find((part) => !isPathChoice(part));
  if (wrong !== undefined || parts.length === 0) {
    return bad(`${quoteInput(wrong ?? text)} is not a kind of path; choose vip, eni or vip,eni`);
  }
  return ok([...new Set(parts.filter(isPathChoice))]);
}

function isPathChoice(part: string): part is PathChoice {
  return part === "vip" || part === "eni";
}

/** Values of a repeatable option, also as its environment twin writes them: by comma or space. */
export function splitList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((part) => part !== "");
}
