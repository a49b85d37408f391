import { parseApiVersions } from "../../../../src/kube/api-versions.ts";
import { readDeniedUser } from "../../../../src/kube/denied-user.ts";
import type { Observation } from "../../../../src/model/observation.ts";
import type { BearerToken, Clock, ProbePlan, SocketPort } from "../../../../src/model/ports.ts";
import { createSocketPort } from "../../../../src/net/socket-port.ts";
import { realClock } from "../../../support/hostile-servers.ts";
import type { TestCa } from "../../../support/test-pki.ts";

export const HOST = "0a1b2c.yl4.ap-northeast-2.eks.amazonaws.com";
export const SERVER_HOST = "ip-172-16-57-254.ap-northeast-2.compute.internal";

export const LEAF_NAMES = [
  { type: "dns" as const, value: SERVER_HOST },
  { type: "dns" as const, value: "kubernetes.default.svc" },
  { type: "dns" as const, value: HOST },
  { type: "ip" as const, value: "10.100.0.1" },
];

export const API_BODY = JSON.stringify({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: `${SERVER_HOST}:443` }],
});

export function socketPort(clock: Clock = realClock): SocketPort {
  return createSocketPort(clock, {
    version: "1.2.3",
    readIdentity: parseApiVersions,
    readDeniedUser,
  });
}

export function planFor(port: number, ca: TestCa, changes: Partial<ProbePlan> = {}): ProbePlan {
  return {
    address: "43.200.53.253:443",
    sample: 1,
    dial: { ip: "127.0.0.1", port },
    serverName: HOST,
    serverPort: 443,
    certificateAuthority: ca.pem,
    httpVersion: "auto",
    insecure: false,
    sendTokenUnverified: false,
    timeoutMs: 5_000,
    ...changes,
  };
}

export interface CountingToken extends BearerToken {
  revealed(): number;
}

export function countingToken(secret = "fake-token"): CountingToken {
  let count = 0;
  return {
    reveal: () => {
      count += 1;
      return secret;
    },
    expiresAt: "2026-01-01T00:00:00.000Z",
    revealed: () => count,
  };
}

const NEVER = new AbortController().signal;

export function probe(
  plan: ProbePlan,
  token?: BearerToken,
  port = socketPort(),
): Promise<Observation> {
  return port.attempt(plan, Promise.resolve(token), NEVER);
}
