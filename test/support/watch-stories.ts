import type { Drain, Outage, WatchEvent } from "../../src/model/watch/event.ts";
import type { LoadReport } from "../../src/model/watch/load.ts";
import type { RecordHeader } from "../../src/model/watch/record.ts";
import type { WatchSummary } from "../../src/model/watch/summary.ts";
import type { KnownState } from "../../src/report/watch/paths.ts";

const ONE = "ip-172-16-57-254.ap-northeast-2.compute.internal";
const TWO = "ip-172-16-173-248.ap-northeast-2.compute.internal";
const THREE = "ip-172-16-88-9.ap-northeast-2.compute.internal";

export const HEADER: RecordHeader = {
  kind: "header",
  recordVersion: 1,
  tool: { name: "eks-probe", version: "0.1.0" },
  startedAt: "2026-11-25T15:41:30.000Z",
  cluster: "gonz-eks-pub",
  region: "ap-northeast-2",
  endpointHost: "abc.yl4.ap-northeast-2.eks.amazonaws.com",
  from: "worker",
  intervalMs: 10_000,
  simulated: false,
};

/** Two VIPs and two ENIs, one of them without an answer, after the first round. */
export const STATE: KnownState = {
  n: 1,
  at: "2026-11-25T15:41:31.000Z",
  seq: 0,
  dns: {
    named: {
      "43.200.53.253": { resolvers: ["10.0.0.2", "system lookup"] },
      "52.79.39.107": { resolvers: ["10.0.0.2"] },
    },
  },
  enis: {
    listed: {
      "eni-0a": { id: "eni-0a", privateIp: "10.0.20.41" },
      "eni-0b": { id: "eni-0b", privateIp: "10.0.95.229" },
    },
  },
  addresses: {
    byId: {
      "10.0.20.41:443": { leadsTo: [ONE], path: "up", dropped: false },
      "10.0.95.229:443": { leadsTo: [], path: "never-up", dropped: false },
      "43.200.53.253:443": { leadsTo: [ONE, TWO], path: "up", dropped: false },
      "52.79.39.107:443": { leadsTo: [TWO], path: "down", dropped: false },
    },
  },
  lists: { serviceIps: ["10.0.20.41", "10.0.95.229"] },
  servers: { liveLeases: 2 },
  sources: {
    blind: {
      updates: "eks:ListUpdates was denied (AccessDeniedException); allow it to see updates",
    },
  },
  tally: { from: "2026-11-25T15:41:31.000Z" },
};

/** Nothing but a cluster's name. */
export const EMPTY_STATE: KnownState = {
  n: 1,
  at: "2026-11-25T15:41:31.000Z",
  seq: 0,
  dns: { named: {} },
  enis: { listed: undefined },
  addresses: { byId: {} },
  lists: { serviceIps: undefined },
  servers: { liveLeases: undefined },
  sources: { blind: {} },
  tally: { from: undefined },
};

export const OUTAGE: Outage = {
  startedAt: "2026-11-25T15:41:31.000Z",
  endedAt: "2026-11-25T15:42:13.400Z",
  durationMs: 42_400,
  attempts: 5,
  firstError: "no TCP connection to 52.79.39.107:443 (ECONNREFUSED)",
  lastError: "no TCP connection to 52.79.39.107:443 within 5 s",
};

export const DRAIN: Drain = {
  droppedFromDnsAt: "2026-11-25T23:58:00.000Z",
  droppedFromEc2At: "2026-11-26T00:00:20.000Z",
  fresh: {
    last200At: "2026-11-25T23:59:50.000Z",
    first401At: undefined,
    firstResetAt: undefined,
    firstTimeoutAt: "2026-11-26T00:00:00.000Z",
  },
  kept: {
    last200At: "2026-11-25T23:59:40.000Z",
    first401At: "2026-11-25T23:59:45.000Z",
    firstResetAt: "2026-11-26T00:00:10.000Z",
    firstTimeoutAt: undefined,
  },
  deadAt: "2026-11-26T00:00:30.000Z",
  answeredForMs: 110_000,
};

export function event(more: Partial<WatchEvent> = {}): WatchEvent {
  return {
    seq: 1,
    kind: "path-moved",
    severity: "info",
    at: "2026-11-25T15:41:31.000Z",
    after: "2026-11-25T15:41:21.000Z",
    reportedAt: "2026-11-25T15:41:31.000Z",
    subject: { address: "10.0.20.41:443" },
    what: `10.0.20.41:443 leads to ${THREE}`,
    was: ONE,
    is: THREE,
    evidence: [
      "8 of 8 fresh connections met it",
      "its certificate names it and was issued 2026-11-25 15:39:02Z",
    ],
    ...more,
  };
}

export const MOVED: WatchEvent = event({
  during: { updateId: "1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d", type: "VersionUpdate" },
});

export const DOWN: WatchEvent = event({
  seq: 2,
  kind: "path-down",
  severity: "bad",
  subject: { address: "52.79.39.107:443" },
  what: "52.79.39.107:443 is down",
  was: undefined,
  is: undefined,
  reportedAt: "2026-11-25T15:41:41.000Z",
  evidence: [],
  outage: { ...OUTAGE, endedAt: undefined, durationMs: undefined, attempts: 2 },
});

export const UP: WatchEvent = event({
  seq: 3,
  kind: "path-up",
  severity: "good",
  at: "2026-11-25T15:42:13.400Z",
  after: "2026-11-25T15:42:03.000Z",
  reportedAt: "2026-11-25T15:42:23.000Z",
  subject: { address: "52.79.39.107:443" },
  what: "52.79.39.107:443 is up again after 42s",
  was: undefined,
  is: undefined,
  evidence: [],
  outage: OUTAGE,
});

export const DEAD: WatchEvent = event({
  seq: 4,
  kind: "address-dead",
  severity: "info",
  at: "2026-11-26T00:00:30.000Z",
  after: "2026-11-26T00:00:20.000Z",
  reportedAt: "2026-11-26T00:00:30.000Z",
  subject: { address: "10.0.95.229:443" },
  what: "10.0.95.229:443 is dead",
  was: undefined,
  is: undefined,
  evidence: [],
  drain: DRAIN,
});

export const LOAD: LoadReport = {
  plan: { rps: 50, path: "/version", connections: "fresh" },
  durationMs: 120_000,
  sent: 5_980,
  held: { busy: 12, backingOff: 8, late: 1 },
  underWay: 2,
  statuses: { "200": 5_900, "429": 70, failed: 8 },
  failures: { "tcp-timeout": 8 },
  latency: { count: 5_900, p50Ms: 11.8, p90Ms: 24, p99Ms: 131, maxMs: 1_240 },
  byAddress: [
    {
      address: "43.200.53.253:443",
      sent: 2_990,
      answered: 2_990,
      latency: { count: 2_990, p50Ms: 11.2, p90Ms: 22, p99Ms: 101, maxMs: 800 },
    },
    { address: "52.79.39.107:443", sent: 2_990, answered: 0, latency: undefined },
  ],
  shed: [{ flowSchemaUid: "fs-uid", priorityLevelUid: "pl-uid", count: 70 }],
  backedOff: { times: 2, totalMs: 4_000 },
};

export const SUMMARY: WatchSummary = {
  cluster: "gonz-eks-pub",
  from: "2026-11-25T15:41:31.000Z",
  until: "2026-11-26T00:41:41.000Z",
  samples: 3_240,
  end: "time",
  events: { "path-up": 1, "path-down": 1, "address-dead": 1, "path-moved": 1 },
  paths: [
    { address: "43.200.53.253:443", attempts: 3_248, answered: 3_248, state: "up", server: ONE },
    { address: "52.79.39.107:443", attempts: 3_253, answered: 3_248, state: "up", server: TWO },
    { address: "10.0.20.41:443", attempts: 3_248, answered: 3_246, state: "down", server: THREE },
    { address: "10.0.95.229:443", attempts: 40, answered: 33, state: "dead", server: TWO },
    { address: "10.0.95.230:443", attempts: 8, answered: 0, state: "never-up", server: undefined },
  ],
  outages: [
    { ...OUTAGE, address: "52.79.39.107:443" },
    {
      ...OUTAGE,
      address: "10.0.20.41:443",
      startedAt: "2026-11-26T00:41:31.000Z",
      endedAt: undefined,
      durationMs: undefined,
      attempts: 2,
    },
  ],
  drains: [{ ...DRAIN, address: "10.0.95.229:443" }],
  omitted: 0,
  blind: ["updates: eks:ListUpdates was denied (AccessDeniedException)"],
  serversAtStart: [ONE, TWO],
  serversAtEnd: [TWO, THREE],
  enisAtStart: ["eni-0a", "eni-0b"],
  enisAtEnd: ["eni-0a", "eni-0b"],
  liveLeasesAtStart: 2,
  liveLeasesAtEnd: 3,
  load: undefined,
};
