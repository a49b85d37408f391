import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { partitionOf } from "../aws/partition.ts";
import { mintAuthority } from "../pki.ts";
import type { LabKubeconfig, LabKubeconfigEntry } from "../scenario/client.ts";
import type { LabCluster, Scenario } from "../scenario.ts";
import { mintToken } from "./presign.ts";

export interface KubeconfigFile {
  readonly path: string;
  remove(): Promise<void>;
}

export interface KubeconfigWorld {
  readonly scenario: Scenario;
  /** PEM of a cluster's own CA; undefined while it has none. */
  certificateAuthorityOf(clusterName: string): string | undefined;
  /** By the client's clock. */
  readonly nowMs: number;
}

/**
 * The scenario's kubeconfig in a temporary folder that nobody else can read: it may hold a token.
 * Spelled as `aws eks update-kubeconfig` spells it. Undefined when the scenario has none.
 */
export async function writeKubeconfig(world: KubeconfigWorld): Promise<KubeconfigFile | undefined> {
  const { kubeconfig } = world.scenario;
  if (kubeconfig === undefined) return undefined;
  const text = stringify(await documentOf(kubeconfig, world), { lineWidth: 0 });
  const folder = await mkdtemp(join(tmpdir(), "eks-probe-lab-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, "config");
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}

async function documentOf(
  { currentContext, entries }: LabKubeconfig,
  world: KubeconfigWorld,
): Promise<object> {
  const parts = await Promise.all(entries.map((entry) => partsOf(entry, world)));
  return {
    apiVersion: "v1",
    clusters: parts.map(({ name, cluster }) => ({ cluster, name })),
    contexts: parts.map(({ name }) => ({ context: { cluster: name, user: name }, name })),
    "current-context": currentContext ?? parts[0]?.name ?? "",
    kind: "Config",
    preferences: {},
    users: parts.map(({ name, user }) => ({ name, user })),
  };
}

async function partsOf(
  entry: LabKubeconfigEntry,
  world: KubeconfigWorld,
): Promise<{ readonly name: string; readonly cluster: object; readonly user: object }> {
  const cluster = world.scenario.clusters.find(({ name }) => name === entry.cluster);
  const authority = await authorityOf(entry, world);
  return {
    name: entry.context ?? arnOf(entry.cluster, world.scenario),
    cluster: {
      ...(authority !== undefined && {
        "certificate-authority-data": Buffer.from(authority).toString("base64"),
      }),
      server: entry.server ?? `https://${cluster?.endpointHost ?? ""}`,
      ...(entry.tlsServerName !== undefined && { "tls-server-name": entry.tlsServerName }),
      ...(entry.proxyUrl !== undefined && { "proxy-url": entry.proxyUrl }),
    },
    user: userOf(entry, cluster, world),
  };
}

async function authorityOf(
  { authority = "own", cluster }: LabKubeconfigEntry,
  world: KubeconfigWorld,
): Promise<string | undefined> {
  switch (authority) {
    case "own":
      return world.certificateAuthorityOf(cluster);
    case "other":
      return mintAuthority(world.nowMs);
    case "none":
      return undefined;
  }
}

function userOf(
  { cluster: name, user }: LabKubeconfigEntry,
  cluster: LabCluster | undefined,
  { nowMs, scenario }: KubeconfigWorld,
): object {
  switch (user.kind) {
    case "exec":
      return {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1beta1",
          args: user.args,
          command: user.command,
        },
      };
    case "token": {
      const [principal] = scenario.principals;
      if (principal === undefined) return {};
      const id = cluster?.localId ?? name;
      return { token: mintToken(principal, scenario.region, id, nowMs - user.ageSeconds * 1000) };
    }
    case "none":
      return {};
  }
}

function arnOf(name: string, { accountId, region }: Scenario): string {
  return `arn:${partitionOf(region)?.id ?? "aws"}:eks:${region}:${accountId}:cluster/${name}`;
}
