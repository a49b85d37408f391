import type { Coverage } from "../model/coverage.ts";
import { type Fact, valueOf } from "../model/fact.ts";
import type { Inspection } from "../model/inspection.ts";
import type { ApiServer, InspectedServer } from "../model/map.ts";

/** Gives each API server what it said of itself; an inspection that met an unknown one is left out. */
export function withInspections(
  servers: readonly ApiServer[],
  inspections: readonly Inspection[],
): readonly ApiServer[] {
  return servers.map((server) => {
    const own = inspections.filter((inspection) => metServer(inspection, servers) === server);
    return own.length === 0 ? server : { ...server, inspected: merge(own) };
  });
}

/** Through a balanced address the inspection may have met another server than the probes before it. */
function metServer(inspection: Inspection, servers: readonly ApiServer[]): ApiServer | undefined {
  const { serverAddress, fingerprint } = inspection;
  if (serverAddress.kind === "known") {
    const named = servers.find((server) => server.serverAddress === serverAddress.value);
    if (named) return named;
  }
  const shown = servers.filter(({ certificates }) =>
    certificates.some(({ sha256 }) => sha256 === fingerprint),
  );
  return shown.length === 1 ? shown[0] : undefined;
}

function merge(own: readonly Inspection[]): InspectedServer {
  const first = <T>(pick: (inspection: Inspection) => Fact<T>): Fact<T> => {
    const facts = own.map(pick);
    return facts.find(({ kind }) => kind === "known") ?? facts[0] ?? NOT_ASKED;
  };
  // A health report that fails through any path is the one to show.
  const worst = (pick: (inspection: Inspection) => Inspection["readyz"]): Inspection["readyz"] =>
    own.map(pick).find((fact) => fact.kind === "known" && !fact.value.healthy) ?? first(pick);
  return {
    through: own.map(({ address }) => address),
    version: first(({ version }) => version),
    livez: worst(({ livez }) => livez),
    readyz: worst(({ readyz }) => readyz),
    caller: first(({ caller }) => caller),
    largeAnswer:
      own.map(({ largeAnswer }) => largeAnswer).find(isUnknown) ??
      first(({ largeAnswer }) => largeAnswer),
    tokenCost: dearest(own) ?? first(({ tokenCost }) => tokenCost),
    clockSkewMs: own.find(({ clockSkewMs }) => clockSkewMs !== undefined)?.clockSkewMs,
    leaseNames: [...new Set(own.flatMap(({ leaseNames }) => leaseNames))],
  };
}

/** Adds the word of the identity Leases, the fourth signal, to what the others say of each server. */
export function withLeases(
  servers: readonly ApiServer[],
  leases: Coverage["leases"],
): readonly ApiServer[] {
  const views = valueOf(leases) ?? [];
  return servers.map((server) => {
    const { agreement } = server;
    if (!views.some(({ apiServer }) => apiServer === server.id)) return server;
    switch (agreement.kind) {
      case "agree":
        return {
          ...server,
          agreement: { kind: "agree", signals: [...agreement.signals, "identity-lease"] },
        };
      case "single":
        return {
          ...server,
          agreement: { kind: "agree", signals: [agreement.signal, "identity-lease"] },
        };
      case "disagree":
        return server;
    }
  });
}

/** What is lost on one way is lost, though another way has it. */
function isUnknown({ kind }: Fact<unknown>): boolean {
  return kind === "unknown";
}

const NOT_ASKED = { kind: "skipped", reason: "not asked" } as const;

/** Only the first connection to a server pays for the token; the others find it cached. */
function dearest(own: readonly Inspection[]): Inspection["tokenCost"] | undefined {
  return own
    .map(({ tokenCost }) => tokenCost)
    .filter((fact) => fact.kind === "known")
    .toSorted(
      (a, b) => b.value.firstMs - b.value.secondMs - (a.value.firstMs - a.value.secondMs),
    )[0];
}
