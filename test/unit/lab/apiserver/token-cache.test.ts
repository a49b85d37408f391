import { describe, expect, it } from "vitest";
import type { Authenticate } from "../../../../src/lab/apiserver/authenticate.ts";
import { createTokenCache } from "../../../../src/lab/apiserver/token-cache.ts";
import { authenticateByName } from "../../../support/lab-servers.ts";

function setUp(verificationMs = 0, judge: Authenticate = authenticateByName) {
  const asked: string[] = [];
  let nowMs = 1_000_000;
  const authenticate = createTokenCache(
    (token) => {
      asked.push(token);
      return judge(token);
    },
    { verificationMs, nowMs: () => nowMs },
  );
  return {
    asked,
    authenticate,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe("the token cache of an API server", () => {
  it("asks once for a good token, for two minutes", async () => {
    const { asked, authenticate, pass } = setUp();
    const first = await authenticate("lab-token");
    pass(119_999);
    expect(await authenticate("lab-token")).toBe(first);
    expect(asked).toHaveLength(1);
    pass(1);
    expect(await authenticate("lab-token")).toEqual(first);
    expect(asked).toHaveLength(2);
  });

  it("keeps tokens apart", async () => {
    const { authenticate } = setUp();
    expect(await authenticate("lab-token")).toMatchObject({ name: "lab" });
    expect(await authenticate("admin-token")).toMatchObject({ name: "boss" });
  });

  it("asks again for one that was denied, or could not be judged", async () => {
    const { asked, authenticate } = setUp();
    expect(await authenticate("other")).toMatchObject({ kind: "denied" });
    expect(await authenticate("other")).toMatchObject({ kind: "denied" });
    expect(asked).toHaveLength(2);
    let isDown = true;
    const broken = setUp(0, (token) => {
      if (isDown) throw new Error("webhook down");
      return authenticateByName(token);
    });
    await expect(broken.authenticate("lab-token")).rejects.toThrow("webhook down");
    isDown = false;
    expect(await broken.authenticate("lab-token")).toMatchObject({ name: "lab" });
  });

  it("lets requests with the same new token wait for one verification, and the next for none", async () => {
    const { asked, authenticate } = setUp(30);
    const startedMs = performance.now();
    await Promise.all([authenticate("lab-token"), authenticate("lab-token")]);
    // Timers may fire a millisecond early by this clock.
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(29);
    expect(asked).toHaveLength(1);
    const cachedMs = performance.now();
    await authenticate("lab-token");
    expect(performance.now() - cachedMs).toBeLessThan(25);
  });

  it("forgets the oldest of more than a thousand", async () => {
    const { asked, authenticate } = setUp(0, () => ({ kind: "user", name: "lab", groups: [] }));
    for (let number = 0; number <= 1000; number += 1) void authenticate(`token ${number}`);
    await authenticate("token 1");
    expect(asked).toHaveLength(1001);
    await authenticate("token 0");
    expect(asked).toHaveLength(1002);
  });
});
