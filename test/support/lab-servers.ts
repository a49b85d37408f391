import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Authenticate } from "../../src/lab/apiserver/authenticate.ts";
import { type ApiServer, createApiServer } from "../../src/lab/apiserver/server.ts";
import { type FrontOptions, type RunningFront, startFront } from "../../src/lab/fronts/front.ts";
import { type ClusterPki, mintClusterPki } from "../../src/lab/pki.ts";
import type { FrontFault, LabCluster, LabFront } from "../../src/lab/scenario.ts";

/** The public-only cluster of the field notes. */
export const FIELD_CLUSTER: LabCluster = {
  name: "gonz-eks-pub",
  status: "ACTIVE",
  endpointHost: "1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com",
  version: "1.25",
  platformVersion: "eks.3",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  securityGroupIds: [],
  clusterSecurityGroupId: "sg-1",
  endpointPublicAccess: true,
  endpointPrivateAccess: false,
  publicAccessCidrs: ["0.0.0.0/0"],
  serviceIpv4Cidr: "172.20.0.0/16",
  servers: [
    {
      id: "a",
      host: "ip-172-16-57-254.ap-northeast-2.compute.internal",
      eniIp: "10.0.20.41",
      notAfterOffsetSeconds: 266,
    },
    {
      id: "b",
      host: "ip-172-16-173-248.ap-northeast-2.compute.internal",
      eniIp: "10.0.95.229",
      notAfterOffsetSeconds: 0,
    },
  ],
  enis: [],
  fronts: [],
  dns: { a: ["43.200.53.253", "52.79.39.107"], aaaa: [], ttlSeconds: 60 },
  outsideDns: undefined,
};

export const ENDPOINT_NAME: string = FIELD_CLUSTER.endpointHost.toLowerCase();

/** Knows `lab-token` as a user without roles and `admin-token` as an administrator. */
export const authenticateByName: Authenticate = (token) => {
  if (token === "lab-token") return { kind: "user", name: "lab", groups: [] };
  if (token === "admin-token") return { kind: "user", name: "boss", groups: ["system:masters"] };
  return { kind: "denied", reason: "no such token" };
};

export interface ControlPlane {
  readonly pki: ClusterPki;
  readonly apiServers: ReadonlyMap<string, ApiServer>;
  /** The proper API server with this id. */
  server(id: string): ApiServer;
  /** A front on a free loopback port; it leads to server `a` unless told otherwise. */
  front(
    fault: FrontFault | undefined,
    more?: Partial<Omit<FrontOptions, "front">> & { readonly layout?: Partial<LabFront> },
  ): Promise<RunningFront>;
  close(): void;
}

export async function startControlPlane(
  cluster: LabCluster = FIELD_CLUSTER,
  authenticate: Authenticate = authenticateByName,
): Promise<ControlPlane> {
  const pki = await mintClusterPki(cluster, Date.now());
  const apiServers = new Map(
    cluster.servers.map((server) => [
      server.id,
      createApiServer({ cluster, server, pki, authenticate }),
    ]),
  );
  const fronts: RunningFront[] = [];
  return {
    pki,
    apiServers,
    server: (id) => {
      const found = apiServers.get(id);
      if (found === undefined) throw new Error(`no server ${id}`);
      return found;
    },
    front: async (fault, { layout, ...more } = {}) => {
      const front: LabFront = {
        ip: "43.200.53.253",
        port: 443,
        policy: "pinned",
        servers: ["a"],
        fault,
        ...layout,
      };
      const running = await startFront({ front, apiServers, pki, ...more });
      fronts.push(running);
      return running;
    },
    close: () => {
      for (const front of fronts) front.close();
      for (const apiServer of apiServers.values()) apiServer.close();
    },
  };
}

export interface ToolRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whether a program is on this machine; says on stderr which tests are left out when it is not. */
export function hasTool(name: string, args: readonly string[]): boolean {
  const found = spawnSync(name, args, { stdio: "ignore" }).error === undefined;
  if (!found) process.stderr.write(`${name} is not installed: its tests are skipped\n`);
  return found;
}

/** Runs a program with an environment of its own: no proxies, no configuration files. */
export async function runTool(name: string, args: readonly string[], input = ""): Promise<ToolRun> {
  // kubectl keeps a cache at home, and makes one where there is none.
  const home = mkdtempSync(join(tmpdir(), "eks-probe-home-"));
  const child = spawn(name, args, {
    env: { PATH: process.env["PATH"] ?? "", HOME: home, LC_ALL: "C" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("latin1").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => rmSync(home, { recursive: true, force: true }));
  return { status, stdout, stderr };
}

export interface TempFiles {
  /** Writes a file and gives its path. */
  write(name: string, content: string): string;
  remove(): void;
}

export function createTempFiles(): TempFiles {
  const folder = mkdtempSync(join(tmpdir(), "eks-probe-test-"));
  return {
    write: (name, content) => {
      const path = join(folder, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
