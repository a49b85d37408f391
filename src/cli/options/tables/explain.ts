import type { OptionSpec } from "../spec.ts";
import { NO_COLOR, OUTPUT } from "./shared.ts";

export const EXPLAIN_OPTIONS: readonly OptionSpec[] = [
  { ...OUTPUT, help: "text, json or markdown (default: text)" },
  NO_COLOR,
];
