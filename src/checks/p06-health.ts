import type { HealthReport } from "../model/inspection.ts";
import { type Check, passed, problem, skippedCheck } from "./check.ts";
import { gatherInspected } from "./inspected.ts";

/** Every API server calls itself alive and ready. */
export const serversAreReady: Check = {
  topic: "health",
  title: "every API server passes its own /livez and /readyz",
  optional: true,
  run: ({ map }) => {
    const livez = gatherInspected(map, (inspected) => inspected.livez);
    const readyz = gatherInspected(map, (inspected) => inspected.readyz);
    if (livez.known.length + readyz.known.length === 0) {
      return readyz.missing ?? skippedCheck("not asked; --deep asks");
    }
    const ill = [
      ...livez.known.map((report) => ({ ...report, probe: "livez" })),
      ...readyz.known.map((report) => ({ ...report, probe: "readyz" })),
    ].filter(({ value }) => !value.healthy);
    if (ill.length === 0) {
      const checks = Math.max(...readyz.known.map(({ value }) => value.checks), 0);
      return passed(
        `live and ready: ${readyz.known.map(({ id }) => id).join(", ")} (${checks} checks each)`,
      );
    }
    return problem("fail", `not ready: ${[...new Set(ill.map(({ id }) => id))].join(", ")}`, {
      details: ill.map(({ id, probe, value }) => `${id}: /${probe} fails ${failingOf(value)}`),
      side: "server",
      next: "EKS replaces a server that stays unready; clients should retry another address meanwhile",
      addresses: [...new Set(ill.flatMap(({ through }) => through))],
    });
  },
};

function failingOf({ failing }: HealthReport): string {
  return failing.length > 0 ? failing.join(", ") : "without saying which check";
}
