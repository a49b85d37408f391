import type { Socket } from "node:net";
import { connect, isIP } from "node:net";
import { addressId } from "../../model/address.ts";
import type { Failure } from "../../model/failure.ts";
import type { Clock } from "../../model/ports.ts";
import type { Deadline } from "../deadline.ts";
import { classifyTcp, stopFailure } from "./failure.ts";

export interface IpPort {
  readonly ip: string;
  readonly port: number;
}

export type TcpOutcome =
  | {
      readonly kind: "connected";
      readonly socket: Socket;
      readonly tcpMs: number;
      readonly local: IpPort | undefined;
    }
  | { readonly kind: "failed"; readonly failure: Failure };

/** One TCP connection to an IP. A host name here is a bug: it would be looked up. */
export function connectTcp(dial: IpPort, clock: Clock, deadline: Deadline): Promise<TcpOutcome> {
  if (isIP(dial.ip) === 0) throw new TypeError("only an IP is dialled");
  const target = addressId(dial.ip, dial.port);
  return new Promise((resolve) => {
    const startedMs = clock.monotonicMs();
    const socket = connect({ host: dial.ip, port: dial.port, noDelay: true });
    const onStop = (): void => {
      socket.destroy();
      resolve({ kind: "failed", failure: stopFailure(deadline, "tcp", target) });
    };
    // Stays on for good: an error after the phase must not become an uncaught 'error' event.
    socket.on("error", (error) => {
      deadline.signal.removeEventListener("abort", onStop);
      resolve({ kind: "failed", failure: classifyTcp(error, target) });
    });
    socket.once("connect", () => {
      const tcpMs = clock.monotonicMs() - startedMs;
      deadline.signal.removeEventListener("abort", onStop);
      const { localAddress, localPort } = socket;
      const local =
        localAddress === undefined || localPort === undefined
          ? undefined
          : { ip: localAddress, port: localPort };
      resolve({ kind: "connected", socket, tcpMs, local });
    });
    deadline.signal.addEventListener("abort", onStop, { once: true });
    if (deadline.signal.aborted) onStop();
  });
}
