import { resolve } from "node:path";
import { bad, ok, type Parsed, quoteInput } from "../../target/parsed.ts";
import type { OutputTarget } from "../detect-output.ts";
import { UsageError, type ValueReader } from "./values.ts";

/** `junit` or `junit=report.xml`. */
function parseOutput<Format extends string>(
  text: string,
  formats: readonly Format[],
): Parsed<OutputTarget<Format>> {
  const [name = "", ...rest] = text.split("=");
  const format = formats.find((candidate) => candidate === name);
  if (format === undefined) return bad(`${quoteInput(name)} is none of ${formats.join(", ")}`);
  if (rest.length === 0) return ok({ format, file: undefined });
  const file = rest.join("=");
  if (file === "") return bad(`${quoteInput(text)} names no file after "="`);
  return ok({ format, file: STDOUT.test(file) ? undefined : file });
}

/** What else stdout is called: written to as a file, it would end what it already has. */
const STDOUT = /^(?:-|\/dev\/stdout|\/dev\/fd\/1|\/proc\/self\/fd\/1)$/;

const TEXT: OutputTarget<"text"> = { format: "text", file: undefined };

/**
 * What was asked for with -o. Stdout and each file take one format; annotations go well with text,
 * because the runner takes them out of it. Where all goes to files, stdout has the text.
 */
export function readOutputs<Format extends string>(
  values: ValueReader,
  formats: readonly (Format | "text")[],
): readonly OutputTarget<Format | "text">[] {
  const asked = values.all("output", (text) => parseOutput(text, formats));
  for (const [index, one] of asked.entries()) {
    const clash = asked.slice(index + 1).find((other) => areInEachOthersWay(one, other));
    if (clash === undefined) continue;
    const place = one.file === undefined ? "stdout" : quoteInput(one.file);
    throw new UsageError(
      `${values.nameOf("output")}: ${one.format} and ${clash.format} would both go to ${place}; send one elsewhere: ${clash.format}=FILE`,
    );
  }
  return asked.length > 0 && asked.every(({ file }) => file !== undefined)
    ? [TEXT, ...asked]
    : asked;
}

function areInEachOthersWay(one: OutputTarget<string>, other: OutputTarget<string>): boolean {
  if (one.file !== undefined && other.file !== undefined)
    return resolve(one.file) === resolve(other.file);
  if (one.file !== other.file) return false;
  const formats = [one.format, other.format];
  return !(formats.includes("text") && formats.includes("github"));
}
