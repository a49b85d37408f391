import type { LabCluster, Scenario } from "../scenario.ts";
import { READER, scenario, VIEWER } from "./base.ts";
import { withFaults } from "./change.ts";
import { GONZ_EKS_PUB } from "./clusters.ts";

const MODERN: LabCluster = { ...GONZ_EKS_PUB, version: "1.33", platformVersion: "eks.9" };

/** What the API servers make of a request. */
export const SERVER_SCENARIOS: readonly Scenario[] = [
  scenario("overloaded", "every API server sheds load: 429 and when to come back", {
    clusters: [withFaults(GONZ_EKS_PUB, () => ({ kind: "status", status: 429 }))],
  }),
  scenario("shedding", "every API server sheds what comes beyond 24 requests a second: 429", {
    clusters: [
      { ...MODERN, servers: MODERN.servers.map((server) => ({ ...server, shedsAbove: 24 })) },
    ],
  }),
  scenario("scaled-in", "an API server was removed and still answers: 401 for every token", {
    clusters: [
      withFaults(MODERN, ({ servers }) =>
        servers.includes("two") ? { kind: "unauthorized" } : undefined,
      ),
    ],
  }),
  scenario("anonymous-1-33", "a version that answers anonymous requests at health checks alone", {
    clusters: [MODERN],
  }),
  scenario("token-stripped", "a proxy takes the Authorization header out of every request", {
    clusters: [withFaults(GONZ_EKS_PUB, () => ({ kind: "strip-authorization" }))],
  }),
  scenario("no-discovery", "the caller's user may not read /api", {
    principals: [{ ...VIEWER, withoutDiscovery: true }, READER],
    clusters: [MODERN],
  }),
  scenario(
    "authenticator-throttled",
    "STS throttles the authenticator: every third request is 401",
    {
      clusters: [withFaults(MODERN, () => ({ kind: "intermittent-401", every: 3 }))],
    },
  ),
];
