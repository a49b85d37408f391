import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../../src/model/fact.ts";
import type { WatchSample } from "../../../../../src/model/watch/sample.ts";
import {
  blindLines,
  NO_SOURCES,
  trackSources,
} from "../../../../../src/watch/track/sources/sources.ts";
import {
  clusterSeen,
  dnsAnswer,
  dnsFailed,
  failureOf,
  follow,
  followRounds,
  listsSeen,
  lost,
  round,
  timeOf,
  told,
} from "../../../../support/watch-samples.ts";

const ENIS = { enis: known([]) };
const NO_ENIS = { enis: lost("aws-unreachable", "ec2 could not be reached") };
const THROTTLED = { enis: lost("throttled") };
const DENIED = { enis: lost("access-denied", "ec2:DescribeNetworkInterfaces was denied") };

function watch(...samples: readonly Partial<WatchSample>[]) {
  return follow(trackSources, NO_SOURCES, samples);
}

describe("a source is lost", () => {
  test("after two rounds in a row in which it was asked in vain, since the first of them", () => {
    const { events, state } = watch(ENIS, NO_ENIS, {}, NO_ENIS, NO_ENIS);
    expect(events).toEqual([
      {
        kind: "source-lost",
        severity: "warn",
        subject: { source: "ec2" },
        what: "EC2 gives no usable answer: ENIs are not seen",
        at: timeOf(2),
        after: timeOf(1),
        reportedAt: timeOf(4),
        was: undefined,
        is: undefined,
        evidence: ["ec2 could not be reached"],
      },
    ]);
    expect(state.blind).toEqual({ ec2: "ec2 could not be reached" });
    expect(blindLines(state)).toEqual(["ENIs are not seen: ec2 could not be reached"]);
  });

  test("not by one failure, which is a blip", () => {
    const { events, state } = watch(ENIS, NO_ENIS, ENIS, NO_ENIS, {}, ENIS);
    expect(events).toEqual([]);
    expect(state.blind).toEqual({});
  });

  test("to throttling, which is waited out", () => {
    expect(told(watch(ENIS, THROTTLED, THROTTLED, ENIS).events)).toEqual([
      "source-lost: EC2 throttles: ENIs are not seen until it answers again",
      "source-regained: EC2 answers again: ENIs are seen",
    ]);
  });

  test("of which EKS says that it does not know the cluster any more", () => {
    const gone = { cluster: lost("cluster-not-found") };
    expect(told(watch({ cluster: known(clusterSeen()) }, gone, gone).events)).toEqual([
      "source-lost: EKS does not know the cluster any more: changes of the cluster are not seen",
    ]);
  });

  test("at once and once when access is denied, with what the caller needs", () => {
    const { events } = watch(ENIS, DENIED, DENIED, DENIED);
    expect(told(events)).toEqual([
      "source-lost: ENIs cannot be seen: the caller needs ec2:DescribeNetworkInterfaces",
    ]);
    expect(events[0]?.reportedAt).toBe(timeOf(2));
  });

  test("each with its own words", () => {
    const asked = {
      cluster: known(clusterSeen()),
      updates: known([]),
      token: known({ expiresAt: timeOf(9) }),
      ...listsSeen([]),
    };
    const denied = {
      ...failureOf("http-status", "may not list leases in kube-system (403)"),
      cause: "403",
    };
    const failing = {
      cluster: lost("access-denied"),
      updates: lost("throttled"),
      token: lost("credentials-expired"),
      ...listsSeen([], {
        leases: { kind: "unknown", failure: denied },
        serviceEndpoints: lost("http-timeout"),
      }),
    };
    expect(told(watch(asked, failing, failing).events)).toEqual([
      "source-lost: changes of the cluster cannot be seen: the caller needs eks:DescribeCluster",
      "source-lost: EKS throttles: updates of the cluster are not seen until it answers again",
      "source-lost: token is not to be had: the AWS credentials have expired",
      "source-lost: identity leases cannot be seen: the caller needs to list leases in kube-system",
      "source-lost: API server gives no usable answer: endpoints of default/kubernetes are not seen",
    ]);
  });

  test("a resolver for both types at once, when it fails for both", () => {
    const six = { type: "AAAA" } as const;
    const up = { dns: [dnsAnswer(["10.0.0.1"]), dnsFailed("dns-nxdomain", six)] };
    const down = { dns: [dnsFailed("dns-timeout"), dnsFailed("dns-timeout", six)] };
    const { events, state } = watch(up, down, down, up);
    expect(told(events)).toEqual([
      "source-lost: resolver 10.0.0.2 (A, AAAA) gives no usable answer",
      "source-regained: resolver 10.0.0.2 (A, AAAA) answers again",
    ]);
    expect(state.blind).toEqual({});
  });

  test("a resolver for one type, when the other is still answered", () => {
    const six = { type: "AAAA" } as const;
    const up = { dns: [dnsAnswer([]), dnsAnswer([], six)] };
    const half = { dns: [dnsFailed("dns-servfail"), dnsAnswer([], six)] };
    const { events, state } = watch(up, half, half);
    expect(told(events)).toEqual(["source-lost: resolver 10.0.0.2 (A) gives no usable answer"]);
    expect(blindLines(state)).toEqual([
      "resolver 10.0.0.2 (A) gives no usable answer: it was dns-servfail",
    ]);
  });

  test("system lookup goes by its own name", () => {
    const lookup = { resolver: "system lookup" } as const;
    const down = { dns: [dnsFailed("dns-timeout", lookup)] };
    expect(told(watch({ dns: [dnsAnswer([], lookup)] }, down, down).events)).toEqual([
      "source-lost: system lookup (A) gives no usable answer",
    ]);
  });
});

describe("a source is regained", () => {
  test("with its first answer, and tells for how long it was not seen", () => {
    const { events, state } = watch(ENIS, NO_ENIS, NO_ENIS, {}, {}, ENIS);
    expect(events[1]).toEqual({
      kind: "source-regained",
      severity: "good",
      subject: { source: "ec2" },
      what: "EC2 answers again: ENIs are seen",
      at: timeOf(6),
      after: timeOf(3),
      reportedAt: timeOf(6),
      was: undefined,
      is: undefined,
      evidence: ["no usable answer for 40 s", "ec2 could not be reached"],
    });
    expect(state.blind).toEqual({});
  });

  test("that never answered before: what it now names is not new", () => {
    expect(told(watch(DENIED, DENIED, ENIS).events)).toEqual([
      "source-regained: EC2 answers for the first time: ENIs are seen",
    ]);
    expect(watch(NO_ENIS, ENIS).events).toEqual([]);
  });
});

describe("a source that never answered", () => {
  test("is no event, but stands among what cannot be seen", () => {
    const { events, state } = watch(DENIED, {}, DENIED, DENIED);
    expect(events).toEqual([]);
    expect(blindLines(state)).toEqual([
      "ENIs are not seen: ec2:DescribeNetworkInterfaces was denied",
    ]);
  });

  test("because it was left out stands there too, a token that is not wanted does not", () => {
    const without = { enis: skipped("no region is known"), token: skipped("--anonymous") };
    const { events, state } = watch(without, {}, without);
    expect(events).toEqual([]);
    expect(blindLines(state)).toEqual(["ENIs are not seen: no region is known"]);
    expect(blindLines(watch(without, ENIS).state)).toEqual([]);
  });

  test("because it was left out after it had answered changes nothing", () => {
    const without = { enis: skipped("over budget") };
    const { events, state } = watch(ENIS, without, without, without);
    expect(events).toEqual([]);
    expect(state.blind).toEqual({});
  });
});

test("a resolver that is not asked any more is forgotten after an hour, and no longer missed", () => {
  const other = { resolver: "192.168.1.1" } as const;
  const { state } = followRounds(trackSources, NO_SOURCES, [
    round(1, { dns: [dnsFailed("dns-timeout")] }),
    round(2, { dns: [dnsAnswer([], other)] }),
    round(400, { dns: [dnsAnswer([], other)] }),
  ]);
  expect(Object.keys(state.known)).toEqual(["dns 192.168.1.1 A"]);
  expect(blindLines(state)).toEqual([]);
});
