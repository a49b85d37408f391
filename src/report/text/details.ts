import { addressId } from "../../model/address.ts";
import type { AddressTimes, PhaseTimes } from "../../model/certainty.ts";
import type { Coverage } from "../../model/coverage.ts";
import { valueOf } from "../../model/fact.ts";
import type { ApiServer, ControlPlaneMap, InspectedServer } from "../../model/map.ts";
import type { Observation } from "../../model/observation.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { formatTime } from "../../model/time.ts";
import { resolverName } from "../../probe/addresses.ts";
import type { Theme } from "../theme.ts";
import { formatMs } from "../words.ts";
import { layOut } from "./columns.ts";

/** What --wide adds: where each ENI sits, whole certificates, and what each connection was. */
export function drawDetails(
  snapshot: Snapshot,
  map: ControlPlaneMap,
  theme: Theme,
): readonly string[] {
  const sections = [
    drawEnis(snapshot, theme),
    ...map.apiServers.map((server) => drawServer(server, map, theme)),
    drawTimes(map.times, theme),
    drawRoutes(map, theme),
    drawConnections(snapshot, theme),
    drawAnswers(snapshot, theme),
  ];
  return sections.filter((lines) => lines.length > 0).flatMap((lines) => ["", ...lines]);
}

function drawEnis({ enis }: Snapshot, theme: Theme): readonly string[] {
  if (enis.kind !== "known" || enis.value.length === 0) return [];
  const titles = ["ENI", "ADDRESS", "AZ", "SUBNET", "STATUS", "SECURITY GROUPS", "MORE IPS"];
  const rows = enis.value.map((eni) => [
    { text: eni.id },
    { text: eni.privateIp },
    { text: eni.availabilityZone ?? "?" },
    { text: eni.subnetId ?? "?" },
    { text: eni.status ?? "?" },
    { text: eni.securityGroupIds?.join(" ") ?? "?" },
    { text: eni.otherIps.length === 0 ? "none" : eni.otherIps.join(" ") },
  ]);
  const columns = titles.map((title) => ({ title, align: "left", expendable: 0 }) as const);
  return layOut(columns, rows, Number.POSITIVE_INFINITY, "  ", theme.dim);
}

function drawServer(server: ApiServer, map: ControlPlaneMap, theme: Theme): readonly string[] {
  const facts: (readonly [string, string])[] = [
    ["serverAddress", server.serverAddress ?? "not named by /api"],
    ["identity", agreementWords(server)],
    ...leaseWords(server, map.coverage),
    ...inspectedWords(server),
  ];
  for (const leaf of server.certificates) {
    facts.push(
      ["certificate", `${leaf.subject} · issuer ${leaf.issuer} · serial ${leaf.serialNumber}`],
      ["valid", `${formatTime(leaf.notBefore)} to ${formatTime(leaf.notAfter)}`],
      ["sha256", leaf.sha256],
      ["SANs", [...leaf.dnsNames, ...leaf.ipAddresses].join(" ")],
    );
  }
  return [
    `  ${theme.accent(server.id)}  ${theme.bold(server.host ?? "host unknown")}`,
    ...facts.map(([name, value]) => `     ${theme.dim(name.padEnd(13))} ${value}`),
  ];
}

/** A new incarnation is what a restart leaves behind. */
function leaseWords(
  { id }: ApiServer,
  { leases }: Coverage,
): readonly (readonly [string, string])[] {
  return (valueOf(leases) ?? [])
    .filter(({ apiServer }) => apiServer === id)
    .map(({ name, live, ageSeconds, incarnation }) => [
      "lease",
      `${name} · ${live ? "live" : "stale"}, renewed ${ageSeconds} s ago · incarnation ${incarnation ?? "unknown"}`,
    ]);
}

function inspectedWords({ inspected }: ApiServer): readonly (readonly [string, string])[] {
  if (inspected === undefined) return [];
  const version = valueOf(inspected.version)?.gitVersion ?? "unknown";
  const caller = valueOf(inspected.caller);
  return [
    ["version", version],
    ["caller", caller ? [caller.username, ...caller.groups].join(" ") : "unknown"],
    [
      "health",
      `${healthWords("livez", inspected.livez)}, ${healthWords("readyz", inspected.readyz)}`,
    ],
  ];
}

function healthWords(name: string, fact: InspectedServer["readyz"]): string {
  if (fact.kind !== "known") return `${name} unknown`;
  return fact.value.healthy ? `${name} ok` : `${name} fails ${fact.value.failing.join(", ")}`;
}

function drawTimes(times: readonly AddressTimes[], theme: Theme): readonly string[] {
  const many = times.filter(({ tcp }) => (tcp?.count ?? 0) > 1);
  if (many.length === 0) return [];
  const titles = ["P50/P90/P99/MAX", "TCP", "TLS", "TTFB", "TOTAL"];
  const rows = many.map(({ address, tcp, tls, ttfb, total }) => [
    { text: address },
    phaseCell(tcp),
    phaseCell(tls),
    phaseCell(ttfb),
    phaseCell(total),
  ]);
  const columns = titles.map((title) => ({ title, align: "left", expendable: 0 }) as const);
  return layOut(columns, rows, Number.POSITIVE_INFINITY, "  ", theme.dim);
}

function phaseCell(phase: PhaseTimes | undefined): { readonly text: string } {
  if (phase === undefined) return { text: "–" };
  return { text: [phase.p50Ms, phase.p90Ms, phase.p99Ms, phase.maxMs].map(formatMs).join(" ") };
}

function drawRoutes({ topology }: ControlPlaneMap, theme: Theme): readonly string[] {
  const columns = ["EXPECTED ROUTE", "WHO", "PATH"].map(
    (title) => ({ title, align: "left", expendable: 0 }) as const,
  );
  const rows = topology.routes.map(({ direction, who, path }) => [
    { text: direction },
    { text: who },
    { text: path },
  ]);
  if (rows.length === 0) return [];
  return layOut(columns, rows, Number.POSITIVE_INFINITY, "  ", theme.dim);
}

function agreementWords({ agreement, identifiedBy }: ApiServer): string {
  switch (agreement.kind) {
    case "agree":
      return `${agreement.signals.join(", ")} agree`;
    case "single":
      return `${identifiedBy} only: ${agreement.reason}`;
    case "disagree":
      return `signals disagree: ${agreement.detail}`;
  }
}

/** The first connection to each address; JSON has them all. */
function drawConnections({ observations }: Snapshot, theme: Theme): readonly string[] {
  const first = observations.filter(({ sample }) => sample === 1);
  const titles = [
    "ADDRESS",
    "DIALED",
    "FROM",
    "TLS",
    "CIPHER",
    "ALPN",
    "CLIENT CERT",
    "TOTAL",
    "AUDIT-ID",
  ];
  const rows = first.map((observation) => connectionTexts(observation).map((text) => ({ text })));
  if (rows.length === 0) return [];
  const columns = titles.map((title) => ({ title, align: "left", expendable: 0 }) as const);
  return layOut(columns, rows, Number.POSITIVE_INFINITY, "  ", theme.dim);
}

function connectionTexts({
  address,
  dialed,
  local,
  tls,
  http,
  timings,
}: Observation): readonly string[] {
  const asked = { yes: "asked for", no: "not asked", unknown: "?" };
  return [
    address,
    endpointText(dialed) === address ? "=" : endpointText(dialed),
    endpointText(local),
    tls?.protocol ?? "–",
    tls?.cipher ?? "–",
    tls ? (tls.alpn ?? "none") : "–",
    tls ? asked[tls.clientCertificateRequested] : "–",
    formatMs(timings.totalMs),
    http?.auditId ?? "–",
  ];
}

function endpointText(peer: { readonly ip: string; readonly port: number } | undefined): string {
  return peer === undefined ? "–" : addressId(peer.ip, peer.port);
}

function drawAnswers({ resolutions }: Snapshot, theme: Theme): readonly string[] {
  const titles = ["RESOLVER", "TYPE", "TIME", "ANSWER"];
  const rows = resolutions.map(({ resolver, type, durationMs, answer }) => {
    const text =
      answer.kind === "records"
        ? answer.records
            .map(({ ip, ttlSeconds }) =>
              resolver.kind === "server" ? `${ip} (ttl ${ttlSeconds})` : ip,
            )
            .join(" ")
        : answer.kind === "nodata"
          ? "no such record"
          : answer.failure.message;
    return [
      { text: resolverName(resolver) },
      { text: type },
      { text: formatMs(durationMs) },
      { text },
    ];
  });
  if (rows.length === 0) return [];
  const columns = titles.map((title) => ({ title, align: "left", expendable: 0 }) as const);
  return layOut(columns, rows, Number.POSITIVE_INFINITY, "  ", theme.dim);
}
