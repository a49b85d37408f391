import type { WatchEvent } from "../../model/watch/event.ts";
import type { RecordHeader } from "../../model/watch/record.ts";
import type { WatchSummary } from "../../model/watch/summary.ts";
import { nullForUndefined } from "../json/null-for-undefined.ts";
import { type KnownState, namingResolvers, watchedPaths } from "./paths.ts";

/** Raised by one when a field is removed or changes its meaning; new fields do not raise it. */
export const WATCH_SCHEMA_VERSION = 1;

/**
 * The first line of `-o ndjson`: what is watched, as the first round has it. Every line is one JSON
 * object with its `type` first, and a newline; what is not known is null.
 */
export function startLine(header: RecordHeader, state: KnownState): string {
  const { tool, startedAt, cluster, region, endpointHost, from, intervalMs, simulated } = header;
  return line({
    type: "start",
    schemaVersion: WATCH_SCHEMA_VERSION,
    tool,
    startedAt,
    cluster,
    region,
    endpointHost,
    from,
    intervalMs,
    simulated,
    watching: watchingDocument(state),
  });
}

function watchingDocument(state: KnownState): unknown {
  const { enis, servers, lists, sources } = state;
  return {
    paths: watchedPaths(state).map(({ address, kind, state: path, leadsTo, dropped }) => ({
      address,
      kind,
      state: path,
      servers: leadsTo,
      dropped,
    })),
    enis:
      enis.listed === undefined
        ? undefined
        : Object.values(enis.listed).map(({ id, privateIp }) => ({ id, privateIp })),
    resolvers: namingResolvers(state),
    serviceEndpoints: lists.serviceIps,
    liveLeases: servers.liveLeases,
    blind: Object.entries(sources.blind).map(([source, reason]) => ({ source, reason })),
  };
}

/** One event; also what the command of --on-event reads from its stdin. */
export function eventLine(event: WatchEvent, cluster: string): string {
  return line({ type: "event", cluster, ...eventDocument(event) });
}

export function summaryLine(summary: WatchSummary): string {
  return line({ type: "summary", ...summary });
}

/** An event as every JSON of a watch has it: each property always there. */
export function eventDocument(event: WatchEvent): object {
  const { seq, kind, severity, at, after, reportedAt, subject, what, was, is, evidence } = event;
  const { outage, drain, during } = event;
  return {
    seq,
    kind,
    severity,
    at,
    after,
    reportedAt,
    subject,
    what,
    was,
    is,
    evidence,
    outage,
    drain,
    during,
  };
}

function line(value: object): string {
  return `${JSON.stringify(value, nullForUndefined)}\n`;
}
