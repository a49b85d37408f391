import { HTTPS_PORT } from "./model/address.ts";
import type { KnownControlPlane } from "./model/node/control-plane.ts";
import type { NodeReport } from "./model/node/report.ts";
import type { NodeSnapshot } from "./model/node/snapshot.ts";
import { runNodeChecks } from "./node/checks/run.ts";
import { judgeNode } from "./node/checks/verdict.ts";
import { joinFlows } from "./node/join/flows.ts";
import { endpointPort } from "./node/known/control-plane.ts";

/** How a worker is read, and how what it is held against is found. */
export interface ExamineNodeOptions {
  /** Reads the worker: sockets to one of these ports, and what belongs to them. */
  readonly read: (ports: readonly number[]) => Promise<NodeSnapshot>;
  /** Ports of the control plane that are known before; 443 is always read. */
  readonly ports?: readonly number[];
  /** Finds what the connections are held against, knowing what the worker says of its cluster. */
  readonly find: (node: NodeSnapshot) => Promise<KnownControlPlane>;
  /** It is made against a simulation, and the report says so. */
  readonly simulated: boolean;
  readonly signal: AbortSignal;
}

/**
 * A worker, whole: what its kernel and files say, held against what is known of the control plane.
 * It is read before anything is asked, so that this run's own connections are none of the worker's.
 * Never rejects for what is read, or what the world does.
 */
export async function examineNode(options: ExamineNodeOptions): Promise<NodeReport> {
  const { read, find, simulated, signal } = options;
  const ports = [...new Set([HTTPS_PORT, ...(options.ports ?? [])])];
  const first = await read(ports);
  const controlPlane = await find(first);
  const port = endpointPort(controlPlane, first);
  const snapshot = ports.includes(port) || signal.aborted ? first : await read([...ports, port]);
  return concludeNode(snapshot, controlPlane, simulated, signal.aborted);
}

/** What a worker comes to: pure. */
export function concludeNode(
  snapshot: NodeSnapshot,
  controlPlane: KnownControlPlane,
  simulated: boolean,
  interrupted: boolean,
): NodeReport {
  const flows = joinFlows(snapshot, controlPlane);
  const evidence = { snapshot, controlPlane, flows };
  const findings = runNodeChecks(evidence);
  const verdict = judgeNode(evidence, findings, interrupted);
  return { ...evidence, findings, verdict, simulated };
}
