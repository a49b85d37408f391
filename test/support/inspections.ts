import { type Fact, known, unknown } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { IdentityLease, Inspection } from "../../src/model/inspection.ts";
import { makeRequest } from "../../src/target/request.ts";
import { PUB_ONE, PUB_TWO, pubSnapshot, type Server, type SnapshotParts } from "./snapshots.ts";

/** What an API server answers to whom it does not let read. */
export const FORBIDDEN: Failure = {
  code: "http-status",
  phase: "http",
  side: "user",
  message: "may not list leases in kube-system (403)",
  cause: "403",
};

export const denied: Fact<never> = unknown(FORBIDDEN);

/** A name that a Lease may have, for tests that compare names and do not compute them. */
export function leaseName(of: Server): string {
  return `apiserver-${of.byte.toLowerCase()}`;
}

/** The identity Lease of a server, renewed so long before the snapshot's end. */
export function lease(
  of: Server,
  ageSeconds: number,
  change: Partial<IdentityLease> = {},
): IdentityLease {
  const endMs = Date.parse("2023-04-21T15:41:31.412Z");
  return {
    name: leaseName(of),
    host: of.host,
    incarnation: `00000000-0000-4000-8000-0000000000${of.byte.toLowerCase()}`,
    renewTime: new Date(endMs - ageSeconds * 1_000).toISOString(),
    ...change,
  };
}

/** An API server with no secrets: everything it was asked through `ip` it answered. */
export function inspection(ip: string, of: Server, change: Partial<Inspection> = {}): Inspection {
  const healthy = known({ healthy: true, checks: 26, failing: [] });
  return {
    address: `${ip}:443`,
    serverAddress: known(`${of.host}:443`),
    leaseNames: [leaseName(of)],
    fingerprint: Array.from({ length: 32 }, () => of.byte).join(":"),
    version: known({ gitVersion: "v1.31.5-eks-5d632ec", platform: "linux/amd64" }),
    livez: healthy,
    readyz: healthy,
    caller: known({ username: "reader", groups: ["system:authenticated"], arn: undefined }),
    leases: known([lease(PUB_ONE, 5), lease(PUB_TWO, 5)]),
    serviceEndpoints: known({
      source: "endpointslices/v1",
      addresses: [PUB_ONE, PUB_TWO].map(({ eniIp }) => ({ ip: eniIp, port: 443, ready: "yes" })),
    }),
    tokenCost: known({ firstMs: 12.5, secondMs: 2.25 }),
    largeAnswer: known({ bytes: 6_400 }),
    clockSkewMs: 0,
    ...change,
  };
}

/** gonz-eks-pub asked with --deep through every address; `change` is made to each inspection. */
export function deepSnapshot(
  change: Partial<Inspection> = {},
  parts: SnapshotParts = {},
  samples = 20,
): ReturnType<typeof pubSnapshot> {
  return pubSnapshot(
    {
      request: makeRequest("gonz-eks-pub", { samples, deep: true }),
      inspections: [
        inspection("43.200.53.253", PUB_ONE, change),
        inspection("52.79.39.107", PUB_TWO, change),
        inspection("10.0.20.41", PUB_ONE, change),
        inspection("10.0.95.229", PUB_TWO, change),
      ],
      ...parts,
    },
    samples,
  );
}
