import type { RecordHeader, RecordRound } from "../../src/model/watch/record.ts";
import type { KeptSeen, ProbeSeen } from "../../src/model/watch/sample.ts";

const SERVERS = [
  {
    server: "ip-172-16-57-254.ap-northeast-2.compute.internal",
    fingerprint: "A1:".repeat(31) + "A1",
    notBefore: "2023-04-17T04:15:37.000Z",
    notAfter: "2024-04-16T04:20:01.000Z",
  },
  {
    server: "ip-172-16-173-248.ap-northeast-2.compute.internal",
    fingerprint: "B2:".repeat(31) + "B2",
    notBefore: "2023-04-17T04:15:37.000Z",
    notAfter: "2024-04-16T04:15:37.000Z",
  },
] as const;

const ADDRESSES = ["43.200.53.253:443", "52.79.39.107:443", "10.0.20.41:443", "10.0.95.229:443"];

export const HEADER: RecordHeader = {
  kind: "header",
  recordVersion: 1,
  tool: { name: "eks-probe", version: "0.1.0" },
  startedAt: "2023-04-21T15:41:31.000Z",
  cluster: "gonz-eks-pub",
  region: "ap-northeast-2",
  endpointHost: "1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com",
  from: "ip-10-0-105-163",
  intervalMs: 10_000,
  simulated: false,
};

/** A quiet round of a cluster with four addresses and two API servers, ten seconds after the last. */
export function typicalRound(n: number): RecordRound {
  const at = atOf(n);
  const probes = ADDRESSES.map((address, index): ProbeSeen => {
    return {
      address,
      attempt: 1,
      at,
      status: 200,
      failure: undefined,
      ...serverOf(index),
      tcpMs: 1.912345,
      tlsMs: 8.123456,
      ttfbMs: 12.345678,
    };
  });
  const kept = ADDRESSES.map((address, index): KeptSeen => {
    const { server, fingerprint } = serverOf(index);
    return {
      address,
      openedAt: "2023-04-21T15:41:31.123Z",
      at,
      outcome: { kind: "answered", status: 200, ttfbMs: 3.456789 },
      server,
      fingerprint,
      readyz: { kind: "known", value: { healthy: true, checks: 58, failing: [] } },
      version: {
        kind: "known",
        value: { gitVersion: "v1.31.5-eks-5d632ec", platform: "linux/amd64" },
      },
    };
  });
  const sample = {
    n,
    at,
    durationMs: 43.212345,
    dns: undefined,
    enis: undefined,
    cluster: undefined,
    updates: undefined,
    token: { kind: "known", value: { expiresAt: "2023-04-21T15:55:31.000Z" } },
    probes,
    kept,
    lists: {
      address: "43.200.53.253:443",
      leases: {
        kind: "known",
        value: SERVERS.map(({ server }) => ({
          name: "apiserver-zqvbjpymztvrgzcwqhwhiazzuu",
          host: server,
          incarnation: "6a4e1c9a-0c1f-4ad0-9a57-0f0e8d8f1f7b",
          renewTime: at,
        })),
      },
      serviceEndpoints: {
        kind: "known",
        value: {
          source: "endpointslices/v1",
          addresses: [
            { ip: "10.0.20.41", port: 443, ready: "yes" },
            { ip: "10.0.95.229", port: 443, ready: "yes" },
          ],
        },
      },
    },
  } as const;
  return { kind: "round", sample, events: [] };
}

function serverOf(index: number): (typeof SERVERS)[number] {
  return index % 2 === 0 ? SERVERS[0] : SERVERS[1];
}

function atOf(n: number): string {
  return new Date(Date.parse(HEADER.startedAt) + n * HEADER.intervalMs).toISOString();
}
