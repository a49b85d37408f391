import type { Evidence } from "./checks/check.ts";
import { runChecks } from "./checks/run.ts";
import { judge } from "./checks/verdict.ts";
import { investigate, vpcIdOf } from "./investigate/gather.ts";
import { planQuestions } from "./investigate/plan.ts";
import { buildMap } from "./map/build.ts";
import { type Expectations, NO_EXPECTATIONS } from "./model/expectations.ts";
import type { Deps } from "./model/ports.ts";
import type { ProbeRequest } from "./model/request.ts";
import type { Snapshot } from "./model/snapshot.ts";
import type { Progress } from "./probe/probe-endpoint.ts";
import { roundTimes } from "./probe/round-times.ts";
import { probeCluster } from "./probe/run.ts";
import { placeByInstance } from "./probe/vantage.ts";
import type { ReportInput } from "./report/input.ts";

export interface ExamineOptions {
  readonly expectations?: Expectations;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * One run, whole: probes, map and findings; and where something failed, or `deep` asks, the further
 * evidence that tells why, and the findings with it. Whoever reports anything calls this, so that
 * all commands agree.
 */
export async function examine(
  request: ProbeRequest,
  deps: Deps,
  signal: AbortSignal,
  { expectations = NO_EXPECTATIONS, onProgress }: ExamineOptions = {},
): Promise<ReportInput> {
  const startedMs = deps.clock.monotonicMs();
  const first = conclude(await probeCluster(request, deps, signal, onProgress), expectations);
  const questions = planQuestions(first);
  if (questions.size === 0 || signal.aborted) return first;
  onProgress?.({ waitingFor: "evidence", made: 0, planned: 0 });
  const investigation = await investigate(questions, first.snapshot, deps, signal);
  return conclude(
    {
      ...first.snapshot,
      investigation,
      vantage: placeByInstance(
        first.snapshot.vantage,
        investigation.instance,
        vpcIdOf(first.snapshot),
      ),
      interrupted: signal.aborted,
      durationMs: deps.clock.monotonicMs() - startedMs,
    },
    expectations,
  );
}

/** What a snapshot comes to: pure. */
export function conclude(
  made: Snapshot,
  expectations: Expectations = NO_EXPECTATIONS,
): ReportInput {
  const snapshot = roundTimes(made);
  const evidence: Evidence = { snapshot, map: buildMap(snapshot), expectations };
  const findings = runChecks(evidence);
  return { ...evidence, findings, verdict: judge(evidence, findings) };
}
