import type { WireReply } from "../../src/model/conversation.ts";
import type { ProbePlan, SocketPort } from "../../src/model/ports.ts";
import type { LoadReport } from "../../src/model/watch/load.ts";
import { type RunningLoad, runLoad } from "../../src/watch/load/run-load.ts";
import { type FakeClock, fakeClock } from "../support/fake-deps.ts";
import {
  authenticateByName,
  type ControlPlane,
  FIELD_CLUSTER,
  startControlPlane,
} from "../support/lab-servers.ts";
import type { SoakSubject } from "../support/soak.ts";
import { socketPort } from "../unit/net/attempt/support.ts";
import { answered, failedWith, fakeLine, opened, target } from "../unit/watch/load/support.ts";

type Sockets = Pick<SocketPort, "converse" | "hold">;

const RPS = 50;
const TIMEOUT_MS = 5_000;
/** Longer than any soak; each ends by being stopped. */
const FOR_MS = 1e9;
/** Rounds after which the endpoint has other addresses. */
const ADDRESSES_EVERY = 50;

/** A load over sockets that are none, with everything that could pile up: addresses, flow schemas, failures. */
export function fakeLoad(connections: "fresh" | "kept"): SoakSubject {
  const clock = fakeClock();
  let asked = 0;
  const reply = (): WireReply => {
    asked += 1;
    if (asked % 97 === 0) return failedWith("tcp-refused", "tcp");
    if (asked % 89 > 0) return answered(200, { body: "x".repeat(1_000), ttfbMs: asked % 400 });
    return answered(429, { flowSchemaUid: `schema-${asked}`, retryAfterSeconds: 1 });
  };
  const sockets: Sockets = {
    converse: () => Promise.resolve({ fingerprint: undefined, replies: [[reply()]] }),
    hold: () => {
      const line = fakeLine(() => {
        const given = reply();
        if (given.kind === "failed") line.break();
        return given;
      });
      return Promise.resolve(opened(line));
    },
  };
  let rounds = 0;
  const addresses = (): readonly ProbePlan[] => {
    const turn = Math.floor(rounds / ADDRESSES_EVERY);
    return [target(`10.0.0.${turn}:443`), target(`10.0.1.${turn}:443`)];
  };
  const load = start(clock, sockets, connections, addresses);
  return {
    round: () => {
      rounds += 1;
      clock.advance(1_000 / RPS);
      return nextTurn();
    },
    close: async () => {
      await load.stop();
      return account(load.report());
    },
  };
}

/** The same with real connections to two API servers of the lab, as fast as these answer. */
export async function realLoad(connections: "fresh" | "kept"): Promise<SoakSubject> {
  const clock = fakeClock();
  const plane = await startControlPlane(FIELD_CLUSTER, authenticateByName);
  const plans = [await planTo(plane, "a"), await planTo(plane, "b")];
  const load = start(clock, socketPort(), connections, () => plans);
  return {
    round: async () => {
      clock.advance(1_000 / RPS);
      // One request is due, and answered, however long that takes in real time.
      // oxlint-disable-next-line eslint/no-await-in-loop -- the event loop does the work
      do await nextTurn();
      while (load.report().underWay > 0);
    },
    close: async () => {
      await load.stop();
      plane.close();
      const report = load.report();
      if (report.statuses["200"] !== report.sent) throw new Error(JSON.stringify(report));
      return account(report);
    },
  };
}

async function planTo(plane: ControlPlane, id: string): Promise<ProbePlan> {
  const front = await plane.front(undefined, { layout: { servers: [id] } });
  return {
    ...target(`${front.boundAddress}:${front.boundPort}`),
    dial: { ip: front.boundAddress, port: front.boundPort },
    serverName: FIELD_CLUSTER.endpointHost,
    certificateAuthority: plane.pki.caPem,
  };
}

function start(
  clock: FakeClock,
  sockets: Sockets,
  connections: "fresh" | "kept",
  targets: () => readonly ProbePlan[],
): RunningLoad {
  const plan = { rps: RPS, path: "/version", connections };
  const token = Promise.resolve({ reveal: () => "lab-token", expiresAt: "2099-01-01T00:00:00Z" });
  return runLoad(
    { plan, forMs: FOR_MS, timeoutMs: TIMEOUT_MS },
    targets,
    { clock, sockets, token: () => token },
    new AbortController().signal,
  );
}

/** Lets the event loop do what it has to do. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function account({ sent, held, statuses, byAddress, shed }: LoadReport): string {
  return JSON.stringify({ sent, held, statuses, addresses: byAddress.length, flows: shed.length });
}
