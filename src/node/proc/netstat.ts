import { canonicalIp } from "../../model/ip.ts";
import type { Endpoint, TcpSocket, TcpState } from "../../model/node/socket.ts";

/** As netstat writes them: net-tools, `tcp_state`. */
const STATES: ReadonlyMap<string, TcpState> = new Map([
  ["ESTABLISHED", "established"],
  ["SYN_SENT", "syn-sent"],
  ["SYN_RECV", "syn-recv"],
  ["FIN_WAIT1", "fin-wait-1"],
  ["FIN_WAIT2", "fin-wait-2"],
  ["TIME_WAIT", "time-wait"],
  ["CLOSE", "close"],
  ["CLOSE_WAIT", "close-wait"],
  ["LAST_ACK", "last-ack"],
  ["LISTEN", "listen"],
  ["CLOSING", "closing"],
]);

/** One line of netstat: a socket, and the process that it names. */
/** What netstat listed. */
export interface NetstatSocket {
  readonly socket: TcpSocket;
  readonly pid: number | undefined;
}

export interface Netstat {
  readonly sockets: readonly NetstatSocket[];
  /** Those left out because netstat cuts long addresses of IPv6, and may have cut theirs. */
  readonly cut: number;
}

/**
 * TCP sockets of `netstat -plant`. It tells neither user nor timer nor inode: `inode` is the number
 * of the line, so that sockets can be told apart, and 0 where no process owns it. With `keep` only
 * those that it takes, by their ports. Lines of another form are passed over. Never throws.
 */
export function readNetstat(
  text: string,
  keep: (localPort: number, remotePort: number) => boolean = () => true,
): Netstat {
  const sockets: NetstatSocket[] = [];
  let cut = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const columns = line.trim().split(/\s+/, 7);
    const [from, to] = [columns[3], columns[4]].map(portOf);
    if (from === undefined || to === undefined || !keep(from, to)) continue;
    if (isCut(columns)) cut += 1;
    else {
      const found = readLine(columns, index + 1);
      if (found !== undefined) sockets.push(found);
    }
  }
  return { sockets, cut };
}

/** Address and port together, without the colon between them: net-tools, `addr_do_one`. */
const FULL_COLUMN = 22;

/** What fills its column may be the beginning of a longer address, and that beginning an address. */
function isCut([protocol, , , from = "", to = ""]: readonly string[]): boolean {
  return protocol === "tcp6" && [from, to].some((text) => text.length > FULL_COLUMN);
}

/** `tcp 0 0 10.0.105.163:46370 43.200.53.253:443 ESTABLISHED 3456/kubelet` */
function readLine(columns: readonly string[], number: number): NetstatSocket | undefined {
  const [protocol, receive, send, from, to, word, owner] = columns;
  const [local, remote, state] = [endpoint(from), endpoint(to), STATES.get(word ?? "")];
  if (protocol !== "tcp" && protocol !== "tcp6") return undefined;
  if (local === undefined || remote === undefined || state === undefined) return undefined;
  const pid = pidOf(owner);
  const socket: TcpSocket = {
    family: protocol === "tcp6" ? 6 : 4,
    local,
    remote,
    state,
    sendQueueBytes: count(send),
    receiveQueueBytes: count(receive),
    timer: "none",
    retransmits: 0,
    uid: 0,
    inode: pid === undefined ? 0 : number,
  };
  return { socket, pid };
}

/** `3456/kubelet`, or `-` */
function pidOf(owner = ""): number | undefined {
  const pid = /^(\d{1,10})\//.exec(owner)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** `10.0.105.163:46370`, `:::10250`, `0.0.0.0:*` */
function endpoint(text = ""): Endpoint | undefined {
  const ip = canonicalIp(text.slice(0, Math.max(text.lastIndexOf(":"), 0)));
  const port = portOf(text);
  return ip === undefined || port === undefined ? undefined : { ip, port };
}

function portOf(text = ""): number | undefined {
  const port = /:(\*|\d{1,5})$/.exec(text)?.[1];
  return port === undefined ? undefined : port === "*" ? 0 : Number(port);
}

function count(text = ""): number {
  return /^\d{1,12}$/.test(text) ? Number(text) : 0;
}
