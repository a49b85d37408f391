import type { CheckReport } from "../report/check-report.ts";
import type { Theme } from "../report/theme.ts";
import { VERSION } from "../version.ts";
import type { CheckFormat } from "./detect-output.ts";

export type CheckRender = (report: CheckReport, text: TextChoice) => string;

/** What only text can be told: how much, and how to paint. */
export interface TextChoice {
  readonly short: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly theme: Theme;
  /** It goes to a log that is read for commands: nothing in it may be one. */
  readonly forLog: boolean;
}

const TOOL = { name: "eks-probe", version: VERSION };

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
  json: async () => {
    const { renderJson } = await import("../report/json/render.ts");
    return (report) => renderJson(report, TOOL);
  },
  junit: async () => {
    const { renderJunit } = await import("../report/junit/render.ts");
    return (report) => renderJunit(report, TOOL);
  },
  github: async () => {
    const { renderGithub } = await import("../report/github/render.ts");
    return (report) => renderGithub(report);
  },
  sarif: async () => {
    const [{ renderSarif }, { EXPLANATIONS }] = await Promise.all([
      import("../report/sarif/render.ts"),
      import("../explain/table.ts"),
    ]);
    return (report) => renderSarif(report, { tool: TOOL, explanations: EXPLANATIONS });
  },
  tap: async () => {
    const { renderTap } = await import("../report/tap/render.ts");
    return (report) => renderTap(report, TOOL);
  },
  markdown: async () => {
    const { renderMarkdown } = await import("../report/markdown/render.ts");
    return (report) => renderMarkdown(report);
  },
  nagios: async () => {
    const { renderNagios } = await import("../report/nagios/render.ts");
    return (report) => renderNagios(report);
  },
} as const satisfies Record<CheckFormat, () => Promise<CheckRender>>;

export function loadCheckRenderer(format: CheckFormat): Promise<CheckRender> {
  return RENDERERS[format]();
}
