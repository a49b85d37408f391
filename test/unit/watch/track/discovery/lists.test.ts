import { describe, expect, test } from "vitest";
import type { WatchSample } from "../../../../../src/model/watch/sample.ts";
import { NO_LISTS, trackLists } from "../../../../../src/watch/track/discovery/lists.ts";
import { follow, listsSeen, lost, timeOf, told } from "../../../../support/watch-samples.ts";

const [A, B, C] = ["10.0.20.41", "10.0.95.229", "10.0.20.77"];
const UNREAD = listsSeen([], { serviceEndpoints: lost("http-status") });

function watch(...samples: readonly Partial<WatchSample>[]) {
  return follow(trackLists, NO_LISTS, samples);
}

describe("an endpoint joins the service", () => {
  test("with the first list that has it", () => {
    const { events, state } = watch(listsSeen([B, A]), UNREAD, {}, listsSeen([A, B, C]));
    expect(events).toEqual([
      {
        kind: "endpoint-joined-service",
        severity: "info",
        subject: { address: C },
        what: `${C} joined the endpoints of default/kubernetes`,
        at: timeOf(4),
        after: timeOf(1),
        reportedAt: timeOf(4),
        was: `${A}, ${B}`,
        is: `${A}, ${C}, ${B}`,
        evidence: [`endpointslices/v1 through 10.0.20.41:443: ${A}, ${C}, ${B}`],
      },
    ]);
    expect(state.serviceIps).toEqual([A, C, B]);
  });

  test("not with the first list that could be read", () => {
    const { events, state } = watch(UNREAD, listsSeen([A]));
    expect(events).toEqual([]);
    expect(state.serviceIps).toEqual([A]);
  });
});

describe("an endpoint leaves the service", () => {
  test("after two lists without it, at the first of them", () => {
    const { events } = watch(listsSeen([A, B]), listsSeen([A]), UNREAD, listsSeen([A]));
    expect(events).toMatchObject([
      {
        kind: "endpoint-left-service",
        what: `${B} left the endpoints of default/kubernetes`,
        at: timeOf(2),
        after: timeOf(1),
        reportedAt: timeOf(4),
        is: A,
      },
    ]);
  });

  test("not while two API servers, one of which lags, are read in turn", () => {
    const { events } = watch(
      listsSeen([A, B]),
      listsSeen([A, C]),
      listsSeen([A, B]),
      listsSeen([A, C]),
      listsSeen([A, B]),
    );
    expect(told(events)).toEqual([
      `endpoint-joined-service: ${C} joined the endpoints of default/kubernetes`,
    ]);
  });

  test("not by lists that could not be read", () => {
    expect(watch(listsSeen([A]), UNREAD, UNREAD, UNREAD).events).toEqual([]);
  });

  test("when it is there but not ready: it gets no traffic", () => {
    const unready = listsSeen([], {
      serviceEndpoints: {
        kind: "known",
        value: {
          source: "endpointslices/v1",
          addresses: [
            { ip: A, port: 443, ready: "unknown" },
            { ip: B, port: 443, ready: "no" },
          ],
        },
      },
    });
    const { events } = watch(listsSeen([A, B]), unready, unready);
    expect(told(events)).toEqual([
      `endpoint-left-service: ${B} left the endpoints of default/kubernetes`,
    ]);
  });
});
