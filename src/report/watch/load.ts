import type { LatencyReport, LoadReport } from "../../model/watch/load.ts";
import { formatSpan } from "../times.ts";
import { counted, formatMs, formatShare } from "../words.ts";

/** What a load met, in lines that are neither wrapped nor made safe yet. */
export function loadLines(load: LoadReport): readonly string[] {
  const { plan, durationMs, sent, statuses, shed } = load;
  const counts = Object.entries(statuses).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    `GET ${plan.path} over ${plan.connections} connections, ${plan.rps} a second for ${formatSpan(durationMs)}: ${sent} sent`,
    ...(counts.length === 0
      ? []
      : [
          counts
            .map(([status, n]) => `${statusWords(status)} ${n} (${formatShare(n, sent)})`)
            .join(" · "),
        ]),
    ...(load.latency === undefined ? [] : [latencyWords(load.latency)]),
    ...failureLines(load),
    ...shed.map(
      ({ flowSchemaUid, priorityLevelUid, count }) =>
        `429 by flow schema ${flowSchemaUid}: ${count} (priority level ${priorityLevelUid})`,
    ),
    ...heldLines(load),
  ];
}

function statusWords(status: string): string {
  return status === "failed" ? "no answer" : status;
}

function failureLines({ failures }: LoadReport): readonly string[] {
  const counts = Object.entries(failures);
  if (counts.length === 0) return [];
  return [`failures: ${counts.map(([code, n]) => `${code} ${n}`).join(", ")}`];
}

/** What was due and was not sent: a load that was held back measured less than it seems. */
function heldLines({ held, underWay, backedOff }: LoadReport): readonly string[] {
  return [
    ...(held.busy > 0 ? [`${held.busy} not sent: too many were under way`] : []),
    ...(held.backingOff > 0 ? [`${held.backingOff} not sent: backing off`] : []),
    ...(held.late > 0 ? [`${held.late} not sent: this machine came too late for them`] : []),
    ...(underWay > 0 ? [`${underWay} cut off at the end`] : []),
    ...(backedOff.times > 0
      ? [`backed off ${counted(backedOff.times, "time")}, ${formatSpan(backedOff.totalMs)} in all`]
      : []),
  ];
}

/** `first byte p50 12ms · p90 …`; of answers that are not 429. */
function latencyWords(latency: LatencyReport): string {
  return `first byte after p50 ${quantiles(latency)}`;
}

function quantiles({ p50Ms, p90Ms, p99Ms, maxMs }: LatencyReport): string {
  return `${formatMs(p50Ms)} · p90 ${formatMs(p90Ms)} · p99 ${formatMs(p99Ms)} · max ${formatMs(maxMs)}`;
}
