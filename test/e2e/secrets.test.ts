import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECK_FORMATS } from "../../src/cli/detect-output.ts";
import type { AwsFault, LabFront, LabPrincipal, Scenario } from "../../src/lab/scenario.ts";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { AWS_ECHOES, startEchoServers } from "../support/hostile-echo.ts";
import { CLUSTER, dnsAnswer, MARKS, sharedPki, startWorld, vip } from "../support/hostile-world.ts";
import { createTempFiles } from "../support/lab-servers.ts";
import { findLeaks, runWatched, TOKEN_WORDS, type WatchedRun } from "../support/leak-scan.ts";
import { readReport } from "../support/program-report.ts";

const SECRETS = Object.values(MARKS);
/** Where an address or AWS hangs; long enough for what answers, on a busy machine too. */
const SHORT = ["--timeout", "1500ms"];
/** Where many things run at a time. */
const LONGER = ["--timeout", "3s"];
/** Where nothing hangs. */
const LONG = ["--timeout", "10s"];

const FORMATS: readonly (readonly string[])[] = [["-o", "text"], ["--wide"], ["-o", "json"]];
/** The loudest of them also says most to the servers. */
const VERBOSITIES: readonly (readonly string[])[] = [
  ["-q"],
  [],
  ["-v", "--deep", "--compare-reuse"],
];

/** Its keys are the marked ones, and every API server knows it. */
const PRINCIPAL: LabPrincipal = {
  accessKeyId: MARKS.AWS_ACCESS_KEY_ID,
  secretAccessKey: MARKS.AWS_SECRET_ACCESS_KEY,
  sessionToken: MARKS.AWS_SESSION_TOKEN,
  arn: "arn:aws:sts::111122223333:assumed-role/probe/test",
  kubernetesUser: "probe",
};

const FAULTS: readonly LabFront["fault"][] = [
  undefined,
  { kind: "never", phase: "tls" },
  { kind: "never", phase: "http" },
  { kind: "refuse" },
  { kind: "reset", phase: "tcp" },
  { kind: "reset", phase: "tls" },
  { kind: "reset", phase: "http" },
  { kind: "wrong-certificate", flaw: "foreign-ca" },
  { kind: "wrong-certificate", flaw: "self-signed" },
  { kind: "wrong-certificate", flaw: "expired" },
  { kind: "wrong-certificate", flaw: "other-name" },
  { kind: "garbage" },
  { kind: "status", status: 401 },
  { kind: "status", status: 403 },
  { kind: "status", status: 429 },
  { kind: "status", status: 503 },
  { kind: "redirect", location: "https://127.0.0.1:9/api" },
  { kind: "body", body: "invalid-json" },
  { kind: "body", body: "other-shape" },
  { kind: "body", body: "escape-sequences" },
  { kind: "body", body: "huge" },
  { kind: "body", body: "one-byte-a-second" },
  { kind: "endless-header" },
];

const awsFaults: AwsFault[] = [];
let lab: Lab;
let token: string;

/** One cluster with an address for every fault, and an AWS whose faults the tests choose. */
function zoo(): Scenario {
  const [base] = SCENARIOS;
  const cluster = base?.clusters[0];
  if (base === undefined || cluster === undefined) throw new Error("no scenario");
  const fronts = FAULTS.map(
    (fault, index): LabFront => ({
      ip: vip(index + 1),
      port: 443,
      policy: "pinned",
      servers: ["one"],
      fault,
    }),
  );
  const dns = { a: fronts.map(({ ip }) => ip), aaaa: [], ttlSeconds: 60 };
  const clusters = [{ ...cluster, name: CLUSTER, enis: [], fronts, dns }];
  return { ...base, clusters, principals: [PRINCIPAL], awsFaults };
}

beforeAll(async () => {
  lab = await startLab(zoo());
  const printed = await runWatched(["token", "--raw", "--cluster", CLUSTER], {
    env: lab.environment,
  });
  token = printed.stdout.trim();
});

afterAll(() => lab.close());

function expectNoLeak(
  run: WatchedRun,
  tokens: readonly string[] = [token],
  more: string[] = [],
): void {
  const said = run.stdout + run.stderr;
  expect(findLeaks(said + run.written, [...SECRETS, ...more], tokens)).toEqual([]);
  expect(said).not.toMatch(TOKEN_WORDS);
  expect(run.files).toEqual([]);
}

describe("the scan itself", () => {
  test("finds a secret in each disguise, so that its silence means something", () => {
    const id = MARKS.AWS_ACCESS_KEY_ID;
    const inBase64 = Buffer.from(`https://sts/?X=${id}&more`).toString("base64url");
    for (const text of [id, id.toUpperCase(), inBase64, Buffer.from(id).toString("hex")])
      expect(findLeaks(`a ${text} b`, SECRETS)).not.toEqual([]);
    expect(findLeaks(token.slice(30, 60), [], [token])).not.toEqual([]);
    expect(findLeaks("nothing to see", SECRETS, [token])).toEqual([]);
  });

  test("finds the keys in the token, which `token` and nothing else prints, to stdout alone", async () => {
    for (const args of [["--raw"], []]) {
      const run = await runWatched(["token", "--cluster", CLUSTER, ...args], {
        env: lab.environment,
      });
      expect(run.code).toBe(0);
      expect(findLeaks(run.stdout, SECRETS)).not.toEqual([]);
      expect(run).toMatchObject({ stderr: "", files: [] });
    }
  });
});

describe("a run that meets every failure there is", () => {
  test.concurrent.for(
    FORMATS.flatMap((format) =>
      VERBOSITIES.map((verbosity) => [...format, ...verbosity].join(" ")),
    ),
  )("shows no secret with %s", async (line) => {
    const flags = line.split(" ").filter((flag) => flag !== "");
    const run = await runWatched(["endpoints", "--cluster", CLUSTER, ...LONGER, ...flags], {
      env: lab.environment,
    });
    expect(run.code).toBe(1);
    expectNoLeak(run);
  });

  test("nor with --insecure --insecure-send-token, where the token goes to strangers", async () => {
    const flags = ["--insecure", "--insecure-send-token", "-v", "--wide"];
    const run = await runWatched(["endpoints", "--cluster", CLUSTER, ...LONGER, ...flags], {
      env: lab.environment,
    });
    expect(run.stderr).toContain("THE TOKEN IS SENT");
    expectNoLeak(run);
  });
});

describe("check, which hands a token to STS to explain the 401s it met", () => {
  test.concurrent.for([...CHECK_FORMATS])("shows no secret with -o %s", async (format) => {
    const flags = ["-v", "--deep", "-o", format];
    const run = await runWatched(["check", "--cluster", CLUSTER, ...LONGER, ...flags], {
      env: lab.environment,
    });
    expect(run.code).toBe(format === "nagios" ? 2 : 1);
    expect(run.stdout).not.toBe("");
    expectNoLeak(run);
    expect(lab.aws.log().some(({ action }) => action === "sts:GetCallerIdentity")).toBe(true);
  });
});

describe("commands that need nobody", () => {
  const lines: readonly (readonly string[])[] = [
    ["--help"],
    ["--version"],
    ["endpoints", "--help"],
    ["token", "--help"],
    ["lab", "--help"],
    ["iam"],
    ["iam", "--cluster", CLUSTER, "--region", "ap-northeast-2"],
    ["schema"],
    ["schema", "config"],
    ["explain"],
    ["explain", "A08", "-o", "markdown"],
    ["config", "validate"],
    ["check"],
    ["check", "--help"],
    ["lab", "--list"],
    ["lab", "--print"],
    ["lab", "--scenario", "gonz-eks-pub", "--", "endpoints", "--cluster", "gonz-eks-pub", "-q"],
    ["nonsense"],
    ["endpoints"],
    ["endpoints", "--cluster", CLUSTER, "--output", "yaml"],
    ["endpoints", "--cluster", CLUSTER, "--role-arn", "no-arn"],
    ["token"],
  ];
  test.concurrent.for(lines.map((args) => ({ args, line: args.join(" ") })))(
    "$line: shows no secret of its environment",
    async ({ args }) => {
      const run = await runWatched(args, { env: MARKS });
      expectNoLeak(run);
      expect(run.stdout + run.stderr).not.toBe("");
    },
  );
});

describe("what AWS refuses", () => {
  const kinds = [
    "access-denied",
    "throttling",
    "expired-token",
    "unrecognized-client",
    "server-error",
    "never",
    "garbage",
  ] as const satisfies readonly AwsFault["kind"][];

  test.for(kinds)("shows no secret: %s", async (kind) => {
    awsFaults.push({ action: "*", kind, times: undefined });
    try {
      const role = ["--role-arn", "arn:aws:iam::111122223333:role/probe"];
      const lines = [
        ["endpoints", "--cluster", CLUSTER, "-v"],
        ["endpoints", "--cluster", CLUSTER, "-o", "json", ...role],
        ["token", "--cluster", CLUSTER, ...role],
      ];
      const runs = await Promise.all(
        lines.map((args) => runWatched([...args, ...SHORT], { env: lab.environment })),
      );
      for (const run of runs) {
        expect(run.code).toBe(3);
        expectNoLeak(run);
      }
    } finally {
      awsFaults.length = 0;
    }
  });

  test.for(kinds)(
    "shows no secret where STS refuses the token that it is handed: %s",
    async (kind) => {
      awsFaults.push({ action: "sts:GetCallerIdentity", kind, times: undefined });
      try {
        const lines = ["json", "sarif"].map((format) => [
          "check",
          "--cluster",
          CLUSTER,
          "-o",
          format,
        ]);
        const runs = await Promise.all(
          lines.map((args) => runWatched([...args, ...SHORT], { env: lab.environment })),
        );
        for (const run of runs) {
          expect(run.code).toBe(1);
          expectNoLeak(run);
        }
      } finally {
        awsFaults.length = 0;
      }
    },
  );

  test("shows no secret for a wrong key", async () => {
    const wrong = { ...lab.environment, AWS_SECRET_ACCESS_KEY: "zebra-mark-wrong" };
    const args = ["endpoints", "--cluster", CLUSTER, "-o", "json"];
    const run = await runWatched(args, { env: wrong });
    expect(readReport(run).cluster.problem?.code).toBe("credentials-invalid");
    expectNoLeak(run, [token], ["zebra-mark-wrong"]);
  });
});

describe("a source of credentials that talks", () => {
  test.for([
    {
      what: "fails and complains",
      script: "echo zebra-mark-key-id zebra/mark+secret/key >&2; exit 1",
    },
    { what: "prints no JSON", script: "echo zebra-mark-key-id zebra/mark+secret/key" },
    { what: "prints half of it", script: `echo '{"Version":1,"AccessKeyId":"zebra-mark-key-id"}'` },
  ])("that $what is not quoted", async ({ script }) => {
    const files = createTempFiles();
    try {
      const path = files.write("keys.sh", script);
      const config = files.write("config", `[default]\ncredential_process = /bin/sh ${path}\n`);
      const env = { AWS_CONFIG_FILE: config, AWS_REGION: "ap-northeast-2" };
      const run = await runWatched(["endpoints", "--cluster", CLUSTER, "-v", ...SHORT], { env });
      expect(run.code).toBe(3);
      expectNoLeak(run);
    } finally {
      files.remove();
    }
  });

  test("an endpoint URL with a password in it is not quoted", async () => {
    for (const url of ["http://u:zebra-mark-key-id@127.0.0.1:9", "zebra-mark-key-id"]) {
      const env = { ...MARKS, AWS_ENDPOINT_URL: url, AWS_REGION: "ap-northeast-2" };
      const run = await runWatched(["endpoints", "--cluster", CLUSTER, "-v", ...SHORT], { env });
      expect(run.code).toBe(3);
      expectNoLeak(run);
    }
  });
});

describe("a hostile peer", () => {
  test.concurrent.for(["-o json", "-v --wide", "-o json --http1.1"])(
    "that was given the token and says it back cannot make us print it: %s",
    async (line) => {
      const flags = line.split(" ");
      const { leaf } = await sharedPki();
      const { peers, heard } = await startEchoServers(leaf);
      const ports = Object.fromEntries(peers.map(({ port }, index) => [vip(index + 1), port]));
      await using world = await startWorld({ ports });
      try {
        const args = ["endpoints", "--cluster", CLUSTER, ...LONG, ...flags];
        const run = await runWatched(args, { env: world.env });
        expect(heard.length).toBe(peers.length);
        const tokens = [...new Set(heard.map((header) => header.replace(/^Bearer /, "")))];
        expect(tokens).toHaveLength(1);
        expectNoLeak(run, tokens);
      } finally {
        await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
      }
    },
  );

  test.concurrent.for(Object.keys(AWS_ECHOES))(
    "that is AWS and repeats our headers in %s cannot make us print them",
    async (place) => {
      const signatures: string[] = [];
      await using world = await startWorld({
        ports: {},
        aws: (request) => {
          signatures.push(/Signature=(\w+)/.exec(request.headers.authorization ?? "")?.[1] ?? "");
          return AWS_ECHOES[place]?.(request);
        },
      });
      const lines = [
        ["endpoints", "--cluster", CLUSTER, "-o", "json"],
        // Fields of an answer stand in more places of a text than a failure's message does.
        ...(place.startsWith("an answer")
          ? [["endpoints", "--cluster", CLUSTER, "-v", "--wide"]]
          : []),
        ["token", "--cluster", CLUSTER, "--role-arn", "arn:aws:iam::111122223333:role/probe"],
      ];
      const runs = await Promise.all(
        lines.map((args) => runWatched([...args, ...LONG], { env: world.env })),
      );
      expect(signatures).not.toEqual([]);
      for (const run of runs) {
        expect(run.code).not.toBe(0);
        expectNoLeak(run, signatures);
      }
    },
  );

  test("that is a DNS server learns no secret and cannot bring one out", async () => {
    const { leaf } = await sharedPki();
    const { peers } = await startEchoServers(leaf);
    const asked: Buffer[] = [];
    await using world = await startWorld({
      ports: { [vip(1)]: peers[0]?.port ?? 9 },
      dns: {
        udp: (query, reply) => {
          asked.push(query);
          reply(Buffer.from("\u001b[2Jgarbage"));
          reply(dnsAnswer(query, [vip(1)]));
        },
      },
    });
    try {
      const args = ["endpoints", "--cluster", CLUSTER, "-v", "--wide", ...LONG];
      const run = await runWatched(args, { env: world.env });
      expectNoLeak(run);
      expect(findLeaks(Buffer.concat(asked).toString("latin1"), SECRETS, [token])).toEqual([]);
    } finally {
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
    }
  });

  test("and a token that only just fits is judged by its length, not shown", async () => {
    const long = { ...lab.environment, AWS_SESSION_TOKEN: "zebra-mark-key-id.".repeat(300) };
    for (const args of [
      ["token", "--cluster", CLUSTER],
      ["endpoints", "--cluster", CLUSTER, "-v"],
    ]) {
      const run = await runWatched([...args, ...LONG], { env: long });
      expect(run.stdout + run.stderr).toContain("token has");
      expectNoLeak(run);
    }
  });
});
