import { describe, expect, it } from "vitest";
import type { HeldOutcome, ProbePlan } from "../../../../src/model/ports.ts";
import { planProbe } from "../../../../src/probe/plan.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import { MAX_KEPT } from "../../../../src/watch/pace/constants.ts";
import { type KeptConnections, keepConnections } from "../../../../src/watch/take/kept.ts";
import { deferred, type FakeWorld, fakeDeps } from "../../../support/fake-deps.ts";
import { heldWorld, RESET } from "../../../support/held-world.ts";
import { makeCluster, PUB_HOST } from "../../../support/snapshots.ts";

const NEVER = new AbortController().signal;

function planFor(ip: string): ProbePlan {
  return planProbe(
    { id: `${ip}:443`, ip, port: 443, family: 4, kind: "vip", sources: [] },
    1,
    { ip, port: 443 },
    makeCluster(),
    { url: `https://${PUB_HOST}`, host: PUB_HOST, port: 443 },
    makeRequest("gonz-eks-pub"),
  );
}

function keep(world: FakeWorld): KeptConnections {
  return keepConnections(
    fakeDeps(world),
    () => Promise.resolve(undefined),
    (work) => work(),
  );
}

describe("the connections that a watch keeps", () => {
  it("are no more than planned, though all addresses come at once", async () => {
    const held = heldWorld();
    const kept = keep(held);
    const ips = Array.from({ length: MAX_KEPT + 8 }, (_, index) => `3.36.0.${index + 1}`);
    await Promise.all(ips.map((ip) => kept.open(planFor(ip), NEVER)));
    expect(held.made).toHaveLength(MAX_KEPT);
  });

  it("have room again for another after one has ended, and after one could not be made", async () => {
    const held = heldWorld();
    let fails = true;
    const kept = keep({
      ...held,
      hold: (plan) =>
        fails
          ? { kind: "failed", failure: RESET }
          : (held.hold?.(plan) ?? { kind: "failed", failure: RESET }),
    });
    const ips = Array.from({ length: MAX_KEPT + 1 }, (_, index) => `3.36.0.${index + 1}`);
    for (const ip of ips) await kept.open(planFor(ip), NEVER);
    fails = false;
    for (const ip of ips) await kept.open(planFor(ip), NEVER);
    expect(held.made).toHaveLength(MAX_KEPT);
    held.latest("3.36.0.1:443").ended = RESET;
    const { kept: looked } = await kept.look(false, 1, NEVER);
    expect(looked.filter(({ outcome }) => outcome.kind === "ended")).toHaveLength(1);
    await kept.open(planFor("3.36.0.99"), NEVER);
    expect(held.latest("3.36.0.99:443").closed).toBe(0);
  });

  it("are one an address: a second one to it is not made", async () => {
    const held = heldWorld();
    const kept = keep(held);
    await kept.open(planFor("3.36.0.1"), NEVER);
    await kept.open(planFor("3.36.0.1"), NEVER);
    expect(held.made).toHaveLength(1);
  });

  it("that were made for an interrupted round are closed at once", async () => {
    const held = heldWorld();
    const late = deferred<HeldOutcome>();
    const kept = keep({ ...held, hold: () => late.promise });
    const stop = new AbortController();
    const opening = kept.open(planFor("3.36.0.1"), stop.signal);
    stop.abort();
    const outcome = await held.hold?.(planFor("3.36.0.1"));
    if (outcome !== undefined) late.resolve(outcome);
    await opening;
    expect(held.made.map(({ closed }) => closed)).toEqual([1]);
    expect((await kept.look(false, 1, NEVER)).kept).toEqual([]);
  });

  it("say nothing of their servers in a round that is interrupted, and stay", async () => {
    const held = heldWorld();
    const kept = keep(held);
    await kept.open(planFor("3.36.0.1"), NEVER);
    held.latest("3.36.0.1:443").ended = RESET;
    expect(await kept.look(true, 1, AbortSignal.abort())).toEqual({ kept: [], lists: undefined });
    expect((await kept.look(true, 2, NEVER)).kept).toHaveLength(1);
  });

  it("are told as ended by what ended them, not by the request that met with it", async () => {
    const held = heldWorld();
    const timeout = { ...RESET, code: "http-timeout", message: "no answer" } as const;
    const kept = keep({
      ...held,
      glance: (connection, wants) => {
        held.latest("3.36.0.1:443").ended = RESET;
        const glance = held.glance?.(connection, wants);
        if (glance === undefined || glance instanceof Promise) throw new Error("no glance");
        return { ...glance, api: { kind: "failed", failure: timeout } };
      },
    });
    await kept.open(planFor("3.36.0.1"), NEVER);
    const { kept: looked } = await kept.look(false, 1, NEVER);
    expect(looked).toMatchObject([
      { address: "3.36.0.1:443", outcome: { kind: "ended", failure: RESET }, readyz: undefined },
    ]);
    expect(held.made.map(({ closed }) => closed)).toEqual([1]);
  });

  it("are closed where nobody follows their address any more, and only those", async () => {
    const held = heldWorld();
    const kept = keep(held);
    await kept.open(planFor("3.36.0.1"), NEVER);
    await kept.open(planFor("3.36.0.2"), NEVER);
    kept.keepOnly(new Set(["3.36.0.2:443"]));
    expect(held.made.map(({ closed }) => closed)).toEqual([1, 0]);
    kept.close();
    expect(held.made.map(({ closed }) => closed)).toEqual([1, 1]);
  });
});
