import type { Scenario } from "../scenario.ts";
import { scenario } from "./base.ts";
import { withFaultAt, withFaults } from "./change.ts";
import { GONZ_EKS_PRI, GONZ_EKS_PUB } from "./clusters.ts";

/** Whom the certificate is of. */
export const TLS_SCENARIOS: readonly Scenario[] = [
  scenario("other-cluster", "an address of the name is by now another cluster's", {
    clusters: [
      withFaultAt(GONZ_EKS_PRI, "10.0.18.90", {
        kind: "wrong-certificate",
        flaw: "other-cluster",
      }),
    ],
  }),
  scenario("not-yet-valid", "every certificate begins tomorrow: the client's clock is behind", {
    clusters: [
      withFaults(GONZ_EKS_PUB, () => ({ kind: "wrong-certificate", flaw: "not-yet-valid" })),
    ],
  }),
];
