import type { NodeReport } from "../../model/node/report.ts";
import type { Tool } from "../json/document.ts";
import { nullForUndefined } from "../json/null-for-undefined.ts";
import { toNodeDocument } from "./to-document.ts";

/** `node -o json`: one object, two spaces, a newline at the end. */
export function renderNodeJson(report: NodeReport, tool: Tool): string {
  return `${JSON.stringify(toNodeDocument(report, tool), nullForUndefined, 2)}\n`;
}
