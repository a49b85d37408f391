import { type Check, passed, skippedCheck } from "../check.ts";
import { gatherInspected } from "../inspected.ts";

/** What verifying the token cost the servers: the first request against the second. */
export const tokenCostIsKnown: Check = {
  topic: "verify",
  title: "what the verification of the token costs a server can be told",
  optional: true,
  run: ({ map }) => {
    const { known: costs, missing } = gatherInspected(
      map,
      ({ tokenCost }) => tokenCost,
      "kubectl auth can-i get /api   # the ClusterRole system:discovery grants it",
    );
    if (costs.length === 0) return missing ?? skippedCheck("not asked; --deep asks");
    const texts = costs.map(
      ({ id, value }) => `${id} ${value.firstMs.toFixed(1)}ms, ${value.secondMs.toFixed(1)}ms`,
    );
    return passed(`first request and second on one connection: ${texts.join(" · ")}`);
  },
};
