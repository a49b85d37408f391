import { CHECKS, FINDING_CODES } from "../checks/table.ts";
import { type FindingCode, layerOf } from "../model/finding-code.ts";
import { AUTH_EXPLANATIONS } from "./auth.ts";
import { CLUSTER_EXPLANATIONS } from "./cluster.ts";
import { DNS_EXPLANATIONS } from "./dns.ts";
import type { ExplainedCheck, Explanation } from "./explanation.ts";
import { KNOWN_FAILURES } from "./failures.ts";
import { KUBE_EXPLANATIONS } from "./kube.ts";
import { NETWORK_EXPLANATIONS } from "./network.ts";
import { SERVER_EXPLANATIONS } from "./server.ts";
import { TLS_EXPLANATIONS } from "./tls.ts";

/** A code without an explanation does not compile. */
export const EXPLANATIONS: Readonly<Record<FindingCode, Explanation>> = {
  ...CLUSTER_EXPLANATIONS,
  ...DNS_EXPLANATIONS,
  ...NETWORK_EXPLANATIONS,
  ...TLS_EXPLANATIONS,
  ...AUTH_EXPLANATIONS,
  ...SERVER_EXPLANATIONS,
  ...KUBE_EXPLANATIONS,
};

export function explainCheck(code: FindingCode): ExplainedCheck {
  const { topic, title } = CHECKS[code];
  const explanation = EXPLANATIONS[code];
  const failures = KNOWN_FAILURES.filter(({ number }) => explanation.rows.includes(number));
  return { code, layer: layerOf(code), topic, title, ...explanation, failures };
}

/** In the order of reports. */
export function explainAll(): readonly ExplainedCheck[] {
  return FINDING_CODES.map(explainCheck);
}
