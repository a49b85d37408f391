import { type Fact, known, skipped, unknown } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import type { ConntrackUse, TrackedConnection } from "../model/node/nat.ts";
import { readConntrack, readConntrackUse } from "../node/nat/conntrack.ts";
import { sysctlOf } from "../node/proc/process-list.ts";
import { BUNDLE_LISTINGS } from "./bundle/listings.ts";
import { hostFailure, problemFailure } from "./failure.ts";
import type { HostPlaces } from "./places.ts";
import { NEEDS_NET_ADMIN, type Rights } from "./rights.ts";
import type { ToolRunner } from "./tools.ts";
import { type HostView, textOf } from "./view.ts";

/** Some 300,000 connections: a worker's default limit is 131,072 and more. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SYSCTL_BYTES = 4 * 1024 * 1024;

/** Which connections matter: those opened to these addresses, or where none is known, these ports. */
export interface Wanted {
  readonly ips: ReadonlySet<string>;
  readonly ports: readonly number[];
}

type Tracked = Fact<readonly TrackedConnection[]>;

/** Connections that the kernel tracks, by its file, else by `conntrack`. */
export async function readTracked(
  view: HostView,
  places: HostPlaces,
  wanted: Wanted,
  live: { readonly tools: ToolRunner; readonly rights: Rights } | undefined,
): Promise<Tracked> {
  const found = places.conntrack.map((path) => ({ path, text: view.text(path, MAX_BYTES) }));
  const texts = found.flatMap(({ text }) => (text.kind === "text" ? [text.text] : []));
  if (live === undefined) {
    if (texts.length === 0) return skipped("the capture has no tracked connections");
    return known(texts.flatMap((text) => pick(text, wanted)));
  }
  if (live.rights.sockets === "own") return unknown(ofOwnNetwork());
  const [first] = texts;
  if (first !== undefined) return known(pick(first, wanted));
  const denied = found.find(({ text }) => text.kind === "denied");
  return (
    (await byTool(wanted, live)) ??
    (denied === undefined
      ? skipped("the kernel shows no tracked connections in a file, and conntrack is not installed")
      : unknown(
          problemFailure(
            denied.path,
            { kind: "denied" },
            live.rights.mayReadRules ? "root, or conntrack if it were installed," : NEEDS_NET_ADMIN,
          ),
        ))
  );
}

/** Undefined where the tool is not there. */
async function byTool(
  wanted: Wanted,
  { tools, rights }: { readonly tools: ToolRunner; readonly rights: Rights },
): Promise<Tracked | undefined> {
  const what = "tracked connections";
  if (!rights.mayReadRules) {
    return unknown(hostFailure("file-unreadable", `${what}: ${NEEDS_NET_ADMIN} would show them`));
  }
  if (!rights.inHostNetwork) return unknown(ofOwnNetwork());
  const [port, ...more] = wanted.ports;
  const narrow = port === undefined || more.length > 0 ? [] : ["--dport", String(port)];
  const families = [...wanted.ips].some((ip) => ip.includes(":")) ? ["ipv4", "ipv6"] : ["ipv4"];
  const results = await Promise.all(
    families.map((family) => tools("conntrack", ["-L", "-f", family, "-p", "tcp", ...narrow])),
  );
  const failed = results.flatMap((result) => (result.kind === "failed" ? [result.reason] : []));
  if (failed.length > 0) {
    return unknown(hostFailure("file-unreadable", `${what}: conntrack: ${failed.join("; ")}`));
  }
  if (results.some(({ kind }) => kind === "absent")) return undefined;
  const texts = results.flatMap((result) => (result.kind === "output" ? [result.text] : []));
  return known(texts.flatMap((text) => pick(text, wanted)));
}

function ofOwnNetwork(): Failure {
  const why = "only this container's own are seen; hostNetwork would show the worker's";
  return hostFailure("file-unreadable", `tracked connections: ${why}`);
}

function pick(text: string, { ips, ports }: Wanted): readonly TrackedConnection[] {
  const tracked = ips.size === 0 ? readConntrack(text) : readConntrack(text, ips);
  return tracked.filter(({ destination }) => ports.includes(destination.port));
}

const SYSCTL = "net.netfilter.nf_conntrack_";

/** How full the table is. */
export function readUse(view: HostView, rights: Rights | undefined): Fact<ConntrackUse> {
  if (rights?.inHostNetwork === false) {
    const why = "is told for this container's own network: hostNetwork would show the worker's";
    return unknown(hostFailure("file-unreadable", `the use of conntrack ${why}`));
  }
  const listed = view.live ? "" : (textOf(view, BUNDLE_LISTINGS.sysctl, MAX_SYSCTL_BYTES) ?? "");
  const [count, max] = ["count", "max"].map(
    (name) =>
      textOf(view, `/proc/sys/net/netfilter/nf_conntrack_${name}`, 64) ??
      sysctlOf(listed, `${SYSCTL}${name}`),
  );
  if (count === undefined || max === undefined) {
    return skipped(
      view.live
        ? "the kernel tracks no connections"
        : "the capture does not tell the use of conntrack",
    );
  }
  const use = readConntrackUse(count, max);
  if (use !== undefined) return known(use);
  return unknown(hostFailure("file-invalid", "nf_conntrack_count or _max is not a number"));
}
