import * as v from "valibot";
import type { FailOn } from "../checks/gate.ts";
import { CHECKS, isFindingCode } from "../checks/table.ts";
import type { FindingCode } from "../model/finding-code.ts";
import type { EndpointMode } from "../model/map.ts";
import { isoTime, parseTimeMs } from "../model/time.ts";
import { LIMIT_PATTERN, LIMIT_WORDS, MODE_WORDS, parseLimit, parseMode } from "../target/limits.ts";
import { CLUSTER_NAME, REGION } from "../target/names.ts";
import type { Parsed } from "../target/parsed.ts";
import { byName, type JsonSchema, leaf, list, type Shape, section } from "./shapes.ts";

/** eks-probe.yaml, read. */
export interface ConfigFile extends ConfigJudgement {
  readonly version: 1;
  readonly cluster?: string;
  readonly region?: string;
  /** What is different for one cluster, by its name. */
  readonly clusters?: Readonly<Record<string, ConfigJudgement>>;
}

/** What a file says of one cluster, or of all. */
export interface ConfigJudgement {
  readonly expect?: ConfigExpectations;
  readonly ignore?: readonly ConfigIgnore[];
  readonly failOn?: FailOn;
  /** As written: from the file's directory. */
  readonly baseline?: string;
}

export interface ConfigExpectations {
  readonly apiServers?: number;
  readonly mode?: EndpointMode;
  readonly certificateDays?: number;
  /** Limits, in milliseconds. */
  readonly tcp?: number;
  readonly tls?: number;
  readonly ttfb?: number;
}

export interface ConfigIgnore {
  readonly code: FindingCode;
  readonly reason: string;
  /** The last day on which it holds, `YYYY-MM-DD`, UTC. */
  readonly until?: string;
}

function limit(what: string): Shape<number> {
  const description = `limit for the median time of ${what} at each address: 5ms, 1.5s, 2m`;
  return leaf(v.pipe(v.string(), parsedBy(parseLimit)), LIMIT_WORDS, {
    type: "string",
    description,
    pattern: LIMIT_PATTERN.source,
  });
}

function count(max: number, description: string): Shape<number> {
  return leaf(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max)),
    `a whole number between 1 and ${max}`,
    { type: "integer", description, minimum: 1, maximum: max },
  );
}

function words(pattern: RegExp, right: string, description: string): Shape<string> {
  return leaf(v.pipe(v.string(), v.regex(pattern)), right, {
    type: "string",
    description,
    pattern: pattern.source,
  });
}

/** The parser that the option of the same meaning goes by. */
function parsedBy<T>(parse: (text: string) => Parsed<T>): v.RawTransformAction<string, T> {
  return v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parse(dataset.value);
    if (parsed.kind === "ok") return parsed.value;
    addIssue({ message: parsed.problem });
    return NEVER;
  });
}

const mode: Shape<EndpointMode> = leaf(
  v.pipe(v.string(), parsedBy(parseMode)),
  `one of ${MODE_WORDS.join(", ")}`,
  { type: "string", description: "how the endpoint has to be set up", enum: MODE_WORDS },
);

const code: Shape<FindingCode> = leaf(
  v.custom<FindingCode>((value) => typeof value === "string" && isFindingCode(value)),
  "a check; eks-probe explain lists the codes",
  { type: "string", description: "code of a check", enum: Object.keys(CHECKS) },
);

const until: Shape<string> = leaf(v.pipe(v.string(), v.check(isDay)), "a day; write 2027-01-31", {
  type: "string",
  description: "the last day on which it does not count, UTC",
  format: "date",
});

function isDay(text: string): boolean {
  const ms = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)
    ? parseTimeMs(`${text}T00:00:00.000Z`)
    : undefined;
  // The 30th of February is taken for a day in March.
  return ms !== undefined && isoTime(ms).startsWith(`${text}T`);
}

const failOn: Shape<FailOn> = leaf(v.picklist(["fail", "warn"]), "one of fail, warn", {
  type: "string",
  description: "from which status on a finding fails the gate",
  enum: ["fail", "warn"],
});

const expect: Shape<ConfigExpectations> = section(
  {
    apiServers: count(1_000, "at least so many API servers have to be reached"),
    mode,
    certificateDays: count(3_650, "certificates have to be good for so many days"),
    tcp: limit("TCP"),
    tls: limit("TLS"),
    ttfb: limit("the first byte"),
  },
  [],
  "what the cluster is expected to be",
);

const ignored: Shape<ConfigIgnore> = section(
  {
    code,
    reason: words(/\S/, "a reason; say why it does not count", "why it does not count"),
    until,
  },
  ["code", "reason"],
  "a check that does not count",
);

const judgement = {
  expect,
  ignore: list(ignored, "checks that do not count"),
  failOn,
  baseline: words(
    /\S/,
    "a file; name one",
    "a saved run (-o json), as a path from this file's directory",
  ),
} as const;

const version: Shape<1> = leaf(v.literal(1), "1, the only version there is", {
  description: "of this form",
  const: 1,
});

/** The form of eks-probe.yaml: the only description of it. */
export const CONFIG_SHAPE: Shape<ConfigFile> = section(
  {
    version,
    cluster: words(CLUSTER_NAME, "a cluster name", "the cluster, where no option names one"),
    region: words(
      REGION,
      "a region; one looks like ap-northeast-2",
      "the region, where no option names one",
    ),
    ...judgement,
    clusters: byName(
      section(judgement, [], "what is different for this cluster"),
      { pattern: CLUSTER_NAME, what: "cluster name" },
      "by cluster name: what is different for it",
    ),
  },
  ["version"],
  "what eks-probe expects of clusters",
);

/** The same for editors. */
export const CONFIG_JSON_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "eks-probe.yaml",
  ...CONFIG_SHAPE.schema,
};
