import { examine } from "../../examine.ts";
import type { ReportInput } from "../../report/input.ts";
import { VERSION } from "../../version.ts";
import { isReadForCommands } from "../detect-output.ts";
import type { Io, RunCommand } from "../io.ts";
import { readJudgement } from "../judgement.ts";
import { memoryGuard } from "../memory.ts";
import { oneOf, type ValueReader } from "../options/values.ts";
import { startProgress } from "../progress.ts";
import { readRun, warnInsecure } from "../run-input.ts";
import { wantsProgress } from "../terminal.ts";

export const runEndpoints: RunCommand = async (values, _rest, io) => {
  const { values: completed, judge } = await readJudgement(values, io);
  const { request, deps } = await readRun(completed, io);
  const { expectations } = judge(request.cluster);
  const output = values.one("output", oneOf(["text", "json"])) ?? "text";
  warnInsecure(io, request);

  const progress = wantsProgress(io, values.has("quiet")) ? startProgress() : undefined;
  const guardMemory = memoryGuard();
  let loading: Promise<Render> | undefined;
  const input = await examine(request, deps, io.signal, {
    expectations,
    onProgress: (made) => {
      // The renderer is loaded while packets are under way, not after them.
      if (made.waitingFor === "probes") loading ??= loadRenderer(output);
      guardMemory(made.planned);
      progress?.show(made);
    },
  });
  progress?.stop();
  const render = await (loading ?? loadRenderer(output));
  io.stdout.write(render(input, values, io));
  return input.verdict.exitCode;
};

type Render = (input: ReportInput, values: ValueReader, io: Io) => string;

async function loadRenderer(output: "text" | "json"): Promise<Render> {
  if (output === "json") {
    const { renderJson } = await import("../../report/json/render.ts");
    return (input) => renderJson(input, { name: "eks-probe", version: VERSION });
  }
  const [{ renderText }, { themeFor }, { withoutCommands }] = await Promise.all([
    import("../../report/text/report.ts"),
    import("../theme.ts"),
    import("../../report/github/command.ts"),
  ]);
  return (input, values, io) => {
    const options = {
      wide: values.has("wide"),
      verbose: values.has("verbose"),
      quiet: values.has("quiet"),
    };
    const text = renderText(input, options, themeFor(io, values.has("noColor")));
    return isReadForCommands(io.environment) ? withoutCommands(text) : text;
  };
}
