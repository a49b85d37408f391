import type { HealthReport } from "../../model/inspection.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { gatherInspected } from "../inspected.ts";

const ASK = "kubectl get --raw '/readyz?verbose'";

/** Every API server calls itself alive and ready. */
export const serversAreReady: Check = {
  topic: "health",
  title: "every API server passes its own /livez and /readyz",
  optional: true,
  explains: ["P04"],
  run: ({ map }) => {
    const whenDenied = `${ASK}   # the ClusterRole system:public-info-viewer grants it`;
    const livez = gatherInspected(map, (inspected) => inspected.livez, whenDenied);
    const readyz = gatherInspected(map, (inspected) => inspected.readyz, whenDenied);
    if (livez.known.length + readyz.known.length === 0) {
      return readyz.missing ?? skippedCheck("not asked; --deep asks");
    }
    const ill = [
      ...livez.known.map((report) => ({ ...report, probe: "livez" })),
      ...readyz.known.map((report) => ({ ...report, probe: "readyz" })),
    ].filter(({ value }) => !value.healthy);
    if (ill.length > 0) {
      return problem("fail", `not ready: ${[...new Set(ill.map(({ id }) => id))].join(", ")}`, {
        details: ill.map(({ id, probe, value }) => `${id}: /${probe} fails ${failingOf(value)}`),
        side: "server",
        next: `${ASK}   # asks one of them by chance; EKS replaces a server that stays unready`,
        addresses: [...new Set(ill.flatMap(({ through }) => through))],
      });
    }
    if (readyz.known.length === 0) {
      const alive = livez.known.map(({ id }) => id).join(", ");
      return passed(`live: ${alive}${livez.besides} · whether ready is unknown`);
    }
    const ready = readyz.known.map(({ id }) => id).join(", ");
    const checks = Math.max(...readyz.known.map(({ value }) => value.checks));
    const each = checks > 0 ? ` (${checks} checks each)` : "";
    const live = livez.known.length > 0 ? "live and ready" : "ready";
    return passed(`${live}: ${ready}${each}${readyz.besides}`);
  },
};

function failingOf({ failing }: HealthReport): string {
  return failing.length > 0 ? failing.join(", ") : "without saying which check";
}
