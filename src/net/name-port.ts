import { isIP } from "node:net";
import type { Clock, NamePort } from "../model/ports.ts";
import { defaultHostsFile, readHostsFile } from "./dns/hosts-file.ts";
import type * as Query from "./dns/query.ts";
import type { LookupAll } from "./dns/system-lookup.ts";

export interface NamePortOptions {
  /** Default: the platform's own. */
  readonly hostsFile?: string;
  /** Default: getaddrinfo. */
  readonly lookup?: LookupAll;
}

/** Names over real sockets, getaddrinfo and the hosts file. */
export function createNamePort(clock: Clock, options: NamePortOptions = {}): NamePort {
  const hostsPath = options.hostsFile ?? defaultHostsFile();
  return {
    systemServers: async () => (await import("./dns/system-servers.ts")).systemServers(),
    query: async (server, name, type, timeoutMs, signal) => {
      const { queryServer } = await loadQuery();
      // The question leaves in the next turns of the event loop; then there is time until its answer.
      void clock.wait(SENT_AFTER_MS, signal).then(warmUpNames);
      return queryServer(clock, server, name, type, timeoutMs, signal);
    },
    systemLookup: async (name, timeoutMs, signal) => {
      const { lookupAll, systemLookup } = await import("./dns/system-lookup.ts");
      return systemLookup(clock, options.lookup ?? lookupAll, name, timeoutMs, signal);
    },
    hostsFile: (name) => readHostsFile(hostsPath, name),
  };
}

const SENT_AFTER_MS = 2;

/** The first name that is no IPv4 address makes Node compile its pattern for IPv6: 10 ms. */
function warmUpNames(): void {
  isIP("name");
}

/** The DNS client is loaded when it is needed, or before by `preloadNet`. */
export function loadQuery(): Promise<typeof Query> {
  return import("./dns/query.ts");
}
