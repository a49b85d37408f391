import type { Clock, SocketPort } from "../model/ports.ts";
import type { ReadIdentity } from "./attempt/attempt.ts";
import { runAttempt } from "./attempt/attempt.ts";
import { createTrustStore } from "./attempt/trust.ts";

export interface SocketPortOptions {
  /** This program's version, for `user-agent: eks-probe/<version>`. */
  readonly version: string;
  /** `parseApiVersions`; handed in, since adapters do not import each other. */
  readonly readIdentity: ReadIdentity;
}

/** Probes over real sockets. All that is shared between them is the trust in a CA. */
export function createSocketPort(clock: Clock, options: SocketPortOptions): SocketPort {
  const tools = {
    clock,
    userAgent: `eks-probe/${options.version}`,
    readIdentity: options.readIdentity,
    trustFor: createTrustStore(),
  };
  return { attempt: (plan, token, signal) => runAttempt(plan, token, signal, tools) };
}
