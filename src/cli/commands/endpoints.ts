import { runChecks } from "../../checks/table.ts";
import { judge } from "../../checks/verdict.ts";
import { buildMap } from "../../map/build.ts";
import { probeCluster } from "../../probe/run.ts";
import type { ReportInput } from "../../report/input.ts";
import { createDeps } from "../../runtime.ts";
import { VERSION } from "../../version.ts";
import type { Io, RunCommand } from "../io.ts";
import { memoryGuard } from "../memory.ts";
import { readAwsTarget, readProbeRequest } from "../options/request.ts";
import { oneOf, type ValueReader } from "../options/values.ts";
import { startProgress } from "../progress.ts";
import { wantsProgress } from "../terminal.ts";

export const runEndpoints: RunCommand = async (values, _rest, io) => {
  const request = readProbeRequest(values, io.environment);
  const target = readAwsTarget(values);
  const output = values.one("output", oneOf(["text", "json"])) ?? "text";
  if (request.insecure) warnInsecure(io, request.insecureSendToken);

  const deps = createDeps(target, request.timeoutMs, VERSION);
  const progress = wantsProgress(io, values.has("quiet")) ? startProgress() : undefined;
  const guardMemory = memoryGuard();
  let loading: Promise<Render> | undefined;
  const snapshot = await probeCluster(request, deps, io.signal, (made) => {
    // The renderer is loaded while packets are under way, not after them.
    if (made.waitingFor === "probes") loading ??= loadRenderer(output);
    guardMemory(made.planned);
    progress?.show(made);
  });
  progress?.stop();
  const map = buildMap(snapshot);
  const findings = runChecks({ snapshot, map });
  const input: ReportInput = {
    snapshot,
    map,
    findings,
    verdict: judge({ snapshot, map }, findings),
  };
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
  const [{ renderText }, { themeFor }] = await Promise.all([
    import("../../report/text/report.ts"),
    import("../theme.ts"),
  ]);
  return (input, values, io) => {
    const options = {
      wide: values.has("wide"),
      verbose: values.has("verbose"),
      quiet: values.has("quiet"),
    };
    return renderText(input, options, themeFor(io, values.has("noColor")));
  };
}

function warnInsecure(io: Io, sendsToken: boolean): void {
  const token = sendsToken
    ? "and THE TOKEN IS SENT to servers that nothing vouches for"
    : "no token is sent to them";
  io.stderr.write(`eks-probe: warning: --insecure: certificates are not enforced; ${token}\n`);
}
