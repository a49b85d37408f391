import { expect, test } from "vitest";
import { encodeLine } from "../../../../src/watch/record/encode.ts";
import { HEADER, typicalRound } from "../../../support/typical-rounds.ts";

test("a round of four addresses takes 60 % of its JSON, as a watch writes thousands a day", () => {
  const round = typicalRound(1);
  const { length } = encodeLine(round);
  expect(length).toBeLessThan(2_650);
  expect(length / JSON.stringify(round).length).toBeLessThan(0.6);
});

test("what several paths tell of a server is written once, and what differs is kept apart", () => {
  const { sample, events } = typicalRound(1);
  const [first, ...rest] = sample.kept;
  const unready = {
    kind: "known",
    value: { healthy: false, checks: 58, failing: ["etcd"] },
  } as const;
  const kept = first === undefined ? rest : [{ ...first, readyz: unready }, ...rest];
  const line: unknown = JSON.parse(
    encodeLine({ kind: "round", sample: { ...sample, kept }, events }),
  );
  expect(line).toMatchObject({
    sample: {
      peers: [{ notAfter: "2024-04-16T04:20:01.000Z" }, { notAfter: "2024-04-16T04:15:37.000Z" }],
      probes: [{ peer: 0 }, { peer: 1 }, { peer: 0 }, { peer: 1 }],
      reports: [{ readyz: unready }, { readyz: { value: { healthy: true } } }],
      kept: [
        { peer: 0, report: 0 },
        { peer: 1, report: 1 },
        { peer: 0, report: 1 },
        { peer: 1, report: 1 },
      ],
    },
  });
});

test("a time that is no whole number of milliseconds stands as it is", () => {
  const { sample, events } = typicalRound(1);
  const [probe] = sample.probes;
  if (probe === undefined) throw new Error("no probe");
  const atTimes = (...times: readonly string[]) =>
    encodeLine({
      kind: "round",
      events,
      sample: { ...sample, probes: times.map((at) => ({ ...probe, at })) },
    });
  const line: unknown = JSON.parse(
    atTimes("2023-04-21T15:41:41.012Z", "2023-04-21T15:41:41.012345Z", "2023-04-21T15:41:41Z"),
  );
  expect(line).toMatchObject({
    sample: {
      probes: [{ at: 12 }, { at: "2023-04-21T15:41:41.012345Z" }, { at: "2023-04-21T15:41:41Z" }],
    },
  });
});

test("every line is one, ends, and names its kind first, however its fields are ordered", () => {
  const { kind, ...rest } = HEADER;
  for (const line of [{ ...rest, kind }, typicalRound(1)]) {
    expect(encodeLine(line)).toMatch(/^\{"kind":"(?:header|round)",[^\n]*\}\n$/);
  }
});
