import type { ExplainedCheck } from "../../explain/explanation.ts";
import { nearestCodes } from "../../explain/nearest.ts";
import { explainAll, explainCheck, isExplainedCode } from "../../explain/table.ts";
import { quoteInput } from "../../target/parsed.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io, RunCommand } from "../io.ts";
import { oneOf, UsageError, type ValueReader } from "../options/values.ts";

export const runExplain: RunCommand = async (values, rest, io) => {
  const output = values.one("output", oneOf(["text", "json", "markdown"])) ?? "text";
  const all = explainAll();
  const chosen = [...new Set(rest.map((text) => readCode(text, all)))].map(explainCheck);
  const checks = chosen.length > 0 ? chosen : all;
  switch (output) {
    case "json":
      io.stdout.write(`${JSON.stringify({ checks }, null, 2)}\n`);
      break;
    case "markdown": {
      const { checksDocument, explainedMarkdown } = await import(
        "../../report/explain-markdown.ts"
      );
      io.stdout.write(chosen.length > 0 ? explainedMarkdown(checks) : checksDocument(checks));
      break;
    }
    case "text":
      io.stdout.write(await asText(checks, chosen.length === 0, values, io));
      break;
  }
  return EXIT.ok;
};

async function asText(
  checks: readonly ExplainedCheck[],
  isList: boolean,
  values: ValueReader,
  io: Io,
): Promise<string> {
  const [{ renderExplained, renderExplainList }, { themeFor }] = await Promise.all([
    import("../../report/explain-text.ts"),
    import("../theme.ts"),
  ]);
  const theme = themeFor(io, values.has("noColor"));
  return isList ? renderExplainList(checks, theme) : renderExplained(checks, theme);
}

function readCode(text: string, all: readonly ExplainedCheck[]): ExplainedCheck["code"] {
  const code = text.trim().toUpperCase();
  if (isExplainedCode(code)) return code;
  const near = nearestCodes(text, all);
  const hint = near.length > 0 ? `did you mean ${near.join(", ")}? ` : "";
  throw new UsageError(
    `${quoteInput(text)} is no code of a check; ${hint}eks-probe explain lists them all`,
  );
}
