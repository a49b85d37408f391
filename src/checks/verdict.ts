import { counts, type Finding, type FindingStatus, type Verdict } from "../model/finding.ts";
import { count, type Evidence } from "./check.ts";

/**
 * One word and one exit code for a run. Where several apply: failed before could-not-tell before
 * warnings; an interrupted run is judged by nobody. Where no path was so much as tried, whatever else
 * is ignored, nothing is known to be well.
 */
export function judge(
  { snapshot, map }: Pick<Evidence, "snapshot" | "map">,
  findings: readonly Finding[],
): Verdict {
  const by = (status: FindingStatus): readonly Finding[] =>
    findings.filter((finding) => finding.status === status && counts(finding));
  const [failed, warnings] = [by("fail"), by("warn")];
  const unknown = by("unknown").filter(({ optional }) => !optional);
  const tried = map.paths.filter(
    ({ state, seen }) => state.kind !== "skipped" && (state.kind !== "unknown" || seen > 0),
  );
  const probed = new Set(tried.map(({ address }) => address)).size;
  const known = new Set(map.paths.map(({ address }) => address)).size;
  const numbers = [
    probed === known ? count(probed, "path") : `${probed} of ${count(known, "path")}`,
    count(map.apiServers.length, "API server"),
    `${failed.length} failed`,
    ...(unknown.length > 0 ? [`${unknown.length} unknown`] : []),
    count(warnings.length, "warning"),
  ].join(" · ");
  if (snapshot.interrupted)
    return { status: "interrupted", exitCode: 130, summary: `interrupted · ${numbers}` };
  if (failed.length > 0) return { status: "failed", exitCode: 1, summary: `failed · ${numbers}` };
  if (unknown.length > 0 || probed === 0)
    return { status: "unknown", exitCode: 3, summary: `could not tell · ${numbers}` };
  if (warnings.length > 0)
    return { status: "warning", exitCode: 0, summary: `warnings · ${numbers}` };
  return { status: "healthy", exitCode: 0, summary: `healthy · ${numbers}` };
}
