import type { ProxySettings } from "../model/local-settings.ts";
import { sanitizeText } from "../model/text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** As kubectl reads them, and all that Go made: upper case first, and no ALL_PROXY (x/net/http/httpproxy). */
const PROXY_VARIABLES = ["HTTPS_PROXY", "https_proxy"] as const;

const MAX_PARTS = 1_000;
const MAX_PART = 255;

/**
 * The proxy that the environment names for https. User name, password and path are dropped. A value
 * that is no proxy's URL counts as none, and its variable is named: clients differ in what they do
 * with it, and its text may be a secret.
 */
export function readProxySettings(environment: Environment): ProxySettings {
  const set = PROXY_VARIABLES.flatMap((name) => {
    const text = given(environment[name]);
    return text === undefined ? [] : [{ name, url: proxyUrl(text) }];
  });
  const first = set.find(({ url }) => url !== undefined);
  return {
    httpsProxy: first?.url,
    variable: first?.name,
    noProxy: splitNoProxy(given(environment["NO_PROXY"]) ?? given(environment["no_proxy"]) ?? ""),
    unreadable: set.filter(({ url }) => url === undefined).map(({ name }) => name),
  };
}

const SCHEMES = /^(?:https?|socks[45]?|socks4a|socks5h):$/;

/**
 * `scheme://host:port` without user name, password and path; undefined for what is none. Without a
 * scheme a proxy is an http one, as curl and Go have it.
 */
export function proxyUrl(text: string): string | undefined {
  const whole = text.includes("://") ? text : `http://${text}`;
  if (/\s/.test(whole) || !URL.canParse(whole)) return undefined;
  const { protocol, hostname, port } = new URL(whole);
  // A scheme that the URL standard does not know keeps its host as it is written.
  const isHost = /^(?:[\w.-]+|\[[0-9a-f:.]+\])$/i.test(hostname);
  if (!SCHEMES.test(protocol) || !isHost) return undefined;
  return sanitizeText(`${protocol}//${hostname}${port === "" ? "" : `:${port}`}`, MAX_PART);
}

/** Go splits at commas alone: what stands between them with a space in it exempts nothing. */
function splitNoProxy(text: string): readonly string[] {
  return text
    .split(",", MAX_PARTS)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => sanitizeText(part, MAX_PART));
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}
