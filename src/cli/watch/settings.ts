import type { LoadPlan } from "../../model/watch/load.ts";
import { parseDuration, parseDurationWithin } from "../../target/numbers.ts";
import { bad, ok, type Parsed, quoteInput } from "../../target/parsed.ts";
import { AWS_INTERVAL_MS, INTERVAL_MS } from "../../watch/pace/constants.ts";
import { nonEmpty, oneOf, UsageError, type ValueReader } from "../options/values.ts";

/** How to watch, read from the options. */
export interface WatchSettings {
  readonly intervalMs: number;
  /** Undefined: until it is stopped. */
  readonly forMs: number | undefined;
  readonly awsIntervalMs: number;
  readonly record: { readonly path: string; readonly resume: boolean } | undefined;
  readonly eventTimeoutMs: number;
  readonly load: LoadPlan | undefined;
  readonly output: "text" | "ndjson";
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly noColor: boolean;
}

const EVENT_TIMEOUT_MS = 30_000;

const parseInterval = parseDurationWithin("100ms", "10m", "500ms, 30s or 5m");
const parseFor = parseDurationWithin("1s", "30d", "90s, 30m, 2h or 1d");
const parseAwsInterval = parseDurationWithin("1s", "1h", "30s, 5m or 1h");

export function readWatchSettings(values: ValueReader): WatchSettings {
  const record = values.one("record", nonEmpty("file name"));
  return {
    intervalMs: values.one("interval", parseInterval) ?? INTERVAL_MS,
    forMs: values.one("for", parseFor),
    awsIntervalMs: values.one("awsInterval", parseAwsInterval) ?? AWS_INTERVAL_MS,
    record: record === undefined ? undefined : { path: record, resume: values.has("resume") },
    eventTimeoutMs: values.one("onEventTimeout", parseDuration) ?? EVENT_TIMEOUT_MS,
    load: readLoad(values),
    output: values.one("output", oneOf(["text", "ndjson"])) ?? "text",
    quiet: values.has("quiet"),
    verbose: values.has("verbose"),
    noColor: values.has("noColor"),
  };
}

/** More of a stranger's requests a second somebody else may feel. */
const UNASKED_RPS = 50;
const MOST_RPS = 1_000;

function readLoad(values: ValueReader): LoadPlan | undefined {
  const rps = values.one("load", parseRps);
  const path = values.one("loadPath", parseLoadPath) ?? "/version";
  const connections = values.one("loadConnections", oneOf(["fresh", "kept"])) ?? "fresh";
  if (rps === undefined) return undefined;
  if (rps > UNASKED_RPS && !values.has("yes")) {
    throw new UsageError(
      `${values.nameOf("load")}: ${rps} requests a second may be felt by others; give --yes to send more than ${UNASKED_RPS}`,
    );
  }
  return { rps, path, connections };
}

function parseRps(text: string): Parsed<number> {
  const rps = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return rps >= 1 && rps <= MOST_RPS
    ? ok(rps)
    : bad(`${quoteInput(text)} is not a number of requests a second between 1 and ${MOST_RPS}`);
}

/** No query, no escapes, nothing that a proxy may read in another way than the server. */
const SEGMENTS = /^(?:\/[\w~:@!$&'()*+,;=.-]+)+\/?$|^\/$/;

function parseLoadPath(text: string): Parsed<string> {
  const isPlain =
    text.length <= 500 &&
    SEGMENTS.test(text) &&
    !text.split("/").some((segment) => segment === "." || segment === "..");
  return isPlain
    ? ok(text)
    : bad(`${quoteInput(text)} is not a plain path; write /version or /api/v1/namespaces`);
}
