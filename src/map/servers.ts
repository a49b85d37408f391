import type { Agreement, ApiServer, IdentitySignal } from "../model/map.ts";
import type { Certificate, Observation } from "../model/observation.ts";
import { isIdentified, type Signals, signalsOf } from "./identity.ts";

/** One API server and the observations that met it. */
export interface Sighting {
  readonly server: ApiServer;
  readonly observations: readonly Observation[];
}

interface Member {
  readonly observation: Observation;
  readonly signals: Signals;
}

interface Group {
  readonly identifiedBy: IdentitySignal;
  readonly host: string | undefined;
  readonly serverAddress: string | undefined;
  readonly members: Member[];
}

/**
 * Sorts observations into API servers: by serverAddress where /api gave one, the others by the
 * certificate's fingerprint or host, where that is one of these servers' and of no other, the rest
 * by the certificate alone. A certificate that several named servers share tells neither, so what
 * has no more to show is left out. Observations come in the order of the report's addresses, and
 * that order gives the letters.
 */
export function groupServers(
  observations: readonly Observation[],
  endpointHost: string,
): readonly Sighting[] {
  const seen = observations
    .map((observation) => ({ observation, signals: signalsOf(observation, endpointHost) }))
    .filter(({ signals }) => isIdentified(signals));
  const order = new Map(seen.map(({ observation }, index) => [observation, index]));
  const placeOf = (member: Member | undefined): number =>
    (member && order.get(member.observation)) ?? 0;
  const named = groupByAddress(seen);
  return [...named, ...groupByCertificate(seen, named)]
    .map((group) => ({
      ...group,
      members: group.members.toSorted((a, b) => placeOf(a) - placeOf(b)),
    }))
    .toSorted((a, b) => placeOf(a.members[0]) - placeOf(b.members[0]))
    .map((group, index, all) => ({
      server: describe(group, letterOf(index), all),
      observations: group.members.map(({ observation }) => observation),
    }));
}

function groupByAddress(seen: readonly Member[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const member of seen) {
    const { serverAddress, host } = member.signals;
    if (serverAddress === undefined) continue;
    const group = groups.get(serverAddress);
    if (group) group.members.push(member);
    else
      groups.set(serverAddress, {
        identifiedBy: "server-address",
        host,
        serverAddress,
        members: [member],
      });
  }
  return [...groups.values()];
}

/** Adds to the named groups what their certificates claim; returns the groups of all others. */
function groupByCertificate(seen: readonly Member[], named: readonly Group[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const member of seen) {
    const { serverAddress, certificateHost: host, fingerprint } = member.signals;
    if (serverAddress !== undefined) continue;
    const claims = findByCertificate(named, member.signals);
    if (claims.length > 0) {
      if (claims.length === 1) claims[0]?.members.push(member);
      continue;
    }
    const key = host ?? fingerprint ?? "";
    const group = groups.get(key);
    if (group) group.members.push(member);
    else
      groups.set(key, {
        identifiedBy: host === undefined ? "certificate-fingerprint" : "certificate-host",
        host,
        serverAddress: undefined,
        members: [member],
      });
  }
  return [...groups.values()];
}

function findByCertificate(named: readonly Group[], signals: Signals): readonly Group[] {
  const byFingerprint = named.filter((group) =>
    group.members.some((member) => member.signals.fingerprint === signals.fingerprint),
  );
  if (byFingerprint.length === 1 || signals.certificateHost === undefined) return byFingerprint;
  return named.filter(
    (group) =>
      byFingerprint.includes(group) ||
      group.host === signals.certificateHost ||
      group.members.some((member) => member.signals.certificateHost === signals.certificateHost),
  );
}

function describe(group: Group, id: string, all: readonly Group[]): ApiServer {
  const certificates = new Map<string, Certificate>();
  for (const { observation, signals } of group.members) {
    const leaf = observation.tls?.leaf;
    if (leaf && signals.fingerprint !== undefined) certificates.set(leaf.sha256, leaf);
  }
  return {
    id,
    host: group.host,
    serverAddress: group.serverAddress,
    identifiedBy: group.identifiedBy,
    certificates: [...certificates.values()],
    reachedBy: [...new Set(group.members.map(({ observation }) => observation.address))],
    inspected: undefined,
    agreement: agreementOf(group, all),
  };
}

function agreementOf(group: Group, all: readonly Group[]): Agreement {
  const fingerprints = group.members.flatMap(({ signals }) => signals.fingerprint ?? []);
  const shared = all.some(
    (other) =>
      other !== group &&
      other.members.some(
        ({ signals }) =>
          signals.fingerprint !== undefined && fingerprints.includes(signals.fingerprint),
      ),
  );
  const hosts = [...new Set(group.members.flatMap(hostsThatSpeak(group.host)))];
  if (group.identifiedBy !== "server-address") {
    return {
      kind: "single",
      signal: group.identifiedBy,
      reason: "/api named no server, the certificate is the only evidence",
    };
  }
  if (hosts.some((host) => host !== group.host)) {
    const named = hosts.join(", ");
    const detail =
      hosts.length > 1
        ? `/api says ${group.host ?? "?"} everywhere, but the certificates name ${hosts.length} hosts: ${named}`
        : `/api says ${group.host ?? "?"}, the certificate says ${named}`;
    return { kind: "disagree", detail };
  }
  if (shared) {
    return { kind: "disagree", detail: "another API server shows the same certificate" };
  }
  const signals: IdentitySignal[] = ["server-address"];
  if (hosts.length > 0) signals.push("certificate-host");
  if (fingerprints.length > 0) signals.push("certificate-fingerprint");
  if (signals.length > 1) return { kind: "agree", signals };
  return { kind: "single", signal: "server-address", reason: "no certificate was seen" };
}

/**
 * The certificate's word on the host. A server that calls itself by an IP (--advertise-address) is
 * confirmed by the IP among the SANs.
 */
function hostsThatSpeak(host: string | undefined): (member: Member) => readonly string[] {
  return ({ observation, signals }) =>
    host !== undefined && observation.tls?.leaf?.ipAddresses.includes(host)
      ? [host]
      : [signals.certificateHost ?? []].flat();
}

/** 0 → A, 25 → Z, 26 → AA: as spreadsheets count columns. */
export function letterOf(index: number): string {
  const head = index >= 26 ? letterOf(Math.floor(index / 26) - 1) : "";
  return head + String.fromCodePoint(65 + (index % 26));
}
