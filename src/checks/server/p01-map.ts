import type { ApiServer, IdentitySignal, Path } from "../../model/map.ts";
import { type Check, count, passed, problem, shortAddress, skippedCheck } from "../check.ts";

/** Behind every address that answered it is known which API server did. */
export const serversAreNamed: Check = {
  topic: "map",
  title: "behind every address that answers, the API server is known",
  run: (evidence) => {
    const { snapshot, map } = evidence;
    const answered = new Set(
      snapshot.observations.filter(({ http }) => http !== undefined).map(({ address }) => address),
    );
    if (answered.size === 0 && map.apiServers.length === 0)
      return skippedCheck("no address answered");
    const nameless = map.paths.filter(
      ({ address, apiServer }) => apiServer === undefined && answered.has(address),
    );
    if (nameless.length > 0) {
      return problem(
        "unknown",
        `who answers at ${nameless.map(({ address }) => shortAddress(address)).join(", ")} is not known`,
        {
          side: "server",
          next: `eks-probe endpoints --cluster ${snapshot.request.cluster} -o json   # .probes[] has what they answered`,
          addresses: nameless.map(({ address }) => address),
        },
      );
    }
    const details = fallbackDetails(map.apiServers);
    return passed(
      `${count(map.apiServers.length, "API server")}, ${describeShape(map.apiServers, map.paths)}`,
      { details },
    );
  },
};

/** "each behind 1 VIP and 1 ENI" where that holds for all, else one clause a server. */
function describeShape(servers: readonly ApiServer[], paths: readonly Path[]): string {
  const shapes = servers.map((server) => {
    const own = paths.filter(({ apiServer }) => apiServer === server.id);
    const parts = (["vip", "eni", "other"] as const).flatMap((kind) => {
      const n = own.filter((path) => path.kind === kind).length;
      return n === 0
        ? []
        : [
            kind === "other"
              ? count(n, "other address", "other addresses")
              : count(n, kind.toUpperCase()),
          ];
    });
    return { id: server.id, text: parts.join(" and ") };
  });
  const first = shapes[0]?.text ?? "";
  if (shapes.every(({ text }) => text === first))
    return `${servers.length > 1 ? "each " : ""}behind ${first}`;
  return shapes.map(({ id, text }) => `${id} behind ${text}`).join(", ");
}

function fallbackDetails(servers: readonly ApiServer[]): readonly string[] {
  const byCertificate = servers.filter(({ identifiedBy }) => identifiedBy !== "server-address");
  if (byCertificate.length === 0) return [];
  const who =
    byCertificate.length === servers.length ? "all" : byCertificate.map(({ id }) => id).join(", ");
  const signals = [...new Set(byCertificate.map(({ identifiedBy }) => WORDS[identifiedBy]))];
  return [`${who} told apart by ${signals.join(" and ")}: /api gave no name`];
}

const WORDS = {
  "server-address": "/api",
  "certificate-host": "the host name in the certificate",
  "certificate-fingerprint": "the certificate's fingerprint",
} as const satisfies Record<IdentitySignal, string>;
