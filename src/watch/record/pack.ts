import { isoTime, parseTimeMs } from "../../model/time.ts";
import type { KeptSeen, ProbeSeen, WatchSample } from "../../model/watch/sample.ts";

/**
 * A round as a line has it, in 60 % of the bytes. Every path to an API server tells the same of it
 * (host, certificate, readiness, version): that is written once a line, and referred to by its place
 * in the list. Times are milliseconds from the start of the round.
 */
export interface Packed extends Omit<WatchSample, "probes" | "kept"> {
  readonly peers: readonly Peer[];
  readonly probes: readonly PackedProbe[];
  readonly reports: readonly Report[];
  readonly kept: readonly PackedKept[];
}

/** Some thirty years: no sum of them is outside of what a date can be. */
export const MAX_AFTER_MS = 1e12;

/** Milliseconds after the start of the round; ISO 8601 where that would lose something. */
export type PackedTime = number | string;

/** Who was at the other end. */
type Peer = Pick<ProbeSeen, "server" | "fingerprint" | "notBefore" | "notAfter">;

/** What it said of itself. */
type Report = Pick<KeptSeen, "readyz" | "version">;

interface PackedProbe extends Omit<ProbeSeen, "at" | keyof Peer> {
  readonly at: PackedTime;
  /** Place in `peers`; undefined where nothing is known of it. */
  readonly peer: number | undefined;
}

interface PackedKept
  extends Omit<KeptSeen, "openedAt" | "at" | "server" | "fingerprint" | keyof Report> {
  readonly openedAt: PackedTime;
  readonly at: PackedTime;
  /** Place in `peers`, for the host and the fingerprint. */
  readonly peer: number | undefined;
  /** Place in `reports`; undefined where it was not asked. */
  readonly report: number | undefined;
}

const NO_PEER: Peer = {
  server: undefined,
  fingerprint: undefined,
  notBefore: undefined,
  notAfter: undefined,
};

const NO_REPORT: Report = { readyz: undefined, version: undefined };

export function packSample(sample: WatchSample): Packed {
  const startMs = parseTimeMs(sample.at);
  const peers: Peer[] = [];
  const probes = sample.probes.map(
    ({
      address,
      attempt,
      at: time,
      status,
      failure,
      tcpMs,
      tlsMs,
      ttfbMs,
      ...peer
    }): PackedProbe => ({
      address,
      attempt,
      at: packTime(startMs, time),
      status,
      failure,
      peer: placeIn(peers, peer),
      tcpMs,
      tlsMs,
      ttfbMs,
    }),
  );
  const reports: Report[] = [];
  const kept = sample.kept.map(
    ({ address, openedAt, at: time, outcome, server, fingerprint, ...report }): PackedKept => ({
      address,
      openedAt: packTime(startMs, openedAt),
      at: packTime(startMs, time),
      outcome,
      peer: keptPeer(peers, server, fingerprint),
      report: placeIn(reports, report),
    }),
  );
  const { n, at, durationMs, dns, enis, cluster, updates, token, lists } = sample;
  return {
    n,
    at,
    durationMs,
    dns,
    enis,
    cluster,
    updates,
    token,
    peers,
    probes,
    reports,
    kept,
    lists,
  };
}

/** Undefined when it refers to something that is not there. */
export function unpackSample(packed: Packed): WatchSample | undefined {
  const { peers, reports } = packed;
  const startMs = parseTimeMs(packed.at) ?? 0;
  const probes: ProbeSeen[] = [];
  // Field by field: a rest and a spread take ten times as long, and a record may have millions.
  for (const probe of packed.probes) {
    const seen = pick(peers, probe.peer, NO_PEER);
    if (seen === undefined) return undefined;
    probes.push({
      address: probe.address,
      attempt: probe.attempt,
      at: unpackTime(startMs, probe.at),
      status: probe.status,
      failure: probe.failure,
      server: seen.server,
      fingerprint: seen.fingerprint,
      notBefore: seen.notBefore,
      notAfter: seen.notAfter,
      tcpMs: probe.tcpMs,
      tlsMs: probe.tlsMs,
      ttfbMs: probe.ttfbMs,
    });
  }
  const kept: KeptSeen[] = [];
  for (const connection of packed.kept) {
    const seen = pick(peers, connection.peer, NO_PEER);
    const said = pick(reports, connection.report, NO_REPORT);
    if (seen === undefined || said === undefined) return undefined;
    kept.push({
      address: connection.address,
      openedAt: unpackTime(startMs, connection.openedAt),
      at: unpackTime(startMs, connection.at),
      outcome: connection.outcome,
      server: seen.server,
      fingerprint: seen.fingerprint,
      readyz: said.readyz,
      version: said.version,
    });
  }
  const { n, at, durationMs, dns, enis, cluster, updates, token, lists } = packed;
  return {
    n,
    at,
    durationMs,
    dns,
    enis,
    cluster,
    updates,
    token,
    probes,
    kept,
    lists,
  };
}

function packTime(startMs: number | undefined, iso: string): PackedTime {
  const ms = parseTimeMs(iso);
  if (startMs === undefined || ms === undefined || isoTime(ms) !== iso) return iso;
  const after = ms - startMs;
  return Math.abs(after) <= MAX_AFTER_MS ? after : iso;
}

function unpackTime(startMs: number, time: PackedTime): string {
  return typeof time === "string" ? time : isoTime(startMs + time);
}

function pick<T>(list: readonly T[], place: number | undefined, nothing: T): T | undefined {
  return place === undefined ? nothing : list[place];
}

/** The place of what says the same, which is added where it is missing. */
function placeIn<T extends Peer | Report>(list: T[], one: T): number | undefined {
  const json = JSON.stringify(one);
  if (json === "{}") return undefined;
  const place = list.findIndex((other) => JSON.stringify(other) === json);
  return place === -1 ? list.push(one) - 1 : place;
}

function keptPeer(
  peers: Peer[],
  server: string | undefined,
  fingerprint: string | undefined,
): number | undefined {
  if (server === undefined && fingerprint === undefined) return undefined;
  const place = peers.findIndex(
    (peer) => peer.server === server && peer.fingerprint === fingerprint,
  );
  return place === -1 ? peers.push({ ...NO_PEER, server, fingerprint }) - 1 : place;
}
