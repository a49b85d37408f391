import { describe, expect, test } from "vitest";
import type { WireReply } from "../../../../src/model/conversation.ts";
import { createTally } from "../../../../src/watch/load/tally.ts";
import { answered, failedWith } from "./support.ts";

const UID = "d0e2f1b4-95a1-4a2e-9d7e-2b0c5c4f7a11";

function tallyOf(
  replies: readonly WireReply[],
): ReturnType<ReturnType<typeof createTally>["read"]> {
  const tally = createTally();
  for (const reply of replies) {
    tally.countSent("a");
    tally.countReply("a", reply);
  }
  return tally.read();
}

describe("a tally", () => {
  test("counts statuses, failures by code, and what is still under way", () => {
    const tally = createTally();
    for (let each = 0; each < 4; each += 1) tally.countSent("a");
    tally.countReply("a", answered(200, { ttfbMs: 30 }));
    tally.countReply("a", answered(503));
    tally.countReply("a", failedWith("tcp-timeout", "tcp"));
    const report = tally.read();
    expect(report).toMatchObject({
      sent: 4,
      underWay: 1,
      statuses: { "200": 1, "503": 1, failed: 1 },
      failures: { "tcp-timeout": 1 },
    });
    expect(report.byAddress).toMatchObject([{ address: "a", sent: 4, answered: 2 }]);
  });

  test("leaves 429s out of the latency: a refusal is quick, and would make a full server look fast", () => {
    const { latency, byAddress } = tallyOf([
      answered(200, { ttfbMs: 100 }),
      answered(429, { ttfbMs: 1 }),
    ]);
    expect(latency?.count).toBe(1);
    expect(byAddress[0]?.latency?.count).toBe(1);
    expect(byAddress[0]?.answered).toBe(2);
  });

  test("tells by which flow schema requests were shed, and says unknown where none was named", () => {
    const named = answered(429, { flowSchemaUid: UID, priorityLevelUid: "level" });
    expect(tallyOf([named, answered(429), named]).shed).toEqual([
      { flowSchemaUid: UID, priorityLevelUid: "level", count: 2 },
      { flowSchemaUid: "unknown", priorityLevelUid: "unknown", count: 1 },
    ]);
  });

  test("keeps no more flow schemas than there can be, and no text that is none, whatever a server sends", () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      answered(429, { flowSchemaUid: `schema-${index}`, priorityLevelUid: "level" }),
    );
    const { shed } = tallyOf([...many, answered(429, { flowSchemaUid: "\u001b[2J" })]);
    expect(shed).toHaveLength(33);
    expect(shed.reduce((sum, { count }) => sum + count, 0)).toBe(501);
    expect(shed.at(-1)).toEqual({
      flowSchemaUid: "other",
      priorityLevelUid: "other",
      count: 469,
    });
  });

  test("keeps the addresses it sent to last by themselves, and counts older ones together", () => {
    const tally = createTally();
    for (let index = 0; index < 100; index += 1) {
      tally.countSent(`a${index}`);
      tally.countSent("always");
      tally.countReply(`a${index}`, answered(200, { ttfbMs: index === 0 ? 5_000 : 10 }));
      tally.countReply("always", answered(200));
    }
    // One that was folded away while its answer was on the way.
    tally.countReply("a0", answered(200));
    const { byAddress } = tally.read();
    expect(byAddress).toHaveLength(65);
    expect(byAddress.find(({ address }) => address === "always")).toMatchObject({ sent: 100 });
    expect(byAddress.at(-1)).toMatchObject({ address: "other", sent: 37, answered: 38 });
    expect(byAddress.at(-1)?.latency?.maxMs).toBe(5_000);
    expect(byAddress.reduce((sum, { sent }) => sum + sent, 0)).toBe(200);
  });

  test("hands out what later counts do not change", () => {
    const tally = createTally();
    const before = tally.read();
    tally.countSent("a");
    tally.countHeld("busy", 1);
    expect(before).toMatchObject({ sent: 0, held: { busy: 0 }, byAddress: [] });
  });
});
