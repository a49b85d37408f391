import { count, passed, problem, skippedCheck } from "../../checks/check.ts";
import { valueOf } from "../../model/fact.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import type { NodeProcess } from "../../model/node/process.ts";
import type { TcpSocket } from "../../model/node/socket.ts";
import { shortEndpoint, waitingBytes } from "../words.ts";
import {
  clusterName,
  enisNotKnown,
  knownWhen,
  type NodeCheck,
  type NodeEvidence,
  type NodeOutcome,
  nextAtTheSameTime,
  notSeen,
  regionFlag,
} from "./check.ts";
import { silentSeconds, TCP_GIVES_UP_SECONDS } from "./silent-seconds.ts";
import { type FlowGroup, firstOf, groupFlows, idsOf, ipsOf, openFlows, whoIs } from "./words.ts";

/** A healthy way loses a packet now and then, and has sent it again long before. */
const SILENT_SECONDS = 6;

/** Nobody tells the clients of an ENI that it is deleted: TCP waits for it. */
export const nobodyWaitsInVain: NodeCheck = {
  topic: "silence",
  title: "no connection waits for an answer from an address that is gone, or in vain",
  run: (evidence) => {
    const host = evidence.snapshot.namespaces[0]?.sockets;
    const open = openFlows(evidence.flows);
    if (open.length === 0) {
      return host === undefined || host.kind === "known"
        ? skippedCheck("no connection to the control plane is open here")
        : notSeen(host, evidence);
    }
    const gone = open.filter(({ address }) => address?.kind === "former-eni");
    const waiting = gone.filter(({ socket }) => waits(socket));
    const silent = open.filter(
      (flow) => !gone.includes(flow) && silentSeconds(flow.socket) >= SILENT_SECONDS,
    );
    if (waiting.length > 0) return waitForNobody(evidence, waiting, silent);
    if (silent.length > 0) return noAnswer(evidence, silent);
    if (gone.length > 0) return idleAtNobody(evidence, gone);
    // None listed, as of a cluster that is being made: no address can then be told to be gone.
    if ((valueOf(evidence.controlPlane.enis) ?? []).length === 0) return enisNotKnown(evidence);
    return passed(`none of ${count(open.length, "open connection")} waits in vain`, {
      details: endsNotKnown(open),
    });
  },
};

function waits({ sendQueueBytes, retransmits, state }: TcpSocket): boolean {
  return sendQueueBytes > 0 || retransmits > 0 || state === "syn-sent";
}

function waitForNobody(
  evidence: NodeEvidence,
  waiting: readonly NodeFlow[],
  silent: readonly NodeFlow[],
): NodeOutcome {
  const { apart, details } = knownWhen(evidence);
  const longest = longestSilence(waiting);
  return problem(
    apart ? "warn" : "fail",
    `${count(waiting.length, "connection")} ${waiting.length === 1 ? "waits" : "wait"} for ${addressesOf(waiting)}, which is no ENI any more${longest > 0 ? `: silent for at least ${duration(longest)}` : ""}`,
    {
      details: [
        ...firstOf(groupFlows([...waiting, ...silent]).map(groupWords)),
        "likely an update of the control plane deleted the ENI, which tells nobody: no FIN, no reset",
        CLIENTS_WAIT,
        ...details,
      ],
      side: "local",
      next: apart ? nextAtTheSameTime(evidence) : restartOf(waiting),
      addresses: idsOf(waiting.flatMap(({ address }) => address?.endpoint ?? [])),
    },
  );
}

const CLIENTS_WAIT = `a client waits for up to ${Math.round(TCP_GIVES_UP_SECONDS / 60)} min (net.ipv4.tcp_retries2); one that pings over HTTP/2 notices within a minute`;

function noAnswer({ controlPlane }: NodeEvidence, silent: readonly NodeFlow[]): NodeOutcome {
  return problem(
    "warn",
    `${count(silent.length, "connection")} to ${addressesOf(silent)} ${silent.length === 1 ? "has" : "have"} had no answer for at least ${duration(longestSilence(silent))}`,
    {
      details: [
        ...firstOf(groupFlows(silent).map(groupWords)),
        "the address is not known to be gone: its API server hangs, or something on the way drops packets",
        CLIENTS_WAIT,
      ],
      side: "network",
      next: `eks-probe check --cluster ${clusterName(controlPlane)}${regionFlag(controlPlane)} --deep   # do new connections to it get through from here?`,
      addresses: idsOf(silent.flatMap(({ address }) => address?.endpoint ?? [])),
    },
  );
}

function idleAtNobody(evidence: NodeEvidence, gone: readonly NodeFlow[]): NodeOutcome {
  const { details, apart } = knownWhen(evidence);
  return problem(
    "warn",
    `${count(gone.length, "connection")} ${gone.length === 1 ? "is" : "are"} open to ${addressesOf(gone)}, which is no ENI any more`,
    {
      details: [
        ...firstOf(groupFlows(gone).map(groupWords)),
        "nothing waits on it yet; the next request does",
        CLIENTS_WAIT,
        ...details,
      ],
      side: "local",
      next: apart ? nextAtTheSameTime(evidence) : restartOf(gone),
      addresses: idsOf(gone.flatMap(({ address }) => address?.endpoint ?? [])),
    },
  );
}

/** Without the kernel's record a connection to the ClusterIP may end at an ENI that is gone. */
function endsNotKnown(open: readonly NodeFlow[]): readonly string[] {
  const lost = open.filter(({ address }) => address === undefined);
  const [first, ...more] = lost;
  if (first === undefined) return [];
  const isOne = more.length === 0;
  const waiting = lost.some(({ socket }) => waits(socket))
    ? `${isOne ? "it has" : "they have"} not waited for long`
    : `nothing waits on ${isOne ? "it" : "them"}`;
  return [
    `where ${count(lost.length, "connection")} through the ClusterIP ${isOne ? "ends" : "end"} is not known; ${waiting}`,
  ];
}

function addressesOf(flows: readonly NodeFlow[]): string {
  return ipsOf(flows.map(({ address, seen }) => address?.endpoint ?? seen)).join(", ");
}

function longestSilence(flows: readonly NodeFlow[]): number {
  return Math.max(0, ...flows.map(({ socket }) => silentSeconds(socket)));
}

function groupWords({ process, to, flows }: FlowGroup): string {
  const sockets = flows.map(({ socket }) => socket);
  const bytes = sockets.reduce((sum, socket) => sum + waitingBytes(socket), 0);
  const isNew = sockets.some(({ state }) => state === "syn-sent");
  const again = Math.max(0, ...sockets.map(({ retransmits }) => retransmits));
  const words = [
    ...(flows.length > 1 ? [count(flows.length, "connection")] : []),
    ...(isNew ? ["not made yet"] : []),
    ...(bytes > 0 || !isNew ? [`${count(bytes, "byte")} unacknowledged`] : []),
    ...(again > 0
      ? [
          `sent again ${count(again, "time")}: silent for at least ${duration(longestSilence(flows))}`,
        ]
      : bytes > 0
        ? ["not sent again so far"]
        : []),
  ];
  return `${whoIs(process)} to ${shortEndpoint(to)}: ${words.join(", ")}`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toPrecision(2))} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** Restarts the first of the clients. Nothing that was read gets into a command but plain names. */
function restartOf(flows: readonly NodeFlow[]): string {
  const process = flows.find((flow) => flow.process !== undefined)?.process;
  const why =
    "   # it then connects anew; or let it ping (HTTP2_READ_IDLE_TIMEOUT_SECONDS of client-go)";
  const command = process === undefined ? undefined : restartCommand(process);
  if (command !== undefined) return command + why;
  const who = process === undefined ? "that client" : whoIs(process);
  return `restart ${who}: it then connects anew; clients that ping over HTTP/2 notice by themselves`;
}

const PLAIN = /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/;

function restartCommand({ owner }: NodeProcess): string | undefined {
  if (owner.kind === "unit" && /^[\w.-]+\.service$/.test(owner.unit))
    return `sudo systemctl restart ${owner.unit}`;
  if (owner.kind !== "pod") return undefined;
  const { namespace = "", pod = "" } = owner;
  if (!PLAIN.test(namespace) || !PLAIN.test(pod)) return undefined;
  return `kubectl -n ${namespace} delete pod ${pod}`;
}
