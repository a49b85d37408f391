import { valueOf } from "../../model/fact.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, count, passed, problem, shortAddress, skippedCheck } from "../check.ts";

/** No API server turns requests away because it has too many. */
export const noServerShedsLoad: Check = {
  topic: "load",
  title: "no API server turns requests away for too many (429)",
  explains: ["P01"],
  run: ({ snapshot }) => {
    const answers = snapshot.observations.flatMap(({ address, http }) =>
      http === undefined ? [] : [{ address, ...http }],
    );
    if (answers.length === 0) return skippedCheck("no address answered");
    const shed = answers.filter(({ status }) => status === 429);
    if (shed.length === 0) return passed("none of the answers is 429");
    const addresses = [...new Set(shed.map(({ address }) => address))];
    const others = new Set(answers.map(({ address }) => address)).size - addresses.length;
    const schemas = [...new Set(shed.flatMap(({ flowSchemaUid }) => flowSchemaUid ?? []))];
    const waits = shed.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
    return problem(
      // Some requests that have to wait are what flow control is for; none that passes is an outage.
      shed.length === answers.length ? "fail" : "warn",
      `${shed.length} of ${answers.length} requests were turned away: too many (429) at ${addresses.map(shortAddress).join(", ")}`,
      {
        details: [
          othersWords(others),
          ...schemas.map((uid) => `flow schema ${uid}`),
          ...(waits.length > 0 ? [`Retry-After: ${Math.max(...waits)} s`] : []),
          ...tierWords(snapshot),
        ],
        side: "server",
        next: "kubectl get --raw /debug/api_priority_and_fairness/dump_priority_levels   # which level is full; fewer clients, or a larger control plane tier",
        addresses,
      },
    );
  },
};

function tierWords({ cluster }: Snapshot): readonly string[] {
  const tier = valueOf(cluster)?.scalingTier;
  return tier === undefined ? [] : [`the control plane's scaling tier is ${tier}`];
}

function othersWords(others: number): string {
  if (others === 0) return "every address sheds load";
  return `${count(others, "other address does", "other addresses do")} not`;
}
