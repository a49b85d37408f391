import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scenario } from "../../src/lab/scenario.ts";
import { scenario } from "../../src/lab/scenarios/base.ts";
import { GONZ_EKS_PUB } from "../../src/lab/scenarios/clusters.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { CLIENT_DETAILS } from "../support/lab-details.ts";
import { hasTool, runTool } from "../support/lab-servers.ts";

const hasCurl = hasTool("curl", ["--version"]);
const hasKubectl = hasTool("kubectl", ["version", "--client"]);

/** A dispatcher build of kubectl asks the server for its version before anything else. */
const SERVER = "https://127.0.0.1:9";

let lab: Lab;

beforeAll(async () => {
  const cluster = GONZ_EKS_PUB.name;
  const more: Partial<Scenario> = {
    instance: { ...CLIENT_DETAILS.instance, fault: undefined },
    egressIp: CLIENT_DETAILS.egressIp,
    kubeconfig: {
      entries: [
        {
          context: "exec",
          cluster,
          server: SERVER,
          tlsServerName: "kubernetes",
          user: { kind: "exec", command: "no-such-program", args: ["eks", "get-token"] },
        },
        { context: "token", cluster, server: SERVER, user: { kind: "token", ageSeconds: 60 } },
      ],
    },
  };
  lab = await startLab(scenario("test", "for a test", more));
});

afterAll(() => lab.close());

function variable(name: string): string {
  return lab.environment[name] ?? "";
}

describe.skipIf(!hasCurl)("curl", () => {
  it("gets an instance's place in the way that the EC2 user guide shows", async () => {
    const url = `${variable("EKS_PROBE_METADATA")}/latest`;
    const ttl = "X-aws-ec2-metadata-token-ttl-seconds: 21600";
    const token = await runTool("curl", ["-sS", "-X", "PUT", `${url}/api/token`, "-H", ttl]);
    const read = async (path: string, ...more: readonly string[]) =>
      runTool("curl", ["-sS", "-w", " %{http_code}", `${url}/meta-data/${path}`, ...more]);
    const header = `X-aws-ec2-metadata-token: ${token.stdout}`;
    expect((await read("placement/region", "-H", header)).stdout).toBe("ap-northeast-2 200");
    expect((await read("placement/region")).stdout).toMatch(/ 401$/);
  });

  it("is told the address that the world sees", async () => {
    const { stdout } = await runTool("curl", ["-sS", variable("EKS_PROBE_EGRESS_SERVICE")]);
    expect(stdout).toBe("203.0.113.9\n");
  });
});

describe.skipIf(!hasKubectl)("kubectl", () => {
  it("reads the kubeconfig: contexts, users and the current one", async () => {
    const { status, stdout } = await runTool("kubectl", [
      "--kubeconfig",
      variable("KUBECONFIG"),
      "config",
      "view",
      "--minify",
      "--output=json",
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      "current-context": "exec",
      clusters: [
        {
          cluster: {
            server: SERVER,
            "tls-server-name": "kubernetes",
          },
        },
      ],
      users: [{ user: { exec: { command: "no-such-program", args: ["eks", "get-token"] } } }],
    });
  });
});
