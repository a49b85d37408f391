import { canonicalIp } from "../model/ip.ts";
import { bad, ok, type Parsed, quoteInput } from "./parsed.ts";

/** Where the instance metadata service is asked, where the user says so. */
export type MetadataChoice =
  | { readonly kind: "off" }
  | { readonly kind: "url"; readonly url: string };

/** One IP address, in its canonical form. */
export function parseIp(text: string): Parsed<string> {
  const ip = canonicalIp(text);
  return ip === undefined
    ? bad(`${quoteInput(text)} is not an IP address; write 203.0.113.7 or 2001:db8::7`)
    : ok(ip);
}

/** The http or https URL of a service that tells the caller's address. */
export function parseServiceUrl(text: string): Parsed<string> {
  const url = plainUrl(text, ["http:", "https:"]);
  return url === undefined
    ? bad(
        `${withoutUser(text)} is not the URL of a service; write https://HOST/PATH, without user name and password`,
      )
    : ok(url.href);
}

/** `off`, or the http URL of an instance metadata service. */
export function parseMetadata(text: string): Parsed<MetadataChoice> {
  if (text === "off") return ok({ kind: "off" });
  const url = plainUrl(text, ["http:"]);
  if (url === undefined || url.search !== "") {
    return bad(
      `${withoutUser(text)} is not an instance metadata service; write http://ADDRESS[:PORT], or off`,
    );
  }
  return ok({ kind: "url", url: url.href.replace(/\/$/, "") });
}

function plainUrl(text: string, protocols: readonly string[]): URL | undefined {
  if (/\s/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.username === "" && url.password === "" && url.hash === "";
  return isPlain && protocols.includes(url.protocol) ? url : undefined;
}

/** The input as it may be shown back: what stands before an @ may be a password. */
function withoutUser(text: string): string {
  return quoteInput(text.replace(/\/\/.*@/s, "//…@"));
}
