import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { settle, untilAborted } from "../../../src/probe/abort.ts";
import { deferred, fakeClock } from "../../support/fake-deps.ts";

const NEVER = new Promise<never>(() => undefined);

describe("untilAborted", () => {
  test("gives the work's value, and leaves no listener", async () => {
    const stop = new AbortController();
    expect(await untilAborted(Promise.resolve(1), stop.signal, () => 2)).toBe(1);
    await Promise.resolve();
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  });

  test("gives the fallback as soon as it is stopped, and leaves no listener", async () => {
    const stop = new AbortController();
    const value = untilAborted(NEVER, stop.signal, () => 2);
    stop.abort();
    expect(await value).toBe(2);
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  });

  test("a stopped run does not wait at all", async () => {
    expect(await untilAborted(NEVER, AbortSignal.abort(), () => 2)).toBe(2);
  });

  test("a bug in the work is not swallowed", async () => {
    const work = Promise.reject(new Error("a bug"));
    await expect(untilAborted(work, new AbortController().signal, () => 2)).rejects.toThrow(
      "a bug",
    );
  });
});

describe("settle", () => {
  test("waits for the work where nobody stops it", async () => {
    const clock = fakeClock();
    await settle(Promise.resolve(), new AbortController().signal, clock);
    expect(clock.waiting()).toBe(0);
  });

  test("after a stop, work that ends within the grace is waited for", async () => {
    const stop = new AbortController();
    const work = deferred<void>();
    const settled = settle(work.promise, stop.signal, fakeClock());
    stop.abort();
    work.resolve();
    await expect(settled).resolves.toBeUndefined();
  });

  test("after a stop, work that never ends costs the grace only", async () => {
    const clock = fakeClock();
    const settled = settle(NEVER, AbortSignal.abort(), clock);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    clock.advance(250);
    await expect(settled).resolves.toBeUndefined();
  });
});
