import { describe, expect, test } from "vitest";
import { runBounded } from "../../../src/aws/bounded.ts";
import { calm, FakeClock } from "../../support/fake-aws.ts";

describe("runBounded", () => {
  test("gives the value, and leaves no wait behind", async () => {
    const clock = new FakeClock();
    let told: AbortSignal | undefined;
    const ended = await runBounded(clock, 100, calm(), (signal) => {
      told = signal;
      return Promise.resolve(1);
    });
    expect(ended).toEqual({ kind: "done", value: 1 });
    expect(told?.aborted).toBe(true);
  });

  test("passes on what was thrown", async () => {
    const error = new Error("x");
    expect(await runBounded(new FakeClock(), 100, calm(), () => Promise.reject(error))).toEqual({
      kind: "threw",
      error,
    });
  });

  test("ends in time although the work does not, and tells the work", async () => {
    const clock = new FakeClock();
    let told = false;
    const ended = runBounded(clock, 100, calm(), (signal) => {
      signal.addEventListener("abort", () => {
        told = true;
      });
      return new Promise<never>(() => undefined);
    });
    clock.advance(99);
    expect(told).toBe(false);
    clock.advance(1);
    expect(await ended).toEqual({ kind: "timeout" });
    expect(told).toBe(true);
  });

  test("calls an abort an interruption, also when the work fails of it", async () => {
    const stop = new AbortController();
    const ended = runBounded(new FakeClock(), 100, stop.signal, (signal) => {
      stop.abort();
      return Promise.reject(new Error(String(signal.aborted)));
    });
    expect(await ended).toEqual({ kind: "interrupted" });
  });

  test("does not even start after an abort", async () => {
    let started = false;
    await runBounded(new FakeClock(), 100, AbortSignal.abort(), () => {
      started = true;
      return Promise.resolve();
    });
    expect(started).toBe(false);
  });
});
