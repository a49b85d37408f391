import { passed, problem } from "../../checks/check.ts";
import { type NodeCheck, notSeen } from "./check.ts";

const [NEARLY_FULL, FULL] = [0.8, 0.95] as const;

/** A connection that cannot be tracked is not made: its first packet is dropped without a word. */
export const trackingHasRoom: NodeCheck = {
  topic: "tracking",
  title: "the kernel's table of tracked connections has room",
  optional: true,
  run: (evidence) => {
    const { conntrackUse } = evidence.snapshot;
    if (conntrackUse.kind !== "known") return notSeen(conntrackUse, evidence);
    const { count, max } = conntrackUse.value;
    if (max === 0) return passed(`the kernel tracks ${count} connections, without a limit`);
    const use = count / max;
    // Rounded down: 94.9 % must not read as 95 %.
    const words = `${count} of ${max} tracked connections are in use (${Math.floor(use * 100)}%)`;
    if (use < NEARLY_FULL) return passed(words);
    return problem(use >= FULL ? "fail" : "warn", words, {
      details: [
        "when it is full new connections are dropped: dmesg says nf_conntrack: table full, dropping packet",
        "closed ones stay for up to two minutes: many short connections fill it, too",
      ],
      side: "local",
      next: `sudo sysctl -w net.netfilter.nf_conntrack_max=${max * 2}   # for good: conntrack.maxPerCore and conntrack.min of kube-proxy-config`,
    });
  },
};
