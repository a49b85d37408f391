import { portOfUrl } from "../../model/address.ts";
/** Where a token's request is sent, and how. */
export interface StsTarget {
  readonly secure: boolean;
  /** Name or address that is dialled, and that the certificate has to bear. */
  readonly host: string;
  readonly port: number;
  /** With the query, which carries the signature. */
  readonly path: string;
}

/** Where to, or why nowhere. */
export type StsRoute =
  | { readonly kind: "send"; readonly target: StsTarget }
  | { readonly kind: "refuse"; readonly reason: string };

const PREFIX = "k8s-aws-v1.";

/**
 * Where the request inside a token goes: to the STS it names, or to the endpoint that is configured
 * for STS. Whoever reads the request can use it as its owner, so that it goes only over TLS, or in
 * the clear to this very machine.
 */
export function routeToSts(token: string, host: string, endpoint: string | undefined): StsRoute {
  const url = Buffer.from(token.slice(PREFIX.length), "base64url").toString();
  const query = url.slice(url.indexOf("?"));
  if (endpoint === undefined) {
    return { kind: "send", target: { secure: true, host, port: 443, path: `/${query}` } };
  }
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const secure = protocol === "https:";
  const dialed = hostname.replace(/^\[|\]$/g, "");
  if (!secure && !isLoopback(dialed)) {
    return {
      kind: "refuse",
      reason: "the endpoint configured for STS is plain http to another host: no token goes there",
    };
  }
  return {
    kind: "send",
    target: {
      secure,
      host: dialed,
      port: portOfUrl({ port, protocol }),
      path: `${pathname.replace(/\/+$/, "")}/${query}`,
    },
  };
}

/** The name `localhost` is dialled without asking a resolver, which might say otherwise. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
