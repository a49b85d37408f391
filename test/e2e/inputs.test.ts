import { beforeAll, describe, expect, test } from "vitest";
import { twoAtATime } from "../support/e2e.ts";
import { type Ended, runProgram } from "../support/run-program.ts";

interface BadInput {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The line has to name what was wrong … */
  readonly wrong: string;
  /** … and what is right. */
  readonly right: string;
}

const ROLE = "arn:aws:iam::111122223333:role/reader";
const COMMANDS =
  "the commands are endpoints, check, diff, replay, explain, watch, node, config, token, iam, lab, schema";

/** A saved run that is one. */
const RUN = "test/fixtures/run-of-first-version.json";

function endpoints(more: readonly string[], wrong: string, right: string): BadInput {
  return { args: ["endpoints", "--cluster", "demo", ...more], wrong, right };
}

function watch(more: readonly string[], wrong: string, right: string): BadInput {
  return { args: ["watch", "--cluster", "demo", ...more], wrong, right };
}

function node(more: readonly string[], wrong: string, right: string): BadInput {
  return { args: ["node", ...more], wrong, right };
}

function twin(name: string, value: string, right: string): BadInput {
  return { args: ["endpoints", "--cluster", "demo"], env: { [name]: value }, wrong: name, right };
}

const CASES: readonly BadInput[] = [
  { args: [], wrong: "no command", right: COMMANDS },
  { args: ["endpoint"], wrong: "'endpoint'", right: "Did you mean endpoints?" },
  { args: ["frobnicate"], wrong: "'frobnicate'", right: COMMANDS },
  { args: ["help", "frobnicate"], wrong: "unknown command", right: COMMANDS },
  { args: ["--frobnicate"], wrong: "'--frobnicate'", right: "eks-probe --help" },
  { args: ["schema", "x"], wrong: '"x"', right: "report, config, diff, watch" },
  {
    args: ["schema", "report", "x"],
    wrong: "too many arguments",
    right: "eks-probe schema --help",
  },
  { args: ["endpoints"], wrong: "--cluster is missing", right: "EKS_PROBE_CLUSTER" },
  { args: ["token"], wrong: "--cluster is missing", right: "EKS_PROBE_CLUSTER" },
  { args: ["endpoints", "--cluster", ""], wrong: "empty", right: "--cluster my-cluster" },
  { args: ["endpoints", "--cluster", "  "], wrong: "empty", right: "--cluster my-cluster" },
  { args: ["endpoints", "--cluster", "-x"], wrong: '"-x"', right: "letters, digits" },
  { args: ["endpoints", "--cluster", "a b"], wrong: '"a b"', right: "letters, digits" },
  { args: ["endpoints", "--cluster", "x".repeat(101)], wrong: "xxx", right: "1 to 100" },
  {
    args: ["endpoints", "--cluster", "arn:aws:eks:ap-northeast-2:111122223333:cluster/gonz"],
    wrong: "is an ARN",
    right: "the cluster's name: gonz",
  },
  endpoints(["--region", "Seoul"], '"Seoul"', "looks like ap-northeast-2"),
  endpoints(["--region", "ap-northeast-2a"], "availability zone", "the region is ap-northeast-2"),
  endpoints(["--profile", " "], "--profile", "empty"),
  endpoints(["--role-arn", "reader"], '"reader"', "arn:aws:iam::111122223333:role/NAME"),
  endpoints(["--external-id", "abc"], "--external-id", "needs --role-arn"),
  endpoints(["--role-arn", ROLE, "--external-id", "a b"], '"a b"', "2 to 1224"),
  endpoints(["--resolver", "10.0.0.2:99999"], '"99999"', "between 1 and 65535"),
  endpoints(["--resolver", "10.0.0.2:0"], '"0"', "between 1 and 65535"),
  endpoints(["--resolver", "dns.example"], '"dns.example"', "10.0.0.2:5353"),
  endpoints(["--connect-to", "nonsense"], '"nonsense"', "HOST1:PORT1:HOST2:PORT2"),
  endpoints(["--connect-to", "a:443:b:65536"], '"65536"', "between 1 and 65535"),
  endpoints(["--connect-to", "a:443:[10.0.0.1]:x"], "10.0.0.1", "HOST1:PORT1:HOST2:PORT2"),
  endpoints(["-n", "0"], '--samples: "0"', "between 1 and 10000"),
  endpoints(["-n", "x"], '--samples: "x"', "between 1 and 10000"),
  endpoints(["-n", "-1"], '--samples: "-1"', "between 1 and 10000"),
  endpoints(["--samples"], "--samples <n>", "eks-probe endpoints --help"),
  endpoints(["--timeout", "0"], '--timeout: "0"', "500ms, 3s or 2m"),
  endpoints(["--timeout", "3 s"], '"3 s"', "500ms, 3s or 2m"),
  endpoints(["--paths", "foo"], '"foo"', "vip, eni or vip,eni"),
  endpoints(["--paths", ""], "--paths", "vip, eni or vip,eni"),
  endpoints(["-o", "yaml"], '--output: "yaml"', "text, json"),
  endpoints(["--http1.1", "--http2"], "--http1.1 and --http2", "give one of them"),
  endpoints(["-4", "-6"], "--ipv4 and --ipv6", "give one of them"),
  endpoints(["-q", "-v"], "--quiet and --verbose", "give one of them"),
  endpoints(["--insecure-send-token"], "--insecure-send-token", "needs --insecure"),
  endpoints(
    ["--insecure", "--insecure-send-token", "--anonymous"],
    "--anonymous and --insecure-send-token",
    "give one of them",
  ),
  endpoints(["--endpoint", "abc.example"], '"abc.example"', "https://NAME[:PORT]"),
  endpoints(["--endpoint", "https://abc.example"], "--endpoint", "needs --ca-file FILE"),
  endpoints(["--endpoint", "https://10.0.0.1", "--insecure"], "10.0.0.1", "--connect-to"),
  endpoints(
    ["--endpoint", "https://abc.example", "--ca-file", "package.json"],
    "holds no PEM certificate",
    "the cluster's CA",
  ),
  endpoints(["--ca-file", "ca.pem"], "--ca-file", "needs --endpoint"),
  endpoints(
    ["--endpoint", "https://abc.example", "--kubeconfig", "x"],
    "--endpoint and --kubeconfig",
    "give one of them",
  ),
  endpoints(["--context", "x"], "--context", "needs --kubeconfig"),
  endpoints(["--kubeconfig", "no-such-file"], "no-such-file", "name a kubeconfig file"),
  endpoints(["--kubeconfig", "package.json"], "no current context", "name one with --context"),
  endpoints(["--egress-ip", "me"], '"me"', "203.0.113.7"),
  endpoints(["--egress-service", "checkip.example"], '"checkip.example"', "https://HOST/PATH"),
  endpoints(
    ["--egress-ip", "203.0.113.7", "--egress-service", "https://checkip.example"],
    "--egress-ip and --egress-service",
    "give one of them",
  ),
  endpoints(
    ["--metadata", "https://127.0.0.1"],
    "https://127.0.0.1",
    "http://ADDRESS[:PORT], or off",
  ),
  twin("EKS_PROBE_METADATA", "on", "or off"),
  twin("EKS_PROBE_KUBECONFIG", "no-such-file", "name a kubeconfig file"),
  endpoints(["--clustr", "x"], "'--clustr'", "Did you mean --cluster?"),
  endpoints(["--wide=3"], "'--wide=3'", "eks-probe endpoints --help"),
  endpoints(["one", "two"], "too many arguments", "eks-probe endpoints --help"),
  {
    args: ["token", "--cluster", "demo", "--cluster-id", "x"],
    wrong: "--cluster and --cluster-id",
    right: "give one of them",
  },
  { args: ["token", "--cluster-id", "a/b"], wrong: '"a/b"', right: "letters, digits" },
  {
    args: ["token", "--cluster", "demo"],
    env: { KUBERNETES_EXEC_INFO: "[]" },
    wrong: "KUBERNETES_EXEC_INFO",
    right: "object",
  },
  { args: ["replay"], wrong: "'file'", right: "eks-probe replay --help" },
  { args: ["replay", "a", "b"], wrong: "too many arguments", right: "eks-probe replay --help" },
  { args: ["replay", "none.json"], wrong: '"none.json" is not there', right: "-o json=FILE" },
  { args: ["replay", "test"], wrong: "test is not a regular file", right: "name a saved run" },
  { args: ["replay", "README.md"], wrong: "is not JSON", right: "only what -o json" },
  { args: ["replay", "package.json"], wrong: "is not a saved run", right: "save one with -o json" },
  { args: ["replay", "/dev/null"], wrong: "is empty", right: "only what -o json" },
  {
    args: ["replay", "test/unit/report/golden/healthy.junit.xml"],
    wrong: "is XML, as JUnit's reports are",
    right: "only what -o json",
  },
  {
    args: ["replay", "test/unit/report/golden/healthy.sarif"],
    wrong: "not a saved run",
    right: "-o json",
  },
  { args: ["replay", "x", "-o", "yaml"], wrong: '--output: "yaml"', right: "ndjson" },
  { args: ["replay", "x", "--short", "--wide"], wrong: "--short", right: "give one of them" },
  {
    args: ["replay", RUN, "-o", "tap", "-o", "json"],
    wrong: "both go to stdout",
    right: "json=FILE",
  },
  {
    args: ["replay", RUN, "-o", "json=none/x"],
    wrong: "cannot be written",
    right: '"none" is not there',
  },
  { args: ["diff"], wrong: "'file'", right: "eks-probe diff --help" },
  { args: ["diff", "a", "b", "c"], wrong: "too many arguments", right: "eks-probe diff --help" },
  { args: ["diff", "none.json"], wrong: '"none.json" is not there', right: "-o json=FILE" },
  { args: ["diff", RUN, "package.json"], wrong: '"package.json" is not a saved', right: "-o json" },
  {
    args: ["diff", RUN, RUN, "--deep"],
    wrong: "--deep",
    right: "with two files nothing is probed",
  },
  { args: ["diff", RUN, RUN, "-o", "junit"], wrong: '"junit"', right: "text, json, markdown" },
  { args: ["diff", "-", "-"], wrong: "stdin", right: "only one of the two" },
  { args: ["diff", RUN, "--samples", "0"], wrong: "--samples", right: "between 1 and 10000" },
  { args: ["watch"], wrong: "--cluster is missing", right: "EKS_PROBE_CLUSTER" },
  watch(["--interval", "99ms"], '--interval: "99ms"', "between 100ms and 10m"),
  watch(["--interval", "11m"], '--interval: "11m"', "between 100ms and 10m"),
  watch(["--aws-interval", "0"], '--aws-interval: "0"', "between 1s and 1h"),
  watch(["--for", "soon"], '--for: "soon"', "90s, 30m, 2h or 1d"),
  watch(["--for", "31d"], '--for: "31d"', "between 1s and 30d"),
  watch(["--resume"], "--resume", "needs --record"),
  watch(["--record", ""], "--record", "empty"),
  watch(["--on-event", ""], "--on-event", "empty"),
  watch(["--on-event", '"a b'], "--on-event", "close it"),
  watch(["--on-event", "no-such-program x"], '"no-such-program"', "in no folder of PATH"),
  watch(["--on-event", "./README.md"], "not executable", "name a program that can be run"),
  watch(["--on-event-timeout", "5s"], "--on-event-timeout", "needs --on-event"),
  watch(["--load", "10"], "--load", "needs --for"),
  watch(["--load", "51", "--for", "1m"], "51 requests a second", "--yes"),
  watch(["--load", "1001", "--for", "1m", "--yes"], '"1001"', "between 1 and 1000"),
  watch(["--load", "10", "--for", "1m", "--load-path", "//x"], '"//x"', "write /version"),
  watch(["--load", "10", "--for", "1m", "--load-connections", "x"], '"x"', "fresh, kept"),
  watch(["--load-path", "/version"], "--load-path", "needs --load"),
  watch(["--yes"], "--yes", "needs --load"),
  watch(["-o", "json"], '--output: "json"', "text, ndjson"),
  watch(["-q", "-v"], "--quiet and --verbose", "give one of them"),
  watch(["-n", "5"], "'-n'", "eks-probe watch --help"),
  watch(["x"], "too many arguments", "eks-probe watch --help"),
  ...["WATCH_INTERVAL", "AWS_INTERVAL", "FOR"].map((name): BadInput => {
    const env = { [`EKS_PROBE_${name}`]: "soon" };
    return {
      args: ["watch", "--cluster", "demo"],
      env,
      wrong: `EKS_PROBE_${name}: "soon"`,
      right: "write",
    };
  }),
  node(["--root", "none"], '--root: "none" is not there', "--root"),
  node(["--root", "package.json"], '"package.json" is not a folder', "unpack"),
  node(["--root", "test/fixtures"], '"test/fixtures" has no proc folder', "EKS log collector"),
  node(["--root", ""], "--root", "the folder is empty"),
  node(["--map", "none.json"], '"none.json" is not there', "-o json=FILE"),
  node(["--map", "package.json"], '"package.json" is not a saved run', "-o json"),
  node(["--map", "README.md"], '"README.md" is not JSON', "only what -o json"),
  node(["--cluster", "a b"], '"a b"', "letters, digits"),
  node(["-o", "junit"], '--output: "junit"', "text, json"),
  node(["-q", "-v"], "--quiet and --verbose", "give one of them"),
  node(["-n", "5"], "'-n'", "eks-probe node --help"),
  node(["x"], "too many arguments", "eks-probe node --help"),
  {
    args: ["node"],
    env: { EKS_PROBE_ROOT: "none" },
    wrong: 'EKS_PROBE_ROOT: "none"',
    right: "is not there",
  },
  { args: ["iam", "--paths", "all"], wrong: '"all"', right: "vip, eni or vip,eni" },
  { args: ["lab", "--latency", "soon"], wrong: '"soon"', right: "500ms, 3s or 2m" },
  { args: ["lab", "--scenario", "no-such"], wrong: '"no-such"', right: "--list" },
  twin("EKS_PROBE_REGION", "ap-northeast-2a", "the region is ap-northeast-2"),
  twin("EKS_PROBE_SAMPLES", "x", "between 1 and 10000"),
  twin("EKS_PROBE_TIMEOUT", "soon", "500ms, 3s or 2m"),
  twin("EKS_PROBE_OUTPUT", "xml", "text, json"),
  twin("EKS_PROBE_PATHS", "vip,foo", "vip, eni or vip,eni"),
  twin("EKS_PROBE_RESOLVER", "10.0.0.2 nonsense", '"system"'),
  twin("EKS_PROBE_CONNECT_TO", "a:443:b:443 nonsense", "HOST1:PORT1:HOST2:PORT2"),
  twin("EKS_PROBE_WIDE", "perhaps", "on (1, true) nor off (0, false)"),
  twin("EKS_PROBE_EXTERNAL_ID", "abc", "needs --role-arn"),
  {
    args: ["endpoints", "--cluster", "demo"],
    env: { EKS_PROBE_IPV4: "1", EKS_PROBE_IPV6: "yes" },
    wrong: "EKS_PROBE_IPV4 and EKS_PROBE_IPV6",
    right: "give one of them",
  },
  {
    args: ["endpoints"],
    env: { EKS_PROBE_CLUSTER: " " },
    wrong: "EKS_PROBE_CLUSTER",
    right: "give",
  },
];

describe("bad input", () => {
  const ended = new Map<BadInput, Ended>();

  beforeAll(async () => {
    await twoAtATime(CASES, async (one) => {
      ended.set(one, await runProgram(one.args, one.env === undefined ? {} : { env: one.env }));
    });
  }, 60_000);

  const table = CASES.map((one) => {
    const set = Object.entries(one.env ?? {}).map(([name, value]) => `${name}='${value}' `);
    return [`${set.join("")}eks-probe ${one.args.join(" ").slice(0, 80)}`, one] as const;
  });

  test.each(table)("%s: one line that names what is wrong and what is right, exit 2", (_, one) => {
    const run = ended.get(one);
    expect(run?.stdout).toBe("");
    expect(run?.stderr).toMatch(/^eks-probe: [^\n]+\n$/);
    expect(run?.stderr).toContain(one.wrong);
    expect(run?.stderr).toContain(one.right);
    expect(run?.code).toBe(2);
  });

  test("is repeated without what a terminal would act on", async () => {
    const asOption = await runProgram(["endpoints", "--\u001b[31mred\u001b[0m\nline"]);
    const asValue = await runProgram(["endpoints", "--cluster", "\u001b[31mred\u202e\nline"]);
    for (const { stderr } of [asOption, asValue]) {
      expect(stderr).toMatch(/^eks-probe: \P{Cc}+\n$/u);
      expect(stderr).not.toContain("\u202e");
    }
  });
});

describe("what is no bad input", () => {
  test("help and version go to stdout, with exit 0", async () => {
    const asked = [["--help"], ["help"], ["help", "token"], ["endpoints", "--help"], ["--version"]];
    for (const run of await twoAtATime(asked, (args) => runProgram(args))) {
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(run.stdout).not.toBe("");
    }
  });

  test("every option of a command is in its help, beside its environment twin", async () => {
    const { stdout } = await runProgram(["endpoints", "--help"]);
    for (const one of [
      "--connect-to",
      "EKS_PROBE_CONNECT_TO",
      "EKS_PROBE_HTTP1_1",
      "-n, --samples",
    ])
      expect(stdout).toContain(one);
  });
});
