import { describe, expect, test } from "vitest";
import { known } from "../../../../../src/model/fact.ts";
import type { ClusterUpdate } from "../../../../../src/model/investigation.ts";
import type { EventDraft, EventKind } from "../../../../../src/model/watch/event.ts";
import {
  NO_UPDATES,
  trackUpdates,
  type UpdateState,
  updateDuring,
} from "../../../../../src/watch/track/discovery/updates.ts";
import { draft } from "../../../../../src/watch/track/step.ts";
import {
  follow,
  lost,
  round,
  timeOf,
  told,
  updateSeen,
} from "../../../../support/watch-samples.ts";

const OLD = updateSeen("u-1", "Successful", { createdAt: timeOf(-9_000) });
const RUNNING = updateSeen("u-2", "InProgress", { createdAt: timeOf(2.5) });
const DONE = { ...RUNNING, status: "Successful" };

/** `undefined`: EKS did not answer. */
function watch(...lists: readonly (readonly ClusterUpdate[] | undefined)[]) {
  return follow(
    trackUpdates,
    NO_UPDATES,
    lists.map((list) => ({ updates: list === undefined ? lost() : known(list) })),
  );
}

describe("an update starts", () => {
  test("when EKS made it, after the list that lacked it", () => {
    const { events } = watch([OLD], [OLD], [RUNNING, OLD]);
    expect(events).toEqual([
      {
        kind: "update-started",
        severity: "info",
        subject: { update: "u-2" },
        what: "VersionUpdate of the cluster started",
        at: timeOf(2.5),
        after: timeOf(2),
        reportedAt: timeOf(3),
        was: undefined,
        is: "InProgress",
        evidence: ["EKS lists update u-2 as InProgress"],
      },
    ]);
  });

  test("not those of the first known list, but one that is under way there has an end", () => {
    const { events } = watch(undefined, [RUNNING, OLD], [RUNNING, OLD], [DONE, OLD]);
    expect(told(events)).toEqual(["update-finished: VersionUpdate of the cluster succeeded"]);
    expect(events[0]).toMatchObject({ severity: "good", at: timeOf(4), after: timeOf(3) });
  });

  test("and ends between two lists: both are told", () => {
    const { events } = watch([OLD], [OLD], [DONE, OLD]);
    expect(events).toMatchObject([
      { kind: "update-started", at: timeOf(2.5) },
      { kind: "update-finished", at: timeOf(3), after: timeOf(2.5) },
    ]);
  });

  test("not by EKS's clock, when that is ahead of this machine's", () => {
    const { events } = watch([], [{ ...RUNNING, createdAt: timeOf(99) }]);
    expect(events[0]).toMatchObject({ at: timeOf(2), after: timeOf(1) });
  });

  test("before the list that lacked it, where EKS's clock says so: then nobody saw it before", () => {
    const { events } = watch([], [], [{ ...RUNNING, createdAt: timeOf(1) }]);
    expect(events[0]).toMatchObject({ at: timeOf(1), after: undefined });
  });

  test("not when EKS forgets one and lists an older one, long since ended, in its place", () => {
    const older = updateSeen("u-0", "Successful", { createdAt: timeOf(-99_000) });
    expect(watch([OLD], [OLD, older]).events).toEqual([]);
    expect(watch([RUNNING, OLD], [RUNNING, older]).events).toEqual([]);
  });

  test("in the order in which they began", () => {
    const third = updateSeen("u-3", "InProgress", {
      type: "VpcConfigUpdate",
      createdAt: timeOf(2.7),
    });
    const { events } = watch([OLD], [OLD], [third, DONE, OLD]);
    expect(events.map(({ kind, subject }) => `${kind} ${subject.update}`)).toEqual([
      "update-started u-2",
      "update-finished u-2",
      "update-started u-3",
    ]);
  });
});

describe("an update ends", () => {
  test("badly, with EKS's errors as evidence", () => {
    const errors = [{ code: "InsufficientFreeAddresses", message: "subnet-a has 2\u001b[1m" }];
    const { events } = watch([RUNNING], [{ ...RUNNING, status: "Failed", errors }]);
    expect(events).toMatchObject([
      {
        kind: "update-finished",
        severity: "bad",
        what: "VersionUpdate of the cluster failed",
        was: "InProgress",
        is: "Failed",
        evidence: [
          "InsufficientFreeAddresses: subnet-a has 2\uFFFD",
          "EKS lists update u-2 as Failed",
        ],
      },
    ]);
  });

  test("cancelled, or in a way that EKS does not know yet", () => {
    const ends = ["Cancelled", "Paused"].map(
      (status) => watch([RUNNING], [{ ...RUNNING, status }]).events[0],
    );
    expect(ends).toMatchObject([
      { severity: "warn", what: "VersionUpdate of the cluster was cancelled" },
      { severity: "info", what: "VersionUpdate of the cluster is no longer under way: Paused" },
    ]);
  });

  test("not by a list that lacks it, one without its status, or none", () => {
    const noStatus = { ...RUNNING, status: undefined };
    const { events } = watch([RUNNING], [], [noStatus], undefined, [RUNNING], [DONE]);
    expect(told(events)).toEqual(["update-finished: VersionUpdate of the cluster succeeded"]);
    expect(events[0]?.at).toBe(timeOf(6));
  });

  test("once", () => {
    expect(watch([RUNNING], [DONE], [DONE], [DONE]).events).toHaveLength(1);
  });
});

test("an update that has no status yet is told when it has one", () => {
  const { events } = watch([], [updateSeen("u-2", undefined)], [updateSeen("u-2", "InProgress")]);
  expect(events).toMatchObject([{ kind: "update-started", at: timeOf(3) }]);
});

test("no more updates are remembered than could be needed, however many there were", () => {
  const lists = Array.from({ length: 200 }, (_, index) => [
    updateSeen(`u-${index}`, "InProgress", { createdAt: timeOf(index + 0.5) }),
  ]);
  const { state, events } = watch(...lists);
  expect(state.seen).toHaveLength(20);
  expect(state.seen.at(-1)?.id).toBe("u-199");
  expect(events).toHaveLength(199);
});

function explained(state: UpdateState, kind: EventKind, n: number): string | undefined {
  const event: EventDraft = draft(round(n), kind, "info", {}, "it changed");
  return updateDuring(state, event)?.updateId;
}

describe("an update explains", () => {
  const running = watch([], [], [RUNNING]).state;
  const done = watch([], [], [RUNNING], [RUNNING], [DONE]).state;

  test("what happened since it began, for as long as it is listed as under way", () => {
    expect(explained(running, "eni-created", 3)).toBe("u-2");
    const lists = Array.from({ length: 200 }, () => [RUNNING]);
    expect(explained(watch([], [], ...lists).state, "eni-created", 202)).toBe("u-2");
    expect(explained(running, "eni-created", 2)).toBeUndefined();
    expect(updateDuring(running, draft(round(3), "path-moved", "info", {}, "it moved"))).toEqual({
      updateId: "u-2",
      type: "VersionUpdate",
    });
  });

  test("nothing any more, when EKS has not been seen to list it for long", () => {
    const lists = Array.from({ length: 200 }, () => undefined);
    expect(explained(watch([], [], [RUNNING], ...lists).state, "eni-created", 203)).toBeUndefined();
  });

  test("what happened up to a quarter of an hour after it was last seen under way", () => {
    expect(explained(done, "eni-deleted", 4 + 90)).toBe("u-2");
    expect(explained(done, "eni-deleted", 4 + 91)).toBeUndefined();
  });

  test("what happened when it came and went between two lists", () => {
    const { state } = watch([], [], [DONE]);
    expect(explained(state, "server-gone", 3)).toBe("u-2");
    expect(explained(state, "server-gone", 2.5 + 90)).toBe("u-2");
    expect(explained(state, "server-gone", 2.5 + 91)).toBeUndefined();
  });

  test("nothing, when it had ended before the watch began", () => {
    expect(explained(watch([OLD], [OLD]).state, "eni-deleted", 2)).toBeUndefined();
  });

  test("what it can bring about, and not what it cannot", () => {
    const effects: readonly EventKind[] = [
      "eni-changed",
      "server-replaced",
      "path-down",
      "address-left-dns",
      "address-dead",
      "version-changed",
      "cluster-changed",
      "certificate-rotated",
      "endpoint-joined-service",
    ];
    const others: readonly EventKind[] = [
      "update-started",
      "update-finished",
      "source-lost",
      "caller-refused",
      "watch-gap",
    ];
    expect(effects.map((kind) => explained(running, kind, 4))).toEqual(effects.map(() => "u-2"));
    expect(others.map((kind) => explained(running, kind, 4))).toEqual(others.map(() => undefined));
  });

  test("by the one under way before one that has ended", () => {
    const next = updateSeen("u-3", "InProgress", { createdAt: timeOf(5.5) });
    const { state } = watch([], [], [RUNNING], [RUNNING], [DONE], [next, DONE]);
    expect(explained(state, "path-moved", 6)).toBe("u-3");
    expect(explained(state, "path-moved", 5)).toBe("u-2");
  });
});
