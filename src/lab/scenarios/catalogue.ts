import type { Scenario } from "../scenario.ts";
import { AWS_SCENARIOS } from "./catalogue-aws.ts";
import { CLIENT_SCENARIOS } from "./catalogue-client.ts";
import { DNS_SCENARIOS } from "./catalogue-dns.ts";
import { NETWORK_SCENARIOS } from "./catalogue-network.ts";
import { SERVER_SCENARIOS } from "./catalogue-servers.ts";
import { TLS_SCENARIOS } from "./catalogue-tls.ts";

/** The failures that an endpoint of EKS is known to have, one at a time, each by its cause. */
export const CATALOGUE_SCENARIOS: readonly Scenario[] = [
  ...DNS_SCENARIOS,
  ...NETWORK_SCENARIOS,
  ...TLS_SCENARIOS,
  ...SERVER_SCENARIOS,
  ...AWS_SCENARIOS,
  ...CLIENT_SCENARIOS,
];
