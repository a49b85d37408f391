import { parseDocument } from "yaml";
import { canonicalIp } from "../../model/ip.ts";
import { isRecord, parseJson } from "../record.ts";

/** A configuration names one or two. */
const MAX_SERVERS = 20;

/**
 * IPs of `clusterDNS` in a KubeletConfiguration, JSON or YAML; undefined where it has none, or is no
 * such document. Nothing else of it is kept. Never throws.
 */
export function clusterDnsOf(text: string): readonly string[] | undefined {
  const value = parsed(text);
  const servers = isRecord(value) ? value["clusterDNS"] : undefined;
  if (!Array.isArray(servers)) return undefined;
  return servers.slice(0, MAX_SERVERS).flatMap((server) => {
    const ip = typeof server === "string" ? canonicalIp(server) : undefined;
    return ip === undefined ? [] : [ip];
  });
}

function parsed(text: string): unknown {
  return parseJson(text) ?? parsedYaml(text);
}

function parsedYaml(text: string): unknown {
  try {
    const options = { prettyErrors: false, logLevel: "silent", uniqueKeys: false } as const;
    return parseDocument(text, options).toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}
