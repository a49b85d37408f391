import { afterEach, describe, expect, test, vi } from "vitest";
import type { LabServer } from "../../../../src/lab/scenario.ts";
import type { ProbePlan } from "../../../../src/model/ports.ts";
import { runLoad } from "../../../../src/watch/load/run-load.ts";
import { fakeLoad, realLoad } from "../../../soak/load.ts";
import { fakeClock } from "../../../support/fake-deps.ts";
import { realClock } from "../../../support/hostile-servers.ts";
import {
  authenticateByName,
  type ControlPlane,
  FIELD_CLUSTER,
  startControlPlane,
} from "../../../support/lab-servers.ts";
import { soak } from "../../../support/soak.ts";
import { socketPort } from "../../net/attempt/support.ts";
import { order, settled, target } from "./support.ts";

vi.mock("../../../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../../../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

const MIB = 2 ** 20;
let plane: ControlPlane | undefined;
afterEach(() => plane?.close());

interface Made {
  readonly plane: ControlPlane;
  /** To `vip-a` and `vip-b`, each of which leads to one server. */
  readonly plans: readonly ProbePlan[];
}

async function make(change: Partial<LabServer> = {}): Promise<Made> {
  const servers = FIELD_CLUSTER.servers.map((server) => ({ ...server, ...change }));
  const made = await startControlPlane({ ...FIELD_CLUSTER, servers }, authenticateByName);
  plane = made;
  const plans = await Promise.all(
    ["a", "b"].map(async (id): Promise<ProbePlan> => {
      const front = await made.front(undefined, { layout: { servers: [id] } });
      const dial = { ip: front.boundAddress, port: front.boundPort };
      const [serverName, certificateAuthority] = [FIELD_CLUSTER.endpointHost, made.pki.caPem];
      return { ...target(`vip-${id}`), dial, serverName, certificateAuthority };
    }),
  );
  return { plane: made, plans };
}

const token = Promise.resolve({ reveal: () => "lab-token", expiresAt: "2099-01-01T00:00:00Z" });

describe("a load on API servers", () => {
  test("asks both at its rate, over a fresh connection each time, with the token", async () => {
    const { plane: made, plans } = await make();
    const load = runLoad(
      order({ rps: 20, path: "/api" }, 2_000),
      () => plans,
      { clock: realClock, sockets: socketPort(), token: () => token },
      new AbortController().signal,
    );
    await load.finished;
    const { sent, held, statuses, underWay, durationMs, latency, byAddress } = load.report();
    expect(sent + held.busy + held.backingOff + held.late).toBe(40);
    // /api is 200 for who brings a token that is good.
    expect(statuses).toEqual({ "200": sent });
    expect(sent).toBeGreaterThan(10);
    expect([underWay, durationMs, latency?.count]).toEqual([0, 2_000, sent]);
    expect(byAddress.map(({ address }) => address)).toEqual(["vip-a", "vip-b"]);
    const seen = ["a", "b"].map((id) => made.server(id).seen);
    expect(seen.map(({ handshakes }) => handshakes)).toEqual(byAddress.map((each) => each.sent));
    expect(seen.flatMap(({ requests }) => requests.map((each) => each.authorization))).toEqual(
      Array.from({ length: sent }, () => "bearer"),
    );
  });
});

describe("a load on API servers that shed", () => {
  test("stops at both when one of them does, and goes on a second later", async () => {
    const { plane: made, plans } = await make({ shedsAbove: 1 });
    const clock = fakeClock();
    const load = runLoad(
      order({ path: "/api" }, 60_000),
      () => plans,
      { clock, sockets: socketPort(), token: () => token },
      new AbortController().signal,
    );
    const passTurn = async (): Promise<void> => {
      clock.advance(100);
      // oxlint-disable-next-line eslint/no-await-in-loop -- until the servers have answered
      do await settled();
      while (load.report().underWay > 0);
    };
    while (load.report().statuses["429"] === undefined) await passTurn();
    const { sent } = load.report();
    for (let turn = 0; turn < 9; turn += 1) await passTurn();
    expect(load.report()).toMatchObject({ sent, held: { backingOff: 9 } });
    await passTurn();
    await load.stop();
    const report = load.report();
    expect(report).toMatchObject({ sent: sent + 1, backedOff: { times: 1, totalMs: 1_000 } });
    const seen = ["a", "b"].flatMap((id) => made.server(id).seen.requests);
    const shed = seen.filter(({ status }) => status === 429).length;
    expect(report.shed.reduce((sum, { count }) => sum + count, 0)).toBe(shed);
  });
});

describe("a load that goes on", () => {
  test.each(["fresh", "kept"] as const)(
    "keeps its memory flat over 20,000 requests, %s, while addresses and flow schemas change",
    async (connections) => {
      const subject = fakeLoad(connections);
      const options = { rounds: 32_000, every: 800, limitBytes: 2 * MIB };
      const { memory, descriptors } = await soak(() => subject.round(), options);
      expect(Number(/"sent":(\d+)/.exec(await subject.close())?.[1])).toBeGreaterThan(20_000);
      expect(memory).toMatchObject({ isFlat: true });
      expect(descriptors?.isConstant).not.toBe(false);
    },
    60_000,
  );

  test("leaves no descriptor behind in 500 requests over fresh connections", async () => {
    const subject = await realLoad("fresh");
    const options = { rounds: 500, every: 20, limitBytes: 10 * MIB };
    const { memory, descriptors } = await soak(() => subject.round(), options);
    expect(await subject.close()).toContain('"sent":501');
    expect(memory).toMatchObject({ isFlat: true });
    expect(descriptors).toMatchObject({ isConstant: true });
  }, 60_000);
});
