import { describe, expect, test } from "vitest";
import { known } from "../../../../../src/model/fact.ts";
import { NO_ENIS, trackEnis } from "../../../../../src/watch/track/discovery/enis.ts";
import { eniSeen, follow, lost, timeOf, told } from "../../../../support/watch-samples.ts";

const A = eniSeen("eni-0a", "10.0.20.41");
const B = eniSeen("eni-0b", "10.0.95.229", { availabilityZone: "ap-northeast-2c" });
const C = eniSeen("eni-0c", "10.0.20.77");

type Listed = ReturnType<typeof eniSeen>;

/** `undefined`: EC2 did not answer. */
function watch(...lists: readonly (readonly Listed[] | undefined)[]) {
  return follow(
    trackEnis,
    NO_ENIS,
    lists.map((list) => ({ enis: list === undefined ? lost() : known(list) })),
  );
}

describe("an ENI is created", () => {
  test("with the first list that has it", () => {
    const { events } = watch([A, B], undefined, [A, B, C]);
    expect(events).toEqual([
      {
        kind: "eni-created",
        severity: "info",
        subject: { eni: "eni-0c", address: "10.0.20.77" },
        what: "ENI eni-0c (10.0.20.77, ap-northeast-2a) was created",
        at: timeOf(3),
        after: timeOf(1),
        reportedAt: timeOf(3),
        was: undefined,
        is: "IP 10.0.20.77, subnet subnet-a, zone ap-northeast-2a, status in-use, security groups sg-1",
        evidence: ["EC2 lists eni-0a (10.0.20.41), eni-0b (10.0.95.229), eni-0c (10.0.20.77)"],
      },
    ]);
  });

  test("not with the first known list, which is how things are, though EC2 failed before", () => {
    const { events, state } = watch(undefined, undefined, [A, B]);
    expect(events).toEqual([]);
    expect(Object.keys(state.listed ?? {})).toEqual(["eni-0a", "eni-0b"]);
  });

  test("also after a list without any", () => {
    expect(told(watch([], [A]).events)).toEqual([
      "eni-created: ENI eni-0a (10.0.20.41, ap-northeast-2a) was created",
    ]);
  });
});

describe("an ENI is deleted", () => {
  test("after two lists without it, at the first of them", () => {
    const { events, state } = watch([A, B], [A], undefined, [A]);
    expect(events).toEqual([
      {
        kind: "eni-deleted",
        severity: "info",
        subject: { eni: "eni-0b", address: "10.0.95.229" },
        what: "ENI eni-0b (10.0.95.229, ap-northeast-2c) was deleted",
        at: timeOf(2),
        after: timeOf(1),
        reportedAt: timeOf(4),
        was: "IP 10.0.95.229, subnet subnet-a, zone ap-northeast-2c, status in-use, security groups sg-1",
        is: undefined,
        evidence: ["EC2 lists eni-0a (10.0.20.41); 2 lists in a row without it"],
      },
    ]);
    expect(state.left).toEqual({ "10.0.95.229": timeOf(2) });
    expect(state.missing).toEqual({});
  });

  test("not after one list without it: EC2's answers are eventually consistent", () => {
    const { events, state } = watch([A, B], [A], [A, B], [A], [A, B]);
    expect(events).toEqual([]);
    expect(state.listed?.["eni-0b"]).toEqual(B);
  });

  test("not by answers that failed", () => {
    const { events } = watch([A], undefined, undefined, undefined);
    expect(events).toEqual([]);
  });

  test("and its IP has not left when another ENI has it by then", () => {
    const heir = eniSeen("eni-0d", B.privateIp);
    const { state } = watch([A, B], [A, heir], [A, heir]);
    expect(state.left).toEqual({});
    expect(Object.keys(state.listed ?? {})).toEqual(["eni-0a", "eni-0d"]);
  });

  test("and its IP is back when an ENI has it anew", () => {
    const { state } = watch([A, B], [A], [A], [A, eniSeen("eni-0d", B.privateIp)]);
    expect(state.left).toEqual({});
  });
});

describe("an ENI changes", () => {
  test("in all that changed at once, told as one event", () => {
    const other = {
      ...A,
      privateIp: "10.0.20.99",
      status: "available",
      securityGroupIds: ["sg-2", "sg-1"],
    };
    const { events, state } = watch([A], [other]);
    expect(events).toMatchObject([
      {
        kind: "eni-changed",
        what: "ENI eni-0a (10.0.20.99, ap-northeast-2a) changed its IP, its status and its security groups",
        was: "IP 10.0.20.41, status in-use, security groups sg-1",
        is: "IP 10.0.20.99, status available, security groups sg-1 sg-2",
        at: timeOf(2),
        after: timeOf(1),
      },
    ]);
    expect(state.left).toEqual({ "10.0.20.41": timeOf(2) });
  });

  test("not when a field is left out, nor when it comes back as it was", () => {
    const bare = { ...A, status: undefined, securityGroupIds: undefined, subnetId: undefined };
    expect(watch([A], [bare], [A]).events).toEqual([]);
  });

  test("not when a field becomes known", () => {
    expect(watch([{ ...A, status: undefined }], [A]).events).toEqual([]);
  });

  test("not when its security groups come in another order", () => {
    const [one, other] = [
      ["sg-1", "sg-2"],
      ["sg-2", "sg-1"],
    ];
    const lists = [[{ ...A, securityGroupIds: one }], [{ ...A, securityGroupIds: other }]];
    expect(watch(...lists).events).toEqual([]);
  });

  test("of its security groups to none is a change: an empty list is known", () => {
    expect(watch([A], [{ ...A, securityGroupIds: [] }]).events).toMatchObject([
      { was: "security groups sg-1", is: "security groups none" },
    ]);
  });
});
