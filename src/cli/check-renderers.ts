import type { CheckReport } from "../report/check-report.ts";
import type { Tool } from "../report/json/document.ts";
import type { Theme } from "../report/theme.ts";
import { VERSION } from "../version.ts";
import type { CheckFormat } from "./detect-output.ts";

export type CheckRender = (report: CheckReport, text: TextChoice) => string;

type LoadRender = (tool: Tool) => Promise<CheckRender>;

/** What only text can be told: how much, and how to paint. */
export interface TextChoice {
  readonly short: boolean;
  readonly wide: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly theme: Theme;
  /** It goes to a log that is read for commands: nothing in it may be one. */
  readonly forLog: boolean;
}

export const THIS_TOOL: Tool = { name: "eks-probe", version: VERSION };

/** One renderer a format, each loaded when it is wanted. */
const RENDERERS = {
  text: async () => {
    const [{ renderCheckText }, { withoutCommands }] = await Promise.all([
      import("../report/text/check.ts"),
      import("../report/github/command.ts"),
    ]);
    return (report, { theme, forLog, ...options }) => {
      const text = renderCheckText(report, options, theme);
      return forLog ? withoutCommands(text) : text;
    };
  },
  json: async (tool) => {
    const { renderJson } = await import("../report/json/render.ts");
    return (report) => renderJson(report, tool);
  },
  junit: async (tool) => {
    const { renderJunit } = await import("../report/junit/render.ts");
    return (report) => renderJunit(report, tool);
  },
  github: async () => {
    const { renderGithub } = await import("../report/github/render.ts");
    return (report) => renderGithub(report);
  },
  sarif: async (tool) => {
    const [{ renderSarif }, { EXPLANATIONS }] = await Promise.all([
      import("../report/sarif/render.ts"),
      import("../explain/table.ts"),
    ]);
    return (report) => renderSarif(report, { tool, explanations: EXPLANATIONS });
  },
  tap: async (tool) => {
    const { renderTap } = await import("../report/tap/render.ts");
    return (report) => renderTap(report, tool);
  },
  markdown: async () => {
    const { renderMarkdown } = await import("../report/markdown/render.ts");
    return (report) => renderMarkdown(report);
  },
  nagios: async () => {
    const { renderNagios } = await import("../report/nagios/render.ts");
    return (report) => renderNagios(report);
  },
} as const satisfies Record<CheckFormat, LoadRender>;

/** `tool`: what made the run. */
export function loadCheckRenderer(
  format: CheckFormat,
  tool: Tool = THIS_TOOL,
): Promise<CheckRender> {
  const load: LoadRender = RENDERERS[format];
  return load(tool);
}
