import { setFlagsFromString } from "node:v8";

/** Fewer probes are over before their garbage counts. */
const MANY_PROBES = 50;

/**
 * Node lets the space for young objects grow to 48 MB before it collects there again, and probes
 * leave little but young objects. Held where it is, 1,000 probes peak some 15 MB lower; the start of
 * a run, which has other objects, goes faster with it growing.
 */
export function memoryGuard(): (plannedProbes: number) => void {
  let held = false;
  return (plannedProbes) => {
    if (held || plannedProbes < MANY_PROBES) return;
    held = true;
    setFlagsFromString("--semi-space-growth-factor=1");
  };
}
