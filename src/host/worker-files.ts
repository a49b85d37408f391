import type { Rights } from "./rights.ts";
import { type HostView, textOf, viewOfProcess1 } from "./view.ts";

/** The worker's own files, which are not those that a container has before it. */
export type WorkerFiles =
  | { readonly kind: "seen"; readonly files: HostView }
  | { readonly kind: "hidden"; readonly why: string };

/** Kubelet's settings, name servers, and names of pods are in files of the worker. */
export function workerFiles(view: HostView, rights: Rights | undefined): WorkerFiles {
  if (rights === undefined) return { kind: "seen", files: view };
  if (!rights.seesProcesses) {
    return { kind: "hidden", why: "only this container's are seen; hostPID would show them" };
  }
  const files = viewOfProcess1();
  if (files !== undefined) return { kind: "seen", files };
  const [own, first] = ["self", "1"].map((pid) => rootDevice(view, pid));
  if (own === first || first === undefined) return { kind: "seen", files: view };
  const mayLook = rights.who === "root" || rights.who === "root without CAP_DAC_READ_SEARCH";
  const right = mayLook ? "root of the worker itself" : "root with CAP_SYS_PTRACE";
  return { kind: "hidden", why: `only this container's are seen; ${right} would show them` };
}

/** What is mounted at `/`: `254:0 /`. Every user may see it, but for a process that is hidden. */
function rootDevice(view: HostView, pid: string): string | undefined {
  const text = textOf(view, `/proc/${pid}/mountinfo`, 1024 * 1024) ?? "";
  // 27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
  const found = [...text.matchAll(/^\d+ \d+ (\d+:\d+ \S+) \/ /gm)].at(-1);
  return found?.[1];
}
