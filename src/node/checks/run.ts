import { NODE_CODES, type NodeFinding } from "../../model/node/report.ts";
import type { NodeEvidence } from "./check.ts";
import { NODE_CHECKS } from "./table.ts";

/**
 * Runs every check of a worker over what was read there, in the order of the codes. Pure; a check
 * that has nothing to say says skip, and one that could not see enough says unknown.
 */
export function runNodeChecks(evidence: NodeEvidence): readonly NodeFinding[] {
  return NODE_CODES.map((code) => {
    const { topic, title, run } = NODE_CHECKS[code];
    const { status, summary, details, side, next, addresses } = run(evidence);
    return { code, topic, title, status, summary, details, side, next, addresses };
  });
}
