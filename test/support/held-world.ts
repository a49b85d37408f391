import { known, unknown } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { HeldConnection, ProbePlan } from "../../src/model/ports.ts";
import type { FakeWorld } from "./fake-deps.ts";

/** A connection that the fake world holds; a test ends it, or has it refuse. */
export interface FakeHeld {
  readonly plan: ProbePlan;
  readonly connection: HeldConnection;
  ended: Failure | undefined;
  status: number;
  closed: number;
  /** How often lists were read through it. */
  lists: number;
}

export interface HeldWorld extends Pick<FakeWorld, "hold" | "glance"> {
  /** In the order in which they were made. */
  readonly made: readonly FakeHeld[];
  /** The latest to an address. */
  latest(address: string): FakeHeld;
  /** Whether lists are denied, as RBAC denies them. */
  denied: boolean;
}

const DENIED: Failure = {
  code: "http-status",
  phase: "http",
  side: "user",
  message: "leases is forbidden",
};

export const RESET: Failure = {
  code: "http-reset",
  phase: "http",
  side: "server",
  message: "the connection was reset",
};

/** A world whose connections stay until a test ends them. */
export function heldWorld(): HeldWorld {
  const made: FakeHeld[] = [];
  const world: HeldWorld = {
    made,
    denied: false,
    latest: (address) => {
      const found = made.findLast(({ plan }) => plan.address === address);
      if (found === undefined) throw new Error(`no connection to ${address} was kept`);
      return found;
    },
    hold: (plan) => {
      const held: FakeHeld = {
        plan,
        ended: undefined,
        status: 200,
        closed: 0,
        lists: 0,
        connection: {
          fingerprint: "A1",
          ask: () => Promise.resolve([]),
          ended: () => held.ended,
          close: () => {
            held.closed += 1;
          },
        },
      };
      made.push(held);
      return { kind: "open", connection: held.connection };
    },
    glance: (connection, { lists }) => {
      const held = made.find((one) => one.connection === connection);
      if (held === undefined) throw new Error("a connection that nobody made was asked");
      if (held.closed > 0) throw new Error("a closed connection was asked");
      if (lists) held.lists += 1;
      return {
        api: {
          kind: "answered",
          status: held.status,
          ttfbMs: 3,
          serverAddress: undefined,
          host: undefined,
        },
        readyz: known({ healthy: true, checks: 3, failing: [] }),
        version: known({ gitVersion: "v1.25.9-eks-1", platform: undefined }),
        lists: lists
          ? {
              leases: world.denied ? unknown(DENIED) : known([]),
              serviceEndpoints: world.denied
                ? unknown(DENIED)
                : known({ source: "endpointslices/v1", addresses: [] }),
            }
          : undefined,
      };
    },
  };
  return world;
}
