import { bad, ok, type Parsed } from "../../target/parsed.ts";

/** An argument of more is refused by the system anyway. */
const MAX_LENGTH = 32_768;

/** A piece of a word, or the blanks between two. In double quotes a backslash keeps " and \ only. */
const PIECE =
  /(?<blanks>\s+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|\\(?<escaped>[^])|(?<plain>[^\s'"\\]+)/y;

/**
 * A command line as words, by the rules of a shell that matter for words, and none of its others:
 * blanks separate, quotes keep blanks, a backslash keeps the next character. Variables, globs, pipes
 * and redirections are plain text: nothing is run through a shell.
 */
export function splitCommand(text: string): Parsed<readonly string[]> {
  if (text.length > MAX_LENGTH) return bad(`the command is longer than ${MAX_LENGTH} characters`);
  if (text.includes("\0")) return bad("the command holds a NUL character");
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at = PIECE.lastIndex) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(text)?.groups;
    if (piece === undefined) return bad(unfinished(text.charAt(at)));
    if (piece["blanks"] === undefined) {
      // Quotes around nothing are a word, too.
      word = (word ?? "") + contentOf(piece);
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words[0] === undefined || words[0] === ""
    ? bad("the command is empty; name a program")
    : ok(words);
}

function contentOf({ single, double, escaped, plain }: Readonly<Record<string, string>>): string {
  return single ?? double?.replaceAll(/\\(["\\])/g, "$1") ?? escaped ?? plain ?? "";
}

function unfinished(character: string): string {
  return character === "\\"
    ? "the command ends with a backslash; remove it"
    : `the command has a ${character} without its end; close it, or write \\${character}`;
}
