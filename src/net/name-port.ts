import type { Clock, NamePort } from "../model/ports.ts";
import { defaultHostsFile, readHostsFile } from "./dns/hosts-file.ts";
import type * as Query from "./dns/query.ts";
import type { LookupAll } from "./dns/system-lookup.ts";
import { lookupAll, systemLookup } from "./dns/system-lookup.ts";
import { systemServers } from "./dns/system-servers.ts";

export interface NamePortOptions {
  /** Default: the platform's own. */
  readonly hostsFile?: string;
  /** Default: getaddrinfo. */
  readonly lookup?: LookupAll;
}

/** Names over real sockets, getaddrinfo and the hosts file. */
export function createNamePort(clock: Clock, options: NamePortOptions = {}): NamePort {
  const hostsPath = options.hostsFile ?? defaultHostsFile();
  const ask = options.lookup ?? lookupAll;
  return {
    systemServers,
    query: async (server, name, type, timeoutMs, signal) => {
      const { queryServer } = await loadQuery();
      return queryServer(clock, server, name, type, timeoutMs, signal);
    },
    systemLookup: (name, timeoutMs, signal) => systemLookup(clock, ask, name, timeoutMs, signal),
    hostsFile: (name) => readHostsFile(hostsPath, name),
  };
}

/** The DNS client is loaded when it is needed, or before by `preloadNet`. */
export function loadQuery(): Promise<typeof Query> {
  return import("./dns/query.ts");
}
