import * as v from "valibot";
import { type Fact, known } from "../model/fact.ts";
import { readDocument } from "./reply.ts";

const ApiGroups = v.object({ kind: v.literal("APIGroupList"), groups: v.array(v.unknown()) });

/**
 * How large the answer to `GET /apis` was: 5 to 10 KB, several TCP segments, from a server that any
 * authenticated caller may ask. What it lists is of no use here; that it arrived whole is.
 */
export function readLargeAnswer(body: string): Fact<{ readonly bytes: number }> {
  const read = readDocument(body, ApiGroups, "the body of /apis");
  return read.kind === "known" ? known({ bytes: Buffer.byteLength(body) }) : read;
}
