import type { CheckReport } from "../check-report.ts";
import type { ReportInput } from "../input.ts";
import { type Tool, toDocument } from "./document.ts";
import { nullForUndefined } from "./null-for-undefined.ts";

/** `-o json`: one object, two spaces, a newline at the end. */
export function renderJson(input: ReportInput | CheckReport, tool: Tool): string {
  return `${JSON.stringify(toDocument(input, tool), nullForUndefined, 2)}\n`;
}

/** The same on one line, for what is read line by line. */
export function renderJsonLine(input: ReportInput | CheckReport, tool: Tool): string {
  return `${JSON.stringify(toDocument(input, tool), nullForUndefined)}\n`;
}
