import * as v from "valibot";
import type { LabClusterDetails } from "./eks.ts";
import { orAbsent, type SchemaOf, texts } from "./parts.ts";

const filled = v.pipe(v.string(), v.nonEmpty());

const updateSchema = v.strictObject({
  id: filled,
  type: v.string(),
  status: v.picklist(["InProgress", "Failed", "Cancelled", "Successful"]),
  ageSeconds: v.pipe(v.number(), v.finite()),
  params: orAbsent(v.array(v.strictObject({ type: v.string(), value: v.string() }))),
  errors: orAbsent(
    v.array(v.strictObject({ code: v.string(), message: v.string(), resourceIds: texts })),
  ),
});

/** The members of LabClusterDetails, for the schema of a cluster. */
export const CLUSTER_DETAILS: SchemaOf<LabClusterDetails> = {
  healthIssues: orAbsent(
    v.array(v.strictObject({ code: v.string(), message: v.string(), resourceIds: texts })),
  ),
  updates: orAbsent(
    v.pipe(
      v.array(updateSchema),
      v.check(
        (updates) => new Set(updates.map(({ id }) => id)).size === updates.length,
        "two updates have the same id",
      ),
    ),
  ),
  accessEntries: orAbsent(
    v.array(
      v.pipe(v.string(), v.regex(/^arn:[\w-]+:iam::\d{12}:(?:user|role)\/.+$/, "not an ARN")),
    ),
  ),
  authenticationMode: orAbsent(v.picklist(["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"])),
  localId: orAbsent(v.pipe(v.string(), v.uuid())),
  connector: orAbsent(v.strictObject({ provider: v.string() })),
  scalingTier: orAbsent(v.picklist(["standard", "tier-xl", "tier-2xl", "tier-4xl", "tier-8xl"])),
};
