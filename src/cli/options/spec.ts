/** One option of the command line, with its environment twin. Tables of these make --help and the README. */
export interface OptionSpec {
  /** As commander reads it: `-n, --samples <n>`. */
  readonly flags: string;
  /** Name under which the value is read; also commander's attribute name. */
  readonly key: string;
  readonly env: `EKS_PROBE_${string}`;
  readonly kind: "value" | "list" | "switch";
  /** Between the values of a list's twin, where they may hold blanks and commas (default: those). */
  readonly twinSeparator?: ";";
  readonly help: string;
  /** Keys it cannot be given with. */
  readonly excludes?: readonly string[];
  /** A key it makes no sense without. */
  readonly needs?: string;
}
