import { addressId } from "../address.ts";

/** Of `include/net/tcp_states.h`. */
export type TcpState =
  | "established"
  | "syn-sent"
  | "syn-recv"
  | "fin-wait-1"
  | "fin-wait-2"
  | "time-wait"
  | "close"
  | "close-wait"
  | "last-ack"
  | "listen"
  | "closing";

/** One TCP socket as the kernel lists it, in one network namespace. */
export interface TcpSocket {
  readonly family: 4 | 6;
  /** Canonical: `::ffff:10.0.0.1` is `10.0.0.1`. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly state: TcpState;
  /** Written and not yet acknowledged by the peer. */
  readonly sendQueueBytes: number;
  /** Arrived and not yet read. */
  readonly receiveQueueBytes: number;
  /** What the kernel waits for on this socket. */
  readonly timer: "none" | "retransmit" | "keepalive" | "time-wait" | "zero-window";
  /** Times the unacknowledged data was sent again so far. */
  readonly retransmits: number;
  readonly uid: number;
  /** 0 for a socket that no process owns any more. */
  readonly inode: number;
}

/** One end of a TCP connection; `ip` is canonical (`canonicalIp`). */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** `10.0.20.41:443`, `[fd00::29]:443`: tells endpoints apart, as long as their IPs are canonical. */
export function endpointId({ ip, port }: Endpoint): string {
  return addressId(ip, port);
}
