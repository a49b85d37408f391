import { chmodSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLocalPort } from "../../../src/local/local-port.ts";
import type { Fact } from "../../../src/model/fact.ts";
import type { KubeconfigEntry } from "../../../src/model/local-settings.ts";
import {
  kubeconfigText,
  oneContext,
  type TempFolder,
  tempFolder,
} from "../../support/temp-kubeconfig.ts";
import { mintCa, type TestCa } from "../../support/test-pki.ts";

const HOST = "1368909f748386f16ee96fce0f49a400.yl4.ap-northeast-2.eks.amazonaws.com";
/** As EKS spells it, and so update-kubeconfig. */
const SERVER = `https://${HOST.replace(/^[^.]+/, (id) => id.toUpperCase())}`;
const ARN = "arn:aws:eks:ap-northeast-2:111122223333:cluster/demo";

let ca: TestCa;
let folder: TempFolder;
const folders: TempFolder[] = [];

beforeAll(async () => {
  ca = await mintCa("CN=kubernetes");
});
beforeEach(() => {
  folder = tempFolder();
  folders.push(folder);
});
afterAll(() => {
  for (const each of folders) each.remove();
});

type Environment = Readonly<Record<string, string>>;

function read(environment: Environment, name = "demo"): Promise<Fact<readonly KubeconfigEntry[]>> {
  return createLocalPort(environment).kubeconfig({ name, endpointHost: HOST });
}

async function entriesOf(environment: Environment, name = "demo") {
  const fact = await read(environment, name);
  if (fact.kind !== "known") throw new Error(JSON.stringify(fact));
  return fact.value;
}

/** What one kubeconfig with this text says. */
function entriesIn(text: string, more: Environment = {}) {
  return entriesOf({ KUBECONFIG: folder.write("config", text), ...more });
}

async function failureIn(text: string) {
  const fact = await read({ KUBECONFIG: folder.write("config", text) });
  if (fact.kind !== "unknown") throw new Error(JSON.stringify(fact));
  return fact.failure;
}

const DATA = () => Buffer.from(ca.pem).toString("base64");

describe("where the kubeconfig is", () => {
  test("in the home folder, when KUBECONFIG names no other", async () => {
    const file = folder.write(".kube/config", oneContext({ server: SERVER }));
    expect(await entriesOf({ HOME: folder.path })).toMatchObject([{ file }]);
    expect(await entriesOf({ HOME: folder.path, KUBECONFIG: "" })).toMatchObject([{ file }]);
    expect(await entriesOf({ HOME: folder.path, KUBECONFIG: "/dev/null" })).toEqual([]);
  });

  test("nowhere: that is no failure", async () => {
    expect(await read({ HOME: folder.path })).toEqual({
      kind: "skipped",
      reason: `no kubeconfig: ${join(folder.path, ".kube", "config")} is not there`,
    });
    expect(await read({ KUBECONFIG: join(folder.path, "gone") })).toMatchObject({
      kind: "skipped",
    });
    expect(await read({})).toMatchObject({ kind: "skipped" });
  });

  test("in several files: the first that has a name says all of it, the first current context counts", async () => {
    const first = folder.write(
      "first",
      kubeconfigText({
        clusters: [{ name: "shared", cluster: { server: SERVER } }],
        users: [{ name: "me", user: {} }],
      }),
    );
    const second = folder.write(
      "second",
      kubeconfigText({
        currentContext: "late",
        contexts: [
          { name: "early", context: { cluster: "shared", user: "me" } },
          { name: "late", context: { cluster: "shared", user: "me" } },
        ],
        clusters: [
          {
            name: "shared",
            cluster: { server: "https://other.example", "insecure-skip-tls-verify": true },
          },
        ],
        users: [{ name: "me", user: { token: "EXAMPLE" } }],
      }),
    );
    const third = folder.write("third", kubeconfigText({ currentContext: "early" }));
    const KUBECONFIG = [first, "", join(folder.path, "gone"), second, third].join(delimiter);
    const entries = await entriesOf({ KUBECONFIG });
    expect(entries.map(({ context, current }) => [context, current])).toEqual([
      ["late", true],
      ["early", false],
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        file: second,
        matchedBy: "server",
        skipsVerification: false,
        user: { kind: "other" },
      });
    }
  });
});

describe("which contexts mean the cluster", () => {
  test("those whose server is the endpoint, however it is spelled", async () => {
    for (const server of [SERVER, `https://${HOST}`, `https://${HOST}:443/`, `https://${HOST}.`]) {
      const entries = await entriesIn(oneContext({ server }, {}, { context: "mine" }));
      expect(entries).toMatchObject([{ context: "mine", current: true, matchedBy: "server" }]);
    }
  });

  test.each([
    ["the ARN that update-kubeconfig writes", { context: ARN, cluster: ARN }],
    ["the cluster's ARN under an alias", { context: "alias", cluster: ARN }],
    ["eksctl's name", { context: "me@demo.ap-northeast-2.eksctl.io", cluster: "x" }],
    ["eksctl's name of the cluster", { context: "x", cluster: "demo.ap-northeast-2.eksctl.io" }],
    ["the plain name", { context: "demo", cluster: "x" }],
    ["the plain name of the cluster", { context: "x", cluster: "demo" }],
  ])("those named by %s", async (_, names) => {
    const entries = await entriesIn(oneContext({ server: "https://old.example" }, {}, names));
    expect(entries).toMatchObject([{ matchedBy: "name", server: "https://old.example" }]);
  });

  test("those whose command asks a token for it, by name or ARN", async () => {
    for (const name of ["demo", ARN]) {
      const exec = { command: "aws", args: ["eks", "get-token", "--cluster-name", name] };
      const entries = await entriesIn(oneContext({ server: "https://old.example" }, { exec }));
      expect(entries).toMatchObject([{ matchedBy: "name", user: { clusterName: name } }]);
    }
  });

  test.each([
    ["a longer name", { context: "demo-2", cluster: "my-demo" }],
    ["another cluster's ARN", { context: `${ARN}-2`, cluster: "x" }],
    ["an ARN of something else", { context: ARN.replace("eks", "ecs"), cluster: "x" }],
    ["another cluster of eksctl", { context: "demo@prod.ap-northeast-2.eksctl.io", cluster: "x" }],
  ])("not those with %s", async (_, names) => {
    expect(await entriesIn(oneContext({ server: "https://demo.example" }, {}, names))).toEqual([]);
  });

  test("not one that leads to no cluster of the file", async () => {
    const contexts = [{ name: "demo", context: { cluster: "gone", user: "me" } }];
    expect(await entriesIn(kubeconfigText({ contexts }))).toEqual([]);
  });

  test("none of a file that mentions neither host nor name, which is not even read as YAML", async () => {
    expect(await entriesIn("{ broken: [")).toEqual([]);
    expect(await failureIn("{ demo: [")).toMatchObject({ code: "file-invalid" });
  });
});

describe("what is told of a context", () => {
  test("server, names and proxy, without what is secret in them", async () => {
    const [entry] = await entriesIn(
      oneContext({
        server: `https://user:EXAMPLEPASSWORD@${HOST}/?token=EXAMPLETOKEN`,
        "tls-server-name": HOST,
        "insecure-skip-tls-verify": true,
        "proxy-url": "http://user:EXAMPLEPASSWORD@proxy.example:3128",
      }),
    );
    expect(entry).toEqual({
      file: join(folder.path, "config"),
      context: "work",
      current: true,
      matchedBy: "server",
      server: `https://${HOST}`,
      tlsServerName: HOST,
      certificateAuthority: { kind: "skipped", reason: "the kubeconfig names no CA for it" },
      skipsVerification: true,
      proxyUrl: "http://proxy.example:3128",
      user: { kind: "other" },
    });
  });

  test("the CA, from its data or else from its file beside the kubeconfig", async () => {
    folder.write("pki/ca.pem", `# ours\n${ca.pem}\n-----BEGIN PRIVATE KEY-----\nEXAMPLE\n`);
    const known = { kind: "known", value: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/) };
    const byData = { "certificate-authority-data": DATA(), "certificate-authority": "gone" };
    const byFile = { "certificate-authority": "pki/ca.pem" };
    const values: unknown[] = [];
    for (const authority of [byData, byFile]) {
      const [entry] = await entriesIn(oneContext({ server: SERVER, ...authority }));
      expect(entry?.certificateAuthority).toEqual(known);
      values.push(entry?.certificateAuthority);
    }
    expect(values[0]).toEqual(values[1]);
    expect(JSON.stringify(values)).not.toContain("PRIVATE");
  });

  test.each([
    ["is no base64 of PEM", { "certificate-authority-data": "EXAMPLE" }, "file-invalid"],
    ["is a file that is gone", { "certificate-authority": "gone.pem" }, "file-unreadable"],
    ["is a file without PEM", { "certificate-authority": "config" }, "file-invalid"],
    ["is a folder", { "certificate-authority": "." }, "file-unreadable"],
  ])("a CA that %s is not known, and costs nothing else", async (_, authority, code) => {
    const [entry] = await entriesIn(oneContext({ server: SERVER, ...authority }));
    expect(entry?.certificateAuthority).toMatchObject({ kind: "unknown", failure: { code } });
    expect(entry?.server).toBe(`https://${HOST}`);
  });

  test("the user: a token beats a command, a command a certificate", async () => {
    const exec = { command: "aws", args: null, env: null };
    const url = "https://sts.ap-northeast-2.amazonaws.com/?X-Amz-Date=20230421T153417Z";
    const token = `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
    folder.write("token", `${token}\n`);
    const certificate = { "client-certificate-data": "EXAMPLE", "client-key-data": "EXAMPLE" };
    const users: readonly (readonly [Readonly<Record<string, unknown>>, unknown])[] = [
      [
        { token, exec },
        { kind: "token", signedAt: "2023-04-21T15:34:17.000Z" },
      ],
      [
        { tokenFile: "token", token: "EXAMPLE" },
        { kind: "token", signedAt: "2023-04-21T15:34:17.000Z" },
      ],
      [{ tokenFile: "gone" }, { kind: "token", signedAt: undefined }],
      [{ token: "EXAMPLE" }, { kind: "token", signedAt: undefined }],
      [{ exec, ...certificate }, expect.objectContaining({ kind: "exec", command: "aws" })],
      [certificate, { kind: "certificate" }],
      [{ "client-certificate": "me.pem" }, { kind: "certificate" }],
      [{ username: "me", password: "EXAMPLE" }, { kind: "other" }],
    ];
    for (const [user, expected] of users) {
      const [entry] = await entriesIn(oneContext({ server: SERVER }, user));
      expect(entry?.user).toEqual(expected);
    }
  });

  test("no secret of the file, wherever it stands", async () => {
    const marks = Array.from({ length: 9 }, (_, index) => `MARKEDSECRET${index}`);
    const [password, query, token, tokenData, key, keyData, argument, variable, provider] = marks;
    const text = kubeconfigText({
      currentContext: "demo",
      contexts: [{ name: "demo", context: { cluster: "demo", user: "me" } }],
      clusters: [
        {
          name: "demo",
          cluster: {
            server: `https://me:${password}@${HOST}?${query}`,
            "certificate-authority-data": keyData,
          },
        },
      ],
      users: [
        {
          name: "me",
          user: {
            token,
            tokenFile: folder.write("token", `k8s-aws-v1.${tokenData}`),
            "client-key-data": key,
            password,
            exec: {
              command: "aws",
              args: ["eks", "get-token", "--secret", argument],
              env: [{ name: "AWS_SECRET_ACCESS_KEY", value: variable }],
            },
            "auth-provider": { name: "x", config: { "id-token": provider } },
          },
        },
      ],
    });
    const fact = await read({ KUBECONFIG: folder.write("config", text) });
    expect(fact.kind).toBe("known");
    for (const mark of marks) {
      expect(text.includes(mark) || mark === tokenData).toBe(true);
      expect(JSON.stringify(fact)).not.toContain(mark);
    }
  });
});

describe("a kubeconfig that cannot be used", () => {
  test("names the line that is wrong, and nothing of what it says", async () => {
    const failure = await failureIn(`demo: 1\nusers: []\ntoken: "MARKEDSECRET" MARKEDSECRET\n`);
    expect(failure).toMatchObject({ code: "file-invalid", phase: "kubeconfig", side: "user" });
    expect(failure.message).toMatch(/config is not YAML: line 3 cannot be read$/);
    expect(JSON.stringify(failure)).not.toContain("MARKEDSECRET");
  });

  test.each([
    ["a list instead of a map", '["demo", "MARKEDSECRET"]'],
    ["a text", "demo MARKEDSECRET"],
    ["a user that is a text", 'demo: 1\nusers: [{ name: a, user: "MARKEDSECRET" }]'],
    ["a context without a name", "demo: 1\ncontexts: [{ context: { cluster: MARKEDSECRET } }]"],
    [
      "a server that is a list",
      "demo: 1\nclusters: [{ name: a, cluster: { server: [MARKEDSECRET] } }]",
    ],
    ["an alias without an anchor", "demo: *MARKEDSECRET\n"],
    ["nesting without end", `demo: ${"[".repeat(20_000)}`],
  ])("%s is not of its form", async (_, text) => {
    const failure = await failureIn(text);
    expect(failure.code).toBe("file-invalid");
    expect(JSON.stringify(failure)).not.toContain("MARKEDSECRET");
  });

  test("aliases that grow without bound are not followed", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, index) => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(", ")}]`,
    );
    const started = performance.now();
    const failure = await failureIn(`demo: 1\na0: &a0 [x]\n${levels.join("\n")}\n`);
    expect(failure.message).toContain("full of aliases");
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("an alias or two, and a merge, are plain YAML", async () => {
    const entries = await entriesIn(`
current-context: demo
base: &base { server: "${SERVER}" }
contexts: [{ name: demo, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { <<: *base } }]
users:
`);
    expect(entries).toMatchObject([{ matchedBy: "server", context: "demo" }]);
  });

  test("of two documents in a file the first counts, as for kubectl", async () => {
    const text = `${oneContext({ server: SERVER })}\n---\n[]\n`;
    expect(await entriesIn(text)).toHaveLength(1);
  });

  test("too large a file is not read", async () => {
    const failure = await failureIn(`# demo ${"x".repeat(5 * 1024 * 1024)}`);
    expect(failure).toMatchObject({ code: "file-unreadable" });
    expect(failure.message).toContain("more than 5242880 bytes");
  });

  test("nor is what is no file, even where it would never end", async () => {
    symlinkSync("/dev/zero", join(folder.path, "zero"));
    for (const path of [folder.path, join(folder.path, "zero")]) {
      expect(await read({ KUBECONFIG: path })).toMatchObject({
        kind: "unknown",
        failure: { code: "file-unreadable", message: `${path} is not a regular file` },
      });
    }
  });

  test.skipIf(process.getuid?.() === 0)(
    "a file that may not be read says so (skipped for root, who may read all)",
    async () => {
      const path = folder.write("config", oneContext({ server: SERVER }));
      chmodSync(path, 0o000);
      expect(await read({ KUBECONFIG: path })).toMatchObject({
        kind: "unknown",
        failure: { code: "file-unreadable", cause: "EACCES" },
      });
    },
  );

  test("a loop of links says so", async () => {
    const loop = join(folder.path, "loop");
    symlinkSync(loop, loop);
    expect(await read({ KUBECONFIG: loop })).toMatchObject({
      kind: "unknown",
      failure: { code: "file-unreadable", cause: "ELOOP" },
    });
  });

  test("names of any characters are made safe to print", async () => {
    const names = { context: "demo\u001b[2J\n", cluster: "demo" };
    const [entry] = await entriesIn(oneContext({ server: "\u001b[2Jhttps://x" }, {}, names));
    expect(entry?.context).toMatch(/^\P{Cc}+$/u);
    expect(entry?.server).toMatch(/^\P{Cc}+$/u);
  });
});

describe("as other clients write it", () => {
  test("a server without a scheme is an https one", async () => {
    const [entry] = await entriesIn(oneContext({ server: `${HOST}:443` }));
    expect(entry).toMatchObject({ matchedBy: "server", server: `https://${HOST}` });
  });

  test("a byte order mark and CRLF change nothing", async () => {
    const text = `\uFEFF${oneContext({ server: SERVER })}`.replaceAll("\n", "\r\n");
    expect(await entriesIn(text)).toMatchObject([{ matchedBy: "server" }]);
  });

  test("a variable of the command without a value, and no arguments, are read as kubectl does", async () => {
    const text = `
contexts: [{ name: mine, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: "${SERVER}" } }]
users: [{ name: u, user: { exec: { command: aws, args: , env: [{ name: AWS_PROFILE, value: }] } } }]
`;
    expect(await entriesIn(text)).toMatchObject([{ user: { kind: "exec", command: "aws" } }]);
  });
});

const execIn = (region: string) => ({
  exec: {
    command: "aws",
    args: ["--region", region, "eks", "get-token", "--cluster-name", "demo"],
  },
});

describe("clusters of one name in several regions and accounts", () => {
  const OTHER = "https://0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com";
  const OLD = "https://0123456789ABCDEF0123456789ABCDEF.gr7.ap-northeast-2.eks.amazonaws.com";
  const meant = { name: "demo", endpointHost: HOST, arn: ARN, region: "ap-northeast-2" };
  const meantBy = async (text: string): Promise<number> => {
    const KUBECONFIG = folder.write("config", text);
    const fact = await createLocalPort({ KUBECONFIG }).kubeconfig(meant);
    return fact.kind === "known" ? fact.value.length : -1;
  };
  test.each([
    [
      "the ARN",
      oneContext({ server: OTHER }, {}, { cluster: ARN.replace("ap-northeast-2", "us-east-1") }),
    ],
    ["the account", oneContext({ server: OLD }, {}, { cluster: ARN.replace("1111", "9999") })],
    ["eksctl's name", oneContext({ server: OTHER }, {}, { cluster: "demo.us-east-1.eksctl.io" })],
    ["the command's region", oneContext({ server: OLD }, execIn("us-east-1"))],
    ["the server", oneContext({ server: OTHER }, {}, { context: "demo" })],
  ])("are told apart by %s", async (_, text) => {
    expect(await meantBy(text)).toBe(0);
  });

  test("an earlier cluster of that name in the same place is still meant, and so is the server", async () => {
    expect(
      await meantBy(oneContext({ server: OLD }, execIn("ap-northeast-2"), { cluster: ARN })),
    ).toBe(1);
    expect(await meantBy(oneContext({ server: SERVER }, execIn("us-east-1")))).toBe(1);
    expect(
      await meantBy(oneContext({ server: "https://localhost:8443" }, {}, { context: "demo" })),
    ).toBe(1);
  });
});
