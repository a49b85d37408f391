import { gateExitCode } from "../../checks/gate.ts";
import { examine } from "../../examine.ts";
import type { CheckReport } from "../../report/check-report.ts";
import { readBaseline } from "../baseline.ts";
import { type CheckRender, loadCheckRenderer } from "../check-renderers.ts";
import { CHECK_FORMATS, type OutputPlan, planOutput } from "../detect-output.ts";
import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";
import { readJudgement } from "../judgement.ts";
import { memoryGuard } from "../memory.ts";
import { readOutputs } from "../options/outputs.ts";
import { checkOutputFiles } from "../output-files.ts";
import { startProgress } from "../progress.ts";
import { readRun, warnInsecure } from "../run-input.ts";
import { wantsProgress } from "../terminal.ts";
import { writeOutputs, writeStepSummary } from "../write-outputs.ts";

/** The run of `endpoints`, judged: what failed, why, and whether a pipeline may go on. */
export const runCheck: RunCommand = async (values, _rest, io) => {
  const plan = planOutput(readOutputs(values, CHECK_FORMATS), io.environment);
  const { values: completed, judge } = await readJudgement(values, io);
  const { request, deps } = await readRun(completed, io);
  const { expectations, failOn, baselinePath } = judge(request.cluster);
  const baseline = await readBaseline(baselinePath, request.cluster);
  await checkOutputFiles(plan.formats);
  warnInsecure(io, request);

  const progress = wantsProgress(io, values.has("quiet")) ? startProgress() : undefined;
  const guardMemory = memoryGuard();
  let loading: Promise<readonly CheckRender[]> | undefined;
  const input = await examine(request, deps, io.signal, {
    expectations,
    onProgress: (made) => {
      // The renderers are loaded while packets are under way, not after them.
      if (made.waitingFor === "probes") loading ??= loadRenderers(plan);
      guardMemory(made.planned);
      progress?.show(made);
    },
  });
  progress?.stop();
  const drift = await baseline?.compareWith(input);
  const exitCode = gateExitCode(input.verdict, input.findings, (drift?.changes.length ?? 0) > 0, {
    failOn,
    exitZero: values.has("exitZero"),
  });
  const report: CheckReport = { ...input, drift, gate: { exitCode, failOn } };
  const written = await writeOutputs(
    report,
    plan.formats,
    await (loading ?? loadRenderers(plan)),
    values,
    io,
  );
  await writeStepSummary(report, plan.stepSummaryPath, values, io);
  const isNagios = plan.formats.some(
    ({ format, file }) => format === "nagios" && file === undefined,
  );
  const code = isNagios ? await nagiosExitCodeOf(report) : exitCode;
  // What was found is worse than a report that is missing, and says more. To Nagios it is UNKNOWN.
  if (written || code !== EXIT.ok) return code;
  return isNagios ? EXIT.unknown : EXIT.usage;
};

/** A monitoring system reads stdout and the exit code together, each by its own rules. */
async function nagiosExitCodeOf(report: CheckReport): Promise<number> {
  const { nagiosExitCode } = await import("../../report/nagios/exit-code.ts");
  return nagiosExitCode(report);
}

function loadRenderers({ formats }: OutputPlan): Promise<readonly CheckRender[]> {
  return Promise.all(formats.map(({ format }) => loadCheckRenderer(format)));
}
