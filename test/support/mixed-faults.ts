import { createRandom } from "../../src/lab/fronts/random.ts";
import type {
  AwsFault,
  DnsFault,
  LabCluster,
  LabFront,
  LabPrincipal,
  LabServer,
  Scenario,
} from "../../src/lab/scenario.ts";
import { READER, STRANGER, scenario, VIEWER } from "../../src/lab/scenarios/base.ts";
import { GONZ_EKS_BOTH, GONZ_EKS_PRI, GONZ_EKS_PUB } from "../../src/lab/scenarios/clusters.ts";
import type { ProbeRequest } from "../../src/model/request.ts";
import { FRONT_FAULTS, type Harm } from "./front-faults.ts";

/** A scenario made of faults at random, and what must come of it. */
export interface Mix {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly asked: Partial<Omit<ProbeRequest, "cluster">>;
  /**
   * `fine`: nothing is wrong. `broken`: something is that every run has to notice. `open`: something
   * is odd, and may or may not be worth a word.
   */
  readonly truth: "fine" | "broken" | "open";
  /** What was put in, for whoever looks at a failure. */
  readonly faults: readonly string[];
}

/** Nothing else is waited for in a lab, and what is silent there is silent for ever. */
const IMPATIENT_MS = 200;
/** Where nothing is silent, a busy machine is given time. */
const PATIENT_MS = 8_000;

export function mixFaults(seed: number): Mix {
  const dice = createDice(seed);
  const plain = dice.pick([GONZ_EKS_PUB, GONZ_EKS_PRI, GONZ_EKS_BOTH]);
  const asked = askAtRandom(dice);
  if (dice.chance(0.1)) {
    return {
      seed,
      scenario: scenario(`mix-${seed}`, "no fault", { clusters: [plain] }),
      asked: { ...asked, timeoutMs: PATIENT_MS },
      truth: "fine",
      faults: [],
    };
  }
  const notes: Note[] = [];
  const context: Context = { dice, asked, note: (text, weight) => notes.push({ text, weight }) };
  const principals = dice.chance(0.3) ? mixPrincipals(context) : [VIEWER, STRANGER];
  const cluster = mixCluster(plain, context);
  const awsFaults = dice.chance(0.25) ? mixAwsFaults(context) : [];
  const dns = dice.chance(0.25) ? mixDnsFaults(context) : {};
  const client = dice.chance(0.3) ? mixClient(cluster, context) : {};
  const weights = notes.map(({ weight }) => weight);
  return {
    seed,
    scenario: scenario(`mix-${seed}`, "faults at random", {
      clusters: [cluster],
      principals,
      awsFaults,
      ...dns,
      ...client,
      catchAll: "drop",
    }),
    asked: { ...asked, timeoutMs: notes.length === 0 ? PATIENT_MS : IMPATIENT_MS },
    truth: weights.includes("broken") ? "broken" : notes.length > 0 ? "open" : "fine",
    faults: notes.map(({ text, weight }) => `${text} (${weight})`),
  };
}

type Weight = "broken" | "open";

interface Note {
  readonly text: string;
  readonly weight: Weight;
}

interface Context {
  readonly dice: Dice;
  readonly asked: Partial<ProbeRequest>;
  readonly note: (text: string, weight: Weight) => void;
}

interface Dice {
  readonly chance: (share: number) => boolean;
  readonly pick: <Value>(values: readonly Value[]) => Value;
}

function createDice(seed: number): Dice {
  const random = createRandom(seed);
  return {
    chance: (share) => random() < share,
    pick: (values) => {
      const value = values[Math.floor(random() * values.length)];
      if (value === undefined) throw new Error("nothing to pick from");
      return value;
    },
  };
}

function askAtRandom(dice: Dice): Partial<ProbeRequest> {
  return {
    samples: dice.pick([1, 1, 2, 3]),
    deep: dice.chance(0.25),
    anonymous: dice.chance(0.1),
    httpVersion: dice.pick(["auto", "http1.1", "http2"] as const),
    egressIp: dice.chance(0.2) ? "198.51.100.7" : undefined,
  };
}

function mixPrincipals({ dice, asked, note }: Context): readonly LabPrincipal[] {
  const kind = dice.pick(["stranger", "reader", "nobody", "no-discovery"] as const);
  switch (kind) {
    case "stranger":
      note(kind, asked.anonymous === true ? "open" : "broken");
      return [STRANGER];
    case "reader":
      return [READER];
    case "nobody":
      // DescribeCluster has to be signed, whoever the API servers are then asked as.
      note(kind, "broken");
      return [];
    case "no-discovery":
      note(kind, asked.anonymous === true ? "open" : "broken");
      return [{ ...VIEWER, withoutDiscovery: true }];
  }
}

function mixCluster(plain: LabCluster, context: Context): LabCluster {
  const { dice, note } = context;
  const version = dice.pick(["1.25", "1.31", "1.33"]);
  let cluster: LabCluster = { ...plain, version, servers: mixServers(plain.servers, context) };
  if (dice.chance(0.1)) {
    const status = dice.pick(["CREATING", "UPDATING", "DELETING", "FAILED"] as const);
    note(status, status === "CREATING" ? "broken" : "open");
    cluster = { ...cluster, status };
  }
  if (dice.chance(0.15)) {
    note("an ENI is missing", "open");
    cluster = { ...cluster, enis: cluster.enis.slice(0, dice.pick([0, 1])) };
  }
  if (dice.chance(0.15)) cluster = mixRecords(cluster, context);
  if (dice.chance(0.1)) cluster = mixHealth(cluster, context);
  const shareOfFaults = dice.pick([0, 0.2, 0.5, 1]);
  const fronts = cluster.fronts.map((front) =>
    dice.chance(shareOfFaults) ? mixFront(front, cluster, context) : front,
  );
  return { ...cluster, fronts };
}

/** Few kinds, because keys are made for each. */
function mixServers(servers: readonly LabServer[], { dice, note }: Context): readonly LabServer[] {
  if (dice.chance(0.8)) return servers;
  const change = dice.pick<Omit<Partial<LabServer>, "id">>([
    { clockSkewSeconds: -1200 },
    { failingChecks: ["etcd"] },
    { lifetimeDays: 5 },
    { lease: "stale" },
  ]);
  note(JSON.stringify(change), "open");
  return servers.map((server, index) => (index === 0 ? { ...server, ...change } : server));
}

function mixRecords(cluster: LabCluster, { dice, note }: Context): LabCluster {
  const a = dice.pick([[], ["10.0.33.7"], [...cluster.dns.a, "203.0.113.77"], ["127.0.0.1"]]);
  // An address of the VPC to which nothing leads from here may be silent by design.
  note(`dns ${a.join(" ")}`, a.length === 0 ? "broken" : "open");
  return { ...cluster, dns: { ...cluster.dns, a }, outsideDns: undefined };
}

function mixFront(front: LabFront, cluster: LabCluster, context: Context): LabFront {
  const { dice, asked, note } = context;
  const [fault, harm] = dice.pick(FRONT_FAULTS);
  // Only what the name leads to, for whoever asks, is expected of everyone.
  const { dns, outsideDns, status } = cluster;
  const isNamed = dns.a.includes(front.ip) || (outsideDns?.a.includes(front.ip) ?? false);
  const isBroken = isNamed && status !== "CREATING" && harms(harm, asked);
  note(`${front.ip} ${JSON.stringify(fault)}`, isBroken ? "broken" : "open");
  return { ...front, fault };
}

function harms(harm: Harm, asked: Partial<ProbeRequest>): boolean {
  switch (harm) {
    case "everyone":
      return true;
    case "tokens":
      return asked.anonymous !== true;
    case "second token":
      return asked.anonymous !== true && (asked.samples ?? 1) > 1;
    case "nobody for sure":
      return false;
  }
}

function mixHealth(cluster: LabCluster, { dice, note }: Context): LabCluster {
  const code = dice.pick(["InsufficientFreeAddresses", "Ec2SubnetNotFound", "KmsKeyDisabled"]);
  note(code, "broken");
  return { ...cluster, healthIssues: [{ code, message: "made up", resourceIds: ["subnet-0a"] }] };
}

/** Where the client runs and what it is set up to do. */
function mixClient(cluster: LabCluster, { dice, asked, note }: Context): Partial<Scenario> {
  const kind = dice.pick(["clock", "proxy", "kubeconfig", "instance", "no metadata"] as const);
  const isClock = kind === "clock" && asked.anonymous !== true;
  note(kind, isClock && cluster.status !== "CREATING" ? "broken" : "open");
  const [first] = cluster.enis;
  switch (kind) {
    case "clock":
      return { awsClockSkewSeconds: dice.pick([-3600, 3600]) };
    case "proxy":
      return { clientEnvironment: { HTTPS_PROXY: "http://127.0.0.1:9" } };
    case "kubeconfig":
      return {
        kubeconfig: {
          entries: [
            {
              cluster: cluster.name,
              authority: dice.pick(["own", "other", "none"]),
              user: dice.pick([
                { kind: "none" },
                { kind: "token", ageSeconds: 3600 },
                { kind: "exec", command: "no-such-command", args: [] },
              ]),
            },
          ],
        },
      };
    case "instance":
    case "no metadata":
      return {
        instance: {
          id: "i-0a1b2c3d4e5f60718",
          privateIp: "10.0.105.163",
          vpcId: cluster.vpcId,
          subnetId: first?.subnetId ?? "subnet-0a",
          availabilityZone: first?.availabilityZone ?? "ap-northeast-2a",
          securityGroupIds: ["sg-0f00d000000000c1e"],
          ...(kind === "instance" ? {} : { fault: "silent" }),
        },
      };
  }
}

function mixAwsFaults({ dice, note }: Context): readonly AwsFault[] {
  const action = dice.pick<AwsFault["action"]>([
    "eks:DescribeCluster",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "sts:GetCallerIdentity",
    "*",
  ]);
  const kind = dice.pick<AwsFault["kind"]>([
    "access-denied",
    "throttling",
    "expired-token",
    "unrecognized-client",
    "server-error",
    "never",
    "garbage",
  ]);
  const times = dice.chance(0.3) ? 1 : undefined;
  const isNeeded = action === "eks:DescribeCluster" || action === "*";
  note(
    `${action} ${kind} ${times ?? "always"}`,
    isNeeded && times === undefined ? "broken" : "open",
  );
  return [{ action, kind, times }];
}

function mixDnsFaults({ dice, note }: Context): Pick<Scenario, "dnsFault" | "dnsFaults"> {
  const fault = dice.pick<DnsFault>([
    "nxdomain",
    "nodata",
    "servfail",
    "refused",
    "never",
    "truncated",
    "garbage",
    "wrong-id",
    "drop-private",
  ]);
  const where = dice.pick(["inside", "outside", "both"] as const);
  const isHarmless = fault === "truncated" || fault === "drop-private";
  note(`dns ${where} ${fault}`, where === "both" && !isHarmless ? "broken" : "open");
  if (where === "both") return { dnsFault: fault };
  return { dnsFault: undefined, dnsFaults: { [where]: fault } };
}
