import { randomBytes } from "node:crypto";
import type { LabPermission, LabPrincipal } from "../scenario.ts";
import type { SigningKey } from "./sigv4.ts";

export interface KnownPrincipal {
  readonly principal: LabPrincipal;
  readonly key: SigningKey;
}

/** The scenario's principals, and the sessions AssumeRole made. */
export interface PrincipalStore {
  find(accessKeyId: string): KnownPrincipal | undefined;
  /** Everyone whose credentials are good now. */
  current(): readonly LabPrincipal[];
  /** Fresh random credentials, mapped as the role is. */
  mint(session: SessionRequest): LabPrincipal;
}

export interface SessionRequest {
  readonly arn: string;
  readonly kubernetesUser: string | undefined;
  readonly permissions: readonly LabPermission[] | undefined;
  readonly withoutDiscovery: boolean | undefined;
  readonly expiresAtMs: number;
}

/** The oldest sessions make room: a lab that runs for days must not grow. */
const MAX_SESSIONS = 1000;

export function createPrincipalStore(
  declared: () => readonly LabPrincipal[],
  nowMs: () => number,
): PrincipalStore {
  const sessions = new Map<string, { principal: LabPrincipal; expiresAtMs: number }>();

  return {
    find(accessKeyId) {
      const session = sessions.get(accessKeyId);
      if (session !== undefined) return known(session.principal, session.expiresAtMs);
      const principal = declared().find((one) => one.accessKeyId === accessKeyId);
      return principal === undefined ? undefined : known(principal, undefined);
    },
    current() {
      const now = nowMs();
      const live = [...sessions.values()].filter((session) => session.expiresAtMs > now);
      return [...declared(), ...live.map((session) => session.principal)];
    },
    mint(session) {
      const principal: LabPrincipal = {
        accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString("base64"),
        sessionToken: randomBytes(240).toString("base64"),
        arn: session.arn,
        kubernetesUser: session.kubernetesUser,
        permissions: session.permissions,
        withoutDiscovery: session.withoutDiscovery,
      };
      sessions.set(principal.accessKeyId, { principal, expiresAtMs: session.expiresAtMs });
      const [oldest] = sessions.keys();
      if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      return principal;
    },
  };
}

function known(principal: LabPrincipal, expiresAtMs: number | undefined): KnownPrincipal {
  const { secretAccessKey, sessionToken } = principal;
  return { principal, key: { secretAccessKey, sessionToken, expiresAtMs } };
}
