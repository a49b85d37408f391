import type { NodeProcess } from "../model/node/process.ts";

/** Where kubelet listens. */
export const KUBELET_PORT = 10_250;

/** Whose proxy matters, by the names that the kernel has for them. */
export const DAEMONS: ReadonlySet<string> = new Set([
  "kubelet",
  "kube-proxy",
  "containerd",
  "dockerd",
  "crio",
]);

/** Clients that every worker has, and that go by the endpoint's name. */
export function isOfNode(process: Pick<NodeProcess, "name"> | undefined): boolean {
  return process?.name === "kubelet" || process?.name === "kube-proxy";
}
