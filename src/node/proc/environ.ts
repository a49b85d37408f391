import { type Environment, readProxySettings } from "../../local/proxy.ts";
import type { ProxySettings } from "../../model/local-settings.ts";
import type { Endpoint } from "../../model/node/socket.ts";
import { readIp } from "../nat/ip-text.ts";

/** All that is taken of another process's environment: the rest may hold anything. */
const WANTED = [
  "HTTPS_PROXY",
  "https_proxy",
  "NO_PROXY",
  "no_proxy",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
] as const;

/** What is taken of a process's environment. */
export interface ProcessEnvironment {
  readonly proxy: ProxySettings;
  /** Where a pod is told that the API servers are; undefined outside of pods. */
  readonly service: Endpoint | undefined;
}

/** What `/proc/PID/environ` says of proxies and of the API servers, and nothing else. Never throws. */
export function readEnviron(text: string): ProcessEnvironment {
  const variables = `\0${text}`;
  const environment: Record<string, string> = {};
  for (const name of WANTED) {
    // Of a name that is set twice getenv finds the first.
    const at = variables.indexOf(`\0${name}=`);
    if (at === -1) continue;
    const start = at + name.length + 2;
    const end = variables.indexOf("\0", start);
    environment[name] = variables.slice(start, end === -1 ? undefined : end);
  }
  return { proxy: readProxySettings(environment), service: serviceOf(environment) };
}

function serviceOf(environment: Environment): Endpoint | undefined {
  const ip = readIp(environment["KUBERNETES_SERVICE_HOST"] ?? "");
  const port = environment["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (ip === undefined || !/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) return undefined;
  return { ip, port: Number(port) };
}
