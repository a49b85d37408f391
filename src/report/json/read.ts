import * as v from "valibot";
import { timesOf } from "../../map/times.ts";
import { NO_EXPECTATIONS } from "../../model/expectations.ts";
import { skipped } from "../../model/fact.ts";
import { notInvestigated } from "../../model/investigation.ts";
import { NO_PROXY_SETTINGS } from "../../model/local-settings.ts";
import type { ProbeRequest } from "../../model/request.ts";
import { makeRequest } from "../../target/request.ts";
import type { CheckReport } from "../check-report.ts";
import type { ReportInput } from "../input.ts";
import { SCHEMA_VERSION, type Tool } from "./document.ts";
import { cluster, enis, token, vantage } from "./read/cluster.ts";
import { investigation, local } from "./read/evidence.ts";
import { drift, expectations, finding, gate, verdict } from "./read/findings.ts";
import {
  apiServer,
  certainty,
  coverage,
  latency,
  NO_COVERAGE,
  NO_TOPOLOGY,
  path,
  topology,
} from "./read/map.ts";
import { duration, flag, list, listOrNone, maybe, NOT_SAVED, name, time } from "./read/parts.ts";
import { address, probe, resolution } from "./read/probes.ts";
import { request } from "./read/request.ts";

/** A saved run, as a renderer takes it, and what made it. */
export interface ReadReport {
  readonly tool: Tool;
  /** With a gate where the run was one of `check`. */
  readonly report: ReportInput | CheckReport;
}

export type ReadDocument =
  | { readonly kind: "ok"; readonly value: ReadReport }
  /** `problem` goes on from the file's name: `is no saved run …`. */
  | { readonly kind: "bad"; readonly problem: string };

const documentSchema = v.object({
  schemaVersion: v.literal(SCHEMA_VERSION),
  tool: v.object({ name, version: name }),
  simulated: v.nullish(flag, false),
  startedAt: time,
  durationMs: duration,
  interrupted: flag,
  request: maybe(request),
  vantage,
  cluster,
  enis,
  token,
  resolutions: list(resolution),
  addresses: list(address),
  probes: list(probe),
  apiServers: list(apiServer),
  paths: list(path),
  certainty: listOrNone(certainty),
  latency: maybe(list(latency)),
  coverage: maybe(coverage),
  topology: maybe(topology),
  local: maybe(local),
  investigation: maybe(investigation),
  expectations: maybe(expectations),
  findings: list(finding),
  verdict,
  gate: maybe(gate),
  drift: maybe(drift),
});

type ReadParts = v.InferOutput<typeof documentSchema>;

/**
 * The inverse of `toDocument`: what `-o json` of endpoints and check wrote, parsed, as every
 * renderer takes it. What no renderer looks at and the document does not have (inspections, reuses,
 * reasons) comes back as not known. Never throws.
 */
export function readDocument(json: unknown): ReadDocument {
  const parsed = v.safeParse(documentSchema, json);
  if (parsed.success) return { kind: "ok", value: reportOf(parsed.output) };
  return { kind: "bad", problem: problemOf(json, v.getDotPath(parsed.issues[0]) ?? "all of it") };
}

function problemOf(json: unknown, where: string): string {
  const versioned = v.safeParse(v.object({ schemaVersion: v.number() }), json);
  if (versioned.success && versioned.output.schemaVersion !== SCHEMA_VERSION) {
    return `has schemaVersion ${versioned.output.schemaVersion}, and only ${SCHEMA_VERSION} is known here; save a run with this version`;
  }
  return `is not a saved run (see ${where.slice(0, 80)}); save one with -o json`;
}

function reportOf(parts: ReadParts): ReadReport {
  const input = inputOf(parts);
  const { tool, gate: ended } = parts;
  return {
    tool,
    report: ended === undefined ? input : { ...input, drift: parts.drift, gate: ended },
  };
}

function inputOf(parts: ReadParts): ReportInput {
  const { cluster: described, probes } = parts;
  const asked = parts.request ?? likelyRequest(parts);
  return {
    snapshot: {
      request: { ...asked, simulated: parts.simulated },
      startedAt: parts.startedAt,
      durationMs: parts.durationMs,
      interrupted: parts.interrupted,
      vantage: parts.vantage,
      cluster: described.cluster,
      enis: parts.enis,
      token: parts.token,
      resolutions: parts.resolutions,
      addresses: parts.addresses,
      observations: probes,
      inspections: [],
      reuses: [],
      local: parts.local ?? { proxy: NO_PROXY_SETTINGS, kubeconfig: skipped(NOT_SAVED) },
      investigation: parts.investigation ?? notInvestigated(NOT_SAVED),
    },
    map: {
      mode: described.mode,
      dnsView: described.dnsView,
      apiServers: parts.apiServers,
      paths: parts.paths,
      certainties: parts.certainty,
      times: parts.latency ?? timesOf(probes),
      coverage: parts.coverage ?? NO_COVERAGE,
      topology: parts.topology ?? NO_TOPOLOGY,
    },
    expectations: parts.expectations ?? NO_EXPECTATIONS,
    findings: parts.findings,
    verdict: parts.verdict,
  };
}

/** What a run was asked that does not say so itself, as far as its answers tell. */
function likelyRequest({
  cluster: described,
  probes,
  apiServers,
  certainty: certainties,
  enis: listed,
  token: signed,
  resolutions,
}: ReadParts): ProbeRequest {
  const servers = resolutions.flatMap(({ resolver }) =>
    resolver.kind === "server" && !resolver.system ? [resolver] : [],
  );
  const named = new Map(servers.map(({ ip, port }) => [`${ip} ${port}`, { ip, port }]));
  return makeRequest(described.name, {
    resolvers: [...named.values()].map((server) => ({ kind: "server", ...server })),
    samples: probes.reduce((most, { sample }) => Math.max(most, sample), 1),
    deep: apiServers.some(({ inspected }) => inspected !== undefined),
    compareReuse: certainties.some(({ reused }) => reused !== undefined),
    paths: listed.kind === "skipped" ? ["vip"] : ["vip", "eni"],
    anonymous: signed.kind === "skipped",
  });
}
