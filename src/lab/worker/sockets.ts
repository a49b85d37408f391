import type { LabEndpoint, LabSocket, LabSocketState } from "../scenario/worker.ts";

/** The two tables of one network: what `/proc/PID/net` has. */
export interface SocketTables {
  readonly tcp: string;
  readonly tcp6: string;
}

/** A socket with the number that its owner's open file leads to. */
export interface NumberedSocket {
  readonly socket: LabSocket;
  /** 0 where no process has it. */
  readonly inode: number;
}

/** Of a worker that has run for some days; the first is the field notes' own. */
const FIRST_INODE = 20_221;

/** The same sockets, in their order, each with a number of its own. */
export function numbered(sockets: readonly LabSocket[]): readonly NumberedSocket[] {
  return sockets.map((socket, index) => ({
    socket,
    inode: socket.pid === undefined ? 0 : FIRST_INODE + index,
  }));
}

/** `seq_setwidth(seq, TMPSZ - 1)`: lines of IPv4 are filled up to so many characters. */
const WIDTH = 149;

const HEADER_4 =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const HEADER_6 =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/** As net/ipv4/tcp_ipv4.c and net/ipv6/tcp_ipv6.c of Linux print the sockets of a network. */
export function socketTables(sockets: readonly NumberedSocket[]): SocketTables {
  const [four, six] = [sockets.filter((one) => !isOfIpv6(one)), sockets.filter(isOfIpv6)];
  const lines4 = four.map((one, slot) => lineOf(one, slot, hexOf4).padEnd(WIDTH));
  const lines6 = six.map((one, slot) => lineOf(one, slot, hexOf6));
  return {
    tcp: `${[HEADER_4.padEnd(WIDTH), ...lines4].join("\n")}\n`,
    tcp6: `${[HEADER_6, ...lines6].join("\n")}\n`,
  };
}

function isOfIpv6({ socket }: NumberedSocket): boolean {
  return socket.accepted === true || socket.local.ip === "::";
}

/** include/net/tcp_states.h */
const STATES: Readonly<Record<LabSocketState, number>> = {
  established: 1,
  "syn-sent": 2,
  "fin-wait-1": 4,
  "time-wait": 6,
  "close-wait": 8,
  listen: 10,
};

function lineOf(
  { socket, inode }: NumberedSocket,
  slot: number,
  hexOf: (endpoint: LabEndpoint | undefined) => string,
): string {
  const {
    state,
    local,
    remote,
    unacknowledgedBytes = 0,
    unreadBytes = 0,
    retransmits = 0,
  } = socket;
  const [timer, hundredths] = timerOf(socket);
  const ends = `${String(slot).padStart(4)}: ${hexOf(local)} ${hexOf(remote)} ${hex(STATES[state], 2)}`;
  const clocks = `${hex(timer, 2)}:${hex(hundredths, 8)}`;
  if (state === "time-wait") {
    return `${ends} 00000000:00000000 ${clocks} 00000000 ${"0".padStart(5)} ${"0".padStart(8)} 0 3 0000000000000000`;
  }
  const queues = `${hex(unacknowledgedBytes, 8)}:${hex(unreadBytes, 8)}`;
  const owner = `${"0".padStart(5)} ${"0".padStart(8)} ${inode}`;
  const rest =
    state === "listen" ? "1 0000000000000000 100 0 0 10 0" : "2 0000000000000000 20 4 30 10 -1";
  return `${ends} ${queues} ${clocks} ${hex(retransmits, 8)} ${owner} ${rest}`;
}

/** Which timer runs, and in how many hundredths of a second it ends. */
function timerOf({
  state,
  unacknowledgedBytes = 0,
  retransmits = 0,
  withoutKeepalive,
}: LabSocket): readonly [number, number] {
  const [none, retransmit, keepalive, timeWait] = [0, 1, 2, 3] as const;
  if (state === "time-wait") return [timeWait, 3_000];
  if (state === "listen") return [none, 0];
  if (state === "syn-sent" || unacknowledgedBytes > 0) {
    return [retransmit, Math.min(20 * 2 ** retransmits, 12_000)];
  }
  // Go's clients ask for a sign of life every 15 or 30 s.
  return withoutKeepalive === true ? [none, 0] : [keepalive, 1_100];
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

/** The four bytes as a number of a little-endian machine, as amd64 and arm64 print it. */
function hexOfIp(ip: string): string {
  return ip
    .split(".")
    .toReversed()
    .map((byte) => hex(Number(byte), 2))
    .join("");
}

function hexOf4({ ip, port } = NOBODY): string {
  return `${hexOfIp(ip)}:${hex(port, 4)}`;
}

function hexOf6({ ip, port } = NOBODY): string {
  const isAny = ip === "::" || ip === NOBODY.ip;
  const last = isAny ? "0".repeat(16) : `FFFF0000${hexOfIp(ip)}`;
  return `${"0".repeat(16)}${last}:${hex(port, 4)}`;
}

/** A listener's remote. */
const NOBODY: LabEndpoint = { ip: "0.0.0.0", port: 0 };
