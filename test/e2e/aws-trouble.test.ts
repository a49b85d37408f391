import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningAws, startAwsServer } from "../../src/lab/aws/server.ts";
import type { AwsFault, LabCluster, Scenario } from "../../src/lab/scenario.ts";
import { GONZ_EKS_PUB } from "../../src/lab/scenarios/clusters.ts";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { closeLab, runIn, twoAtATime } from "../support/e2e.ts";
import type { Ended } from "../support/run-program.ts";

interface Trouble {
  readonly faults?: readonly AwsFault[];
  readonly clusters?: readonly LabCluster[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly exit: number;
  /** Checks that are not ok, by topic. */
  readonly topics: readonly string[];
  /** What the report has to say, whatever line it breaks at. */
  readonly says: readonly string[];
}

/** Start and end of the program on a busy machine, beside what it waits for. */
const SLACK_MS = 4_000;
const TIMEOUT_MS = 1_500;
const LIMIT = ["--timeout", `${TIMEOUT_MS}ms`] as const;

const VIPS_MAPPED = ["43.200.53.253 ────▶ A ip-172-16-57-254", "2 paths · 2 API servers"];
const ENIS_LISTED = ["10.0.20.41", "10.0.95.229", "0 API servers"];
const NOTHING = "0 paths · 0 API servers";

function always(action: AwsFault["action"], kind: AwsFault["kind"]): readonly AwsFault[] {
  return [{ action, kind, times: undefined }];
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  "no credentials": {
    env: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
    exit: 3,
    topics: ["token"],
    says: ["no AWS credentials", "→ aws configure list", NOTHING],
  },
  "credentials that nobody issued": {
    env: { AWS_ACCESS_KEY_ID: "AKIDNOBODY", AWS_SECRET_ACCESS_KEY: "EXAMPLEKEY" },
    exit: 3,
    topics: ["token"],
    says: ["AWS refused the credentials", "→ aws sts get-caller-identity", NOTHING],
  },
  "credentials that have expired": {
    faults: always("eks:DescribeCluster", "expired-token"),
    exit: 3,
    topics: ["token"],
    says: ["the AWS credentials have expired (ExpiredTokenException)", "→ aws sso login"],
  },
  "a region that nobody gave": {
    env: { AWS_REGION: "" },
    exit: 3,
    topics: ["token"],
    says: ["no AWS region", "--region ap-northeast-2", NOTHING],
  },
  "a profile that is not there": {
    args: ["--profile", "nope"],
    exit: 3,
    topics: ["token"],
    says: ["profile nope is in neither", NOTHING],
  },
  "eks:DescribeCluster denied": {
    faults: always("eks:DescribeCluster", "access-denied"),
    exit: 3,
    topics: ["cluster"],
    says: [
      "eks:DescribeCluster was denied",
      "→ eks-probe endpoints --kubeconfig ~/.kube/config --cluster gonz-eks-pub",
      ...ENIS_LISTED,
    ],
  },
  "ec2:DescribeNetworkInterfaces denied": {
    faults: always("ec2:DescribeNetworkInterfaces", "access-denied"),
    exit: 3,
    topics: ["enis"],
    says: ["ec2:DescribeNetworkInterfaces was denied", "→ eks-probe iam", ...VIPS_MAPPED],
  },
  "ec2:DescribeVpcs denied, which only places the vantage": {
    faults: always("ec2:DescribeVpcs", "access-denied"),
    exit: 0,
    topics: [],
    says: ["inside the VPC or not: unknown", "4 paths · 2 API servers · 0 failed"],
  },
  "sts:AssumeRole denied": {
    faults: always("sts:AssumeRole", "access-denied"),
    args: ["--role-arn", "arn:aws:iam::111122223333:role/reader"],
    exit: 3,
    topics: ["role"],
    says: ["sts:AssumeRole was denied", NOTHING],
  },
  "a cluster that is not there": {
    clusters: [{ ...GONZ_EKS_PUB, name: "another" }],
    exit: 3,
    topics: ["cluster"],
    says: ["there is no cluster gonz-eks-pub in", "→ aws eks list-clusters", ...ENIS_LISTED],
  },
  "a cluster that is CREATING": {
    clusters: [{ ...GONZ_EKS_PUB, status: "CREATING", enis: [] }],
    exit: 3,
    topics: ["cluster"],
    says: ["its status is CREATING", "→ aws eks wait cluster-active --name gonz-eks-pub", NOTHING],
  },
  "an AWS API that refuses connections": {
    env: { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
    exit: 3,
    topics: ["cluster", "enis"],
    says: ["127.0.0.1 could not be reached (ECONNREFUSED)", "→ check the way to the AWS API"],
  },
  "an AWS API that answers garbage": {
    faults: always("*", "garbage"),
    args: LIMIT,
    exit: 3,
    topics: ["cluster", "enis"],
    says: ["gave an answer that is not AWS's", NOTHING],
  },
  "an EC2 API that answers garbage": {
    faults: always("ec2:DescribeNetworkInterfaces", "garbage"),
    args: LIMIT,
    exit: 3,
    topics: ["enis"],
    says: ["gave an answer that is not AWS's", ...VIPS_MAPPED],
  },
  "an AWS API that never answers": {
    faults: always("*", "never"),
    args: LIMIT,
    exit: 3,
    topics: ["cluster", "enis"],
    says: [`127.0.0.1 did not answer within ${TIMEOUT_MS} ms`, NOTHING],
  },
  "an EC2 API that never answers": {
    faults: always("ec2:DescribeNetworkInterfaces", "never"),
    args: LIMIT,
    exit: 3,
    topics: ["enis"],
    says: [`127.0.0.1 did not answer within ${TIMEOUT_MS} ms`, ...VIPS_MAPPED],
  },
  "an AWS API that fails each time": {
    faults: always("eks:DescribeCluster", "server-error"),
    exit: 3,
    topics: ["cluster"],
    says: ["eks:DescribeCluster failed: ServerException", ...ENIS_LISTED],
  },
  "throttling without end": {
    faults: always("*", "throttling"),
    args: LIMIT,
    exit: 3,
    topics: ["cluster", "enis"],
    says: ["eks:DescribeCluster was throttled by AWS", "→ wait a minute", NOTHING],
  },
  "throttling that passes": {
    faults: [{ action: "*", kind: "throttling", times: 2 }],
    exit: 0,
    topics: [],
    says: ["healthy · 4 paths · 2 API servers"],
  },
};

let lab: Lab;
let home: string;
const runs = new Map<string, Ended & { readonly tookMs: number }>();

function scenarioOf({ faults, clusters }: Trouble): Scenario {
  return {
    ...lab.scenario,
    ...(clusters === undefined ? {} : { clusters }),
    awsFaults: faults ?? [],
  };
}

/** The lab's clusters behind an AWS of its own: one set of keys serves every trouble. */
function startTroubledAws(trouble: Trouble): Promise<RunningAws> {
  const scenario = scenarioOf(trouble);
  return startAwsServer({
    scenario: () => scenario,
    certificateAuthorityOf: (name) => lab.certificateAuthorities.get(name),
    createdAtMs: Date.now(),
    nowMs: () => Date.now(),
  });
}

async function runTroubled(
  args: readonly string[],
  trouble: Trouble,
): Promise<Ended & { readonly tookMs: number }> {
  const aws = await startTroubledAws(trouble);
  const startedMs = performance.now();
  try {
    const env = { AWS_ENDPOINT_URL: aws.url, ...trouble.env };
    const ended = await runIn(lab, [...args, ...(trouble.args ?? [])], env);
    return { ...ended, tookMs: performance.now() - startedMs };
  } finally {
    await aws.close();
  }
}

function runOf(name: string): Ended & { readonly tookMs: number } {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`${name} was not run`);
  return run;
}

/** Lines as one, so that a text is found wherever the report broke it. */
function unwrapped(report: string): string {
  return report.replaceAll(/\s+/g, " ");
}

beforeAll(async () => {
  const scenario = findScenario("gonz-eks-pub");
  if (scenario === undefined) throw new Error("the scenario is gone");
  [lab, home] = await Promise.all([startLab(scenario), mkdtemp(join(tmpdir(), "eks-probe-aws-"))]);
  await twoAtATime(Object.entries(TROUBLES), async ([name, trouble]) => {
    runs.set(name, await runTroubled(["endpoints", "--cluster", "gonz-eks-pub"], trouble));
  });
}, 60_000);

afterAll(async () => {
  await Promise.all([closeLab(lab), rm(home, { recursive: true })]);
});

describe("endpoints, when AWS gives trouble", () => {
  test.each(Object.entries(TROUBLES))("%s: says so, and what to do next", (name, trouble) => {
    const { stdout, stderr, code } = runOf(name);
    const text = unwrapped(stdout);
    for (const words of trouble.says) expect(text).toContain(words);
    const troubled = stdout.split("\n").flatMap((line) => /^ {2}[?!✗] (\w+)/.exec(line)?.[1] ?? []);
    expect(troubled).toEqual(trouble.topics);
    expect(stdout.match(/^ {13}→ \S/gm) ?? []).toHaveLength(trouble.topics.length);
    expect({ code, stderr }).toEqual({ code: trouble.exit, stderr: "" });
  });

  test("never takes longer than its limits: one for AWS, one for the probes after it", () => {
    for (const [name, { args }] of Object.entries(TROUBLES)) {
      const limitMs = args === LIMIT ? TIMEOUT_MS : 5_000;
      expect({ name, inTime: runOf(name).tookMs < 2 * limitMs + SLACK_MS }).toEqual({
        name,
        inTime: true,
      });
    }
  });

  test("a credential process that never answers is waited for no longer than --timeout", async () => {
    const config = join(home, "config");
    await writeFile(config, "[profile slow]\ncredential_process = sleep 8\nregion = eu-west-1\n");
    const trouble = {
      env: { AWS_CONFIG_FILE: config, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
      args: ["--profile", "slow", "--timeout", "500ms"],
      exit: 3,
      topics: [],
      says: [],
    };
    const ended = await runTroubled(["endpoints", "--cluster", "gonz-eks-pub"], trouble);
    expect(unwrapped(ended.stdout)).toContain("no AWS credentials within 500 ms");
    expect(ended).toMatchObject({ code: 3, stderr: "" });
    expect(ended.tookMs).toBeLessThan(500 + SLACK_MS);
  });
});

describe("token, when AWS gives trouble", () => {
  test("needs none of AWS's APIs, so none of them can keep it", async () => {
    const trouble = { faults: always("*", "never"), exit: 0, topics: [], says: [] };
    const ended = await runTroubled(["token", "--cluster", "gonz-eks-pub", "--raw"], trouble);
    expect(ended.stdout).toMatch(/^k8s-aws-v1\.[\w-]+\n$/);
    expect(ended.code).toBe(0);
  });

  test.each([
    ["without credentials", { AWS_ACCESS_KEY_ID: "" }, "no AWS credentials"],
    ["without a region", { AWS_REGION: "" }, "no AWS region"],
  ])("%s it says so in one line on stderr, exit 3", async (_, env, words) => {
    const ended = await runIn(lab, ["token", "--cluster", "gonz-eks-pub"], env);
    expect(ended).toMatchObject({ stdout: "", code: 3 });
    expect(ended.stderr).toMatch(/^eks-probe: no token: [^\n]+\n$/);
    expect(ended.stderr).toContain(words);
  });
});
