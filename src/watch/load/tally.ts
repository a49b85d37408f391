import type { WireReply } from "../../model/conversation.ts";
import type { LatencyReport, LoadReport } from "../../model/watch/load.ts";
import {
  countInto,
  createHistogram,
  type Histogram,
  mergeInto,
  reportLatency,
} from "./histogram.ts";

/** Addresses come and go while a load runs; no cluster has so many at one time. */
const MOST_ADDRESSES = 64;
/** A cluster has a dozen flow schemas. What an answer names is its own affair, so there is an end. */
const MOST_FLOWS = 32;
const OTHER = "other";
const UNKNOWN = "unknown";
/** As Kubernetes makes them, and no longer. */
const UID: RegExp = /^[\w-]{1,64}$/;

/** What a load has met so far. No larger after a week than after a minute. */
export interface Tally {
  countSent(address: string): void;
  countHeld(why: keyof LoadReport["held"], count: number): void;
  /** Each request that was not cut off, once. */
  countReply(address: string, reply: WireReply): void;
  read(): Omit<LoadReport, "plan" | "durationMs" | "backedOff">;
}

interface AddressTally {
  sent: number;
  answered: number;
  lastSent: number;
  readonly latency: Histogram;
}

export function createTally(): Tally {
  const held = { busy: 0, backingOff: 0, late: 0 };
  const statuses: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const shed = new Map<string, LoadReport["shed"][number]>();
  const latency = createHistogram();
  const addresses = new Map<string, AddressTally>();
  const others = createAddressTally();
  let sent = 0;
  let settled = 0;

  function countShed(flow: string, level: string): void {
    const key = `${flow} ${level}`;
    if (!shed.has(key) && shed.size >= MOST_FLOWS && flow !== OTHER) return countShed(OTHER, OTHER);
    const count = (shed.get(key)?.count ?? 0) + 1;
    shed.set(key, { flowSchemaUid: flow, priorityLevelUid: level, count });
  }

  function foldOldest(): void {
    let oldest: [string, AddressTally] | undefined;
    for (const entry of addresses) {
      if (oldest === undefined || entry[1].lastSent < oldest[1].lastSent) oldest = entry;
    }
    if (oldest === undefined) return;
    addresses.delete(oldest[0]);
    others.sent += oldest[1].sent;
    others.answered += oldest[1].answered;
    mergeInto(others.latency, oldest[1].latency);
  }

  return {
    countSent: (address) => {
      sent += 1;
      if (!addresses.has(address) && addresses.size >= MOST_ADDRESSES) foldOldest();
      const entry = addresses.get(address) ?? createAddressTally();
      entry.sent += 1;
      entry.lastSent = sent;
      addresses.set(address, entry);
    },
    countHeld: (why, count) => {
      held[why] += count;
    },
    countReply: (address, reply) => {
      settled += 1;
      if (reply.kind === "failed") {
        increment(statuses, "failed");
        increment(failures, reply.failure.code);
        return;
      }
      increment(statuses, String(reply.status));
      const entry = addresses.get(address) ?? others;
      entry.answered += 1;
      if (reply.status === 429) {
        countShed(nameOf(reply.flowSchemaUid), nameOf(reply.priorityLevelUid));
        return;
      }
      countInto(latency, reply.ttfbMs);
      countInto(entry.latency, reply.ttfbMs);
    },
    read: () => ({
      sent,
      held: { ...held },
      underWay: sent - settled,
      statuses: { ...statuses },
      failures: { ...failures },
      latency: reportLatency(latency),
      byAddress: [...addresses, ...(others.sent > 0 ? [[OTHER, others] as const] : [])].map(
        ([address, entry]) => reportAddress(address, entry),
      ),
      shed: [...shed.values()],
    }),
  };
}

function createAddressTally(): AddressTally {
  return { sent: 0, answered: 0, lastSent: 0, latency: createHistogram() };
}

function reportAddress(
  address: string,
  { sent, answered, latency }: AddressTally,
): {
  readonly address: string;
  readonly sent: number;
  readonly answered: number;
  readonly latency: LatencyReport | undefined;
} {
  return { address, sent, answered, latency: reportLatency(latency) };
}

function increment(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function nameOf(uid: string | undefined): string {
  return uid !== undefined && UID.test(uid) ? uid : UNKNOWN;
}
