import type { Clock, SocketPort } from "../model/ports.ts";
import type * as Attempt from "./attempt/attempt.ts";
import type { ReadIdentity } from "./attempt/attempt.ts";
import type * as Token from "./attempt/token.ts";
import type * as Trust from "./attempt/trust.ts";

export interface SocketPortOptions {
  /** This program's version, for `user-agent: eks-probe/<version>`. */
  readonly version: string;
  /** `parseApiVersions`; handed in, since adapters do not import each other. */
  readonly readIdentity: ReadIdentity;
  /** Likewise. */
  readonly readDeniedUser: (body: string) => string | undefined;
}

/** Probes over real sockets. All that is shared between them is the trust in a CA. */
export function createSocketPort(clock: Clock, options: SocketPortOptions): SocketPort {
  let loading: Promise<SocketPort> | undefined;
  const load = async (): Promise<SocketPort> => {
    const [{ runAttempt }, { createTrustStore }, { createEchoStore }] = await loadAttempt();
    const tools = {
      clock,
      userAgent: `eks-probe/${options.version}`,
      readIdentity: options.readIdentity,
      readDeniedUser: options.readDeniedUser,
      trustFor: createTrustStore(),
      echoOf: createEchoStore(),
    };
    return {
      attempt: (plan, token, signal) => runAttempt(plan, token, signal, tools),
      converse: async (plan, token, steps, signal) => {
        const { runConversation } = await import("./attempt/converse.ts");
        return runConversation(plan, token, steps, signal, tools);
      },
      hold: async (plan, token, signal) => {
        const { holdConnection } = await import("./attempt/hold.ts");
        return holdConnection(plan, token, signal, tools);
      },
    };
  };
  const loaded = (): Promise<SocketPort> => {
    loading ??= load();
    return loading;
  };
  return {
    attempt: async (plan, token, signal) => (await loaded()).attempt(plan, token, signal),
    converse: async (plan, token, steps, signal) =>
      (await loaded()).converse(plan, token, steps, signal),
    hold: async (plan, token, signal) => (await loaded()).hold(plan, token, signal),
  };
}

/** TLS and HTTP/2 are loaded when they are needed, or before by `preloadNet`. */
export function loadAttempt(): Promise<[typeof Attempt, typeof Trust, typeof Token]> {
  return Promise.all([
    import("./attempt/attempt.ts"),
    import("./attempt/trust.ts"),
    import("./attempt/token.ts"),
  ]);
}
