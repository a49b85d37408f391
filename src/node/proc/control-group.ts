import type { ProcessOwner } from "../../model/node/process.ts";
import { sanitizeText } from "../../model/text.ts";

/** With dashes, underscores (systemd driver) or nothing (static pods: a hash of the manifest). */
const POD =
  /(?:^|[/-])pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[./]|$)/;

/** `cri-containerd-<id>.scope`, `docker-<id>.scope`, `crio-<id>.scope`, or the id alone. */
const CONTAINER = /(?:^|[/:-])([0-9a-f]{64})(?:\.scope)?(?=\/|$)/;

const UNIT = /\/([^/]+\.service)(?=\/|$)/g;

/**
 * What runs a process, by `/proc/PID/cgroup`: the pod or container of kubelet's control groups
 * (cgroupfs and systemd drivers, version 1 and 2), else the systemd unit. Names of pods are not in
 * it. Never throws.
 */
export function ownerByControlGroup(text: string): ProcessOwner {
  const paths = text
    .split("\n")
    .map((line) => line.split(":").slice(2).join(":"))
    .filter((path) => path.startsWith("/"));
  for (const path of paths) {
    const pod = POD.exec(path);
    const containerId = CONTAINER.exec(path)?.[1];
    if (pod !== null) {
      return {
        kind: "pod",
        podUid: (pod[1] ?? "").replaceAll("_", "-"),
        containerId,
        namespace: undefined,
        pod: undefined,
        container: undefined,
      };
    }
    if (containerId !== undefined) return { kind: "container", containerId };
  }
  for (const path of paths) {
    // The innermost: a user's own service runs below user@1000.service.
    const unit = [...path.matchAll(UNIT)].at(-1)?.[1];
    if (unit !== undefined) return { kind: "unit", unit: sanitizeText(unit, 120) };
  }
  if (paths.some((path) => path.includes("session-") || path.startsWith("/user.slice"))) {
    return { kind: "session" };
  }
  return { kind: "unknown", reason: "its control group names neither pod nor unit" };
}
