import type { Explanation } from "../../explain/explanation.ts";
import type { Finding } from "../../model/finding.ts";
import { type FindingCode, layerName } from "../../model/finding-code.ts";
import { explainHint } from "../bearing.ts";

export type Explanations = Readonly<Partial<Record<FindingCode, Explanation>>>;

/** The rule of a baseline, which is no check. */
export const DRIFT_RULE = "drift";

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string };
  readonly properties: { readonly tags: readonly string[] };
}

/** A check as a rule, with what `explain` says of it as its help. */
export function ruleOf(finding: Finding, explanations: Explanations): Rule {
  const { code, topic, title } = finding;
  const explanation = explanations[code];
  const help =
    explanation === undefined
      ? [title]
      : [
          explanation.means,
          `How it is found: ${explanation.found}`,
          ...explanation.fix.map((step, index) => `${index + 1}. ${step}`),
          `Sources: ${explanation.sources.join("; ")}`,
        ];
  return {
    id: code,
    name: topic,
    shortDescription: { text: title },
    fullDescription: { text: explanation?.means ?? title },
    help: { text: [...help, explainHint(finding)].join("\n") },
    properties: { tags: ["eks", layerName(code)] },
  };
}

export const driftRule: Rule = {
  id: DRIFT_RULE,
  name: "drift",
  shortDescription: { text: "the cluster is as in the baseline" },
  fullDescription: { text: "What the run saw is what the saved run saw." },
  help: { text: "Save a new baseline once the change is meant: eks-probe check -o json=FILE" },
  properties: { tags: ["eks", "drift"] },
};
