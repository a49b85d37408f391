import { type Fact, known, unknown } from "../model/fact.ts";
import { readNameServers } from "../node/proc/resolv-conf.ts";
import { problemFailure } from "./failure.ts";
import type { HostPlaces } from "./places.ts";
import { type HostView, textOf } from "./view.ts";

const MAX_BYTES = 64 * 1024;

/** Where systemd-resolved listens on every host that runs it: systemd-resolved.service(8). */
const STUBS: ReadonlySet<string> = new Set(["127.0.0.53", "127.0.0.54"]);

/** IPs of the name servers that the machine asks, in order, and who says so. */
export interface Resolver {
  readonly servers: Fact<readonly string[]>;
  /** File that names them. */
  readonly file: string | undefined;
}

/** The name servers that the machine asks, behind systemd-resolved where resolv.conf names only that. */
export function readResolver(
  files: HostView,
  { resolvConf, behindStub }: Pick<HostPlaces, "resolvConf" | "behindStub">,
): Resolver {
  const found = files.text(resolvConf, MAX_BYTES);
  const named = found.kind === "text" ? readNameServers(found.text) : undefined;
  if (named === undefined || (named.length > 0 && named.every((ip) => STUBS.has(ip)))) {
    const asked = readNameServers(
      behindStub === undefined ? "" : (textOf(files, behindStub, MAX_BYTES) ?? ""),
    );
    if (asked.length > 0) return { servers: known(asked), file: behindStub };
  }
  if (found.kind === "text") return { servers: known(named ?? []), file: resolvConf };
  return { servers: unknown(problemFailure(resolvConf, found, "root")), file: undefined };
}
