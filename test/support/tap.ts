import { type FinalResults, Parser } from "tap-parser";

/** What a consumer of TAP makes of it; strict: a line that is no TAP is a failure. */
export function readTap(text: string): FinalResults {
  const parser = new Parser({ strict: true });
  let results: FinalResults | undefined;
  parser.on("complete", (done: FinalResults) => {
    results = done;
  });
  parser.end(text);
  if (results === undefined) throw new Error("the parser did not come to an end");
  return results;
}
