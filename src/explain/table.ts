import { CHECKS, FINDING_CODES } from "../checks/table.ts";
import { type FindingCode, layerOf } from "../model/finding-code.ts";
import { NODE_CODES, type NodeCode } from "../model/node/report.ts";
import { NODE_CHECKS } from "../node/checks/table.ts";
import { AUTH_EXPLANATIONS } from "./auth.ts";
import { CLUSTER_EXPLANATIONS } from "./cluster.ts";
import { DNS_EXPLANATIONS } from "./dns.ts";
import type { ExplainedCheck, ExplainedCode, Explanation } from "./explanation.ts";
import { KNOWN_FAILURES } from "./failures.ts";
import { KUBE_EXPLANATIONS } from "./kube.ts";
import { NETWORK_EXPLANATIONS } from "./network.ts";
import { SERVER_EXPLANATIONS } from "./server.ts";
import { TLS_EXPLANATIONS } from "./tls.ts";
import { WORKER_EXPLANATIONS } from "./worker.ts";

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

/** Of a run, then of a worker. */
const EXPLAINED_CODES: readonly ExplainedCode[] = [...FINDING_CODES, ...NODE_CODES];

export function isExplainedCode(text: string): text is ExplainedCode {
  return EXPLAINED_CODES.some((code) => code === text);
}

export function explainCheck(code: ExplainedCode): ExplainedCheck {
  const { layer, topic, title, explanation } = isNodeCode(code)
    ? { layer: "W" as const, ...NODE_CHECKS[code], explanation: WORKER_EXPLANATIONS[code] }
    : { layer: layerOf(code), ...CHECKS[code], explanation: EXPLANATIONS[code] };
  const failures = KNOWN_FAILURES.filter(({ number }) => explanation.rows.includes(number));
  return { code, layer, topic, title, ...explanation, failures };
}

function isNodeCode(code: ExplainedCode): code is NodeCode {
  return Object.hasOwn(NODE_CHECKS, code);
}

/** In the order of reports. */
export function explainAll(): readonly ExplainedCheck[] {
  return EXPLAINED_CODES.map(explainCheck);
}
