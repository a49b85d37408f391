import { describe, expect, test } from "vitest";
import { NO_SOURCES, trackSources } from "../../../../../src/watch/track/sources/sources.ts";
import { followRounds, probeSeen, round, timeOf, told } from "../../../../support/watch-samples.ts";

const [A, B] = ["43.200.53.253:443", "52.79.39.107:443"];

type Answer = readonly [address: string, status: number | undefined];

function watch(...rounds: readonly (readonly Answer[])[]) {
  return followRounds(
    trackSources,
    NO_SOURCES,
    rounds.map((answers, index) =>
      round(index + 1, {
        probes: answers.map(([address, status]) =>
          probeSeen(address, { status, at: timeOf(index + 1.1) }),
        ),
      }),
    ),
  );
}

const up: readonly Answer[] = [
  [A, 200],
  [B, 200],
];
const refused: readonly Answer[] = [
  [A, 401],
  [B, 403],
];

test("a caller that every address refuses for two rounds is told as one event", () => {
  const { events, state } = watch(up, refused, refused, refused);
  expect(events).toEqual([
    {
      kind: "caller-refused",
      severity: "bad",
      subject: {},
      what: "caller is refused by every address that answers (401, 403)",
      at: timeOf(2.1),
      after: timeOf(1.1),
      reportedAt: timeOf(3),
      was: "200",
      is: "401, 403",
      evidence: [`${A} answered 401`, `${B} answered 403`],
    },
  ]);
  expect(state.callerRefused).toBe(true);
});

test("and accepted again with the first 200", () => {
  const { events, state } = watch(up, refused, refused, [
    [A, 401],
    [B, 200],
  ]);
  expect(events[1]).toMatchObject({
    kind: "caller-accepted",
    severity: "good",
    what: "caller is accepted again",
    at: timeOf(4.1),
    after: timeOf(3.1),
    evidence: [`${B} answered 200`],
  });
  expect(state.callerRefused).toBe(false);
});

describe("a caller is not refused", () => {
  test("by one round of refusals", () => {
    expect(watch(up, refused, up, refused).events).toEqual([]);
  });

  test("by one address alone, while another accepts it: that address's server is being removed", () => {
    const one: readonly Answer[] = [
      [A, 401],
      [B, 200],
    ];
    expect(watch(up, one, one, one).events).toEqual([]);
  });

  test("when it was never accepted, as without a token", () => {
    expect(watch(refused, refused, refused).events).toEqual([]);
  });

  test("by addresses that do not answer, or fail otherwise", () => {
    const silent: readonly Answer[] = [[A, undefined]];
    const failing: readonly Answer[] = [
      [A, 500],
      [B, 401],
    ];
    expect(watch(up, silent, refused, failing, refused, failing).events).toEqual([]);
  });
});

test("rounds in which nobody answers neither add to the refusals nor end them", () => {
  const silent: readonly Answer[] = [[A, undefined]];
  expect(told(watch(up, refused, silent, refused).events)).toHaveLength(1);
  expect(watch(up, refused, refused, silent, [[A, 500]]).state.callerRefused).toBe(true);
});
