import * as v from "valibot";
import type { FrontFault } from "../scenario.ts";

export const milliseconds: v.GenericSchema<number> = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(600_000),
);

/** One for each kind of FrontFault: what a scenario file may say of it. */
export const faultSchema: v.GenericSchema<FrontFault> = v.variant("kind", [
  v.strictObject({ kind: v.literal("late"), phase: v.picklist(["tls", "http"]), ms: milliseconds }),
  v.strictObject({ kind: v.literal("never"), phase: v.picklist(["tls", "http"]) }),
  v.strictObject({ kind: v.literal("drop") }),
  v.strictObject({ kind: v.literal("unreachable") }),
  v.strictObject({ kind: v.literal("refuse") }),
  v.strictObject({ kind: v.literal("reset"), phase: v.picklist(["tcp", "tls", "http"]) }),
  v.strictObject({
    kind: v.literal("wrong-certificate"),
    flaw: v.picklist([
      "foreign-ca",
      "self-signed",
      "expired",
      "not-yet-valid",
      "other-name",
      "other-cluster",
      "inspection",
    ]),
  }),
  v.strictObject({ kind: v.literal("garbage") }),
  v.strictObject({
    kind: v.literal("status"),
    status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  }),
  v.strictObject({ kind: v.literal("unauthorized") }),
  v.strictObject({
    kind: v.literal("intermittent-401"),
    every: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  v.strictObject({ kind: v.literal("strip-authorization") }),
  v.strictObject({
    kind: v.literal("stall-large"),
    bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  v.strictObject({ kind: v.literal("redirect"), location: v.string() }),
  v.strictObject({
    kind: v.literal("body"),
    body: v.picklist([
      "invalid-json",
      "other-shape",
      "escape-sequences",
      "empty",
      "huge",
      "one-byte-a-second",
    ]),
  }),
  v.strictObject({ kind: v.literal("endless-header") }),
]);
