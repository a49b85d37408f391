import type { Finding, Verdict } from "../finding.ts";
import type { KnownControlPlane } from "./control-plane.ts";
import type { NodeFlow } from "./flow.ts";
import type { NodeSnapshot } from "./snapshot.ts";

/** Checks of a worker. Add, never reuse. */
export const NODE_CODES = ["W01", "W02", "W03", "W04", "W05", "W06", "W07", "W08", "W09"] as const;

/** One of `NODE_CODES`. */
export type NodeCode = (typeof NODE_CODES)[number];

/** What one check of a worker found: no check of it waits on another, and none can be ignored. */
export type NodeFinding = Omit<
  Finding,
  "code" | "causedBy" | "blockedBy" | "ignored" | "optional"
> & { readonly code: NodeCode };

/** Everything that a renderer of `node` gets. */
export interface NodeReport {
  readonly snapshot: NodeSnapshot;
  readonly controlPlane: KnownControlPlane;
  /** To the control plane first, then from it; in the order of the report. */
  readonly flows: readonly NodeFlow[];
  readonly findings: readonly NodeFinding[];
  readonly verdict: Verdict;
  /** The lab, or another simulation, made it. */
  readonly simulated: boolean;
}
