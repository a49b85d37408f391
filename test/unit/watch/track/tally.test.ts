import { describe, expect, test } from "vitest";
import type { Drain, Outage, WatchEvent } from "../../../../src/model/watch/event.ts";
import type { ProbeSeen, WatchSample } from "../../../../src/model/watch/sample.ts";
import { KEPT_FOR_SUMMARY } from "../../../../src/watch/constants.ts";
import type { AddressState } from "../../../../src/watch/track/paths/addresses.ts";
import { NO_PATH } from "../../../../src/watch/track/paths/paths.ts";
import { type SummaryView, summarize } from "../../../../src/watch/track/summarize.ts";
import {
  MAX_TALLIED_PATHS,
  NO_TALLY,
  type Tally,
  type TallyView,
  tally,
} from "../../../../src/watch/track/tally.ts";
import { NOTHING_SEEN } from "../../../../src/watch/track/track.ts";
import { typicalRound } from "../../../support/typical-rounds.ts";

const A = "10.0.20.41:443";
const B = "10.0.95.229:443";

function timeOf(n: number): string {
  return typicalRound(n).sample.at;
}

function probe(address: string, isAnswered = true): ProbeSeen {
  const [one] = typicalRound(1).sample.probes;
  if (one === undefined) throw new Error("no probe");
  const failure = {
    code: "tcp-timeout",
    phase: "tcp",
    side: "network",
    message: "no answer",
  } as const;
  return isAnswered
    ? { ...one, address }
    : { ...one, address, status: undefined, server: undefined, failure };
}

const NEW: Pick<AddressState, "leadsTo" | "path" | "fresh"> = {
  leadsTo: [],
  path: "up",
  fresh: NO_PATH,
};

function round(n: number, ...probes: readonly ProbeSeen[]): WatchSample {
  return { ...typicalRound(n).sample, probes };
}

function view(
  paths: Readonly<Record<string, AddressState["path"]>>,
  more: Partial<TallyView> = {},
): TallyView {
  const byId = Object.fromEntries(
    Object.entries(paths).map(([id, path]) => [id, { leadsTo: [], path }]),
  );
  return {
    addresses: { byId },
    enis: { listed: undefined },
    servers: { byHost: {}, liveLeases: undefined },
    ...more,
  };
}

function event(
  kind: WatchEvent["kind"],
  address: string,
  more: Partial<WatchEvent> = {},
): WatchEvent {
  return {
    seq: 1,
    kind,
    severity: "info",
    at: timeOf(1),
    after: undefined,
    reportedAt: timeOf(1),
    subject: { address },
    what: kind,
    was: undefined,
    is: undefined,
    evidence: [],
    ...more,
  };
}

function outage(start: number, end?: number): Outage {
  return {
    startedAt: timeOf(start),
    endedAt: end === undefined ? undefined : timeOf(end),
    durationMs: end === undefined ? undefined : (end - start) * 10_000,
    attempts: 2,
    firstError: "no answer",
    lastError: "no answer",
  };
}

const down = (address: string, start: number) =>
  event("path-down", address, { outage: outage(start) });
const up = (address: string, start: number, end: number) =>
  event("path-up", address, { outage: outage(start, end) });

function drain(deadAt: string | undefined): Drain {
  const side = {
    last200At: timeOf(1),
    first401At: undefined,
    firstResetAt: undefined,
    firstTimeoutAt: undefined,
  };
  return {
    droppedFromDnsAt: timeOf(1),
    droppedFromEc2At: undefined,
    fresh: side,
    kept: side,
    deadAt,
    answeredForMs: 0,
  };
}

const dead = (address: string, at: string | undefined) =>
  event("address-dead", address, { drain: drain(at) });

function summaryOf(counted: Tally, more: Partial<SummaryView> = {}) {
  return summarize({ ...NOTHING_SEEN, tally: counted, at: timeOf(9), ...more }, "c", "time");
}

function idOf(n: number): string {
  return `10.1.${n >> 8}.${n & 255}:443`;
}

function met(liveLeases: number | undefined, ...hosts: readonly string[]): TallyView["servers"] {
  return { byHost: Object.fromEntries(hosts.map((host) => [host, {}])), liveLeases };
}

describe("a path", () => {
  test("counts its fresh connections, those that failed as well, and keeps the server it last led to", () => {
    let counted = tally(NO_TALLY, round(1, probe(A), probe(A), probe(B, false)), [], {
      ...view({ [A]: "up", [B]: "never-up" }),
    });
    counted = tally(counted, round(2, probe(A, false)), [], view({ [A]: "up", [B]: "never-up" }));
    expect(summaryOf(counted)?.paths).toEqual([
      {
        address: A,
        attempts: 3,
        answered: 2,
        state: "up",
        server: "ip-172-16-57-254.ap-northeast-2.compute.internal",
      },
      { address: B, attempts: 1, answered: 0, state: "never-up", server: undefined },
    ]);
  });

  test("is answered by a refusal, as every anonymous caller gets it, and not by a server's own error", () => {
    const failure = {
      code: "http-status",
      phase: "http",
      side: "server",
      message: "no 200",
    } as const;
    const probes = [403, 401, 503].map((status) => ({ ...probe(A), status, failure }));
    const counted = tally(NO_TALLY, round(1, ...probes), [], view({ [A]: "up" }));
    expect(summaryOf(counted)?.paths).toMatchObject([{ attempts: 3, answered: 2 }]);
  });

  test("that is followed no more is dead, but not one that was given up while it answered", () => {
    let counted = tally(NO_TALLY, round(1, probe(A), probe(B)), [], view({ [A]: "up", [B]: "up" }));
    const events = [dead(A, timeOf(2)), dead(B, undefined)];
    counted = tally(counted, round(2, probe(A, false), probe(B)), events, view({}));
    counted = tally(counted, round(3), [], view({}));
    expect(summaryOf(counted)?.paths).toMatchObject([
      { address: A, state: "dead" },
      { address: B, state: "up" },
    ]);
  });

  test("that is dead lives again when its address is named anew", () => {
    let counted = tally(NO_TALLY, round(1, probe(A)), [], view({ [A]: "up" }));
    counted = tally(counted, round(2), [dead(A, timeOf(2))], view({}));
    counted = tally(counted, round(3, probe(A)), [], view({ [A]: "up" }));
    expect(summaryOf(counted)?.paths).toMatchObject([{ attempts: 2, state: "up" }]);
  });

  test("stands in the order of the addresses, by number and not by letter", () => {
    const ids = ["[fd00::1]:443", "10.0.100.1:443", "10.0.20.1:6443", "10.0.20.1:443"];
    const counted = tally(
      NO_TALLY,
      round(1, ...ids.map((id) => probe(id))),
      [],
      view(Object.fromEntries(ids.map((id) => [id, "up"]))),
    );
    expect(summaryOf(counted)?.paths.map(({ address }) => address)).toEqual([
      "10.0.20.1:443",
      "10.0.20.1:6443",
      "10.0.100.1:443",
      "[fd00::1]:443",
    ]);
  });
});

test("of more paths than can be told, those that ended longest ago are one number; live ones stay", () => {
  let counted = tally(NO_TALLY, round(1, probe(A)), [], view({ [A]: "up" }));
  for (let n = 0; n < MAX_TALLIED_PATHS + 49; n += 1) {
    counted = tally(
      counted,
      round(2 + n, probe(idOf(n)), probe(idOf(n), false)),
      [],
      view({ [A]: "up", [idOf(n)]: "up" }),
    );
  }
  const summary = summaryOf(counted);
  expect(summary?.morePaths).toEqual({ paths: 50, attempts: 100, answered: 50 });
  expect(summary?.paths).toHaveLength(MAX_TALLIED_PATHS);
  expect(summary?.paths[0]).toMatchObject({ address: A, state: "up" });
  expect(summary?.paths[1]).toMatchObject({ address: idOf(50), state: "dead" });
});

describe("an outage", () => {
  test("is one when it is told at its beginning and at its end, and open until then", () => {
    let counted = tally(NO_TALLY, round(1), [down(A, 1), down(B, 1)], view({}));
    expect(counted.outages).toMatchObject([
      { address: A, endedAt: undefined },
      { address: B, endedAt: undefined },
    ]);
    counted = tally(counted, round(3), [up(A, 1, 3)], view({}));
    expect(summaryOf(counted)).toMatchObject({
      outages: [
        { address: A, startedAt: timeOf(1), endedAt: timeOf(3), durationMs: 20_000 },
        { address: B, endedAt: undefined },
      ],
      omitted: 0,
      events: { "path-down": 2, "path-up": 1 },
    });
  });

  test("that lasts goes on failing after it was told, and an ended one does not", () => {
    const failing = {
      startedAt: timeOf(1),
      lastAt: timeOf(5),
      attempts: 40,
      firstError: "no answer",
      lastError: "refused",
      refused: false,
      alone: false,
    };
    const out: typeof NEW = { ...NEW, path: "down", fresh: { ...NEW.fresh, failing } };
    const still = { ...view({}), addresses: { byId: { [A]: out, [B]: out } } };
    const counted = tally(NO_TALLY, round(5), [down(A, 1), up(B, 1, 3)], still);
    expect(counted.outages).toEqual([
      { ...outage(1), address: A, attempts: 40, lastError: "refused" },
      { ...outage(1, 3), address: B },
    ]);
    const later = { ...failing, startedAt: timeOf(4) };
    const another = { ...out, fresh: { ...out.fresh, failing: later } };
    const other = tally(NO_TALLY, round(5), [down(A, 1)], {
      ...view({}),
      addresses: { byId: { [A]: another } },
    });
    expect(other.outages).toEqual([{ ...outage(1), address: A }]);
  });

  test("comes again as another one", () => {
    const events = [down(A, 1), up(A, 1, 2), down(A, 3), up(A, 3, 4)];
    expect(tally(NO_TALLY, round(1), events, view({})).outages).toHaveLength(2);
  });

  test("leaves the list for a later one, is counted, and does not come back at its end", () => {
    let counted = tally(NO_TALLY, round(1), [down(B, 1)], view({}));
    for (let n = 2; n < KEPT_FOR_SUMMARY + 7; n += 1)
      counted = tally(counted, round(n), [down(A, n), up(A, n, n + 1)], view({}));
    counted = tally(counted, round(300), [up(B, 1, 300)], view({}));
    const summary = summaryOf(counted);
    expect(summary?.outages).toHaveLength(KEPT_FOR_SUMMARY);
    expect(summary?.outages.some(({ address }) => address === B)).toBe(false);
    expect(summary?.outages.at(-1)).toMatchObject({ startedAt: timeOf(KEPT_FOR_SUMMARY + 6) });
    expect(summary?.omitted).toBe(6);
    expect(summary?.events).toEqual({
      "path-down": KEPT_FOR_SUMMARY + 6,
      "path-up": KEPT_FOR_SUMMARY + 6,
    });
  });
});

test("drains are kept beside the outages, the latest as many of each, the rest counted together", () => {
  let counted = NO_TALLY;
  for (let n = 0; n < KEPT_FOR_SUMMARY + 3; n += 1) {
    counted = tally(counted, round(1), [dead(A, timeOf(n)), down(B, n)], view({}));
  }
  const summary = summaryOf(counted);
  expect(summary?.drains).toHaveLength(KEPT_FOR_SUMMARY);
  expect(summary?.drains[0]).toMatchObject({ address: A, deadAt: timeOf(3) });
  expect(summary?.omitted).toBe(6);
});

describe("the start", () => {
  const eni = { privateIp: "10.0.20.41", subnetId: undefined, availabilityZone: undefined };
  const listed = (...ids: readonly string[]) => ({
    listed: Object.fromEntries(
      ids.map((id) => [id, { ...eni, id, status: undefined, securityGroupIds: undefined }]),
    ),
  });

  test("is what was first seen of each: what was not to be seen then is not zero", () => {
    let counted = tally(NO_TALLY, round(1), [], view({}));
    expect(counted.start).toEqual({ servers: [], enis: undefined, liveLeases: undefined });
    counted = tally(counted, round(2), [], view({}, { servers: met(undefined, "b", "a") }));
    counted = tally(
      counted,
      round(3),
      [],
      view({}, { servers: met(2, "c", "b"), enis: listed("eni-2", "eni-1") }),
    );
    const now = { servers: met(3, "c"), enis: listed("eni-3") };
    counted = tally(counted, round(4), [], view({}, now));
    expect(summaryOf(counted, now)).toMatchObject({
      serversAtStart: ["a", "b"],
      serversAtEnd: ["c"],
      enisAtStart: ["eni-1", "eni-2"],
      enisAtEnd: ["eni-3"],
      liveLeasesAtStart: 2,
      liveLeasesAtEnd: 3,
    });
  });

  test("of ENIs may be none at all, which is known, and not the first ones that come", () => {
    let counted = tally(NO_TALLY, round(1), [], view({}, { enis: listed() }));
    counted = tally(counted, round(2), [], view({}, { enis: listed("eni-1") }));
    expect(counted.start.enis).toEqual([]);
  });
});

describe("a summary", () => {
  test("is none before the first round", () => {
    expect(summarize(NOTHING_SEEN, "gonz-eks-pub", "signal")).toBeUndefined();
  });

  test("says from when to when, how it ended, and what could not be seen at the end", () => {
    const blind = { leases: "403 Forbidden", ec2: "access denied" };
    const counted = tally(
      tally(NO_TALLY, round(1), [], view({})),
      round(2),
      [event("source-lost", A)],
      view({}),
    );
    const state = {
      ...NOTHING_SEEN,
      tally: counted,
      at: timeOf(2),
      sources: { ...NOTHING_SEEN.sources, blind },
    };
    expect(summarize(state, "gonz-eks-pub", "signal")).toMatchObject({
      cluster: "gonz-eks-pub",
      from: timeOf(1),
      until: timeOf(2),
      samples: 2,
      end: "signal",
      blind: ["identity leases are not seen: 403 Forbidden", "ENIs are not seen: access denied"],
      events: { "source-lost": 1 },
      load: undefined,
    });
    expect(summarize(state, "gonz-eks-pub", "signal")).not.toHaveProperty("morePaths");
  });
});
