import type { TcpSocket } from "../../model/node/socket.ts";

/** Linux: TCP_RTO_MIN, TCP_RTO_MAX (include/net/tcp.h). */
const [FIRST_SECONDS, LONGEST_SECONDS] = [0.2, 120];

/** With 15 retransmits, net.ipv4.tcp_retries2's default (ip-sysctl of the kernel's documentation). */
export const TCP_GIVES_UP_SECONDS = 924.6;

/** A SYN waits one second; since Linux 6.5 as long before each of four more (tcp_syn_linear_timeouts). */
const [SYN_SECONDS, SYN_LINEAR] = [1, 4];

const MAX_RETRANSMITS = 255;

/**
 * The least time that a socket has been waiting for an answer, as far as the kernel tells: each
 * retransmit waits twice as long as the one before, and the first no less than 0.2 s. 0 where nothing
 * was sent again so far.
 */
export function silentSeconds({ retransmits, state }: TcpSocket): number {
  let seconds = 0;
  for (let sent = 0; sent < Math.min(retransmits, MAX_RETRANSMITS); sent += 1) {
    seconds +=
      state === "syn-sent"
        ? Math.min(SYN_SECONDS * 2 ** Math.max(0, sent - SYN_LINEAR), LONGEST_SECONDS)
        : Math.min(FIRST_SECONDS * 2 ** sent, LONGEST_SECONDS);
  }
  return seconds;
}
