import type { LabSocket, LabWorker } from "../scenario/worker.ts";

/** kube-proxy's `conntrack.tcpEstablishedTimeout`, a day; two seconds ago something came. */
const ESTABLISHED_SECONDS = 86_398;
/** nf_conntrack_tcp_timeout_syn_sent, _max_retrans (after three), _time_wait, _close_wait, _fin_wait. */
const [SYN_SENT_SECONDS, SENT_AGAIN_SECONDS] = [119, 299] as const;

/**
 * `/proc/net/nf_conntrack`: a line for each connection that a socket of the worker or of its pods
 * has, as net/netfilter/nf_conntrack_standalone.c prints it.
 */
export function conntrackTable({ sockets, addresses }: LabWorker): string {
  const [node = ""] = addresses;
  return sockets.map((socket) => lineOf(socket, node)).join("");
}

function lineOf(socket: LabSocket, node: string): string {
  const { state, local, remote, accepted, leadsTo, retransmits = 0 } = socket;
  if (remote === undefined) return "";
  const [opener, target] = accepted === true ? [remote, local] : [local, remote];
  const answers = leadsTo ?? target;
  // From a service's own address, as on an interface of IPVS, it is masqueraded.
  const back = leadsTo !== undefined && opener.ip === target.ip ? node : opener.ip;
  const [name, seconds] = trackedState(state, retransmits);
  const replied = state === "syn-sent" ? "[UNREPLIED] " : "";
  const assured = state === "syn-sent" ? "" : "[ASSURED] ";
  const there = `src=${opener.ip} dst=${target.ip} sport=${opener.port} dport=${target.port} `;
  const here = `src=${answers.ip} dst=${back} sport=${answers.port} dport=${opener.port} `;
  return `ipv4     2 tcp      6 ${seconds} ${name} ${there}${replied}${here}${assured}mark=0 zone=0 use=2\n`;
}

function trackedState(state: LabSocket["state"], retransmits: number): readonly [string, number] {
  switch (state) {
    case "syn-sent":
      return ["SYN_SENT", SYN_SENT_SECONDS];
    case "fin-wait-1":
      return ["FIN_WAIT", SYN_SENT_SECONDS];
    case "time-wait":
      return ["TIME_WAIT", SYN_SENT_SECONDS];
    case "close-wait":
      return ["CLOSE_WAIT", 59];
    case "established":
    case "listen":
      return ["ESTABLISHED", retransmits >= 3 ? SENT_AGAIN_SECONDS : ESTABLISHED_SECONDS];
  }
}
