import type { Failure } from "../../model/failure.ts";
import type { BearerToken, Deps, HeldConnection, ProbePlan } from "../../model/ports.ts";
import { isoTime } from "../../model/time.ts";
import type { KeptSeen, ListsSeen } from "../../model/watch/sample.ts";
import { MAX_KEPT } from "../pace/constants.ts";
import type { Limit } from "./limit.ts";

/** What the loop owns of one; not plain data. */
interface Kept {
  readonly connection: HeldConnection;
  /** ISO 8601. */
  readonly openedAt: string;
  /** Whether its last answer was a 200; so is a new one taken to be. */
  accepted: boolean;
}

/** One look over every kept connection, and what came of it. */
export interface Looked {
  readonly kept: readonly KeptSeen[];
  readonly lists: ListsSeen | undefined;
}

/** The connections that a watch keeps open, one an address. */
export interface KeptConnections {
  /** Opens one where there is room for it; one that cannot be made is tried again by a later round. */
  open(plan: ProbePlan, signal: AbortSignal): Promise<void>;
  /** Closes those to other addresses: what is followed no longer is not asked any more. */
  keepOnly(addresses: ReadonlySet<string>): void;
  /** Asks all of them; those that have ended are told once and let go. */
  look(lists: boolean, n: number, signal: AbortSignal): Promise<Looked>;
  close(): void;
}

export function keepConnections(
  { clock, sockets, kube }: Deps,
  token: () => Promise<BearerToken | undefined>,
  limit: Limit,
): KeptConnections {
  const open = new Map<string, Kept>();
  let opening = 0;
  const make = async (plan: ProbePlan, signal: AbortSignal): Promise<void> => {
    const held = await limit(() => sockets.hold(plan, token(), signal));
    if (held.kind === "failed") return;
    if (signal.aborted) held.connection.close();
    else
      open.set(plan.address, {
        connection: held.connection,
        openedAt: isoTime(clock.wallMs()),
        accepted: true,
      });
  };
  const lookAt = async (
    address: string,
    { connection, openedAt }: Kept,
    lists: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly seen: KeptSeen; readonly lists: ListsSeen | undefined }> => {
    const at = isoTime(clock.wallMs());
    const { fingerprint } = connection;
    const base = { address, openedAt, at, fingerprint };
    const before = connection.ended();
    if (before !== undefined) return { seen: over(base, before), lists: undefined };
    const glance = await limit(() => kube.glance(connection, { lists }, token(), signal));
    if (glance.api.kind === "failed")
      return { seen: over(base, connection.ended() ?? glance.api.failure), lists: undefined };
    const { status, ttfbMs, host } = glance.api;
    return {
      seen: {
        ...base,
        outcome: { kind: "answered", status, ttfbMs: Math.round(ttfbMs * 100) / 100 },
        server: host,
        readyz: glance.readyz,
        version: glance.version,
      },
      lists: glance.lists && { address, ...glance.lists },
    };
  };
  return {
    open: async (plan, signal) => {
      if (open.has(plan.address) || open.size + opening >= MAX_KEPT) return;
      opening += 1;
      await make(plan, signal);
      opening -= 1;
    },
    keepOnly: (addresses) => {
      for (const [address, { connection }] of open) {
        if (addresses.has(address)) continue;
        connection.close();
        open.delete(address);
      }
    },
    look: async (lists, n, signal) => {
      const all = [...open];
      const alive = all.filter(([, { connection }]) => connection.ended() === undefined);
      const good = alive.filter(([, { accepted }]) => accepted);
      // Another one each time: one API server's word is not all of them. One that was scaled in
      // refuses every token, and is asked only where there is no other.
      const tellers = good.length > 0 ? good : alive;
      const [teller] = tellers[n % Math.max(1, tellers.length)] ?? [];
      const looked = await Promise.all(
        all.map(([address, kept]) => lookAt(address, kept, lists && address === teller, signal)),
      );
      // What an interruption cut short says nothing of the server.
      if (signal.aborted) return { kept: [], lists: undefined };
      for (const { seen } of looked) {
        const one = open.get(seen.address);
        if (seen.outcome.kind === "answered") {
          if (one !== undefined) one.accepted = seen.outcome.status === 200;
          continue;
        }
        one?.connection.close();
        open.delete(seen.address);
      }
      return {
        kept: looked.map(({ seen }) => seen),
        lists: looked.find((one) => one.lists !== undefined)?.lists,
      };
    },
    close: () => {
      for (const { connection } of open.values()) connection.close();
      open.clear();
    },
  };
}

function over(
  base: Pick<KeptSeen, "address" | "openedAt" | "at" | "fingerprint">,
  failure: Failure,
): KeptSeen {
  return {
    ...base,
    outcome: { kind: "ended", failure },
    server: undefined,
    readyz: undefined,
    version: undefined,
  };
}
