import { valueOf } from "../../model/fact.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import type { NodeProcess } from "../../model/node/process.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import type { TcpState } from "../../model/node/socket.ts";
import { parseTimeMs } from "../../model/time.ts";
import { shortEndpoint, waitingBytes } from "../../node/words.ts";
import { type FlowWay, type WayContext, waysOf } from "./ways.ts";
import { ownerWords } from "./words.ts";

/** Connections of one process to one destination, by one way and in one state. */
export interface FlowRow {
  readonly process: NodeProcess | undefined;
  /** User of the socket: all that is known of an owner that was not seen. */
  readonly uid: number;
  /** The peer as the process sees it; of what comes in without its port. */
  readonly peer: string;
  /** Of this end. */
  readonly localPort: number;
  readonly eniId: string | undefined;
  readonly ways: readonly FlowWay[];
  readonly state: TcpState;
  /** Connections in this row. */
  readonly count: number;
  /** Of all of them. */
  readonly sendQueueBytes: number;
  readonly receiveQueueBytes: number;
  /** The most of one of them. */
  readonly retransmits: number;
  /** The peer of one of them takes no more data. */
  readonly isWindowClosed: boolean;
  /** How old they are at most, in milliseconds: no connection is older than its process. */
  readonly ageMs: number | undefined;
}

/** A row for a process and a destination: those in trouble first, then in the report's order. */
export function rowsOf(
  flows: readonly NodeFlow[],
  { readAt }: Pick<NodeSnapshot, "readAt">,
  context: WayContext,
): readonly FlowRow[] {
  const rows = new Map<string, FlowRow>();
  for (const flow of flows) {
    const row = rowOf(flow, readAt, context);
    const { process, uid, peer, localPort, ways, state } = row;
    const who = process === undefined ? [uid] : [process.name, ownerWords(process)];
    const port = flow.direction === "from-control-plane" ? localPort : undefined;
    const key = JSON.stringify([who, peer, port, state, ways]);
    const met = rows.get(key);
    rows.set(key, met === undefined ? row : joined(met, row));
  }
  const all = [...rows.values()];
  return [...all.filter(isTroubled), ...all.filter((row) => !isTroubled(row))];
}

/** What a reader has to see first: what leads to nobody, or waits in vain. */
export function isTroubled({
  ways,
  state,
  retransmits,
  isWindowClosed,
}: Pick<FlowRow, "ways" | "state" | "retransmits" | "isWindowClosed">): boolean {
  return (
    ways.some(({ isGone }) => isGone) || state === "syn-sent" || retransmits > 0 || isWindowClosed
  );
}

function rowOf(flow: NodeFlow, readAt: string, context: WayContext): FlowRow {
  const { process, socket, seen, direction, address } = flow;
  const { state, receiveQueueBytes, retransmits, timer, uid, local } = socket;
  return {
    process,
    uid,
    peer: direction === "to-control-plane" ? shortEndpoint(seen) : seen.ip,
    localPort: local.port,
    eniId: address?.eniId,
    ways: waysOf(flow, context),
    state,
    count: 1,
    sendQueueBytes: waitingBytes(socket),
    receiveQueueBytes,
    retransmits,
    isWindowClosed: timer === "zero-window",
    ageMs: ageOf(process, readAt),
  };
}

function joined(a: FlowRow, b: FlowRow): FlowRow {
  const isAgeKnown = a.ageMs !== undefined && b.ageMs !== undefined;
  return {
    ...a,
    eniId: a.eniId ?? b.eniId,
    count: a.count + b.count,
    sendQueueBytes: a.sendQueueBytes + b.sendQueueBytes,
    receiveQueueBytes: a.receiveQueueBytes + b.receiveQueueBytes,
    retransmits: Math.max(a.retransmits, b.retransmits),
    isWindowClosed: a.isWindowClosed || b.isWindowClosed,
    ageMs: isAgeKnown ? Math.max(a.ageMs, b.ageMs) : undefined,
  };
}

function ageOf(process: NodeProcess | undefined, readAt: string): number | undefined {
  const started = process === undefined ? undefined : valueOf(process.startedAt);
  const from = started === undefined ? undefined : parseTimeMs(started);
  const until = parseTimeMs(readAt);
  return from === undefined || until === undefined || until < from ? undefined : until - from;
}
