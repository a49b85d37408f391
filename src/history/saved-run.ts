import * as v from "valibot";

type Unknowable<T> = T | null | undefined;

/**
 * The parts of a saved run (`-o json`) that can be compared. Read leniently: what a later version
 * adds is left out, and what is null or absent there is not known here.
 */
export interface SavedRun {
  readonly schemaVersion: 1;
  readonly startedAt: string;
  /** Made against a simulation. */
  readonly simulated?: Unknowable<boolean>;
  readonly cluster: {
    readonly name: string;
    readonly arn?: Unknowable<string>;
    readonly status?: Unknowable<string>;
    readonly version?: Unknowable<string>;
    readonly platformVersion?: Unknowable<string>;
    readonly endpoint?: Unknowable<{ readonly host: string }>;
    readonly certificateAuthority?: Unknowable<string>;
    readonly publicAccessCidrs?: Unknowable<readonly string[]>;
    readonly mode?: Unknowable<string>;
  };
  readonly enis: {
    readonly items: readonly SavedEni[];
    /** Why EC2 was not asked. */
    readonly reason?: Unknowable<string>;
    /** Why it did not tell. */
    readonly problem?: Unknowable<{ readonly message?: Unknowable<string> }>;
  };
  readonly resolutions: readonly {
    readonly resolver: { readonly kind: string; readonly ip?: Unknowable<string> };
    readonly outcome: string;
    readonly records: readonly { readonly ip: string }[];
  }[];
  readonly apiServers: readonly SavedServer[];
  readonly paths: readonly { readonly address: string; readonly apiServer?: Unknowable<string> }[];
  readonly findings: readonly SavedFinding[];
}

export interface SavedEni {
  readonly id: string;
  readonly privateIp: string;
  readonly subnetId?: Unknowable<string>;
  readonly availabilityZone?: Unknowable<string>;
  readonly securityGroupIds?: Unknowable<readonly string[]>;
  readonly status?: Unknowable<string>;
}

export interface SavedServer {
  readonly id: string;
  readonly host?: Unknowable<string>;
  readonly certificates: readonly { readonly sha256: string }[];
  /** Addresses. */
  readonly reachedBy: readonly string[];
  readonly inspected?: Unknowable<{ readonly version?: Unknowable<string> }>;
}

export interface SavedFinding {
  readonly code: string;
  readonly topic: string;
  readonly status: string;
  readonly causedBy: readonly string[];
  readonly blockedBy: readonly string[];
}

const text = v.nullish(v.string());
const texts = v.nullish(v.array(v.string()));

const cluster = v.object({
  name: v.string(),
  arn: text,
  status: text,
  version: text,
  platformVersion: text,
  endpoint: v.nullish(v.object({ host: v.string() })),
  certificateAuthority: text,
  publicAccessCidrs: texts,
  mode: text,
});

const eni = v.object({
  id: v.string(),
  privateIp: v.string(),
  subnetId: text,
  availabilityZone: text,
  securityGroupIds: texts,
  status: text,
});

const resolution = v.object({
  resolver: v.object({ kind: v.string(), ip: text }),
  outcome: v.string(),
  records: v.array(v.object({ ip: v.string() })),
});

const apiServer = v.object({
  id: v.string(),
  host: text,
  certificates: v.array(v.object({ sha256: v.string() })),
  reachedBy: v.array(v.string()),
  inspected: v.nullish(v.object({ version: text })),
});

const finding = v.object({
  code: v.string(),
  topic: v.optional(v.string(), ""),
  status: v.string(),
  causedBy: v.optional(v.array(v.string()), []),
  blockedBy: v.optional(v.array(v.string()), []),
});

const SAVED_RUN: v.GenericSchema<unknown, SavedRun> = v.object({
  schemaVersion: v.literal(1),
  startedAt: v.string(),
  simulated: v.nullish(v.boolean()),
  cluster,
  enis: v.object({
    items: v.array(eni),
    reason: text,
    problem: v.nullish(v.object({ message: text })),
  }),
  resolutions: v.array(resolution),
  apiServers: v.array(apiServer),
  paths: v.array(v.object({ address: v.string(), apiServer: text })),
  findings: v.array(finding),
});

export type ReadRun =
  | { readonly kind: "ok"; readonly value: SavedRun }
  | { readonly kind: "bad"; readonly problem: string };

/** Reads what `endpoints -o json` or `check -o json` wrote. Never throws. */
export function readSavedRun(content: string): ReadRun {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    return { kind: "bad", problem: "is not JSON; save a run with -o json" };
  }
  return readRunDocument(json);
}

/** The same of what is parsed already. Never throws. */
export function readRunDocument(json: unknown): ReadRun {
  const version = v.safeParse(v.object({ schemaVersion: v.number() }), json);
  if (version.success && version.output.schemaVersion !== 1) {
    const problem = `has schemaVersion ${version.output.schemaVersion}, and only 1 is known here; save a run with this version`;
    return { kind: "bad", problem };
  }
  const parsed = v.safeParse(SAVED_RUN, json);
  if (parsed.success) return { kind: "ok", value: parsed.output };
  const where = v.getDotPath(parsed.issues[0]) ?? "all of it";
  return {
    kind: "bad",
    problem: `is not a saved run (see ${where.slice(0, 80)}); save one with -o json`,
  };
}
