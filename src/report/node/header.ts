import { valueOf } from "../../model/fact.ts";
import type { KnownControlPlane } from "../../model/node/control-plane.ts";
import type { NodeReport } from "../../model/node/report.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import { say } from "../lines.ts";
import type { Theme } from "../theme.ts";
import { stampOf } from "../times.ts";
import { formatShare } from "../words.ts";
import { wrapParts } from "./words.ts";

/** Which worker of which cluster, where that was read, and what it is held against. */
export function drawHeader(report: NodeReport, verbose: boolean, theme: Theme): readonly string[] {
  const { snapshot, controlPlane, simulated } = report;
  const name = [snapshot.hostname === "" ? "this host" : snapshot.hostname, ownIp(report)];
  const [first = "", ...rest] = broken(joined(name), theme.width - 2, theme);
  const facts: readonly (readonly [string, string])[] = [
    ["cluster", joined([controlPlane.cluster, controlPlane.region, accessWords(controlPlane)])],
    ["endpoint", controlPlane.endpointHost ?? ""],
    ["read", readWords(snapshot)],
    ["map", mapWords(controlPlane)],
    ...(verbose ? furtherFacts(snapshot) : []),
  ];
  return [
    theme.bold(first),
    ...rest.map((line) => `  ${line}`),
    ...facts.flatMap(([word, value]) => (value === "" ? [] : drawFact(word, value, theme))),
    ...(simulated ? [theme.warn("simulated: made in the lab, not on AWS")] : []),
  ];
}

const NAME_WIDTH = 9;

/** `  name       value`; a word that is too long for that stands below, where it may fit. */
function drawFact(name: string, value: string, theme: Theme): readonly string[] {
  const indent = 2 + NAME_WIDTH + 2;
  const lines = broken(value, theme.width - indent, theme);
  if (lines.some((line) => line.length > theme.width - indent)) {
    const below = broken(value, theme.width - 4, theme);
    return [theme.dim(`  ${name}`), ...below.map((line) => `    ${line}`)];
  }
  return lines.map((line, index) =>
    index === 0 ? `  ${theme.dim(name.padEnd(NAME_WIDTH))}  ${line}` : " ".repeat(indent) + line,
  );
}

function broken(text: string, width: number, theme: Theme): readonly string[] {
  return wrapParts(say(text, theme), width, say(" · ", theme));
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" · ");
}

/** The address by which the control plane knows the worker. */
function ownIp({ snapshot, flows }: NodeReport): string | undefined {
  const told = valueOf(snapshot.kubelet)?.nodeIp;
  if (told !== undefined) return told;
  const own = snapshot.localIps.filter((ip) => !isLoopback(ip));
  const asked = new Set(
    flows.flatMap(({ direction, socket }) =>
      direction === "from-control-plane" ? [socket.local.ip] : [],
    ),
  );
  return own.find((ip) => asked.has(ip)) ?? own[0];
}

function isLoopback(ip: string): boolean {
  return ip.startsWith("127.") || ip === "::1";
}

function accessWords({ privateAccess }: KnownControlPlane): string | undefined {
  return { yes: "private access on", no: "public access only", unknown: undefined }[privateAccess];
}

function readWords({ source, readAt }: NodeSnapshot): string {
  const at = stampOf(readAt);
  switch (source.kind) {
    case "live":
      return `live · ${at}`;
    case "root":
      return `a copy in ${source.path} · as of ${at}`;
    case "bundle":
      return `a bundle of the EKS log collector in ${source.path} · as of ${at}`;
  }
}

function mapWords({ source }: KnownControlPlane): string {
  switch (source.kind) {
    case "probe":
      return `probed now · ${source.verdict}`;
    case "map":
      return `${source.file} · as of ${stampOf(source.startedAt)}`;
    case "none":
      return `none: ${source.reason}`;
  }
}

/** What no row needs, and a reader may. */
function furtherFacts({
  kubelet,
  nameServers,
  conntrackUse,
}: NodeSnapshot): readonly (readonly [string, string])[] {
  const settings = valueOf(kubelet);
  const use = valueOf(conntrackUse);
  return [
    ["kubelet", settings === undefined ? "" : `${settings.server} by ${settings.file}`],
    ["resolver", (valueOf(nameServers) ?? []).join(", ")],
    [
      "conntrack",
      use === undefined
        ? ""
        : `${use.count} of ${use.max} entries (${formatShare(use.count, use.max)})`,
    ],
  ];
}
