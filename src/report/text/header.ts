import { valueOf } from "../../model/fact.ts";
import type { ControlPlaneMap } from "../../model/map.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import type { ReportInput } from "../input.ts";
import type { Theme } from "../theme.ts";
import { formatMs, wrap } from "../words.ts";

/** Who, where, from where; the endpoint as EKS spells it. */
export function drawHeader(
  snapshot: Snapshot,
  map: ControlPlaneMap,
  theme: Theme,
): readonly string[] {
  const cluster = valueOf(snapshot.cluster);
  const parts = [
    cluster?.name ?? snapshot.request.cluster,
    ...(cluster?.region === undefined ? [] : [cluster.region]),
    ...(cluster
      ? [map.mode === "unknown" ? "endpoint access unknown" : `${map.mode} endpoint`]
      : []),
    vantageWords(snapshot),
    formatMs(snapshot.durationMs),
  ];
  const [first = "", ...rest] = wrap(parts.join(" · "), theme.width, " · ").flatMap((line) =>
    line.length > theme.width ? wrap(line, theme.width) : [line],
  );
  return [
    theme.bold(first),
    ...rest,
    ...(cluster?.endpoint ? [theme.dim(hostAsGiven(cluster.endpoint.url))] : []),
    ...(snapshot.request.simulated ? [theme.warn("simulated: made in the lab, not on AWS")] : []),
  ];
}

/** The host as EKS spells it, upper case and all, so that it can be compared and copied. */
function hostAsGiven(url: string): string {
  return url.replace(/^https:\/\//, "").replace(/[/:].*$/, "");
}

function vantageWords({ vantage }: Snapshot): string {
  const from = vantage.sourceIps.length > 0 ? vantage.sourceIps : vantage.localIps;
  const where = from.slice(0, 2).join(", ") || vantage.hostname;
  const place = {
    yes: "inside the cluster VPC",
    no: "outside the cluster VPC",
    unknown: "inside the VPC or not: unknown",
  };
  return `from ${where} (${place[vantage.insideVpc]})`;
}

/** The last line of every report; a run that is fine but not as its baseline has drifted. */
export function verdictLine(
  { verdict }: Pick<ReportInput, "verdict">,
  theme: Theme,
  drift?: string,
): string {
  const paint = {
    healthy: theme.good,
    warning: theme.warn,
    failed: theme.bad,
    unknown: theme.warn,
    interrupted: theme.warn,
  }[verdict.status];
  const [word = "", ...numbers] = verdict.summary.split(" · ");
  if (drift === undefined) return [theme.bold(paint(word)), ...numbers].join(" · ");
  const isOtherwiseGood = verdict.status === "healthy" || verdict.status === "warning";
  const head = isOtherwiseGood ? theme.bold(theme.warn("drifted")) : theme.bold(paint(word));
  return [head, ...numbers, drift].join(" · ");
}
