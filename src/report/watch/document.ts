import type { WatchEvent } from "../../model/watch/event.ts";
import type { RecordHeader } from "../../model/watch/record.ts";
import type { WatchSummary } from "../../model/watch/summary.ts";
import { nullForUndefined } from "../json/null-for-undefined.ts";
import { eventDocument, WATCH_SCHEMA_VERSION } from "./ndjson.ts";

/** A watch as a whole, told from its record. */
export interface WatchStory {
  readonly header: RecordHeader;
  readonly events: readonly WatchEvent[];
  /** Undefined of a record without a round. */
  readonly summary: WatchSummary | undefined;
}

/** `-o json` of a record: one object, two spaces, a newline at the end. */
export function renderWatchJson({ header, events, summary }: WatchStory): string {
  const { tool, startedAt, cluster, region, endpointHost, from, intervalMs, simulated } = header;
  const document = {
    schemaVersion: WATCH_SCHEMA_VERSION,
    header: {
      tool,
      startedAt,
      cluster,
      region,
      endpointHost,
      from,
      intervalMs,
      simulated,
    },
    events: events.map(eventDocument),
    summary,
  };
  return `${JSON.stringify(document, nullForUndefined, 2)}\n`;
}
