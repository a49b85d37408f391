import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { LabKubeconfigEntry } from "../../../../src/lab/scenario/client.ts";
import type { LabCluster, Scenario } from "../../../../src/lab/scenario.ts";
import { scenario, VIEWER } from "../../../../src/lab/scenarios/base.ts";
import { GONZ_EKS_PUB } from "../../../../src/lab/scenarios/clusters.ts";
import { type Lab, startLab } from "../../../../src/lab/start.ts";
import { createTokenVerifier } from "../../../../src/lab/token-verifier.ts";
import { getFromLab } from "../../../support/lab-client.ts";
import { CLIENT_DETAILS } from "../../../support/lab-details.ts";
import { presignIdentity, tokenOf } from "../../../support/lab-signer.ts";

const labs: Lab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

async function start(more: Partial<Scenario>): Promise<Lab> {
  const lab = await startLab(scenario("test", "for a test", more));
  labs.push(lab);
  return lab;
}

const NAME = GONZ_EKS_PUB.name;

/** The kubeconfig with one entry, read back; and its parts. */
async function written(entry: Partial<LabKubeconfigEntry>, more: Partial<Scenario> = {}) {
  const whole: LabKubeconfigEntry = { cluster: NAME, user: { kind: "none" }, ...entry };
  const lab = await start({ kubeconfig: { entries: [whole] }, ...more });
  const path = lab.environment["KUBECONFIG"] ?? "";
  const config = parse(await readFile(path, "utf8"));
  return { lab, path, config, cluster: config.clusters[0].cluster, user: config.users[0].user };
}

describe("the kubeconfig of a scenario", () => {
  it("is as the aws CLI writes it, for the cluster as it is", async () => {
    const args = ["--region", "ap-northeast-2", "eks", "get-token", "--cluster-name", NAME];
    const { lab, config, cluster } = await written({
      user: { kind: "exec", command: "aws", args },
    });
    const arn = `arn:aws:eks:ap-northeast-2:111122223333:cluster/${NAME}`;
    expect(config).toMatchObject({
      apiVersion: "v1",
      kind: "Config",
      "current-context": arn,
      contexts: [{ name: arn, context: { cluster: arn, user: arn } }],
      users: [
        {
          name: arn,
          user: {
            exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "aws", args },
          },
        },
      ],
    });
    expect(cluster.server).toBe(`https://${GONZ_EKS_PUB.endpointHost}`);
    const authority = Buffer.from(cluster["certificate-authority-data"], "base64").toString();
    expect(authority).toBe(lab.certificateAuthorities.get(NAME));
  });

  it("may have another cluster's CA of the same name, or none", async () => {
    const { lab, cluster } = await written({ authority: "other" });
    const other = new X509Certificate(Buffer.from(cluster["certificate-authority-data"], "base64"));
    const own = new X509Certificate(lab.certificateAuthorities.get(NAME) ?? "");
    expect(other.subject).toBe(own.subject);
    expect(other.ca).toBe(true);
    expect(other.fingerprint256).not.toBe(own.fingerprint256);
    const none = await written({ authority: "none" });
    expect(none.cluster).not.toHaveProperty("certificate-authority-data");
  });

  it("may name another server, another TLS name and a proxy", async () => {
    const { cluster, config } = await written({
      context: "tunnel",
      server: "https://127.0.0.1:8443",
      tlsServerName: "kubernetes",
      proxyUrl: "http://127.0.0.1:3128",
    });
    expect(config["current-context"]).toBe("tunnel");
    expect(cluster).toMatchObject({
      server: "https://127.0.0.1:8443",
      "tls-server-name": "kubernetes",
      "proxy-url": "http://127.0.0.1:3128",
    });
  });

  it("may hold a token that was good when it was signed, and is no longer", async () => {
    const fresh = await written({ user: { kind: "token", ageSeconds: 0 } });
    const old = await written({ user: { kind: "token", ageSeconds: 3600 } });
    const verify = createTokenVerifier({
      region: "ap-northeast-2",
      clusterName: NAME,
      principals: () => [VIEWER],
      nowMs: () => Date.now(),
    });
    expect(verify(fresh.user.token)).toMatchObject({ kind: "user", name: "lab" });
    expect(verify(old.user.token)).toMatchObject({
      kind: "denied",
      reason: expect.stringContaining("expired"),
    });
  });

  it("can be read by nobody else, and is gone with the lab", async () => {
    const { lab, path } = await written({});
    expect((await stat(path)).mode & 0o077).toBe(0);
    await lab.close();
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});

describe("the client's environment", () => {
  it("has neither kubeconfig nor instance where the scenario has none", async () => {
    const { environment } = await start({});
    expect(environment).toMatchObject({ KUBECONFIG: "/dev/null", EKS_PROBE_METADATA: "off" });
    expect(environment).not.toHaveProperty("EKS_PROBE_EGRESS_SERVICE");
  });

  it("leads to the services of the scenario, which end with the lab", async () => {
    const { egressIp, instance } = CLIENT_DETAILS;
    const lab = await start({ egressIp, instance });
    const { AWS_EC2_METADATA_DISABLED, EKS_PROBE_METADATA, EKS_PROBE_EGRESS_SERVICE } =
      lab.environment;
    expect(AWS_EC2_METADATA_DISABLED).toBe("true");
    expect(EKS_PROBE_METADATA).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const answer = await fetch(EKS_PROBE_EGRESS_SERVICE ?? "");
    expect(await answer.text()).toBe("203.0.113.9\n");
    await lab.close();
    await expect(fetch(EKS_PROBE_EGRESS_SERVICE ?? "")).rejects.toThrow("fetch failed");
  });

  it("has the scenario's variables, but not in the place of the lab's own", async () => {
    const { aws, environment } = await start({
      clientEnvironment: { HTTPS_PROXY: "http://127.0.0.1:9", AWS_ENDPOINT_URL: "http://[::1]:9" },
    });
    expect(environment).toMatchObject({
      HTTPS_PROXY: "http://127.0.0.1:9",
      AWS_ENDPOINT_URL: aws.url,
    });
  });
});

/** `/api` at the first front, with a token signed by this machine's clock. */
async function askApi(lab: Lab, clusterName: string) {
  const [front] = lab.fronts;
  if (front === undefined) throw new Error("the lab has no front");
  const token = tokenOf(await presignIdentity(VIEWER, { clusterName, signedAtMs: Date.now() }));
  return getFromLab({
    front,
    ca: lab.certificateAuthorities.get(NAME) ?? "",
    servername: GONZ_EKS_PUB.endpointHost.toLowerCase(),
    httpVersion: "1.1",
    headers: { authorization: `Bearer ${token}` },
  });
}

describe("AWS's clocks", () => {
  it.each([
    [0, 200],
    [600, 200],
    [1200, 401],
    [-1200, 401],
  ])("%i s ahead of the client's: %i for a fresh token", async (awsClockSkewSeconds, status) => {
    const lab = await start({ awsClockSkewSeconds });
    const answer = await askApi(lab, NAME);
    expect(answer.status).toBe(status);
    const aheadMs = Date.parse(String(answer.headers["date"])) - Date.now();
    expect(Math.abs(aheadMs / 1000 - awsClockSkewSeconds)).toBeLessThan(10);
    const aws = await fetch(lab.aws.url);
    const awsMs = Date.parse(aws.headers.get("date") ?? "") - Date.now();
    expect(Math.abs(awsMs / 1000 - awsClockSkewSeconds)).toBeLessThan(10);
  });
});

describe("a local cluster", () => {
  const localId = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
  const local: LabCluster = { ...GONZ_EKS_PUB, localId };

  it("takes tokens for its id, and none for its name", async () => {
    const lab = await start({ clusters: [local] });
    expect((await askApi(lab, localId)).status).toBe(200);
    expect((await askApi(lab, NAME)).status).toBe(401);
  });
});

describe("a cluster without an endpoint", () => {
  it.each([{ status: "PENDING" as const }, { connector: { provider: "OTHER" } }])(
    "(%j) has neither a CA nor an API server",
    async (change) => {
      const lab = await start({ clusters: [{ ...GONZ_EKS_PUB, ...change }] });
      expect([lab.fronts.length, lab.apiServers.length]).toEqual([0, 0]);
      expect(lab.certificateAuthorities.size).toBe(0);
    },
  );
});
