import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Workflows from "@actions/workflow-parser";
import type * as Actions from "@actions/workflow-parser/actions/action-parser";
import { rolldown } from "rolldown";

type Parser = Pick<typeof Workflows, "parseWorkflow" | "NoOperationTraceWriter"> &
  Pick<typeof Actions, "parseAction">;

const ENTRY = `export { parseWorkflow, NoOperationTraceWriter } from "@actions/workflow-parser";
export { parseAction } from "@actions/workflow-parser/actions/action-parser";`;

/** It imports JSON as bundlers do and Node does not, so a bundle of it is what is run. */
async function loadParser(): Promise<Parser> {
  const home = mkdtempSync(join(tmpdir(), "eks-probe-parser-"));
  try {
    const build = await rolldown({
      input: "entry",
      platform: "node",
      plugins: [
        {
          name: "entry",
          resolveId: (id) => (id === "entry" ? join(import.meta.dirname, "entry.js") : null),
          load: (id) => (id.endsWith("/support/entry.js") ? ENTRY : null),
        },
      ],
    });
    await build.write({ file: join(home, "parser.mjs"), format: "esm", codeSplitting: false });
    await build.close();
    return await import(/* @vite-ignore */ pathToFileURL(join(home, "parser.mjs")).href);
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** What GitHub's own parser has to say against an action.yml or a workflow. */
export async function gitHubProblems(): Promise<
  (kind: "action" | "workflow", content: string) => readonly string[]
> {
  const { parseAction, parseWorkflow, NoOperationTraceWriter } = await loadParser();
  return (kind, content) => {
    const file = { name: `${kind}.yml`, content };
    const trace = new NoOperationTraceWriter();
    const { context } = kind === "action" ? parseAction(file, trace) : parseWorkflow(file, trace);
    return context.errors.getErrors().map(({ message }) => message);
  };
}
