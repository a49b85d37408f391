import { describe, expect, test } from "vitest";
import type { WireReply, WireRequest } from "../../../../src/model/conversation.ts";
import type { HeldOutcome } from "../../../../src/model/ports.ts";
import { createKeptPool, type KeptPool } from "../../../../src/watch/load/kept.ts";
import { deferred, fakeDeps } from "../../../support/fake-deps.ts";
import {
  answered,
  type FakeLine,
  failedWith,
  fakeLine,
  opened,
  settled,
  target,
} from "./support.ts";

const VERSION: WireRequest = { method: "GET", path: "/version", accept: "application/json" };
const A = target("43.200.53.253:443");

interface Made {
  readonly pool: KeptPool;
  readonly lines: FakeLine[];
  readonly asked: readonly string[];
}

function make(
  reply: () => WireReply | Promise<WireReply>,
  perAddress = 1,
  hold?: () => Promise<HeldOutcome> | HeldOutcome,
): Made {
  const lines: FakeLine[] = [];
  const deps = fakeDeps({
    hold: () => {
      if (hold !== undefined) return hold();
      const line = fakeLine(reply);
      lines.push(line);
      return opened(line);
    },
  });
  const pool = createKeptPool({
    sockets: deps.sockets,
    token: () => Promise.resolve(undefined),
    perAddress,
    signal: new AbortController().signal,
  });
  return { pool, lines, asked: deps.asked };
}

describe("a pool of kept connections", () => {
  test("opens one and no more for what comes while it is opened", async () => {
    const { pool, asked } = make(() => answered(200));
    const replies = await Promise.all([1, 2, 3].map(() => pool.ask(A, VERSION)));
    expect(replies.map(({ kind }) => kind)).toEqual(["answered", "answered", "answered"]);
    expect(asked).toHaveLength(1);
  });

  test("opens as many as it may while all are busy, and then asks the one with the least to do", async () => {
    const answers = deferred<WireReply>();
    const { pool, asked } = make(() => answers.promise, 4);
    const replies = Array.from({ length: 9 }, () => pool.ask(A, VERSION));
    await settled();
    expect(asked).toHaveLength(4);
    answers.resolve(answered(200));
    expect(await Promise.all(replies)).toHaveLength(9);
  });

  test("opens one anew when it has ended, and leaves none behind", async () => {
    const { pool, lines } = make(() => answered(200));
    await pool.ask(A, VERSION);
    lines[0]?.break();
    expect((await pool.ask(A, VERSION)).kind).toBe("answered");
    expect(lines.map((line) => line.isClosed())).toEqual([true, false]);
  });

  test("opens one anew when it leaves two requests in a row unanswered; one is a blip", async () => {
    const script = [
      failedWith("http-timeout", "http"),
      answered(200),
      failedWith("http-timeout", "http"),
      failedWith("http-timeout", "http"),
      answered(200),
    ];
    const { pool, lines } = make(() => script.shift() ?? answered(200));
    for (let each = 0; each < 4; each += 1) {
      await pool.ask(A, VERSION);
      expect(lines).toHaveLength(1);
    }
    expect((await pool.ask(A, VERSION)).kind).toBe("answered");
    expect(lines.map((line) => line.isClosed())).toEqual([true, false]);
  });

  test("tells why none could be opened to all that wait for it, and tries again for the next", async () => {
    const refused = failedWith("tcp-refused", "tcp");
    const { pool, asked } = make(
      () => answered(200),
      1,
      () => (refused.kind === "failed" ? refused : opened(fakeLine(() => answered(200)))),
    );
    expect(await Promise.all([pool.ask(A, VERSION), pool.ask(A, VERSION)])).toEqual([
      refused,
      refused,
    ]);
    await pool.ask(A, VERSION);
    expect(asked).toHaveLength(2);
  });

  test("closes one that is no longer wanted only when it owes nothing, and opens another for who wants it again", async () => {
    const answers = deferred<WireReply>();
    const { pool, lines } = make(() => answers.promise);
    const owed = pool.ask(A, VERSION);
    await settled();
    pool.keepOnly([]);
    expect(lines[0]?.isClosed()).toBe(false);
    const again = pool.ask(A, VERSION);
    await settled();
    expect(lines).toHaveLength(2);
    answers.resolve(answered(200));
    expect((await owed).kind).toBe("answered");
    expect((await again).kind).toBe("answered");
    expect(lines.map((line) => line.isClosed())).toEqual([true, false]);
  });

  test("closes all at once at its end, and one that is open only after that as well", async () => {
    const opening = deferred<HeldOutcome>();
    const late = fakeLine(() => answered(200));
    const { pool } = make(
      () => answered(200),
      1,
      () => opening.promise,
    );
    const reply = pool.ask(A, VERSION);
    pool.close();
    opening.resolve(opened(late));
    await reply;
    expect(late.isClosed()).toBe(true);
  });
});
