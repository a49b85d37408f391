import type { OptionSpec } from "../spec.ts";
import { PROBE_OPTIONS } from "./probe.ts";
import { NO_COLOR, OUTPUT } from "./shared.ts";

/** What only one look at a cluster can be asked for. */
const ONE_RUN: ReadonlySet<string> = new Set([
  "samples",
  "interval",
  "untilSure",
  "compareReuse",
  "deep",
  "egressIp",
  "egressService",
  "metadata",
]);

export const WATCH_OPTIONS: readonly OptionSpec[] = [
  ...PROBE_OPTIONS.filter(({ key }) => !ONE_RUN.has(key)),
  {
    flags: "--interval <duration>",
    key: "interval",
    env: "EKS_PROBE_WATCH_INTERVAL",
    kind: "value",
    help: "from round to round: 500ms, 30s, 5m (default: 10s)",
  },
  {
    flags: "--for <duration>",
    key: "for",
    env: "EKS_PROBE_FOR",
    kind: "value",
    help: "how long: 90s, 30m, 2h, 1d (default: until Ctrl-C or SIGTERM)",
  },
  {
    flags: "--aws-interval <duration>",
    key: "awsInterval",
    env: "EKS_PROBE_AWS_INTERVAL",
    kind: "value",
    help: "EC2 is asked at most so often, EKS half as often, for updates a tenth (default: 30s)",
  },
  {
    flags: "--record <file>",
    key: "record",
    env: "EKS_PROBE_RECORD",
    kind: "value",
    help: "write every round to a new file, to be replayed or gone on with",
  },
  {
    flags: "--resume",
    key: "resume",
    env: "EKS_PROBE_RESUME",
    kind: "switch",
    help: "go on with the file of --record where it ends",
    needs: "record",
  },
  {
    flags: "--on-event <command>",
    key: "onEvent",
    env: "EKS_PROBE_ON_EVENT",
    kind: "value",
    help: "run this for each event, one at a time, with the event as JSON on stdin; words and quotes, no shell",
  },
  {
    flags: "--on-event-timeout <duration>",
    key: "onEventTimeout",
    env: "EKS_PROBE_ON_EVENT_TIMEOUT",
    kind: "value",
    help: "it is ended when it takes longer (default: 30s)",
    needs: "onEvent",
  },
  {
    flags: "--load <rps>",
    key: "load",
    env: "EKS_PROBE_LOAD",
    kind: "value",
    help: "also send so many GET requests a second to the endpoint's addresses, and tell how they fare; more than 50 need --yes, 1000 are the most",
    needs: "for",
  },
  {
    flags: "--load-path <path>",
    key: "loadPath",
    env: "EKS_PROBE_LOAD_PATH",
    kind: "value",
    help: "what the load asks for (default: /version)",
    needs: "load",
  },
  {
    flags: "--load-connections <kind>",
    key: "loadConnections",
    env: "EKS_PROBE_LOAD_CONNECTIONS",
    kind: "value",
    help: "fresh: one for each request; kept: some for all (default: fresh)",
    needs: "load",
  },
  {
    flags: "--yes",
    key: "yes",
    env: "EKS_PROBE_YES",
    kind: "switch",
    help: "a load of more than 50 requests a second is meant",
    needs: "load",
  },
  { ...OUTPUT, help: "text or ndjson (default: text)" },
  {
    flags: "-q, --quiet",
    key: "quiet",
    env: "EKS_PROBE_QUIET",
    kind: "switch",
    help: "the summary only",
    excludes: ["verbose"],
  },
  {
    flags: "-v, --verbose",
    key: "verbose",
    env: "EKS_PROBE_VERBOSE",
    kind: "switch",
    help: "the evidence of every event",
  },
  NO_COLOR,
];
