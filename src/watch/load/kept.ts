import type { WireReply, WireRequest } from "../../model/conversation.ts";
import type {
  BearerToken,
  HeldConnection,
  HeldOutcome,
  ProbePlan,
  SocketPort,
} from "../../model/ports.ts";

/** Requests in a row that a connection left unanswered: what it leads to is gone, and it does not know. */
const SILENT_AFTER = 2;

/** The connections that a load keeps, by address. */
export interface KeptPool {
  /** Over the one with the least to do; opened if there is none, or one more while all have something. */
  ask(plan: ProbePlan, request: WireRequest): Promise<WireReply>;
  /** Those to other addresses are closed, as soon as they owe no answer. */
  keepOnly(addresses: readonly string[]): void;
  /** All, at once. */
  close(): void;
}

export interface KeptPoolOptions {
  readonly sockets: Pick<SocketPort, "hold">;
  readonly token: () => Promise<BearerToken | undefined>;
  readonly perAddress: number;
  readonly signal: AbortSignal;
}

interface Line {
  readonly address: string;
  readonly opening: Promise<HeldOutcome>;
  connection: HeldConnection | undefined;
  underWay: number;
  silent: number;
}

export function createKeptPool(options: KeptPoolOptions): KeptPool {
  const { sockets, token, perAddress, signal } = options;
  let lines: readonly Line[] = [];

  function drop(dropped: Line): void {
    lines = lines.filter((line) => line !== dropped);
    dropped.connection?.close();
  }

  function open(plan: ProbePlan): Line {
    const opening = sockets.hold(plan, token(), signal);
    const { address } = plan;
    const line: Line = { address, opening, connection: undefined, underWay: 0, silent: 0 };
    lines = [...lines, line];
    return line;
  }

  function pick(plan: ProbePlan): Line {
    for (const line of lines) {
      if (line.connection?.ended() !== undefined || line.silent >= SILENT_AFTER) drop(line);
    }
    const own = lines.filter(({ address }) => address === plan.address);
    const [first, ...rest] = own;
    if (first === undefined) return open(plan);
    const idlest = rest.reduce(
      (best, line) => (line.underWay < best.underWay ? line : best),
      first,
    );
    return idlest.underWay > 0 && own.length < perAddress ? open(plan) : idlest;
  }

  async function askOver(line: Line, request: WireRequest): Promise<WireReply> {
    const outcome = await line.opening;
    if (outcome.kind === "failed") {
      drop(line);
      return outcome;
    }
    const { connection } = outcome;
    line.connection = connection;
    const [reply] = await connection.ask([request], token(), signal);
    if (reply === undefined) throw new Error("a request without a reply");
    line.silent = isSilence(reply) ? line.silent + 1 : 0;
    return reply;
  }

  return {
    ask: async (plan, request) => {
      const line = pick(plan);
      line.underWay += 1;
      try {
        return await askOver(line, request);
      } finally {
        line.underWay -= 1;
        // It was given up meanwhile, before it was open or while it still owed an answer.
        if (line.underWay === 0 && !lines.includes(line)) line.connection?.close();
      }
    },
    keepOnly: (addresses) => {
      const gone = lines.filter(({ address }) => !addresses.includes(address));
      if (gone.length === 0) return;
      lines = lines.filter(({ address }) => addresses.includes(address));
      for (const line of gone) if (line.underWay === 0) line.connection?.close();
    },
    close: () => {
      for (const line of lines) line.connection?.close();
      lines = [];
    },
  };
}

function isSilence(reply: WireReply): boolean {
  return reply.kind === "failed" && reply.failure.code === "http-timeout";
}
