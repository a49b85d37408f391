import { describe, expect, test } from "vitest";
import { recordedFirst } from "../../../../src/cli/watch/recorded-first.ts";
import { fakeClock } from "../../../support/fake-deps.ts";

const never = new Promise<void>(() => undefined);

function untilAbortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

describe("what is told", () => {
  test("without a record is told at once", () => {
    const told: number[] = [];
    recordedFirst(fakeClock()).add(undefined, () => told.push(1));
    expect(told).toEqual([1]);
  });

  test("waits for the record, and for what was to be told before it", async () => {
    const told: number[] = [];
    const first = recordedFirst(fakeClock());
    const writing = new AbortController();
    first.add(untilAbortOf(writing.signal), () => told.push(1));
    first.add(Promise.resolve(), () => told.push(2));
    await turn();
    expect(told).toEqual([]);
    writing.abort();
    await first.done();
    expect(told).toEqual([1, 2]);
  });

  test("waits a second for a disk that hangs, and not a second for each", async () => {
    const told: number[] = [];
    const clock = fakeClock();
    const first = recordedFirst(clock);
    for (const n of [1, 2, 3]) first.add(never, () => told.push(n));
    clock.advance(999);
    await turn();
    expect(told).toEqual([]);
    clock.advance(1);
    await first.done();
    expect(told).toEqual([1, 2, 3]);
  });
});
