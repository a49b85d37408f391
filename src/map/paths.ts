import type { Address } from "../model/address.ts";
import { valueOf } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import type { Path, PathState } from "../model/map.ts";
import type { Observation } from "../model/observation.ts";
import { interrupted } from "../model/ports.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { isAskedFor } from "../probe/addresses.ts";
import { expectationOf } from "./expectation.ts";
import type { Sighting } from "./servers.ts";

/** One row for each API server met behind each address; one without server where none was met. */
export function tracePaths(snapshot: Snapshot, sightings: readonly Sighting[]): readonly Path[] {
  return snapshot.addresses.flatMap((address) => {
    const own = snapshot.observations.filter((observation) => observation.address === address.id);
    const state = stateOf(address, own, snapshot);
    const met = sightings
      .map(({ server, observations }) => ({
        apiServer: server.id,
        seen: observations.filter((observation) => observation.address === address.id).length,
      }))
      .filter(({ seen }) => seen > 0);
    const rows = met.length > 0 ? met : [{ apiServer: undefined, seen: 0 }];
    return rows.map((row) => ({
      address: address.id,
      kind: address.kind,
      ...row,
      of: own.length,
      state,
    }));
  });
}

function stateOf(address: Address, own: readonly Observation[], snapshot: Snapshot): PathState {
  if (own.length === 0) return unprobedState(address, snapshot);
  const failures = own.flatMap(({ failure }) => failure ?? []);
  const worst =
    failures.find(({ code }) => code !== "http-status" && code !== "interrupted") ??
    failures.find(({ code }) => code !== "interrupted") ??
    failures[0];
  if (worst === undefined) return { kind: "ok" };
  if (worst.code === "http-status") return { kind: "answered", failure: worst };
  if (worst.code === "interrupted" || worst.code === "tls-no-ca")
    return { kind: "unknown", failure: worst };
  const share =
    failures.length === own.length ? "" : `${failures.length} of ${own.length} probes: `;
  const failure: Failure = { ...worst, message: share + worst.message };
  // Only silence can be by design: whoever answers and then fails is there and broken.
  if (worst.phase === "tcp" && failures.length === own.length && worst.code !== "tcp-local") {
    const expectation = expectationOf(address, snapshot);
    if (expectation.kind === "by-design")
      return { kind: "skipped", reason: expectation.reason, failure };
  }
  return { kind: "failed", failure };
}

function unprobedState(address: Address, snapshot: Snapshot): PathState {
  if (!isAskedFor(address, snapshot.request)) {
    return { kind: "skipped", reason: "--paths leaves it out", failure: undefined };
  }
  if (snapshot.interrupted) return { kind: "unknown", failure: interrupted("tcp") };
  const cluster = valueOf(snapshot.cluster);
  const failure: Failure =
    snapshot.cluster.kind === "unknown"
      ? snapshot.cluster.failure
      : {
          code: "no-endpoint",
          phase: "describe-cluster",
          side: "aws",
          message: `the cluster has no endpoint${cluster?.status === undefined ? "" : ` (status ${cluster.status})`}`,
        };
  return { kind: "unknown", failure };
}
