import { count } from "../../checks/check.ts";
import type { FindingStatus, Verdict } from "../../model/finding.ts";
import type { NodeFinding, NodeReport } from "../../model/node/report.ts";
import { NODE_CHECKS } from "./table.ts";

/**
 * One word and one exit code for a worker: 0 healthy or only warnings, 1 failed, 3 could not tell.
 * A failure comes before not knowing, that before warnings; an interrupted run is judged by nobody.
 * Where no check that counts had anything to judge, as on a machine that is no worker, nothing is
 * known to be well.
 */
export function judgeNode(
  { flows, controlPlane }: Pick<NodeReport, "flows" | "controlPlane">,
  findings: readonly NodeFinding[],
  interrupted: boolean,
): Verdict {
  const by = (wanted: FindingStatus): readonly NodeFinding[] =>
    findings.filter(({ status }) => status === wanted);
  const [failed, warnings] = [by("fail").length, by("warn").length];
  const unknown = by("unknown").filter(isNeeded).length;
  const judged = findings.some((finding) => finding.status !== "skip" && isNeeded(finding));
  const inbound = flows.filter(({ direction }) => direction === "from-control-plane");
  const fromEnis = inbound.filter(({ address }) => address?.kind === "eni").length;
  const numbers = [
    `${count(flows.length - inbound.length, "connection")} to the control plane`,
    // Whoever collects metrics comes in there, too.
    controlPlane.enis.kind === "known" || inbound.length === 0
      ? `${fromEnis} from it`
      : `${inbound.length} to kubelet's port`,
    `${failed} failed`,
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    count(warnings, "warning"),
  ].join(" · ");
  if (interrupted)
    return { status: "interrupted", exitCode: 130, summary: `interrupted · ${numbers}` };
  if (failed > 0) return { status: "failed", exitCode: 1, summary: `failed · ${numbers}` };
  if (unknown > 0 || !judged)
    return { status: "unknown", exitCode: 3, summary: `could not tell · ${numbers}` };
  if (warnings > 0) return { status: "warning", exitCode: 0, summary: `warnings · ${numbers}` };
  return { status: "healthy", exitCode: 0, summary: `healthy · ${numbers}` };
}

function isNeeded({ code }: NodeFinding): boolean {
  return NODE_CHECKS[code].optional !== true;
}
