import type { FrontFault } from "../scenario.ts";
import { holdClosedPort } from "./closed-port.ts";
import { holdSilentPort } from "./silent-port.ts";

/** Where no connection is ever made. */
export interface ShutPort {
  readonly ip: string;
  readonly port: number;
  close(): void;
}

type ShutFault = Extract<FrontFault, { kind: "refuse" | "drop" | "unreachable" }>;

const SHUT_KINDS: ReadonlySet<FrontFault["kind"]> = new Set<ShutFault["kind"]>([
  "refuse",
  "drop",
  "unreachable",
]);

/** TCP to a broadcast address is refused by the kernel itself, with ENETUNREACH: nothing is sent. */
const UNREACHABLE: ShutPort = { ip: "127.255.255.255", port: 443, close: () => {} };

export function isShut(fault: FrontFault): fault is ShutFault {
  return SHUT_KINDS.has(fault.kind);
}

/** Rejects with the system's error when the address cannot be bound. */
export async function holdShut(fault: ShutFault, ip: string, port: number): Promise<ShutPort> {
  switch (fault.kind) {
    case "refuse":
      return holdClosedPort(ip, port);
    case "drop":
      return holdSilentPort(ip, port);
    case "unreachable":
      return UNREACHABLE;
  }
}
