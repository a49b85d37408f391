import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  FrontFault,
  LabCluster,
  LabClusterChange,
  LabFront,
  LabPrincipal,
  LabServer,
  LabStep,
  Scenario,
} from "../../../src/lab/scenario.ts";
import { readScenarioFile, type ScenarioFile } from "../../../src/lab/scenario-file.ts";
import { SCENARIOS } from "../../../src/lab/scenarios/table.ts";
import { CLIENT_DETAILS, CLUSTER_DETAILS, VPC_DETAILS, WORKER } from "../../support/lab-details.ts";
import { ADMIN, makeCluster, makeScenario } from "../../support/lab-scenario.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eks-probe-scenario-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function readBack(scenario: unknown): Promise<ScenarioFile> {
  const path = join(folder, "scenario.json");
  await writeFile(path, JSON.stringify(scenario));
  return readScenarioFile(path);
}

/** `Required`: a field that is added to a scenario and not here does not compile. */
const SERVER: Required<LabServer> = {
  id: "one",
  host: "ip-172-16-57-254.ap-northeast-2.compute.internal",
  eniIp: "10.0.20.41",
  notAfterOffsetSeconds: 264,
  lifetimeDays: 16,
  withoutKeyIds: true,
  reportsAs: "ip-172-16-1-1.ap-northeast-2.compute.internal",
  version: "1.32.4",
  lease: "stale",
  restarted: true,
  failingChecks: ["etcd"],
  shedsAbove: 24,
  clockSkewSeconds: -300,
  starts: 2,
  leaf: 1,
  down: true,
  retired: false,
};

const FRONT: Required<LabFront> = {
  ip: "43.200.53.253",
  port: 443,
  policy: "balanced",
  servers: ["one"],
  weights: [0.5],
  seed: 7,
  fault: { kind: "wrong-certificate", flaw: "inspection" },
  whenGone: "reset",
};

const CLUSTER: Required<LabCluster> = {
  ...makeCluster(),
  servers: [SERVER],
  fronts: [FRONT],
  outsideDns: { a: ["43.200.53.253"], aaaa: [], ttlSeconds: 5 },
  leaseForm: "uuid",
  deadLeases: [{ host: "ip-172-16-9-9.ap-northeast-2.compute.internal", ageSeconds: 1800 }],
  endpointIps: ["10.0.33.7"],
  hasEndpointSlices: "none",
  tokenVerificationMs: 40,
  ...CLUSTER_DETAILS,
};

const {
  name: _name,
  endpointHost: _endpointHost,
  serviceIpv4Cidr: _serviceIpv4Cidr,
  localId: _localId,
  connector: _connector,
  ...CHANGE
} = CLUSTER;

/** All that a step can change. */
const STEP: Required<LabStep> & { readonly set: Required<LabClusterChange> } = {
  atSeconds: 0.5,
  what: "everything changes",
  cluster: CLUSTER.name,
  set: {
    ...CHANGE,
    updates: CLUSTER_DETAILS.updates.map((update) => ({ ...update, ageSeconds: -0.5 })),
  },
  awsFaults: [{ action: "ec2:DescribeVpcs", kind: "throttling", times: 2 }],
  dnsFault: "none",
};

const PRINCIPAL: Required<LabPrincipal> = {
  ...ADMIN,
  permissions: ["leases", "endpointslices", "endpoints"],
  withoutDiscovery: true,
};

const FULL: Required<Scenario> = {
  ...makeScenario({ clusters: [CLUSTER], principals: [PRINCIPAL] }),
  dnsFaults: { inside: "nodata", outside: "drop-private" },
  catchAll: "drop",
  vpcDetails: { "vpc-0a": VPC_DETAILS },
  timeline: [STEP],
  ...CLIENT_DETAILS,
};

/** One of each kind; a fault that a file cannot hold does not compile. */
const FAULTS: { readonly [Kind in FrontFault["kind"]]: Extract<FrontFault, { kind: Kind }> } = {
  late: { kind: "late", phase: "tls", ms: 40 },
  never: { kind: "never", phase: "http" },
  drop: { kind: "drop" },
  unreachable: { kind: "unreachable" },
  refuse: { kind: "refuse" },
  reset: { kind: "reset", phase: "tls" },
  "wrong-certificate": { kind: "wrong-certificate", flaw: "other-cluster" },
  garbage: { kind: "garbage" },
  status: { kind: "status", status: 503 },
  unauthorized: { kind: "unauthorized" },
  "intermittent-401": { kind: "intermittent-401", every: 2 },
  "strip-authorization": { kind: "strip-authorization" },
  "stall-large": { kind: "stall-large", bytes: 1400 },
  redirect: { kind: "redirect", location: "https://127.0.0.1:9/" },
  body: { kind: "body", body: "empty" },
  "endless-header": { kind: "endless-header" },
};

describe("a scenario file", () => {
  it.each(Object.values(FAULTS))("holds a front's fault $kind", async (fault) => {
    const cluster = { ...CLUSTER, fronts: [{ ...FRONT, fault }] };
    const scenario = { ...FULL, clusters: [cluster] };
    expect(await readBack(scenario)).toEqual({ kind: "ok", value: scenario });
  });

  it("holds every field that a scenario can have", async () => {
    expect(await readBack(FULL)).toEqual({ kind: "ok", value: FULL });
  });

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    "of the built-in scenario %s is the scenario",
    async (_, scenario) => {
      expect(await readBack(scenario)).toEqual({ kind: "ok", value: scenario });
    },
  );
});

const problemWith = async (change: object): Promise<string> => {
  const read = await readBack(makeScenario({ clusters: [{ ...CLUSTER, ...change }] }));
  return read.kind === "bad" ? read.problem : "none";
};

describe("a scenario file that is wrong", () => {
  it.each([
    ["weights", { fronts: [{ ...FRONT, weights: [1, 2] }] }, "there must be a weight for each"],
    ["pinned", { fronts: [{ ...FRONT, policy: "pinned" }] }, "a pinned front has no weights"],
    ["a lease", { servers: [{ ...SERVER, lease: "old" }] }, "servers.0.lease"],
    ["an endpoint", { endpointIps: ["10.0.0.999"] }, "endpointIps.0"],
    [
      "a fault's number",
      { fronts: [{ ...FRONT, fault: { kind: "intermittent-401", every: 0 } }] },
      "fronts.0.fault.every",
    ],
    ["an age", { deadLeases: [{ host: "x", ageSeconds: -1 }] }, "deadLeases.0.ageSeconds"],
    ["a misspelt field", { servers: [{ ...SERVER, clockSkew: 5 }] }, "clockSkew"],
    ["no such server", { fronts: [{ ...FRONT, servers: ["two"] }] }, "leads to server two"],
  ])("in %s is told where", async (_, change, words) => {
    expect(await problemWith(change)).toContain(words);
  });

  it("in a permission is told where", async () => {
    const principals = [{ ...PRINCIPAL, permissions: ["pods"] }];
    const read = await readBack({ ...FULL, principals });
    expect(read).toMatchObject({ problem: expect.stringContaining("permissions.0") });
  });
});

describe("a timeline that is wrong", () => {
  it.each<[string, object, string]>([
    ["the time", { atSeconds: 0 }, "timeline.0.atSeconds"],
    ["a cluster that is not there", { cluster: "gone" }, "the step at 0.5 s names cluster gone"],
    ["no cluster at all", { cluster: undefined }, "names no cluster to change"],
    ["what never changes", { set: { endpointHost: "x" } }, "timeline.0.set.endpointHost"],
    ["a server's field", { set: { servers: [{ ...SERVER, leaf: -1 }] } }, "set.servers.0.leaf"],
    [
      "a server that moves",
      { set: { servers: [{ ...SERVER, eniIp: "10.0.20.42" }] } },
      "server one changes its host or its address",
    ],
    [
      "a front to a server that never is",
      { set: { fronts: [{ ...FRONT, servers: ["two"] }] } },
      "leads to server two",
    ],
    ["a DNS fault", { dnsFault: "odd" }, "timeline.0.dnsFault"],
  ])("in %s is told where", async (_, change, words) => {
    const read = await readBack({ ...FULL, timeline: [{ ...STEP, ...change }] });
    expect(read).toMatchObject({ kind: "bad", problem: expect.stringContaining(words) });
  });

  it("is told apart from a front to a server that is gone by then, which refuses", async () => {
    const timeline = [{ ...STEP, set: { servers: [] } }];
    expect(await readBack({ ...FULL, timeline })).toMatchObject({ kind: "ok" });
  });
});

const [ACL] = VPC_DETAILS.networkAcls;
const [TABLE] = VPC_DETAILS.routeTables;
const [UPDATE] = CLUSTER_DETAILS.updates;
const [ENTRY] = CLIENT_DETAILS.kubeconfig.entries;

const vpcWith = (details: object): object => ({
  vpcDetails: { "vpc-0a": { ...VPC_DETAILS, ...details } },
});
const clusterWith = (details: object): object => ({ clusters: [{ ...CLUSTER, ...details }] });
const entryWith = (details: object): object => ({
  kubeconfig: { entries: [{ ...ENTRY, ...details }] },
});
const variable = (name: string, value: string): object => ({
  clientEnvironment: { [name]: value },
});

describe("what surrounds a cluster, given wrong in a file,", () => {
  it.each([
    ["a VPC that is not there", { vpcDetails: { "vpc-9": {} } }, "vpcDetails names vpc-9"],
    ["a CIDR", vpcWith({ subnets: [{ ...VPC_DETAILS.subnets[0], cidr: "10.0.0.0" }] }), "cidr"],
    ["a security group's id", vpcWith({ securityGroups: [{ id: "0c" }] }), "securityGroups.0.id"],
    ["a target", vpcWith({ routeTables: [{ ...TABLE, routes: [{ target: "x y" }] }] }), "routes.0"],
    [
      "a subnet with two ACLs",
      vpcWith({ networkAcls: [ACL, { ...ACL, id: "acl-0e" }] }),
      "a subnet is named twice",
    ],
    [
      "two main route tables",
      vpcWith({ routeTables: [TABLE, { ...TABLE, id: "rtb-0e", subnetIds: [] }] }),
      "two main route tables",
    ],
    ["a name server", vpcWith({ nameServers: ["dns.example"] }), "nameServers.0"],
    ["a NAT gateway's state", vpcWith({ natGateways: [{ state: "gone" }] }), "natGateways.0"],
    ["an update's status", clusterWith({ updates: [{ ...UPDATE, status: "Done" }] }), "updates.0"],
    ["two updates with one id", clusterWith({ updates: [UPDATE, UPDATE] }), "the same id"],
    ["an access entry", clusterWith({ accessEntries: ["viewer"] }), "accessEntries.0"],
    ["a mode", clusterWith({ authenticationMode: "NONE" }), "authenticationMode"],
    ["a local cluster's id", clusterWith({ localId: "one" }), "localId"],
    ["a tier", clusterWith({ scalingTier: "huge" }), "scalingTier"],
    ["an instance's id", { instance: { ...CLIENT_DETAILS.instance, id: "vm-1" } }, "instance.id"],
    [
      "a tag that cannot be in the metadata",
      { instance: { ...CLIENT_DETAILS.instance, tags: { "kubernetes.io/cluster/a": "owned" } } },
      "instance.tags",
    ],
    ["an egress address", { egressIp: "203.0.113" }, "egressIp"],
    ["a clock", { awsClockSkewSeconds: 1e9 }, "awsClockSkewSeconds"],
    ["a cluster of a kubeconfig", entryWith({ cluster: "gone" }), "names cluster gone"],
    ["a kubeconfig's user", entryWith({ user: { kind: "password" } }), "user"],
    ["a kubeconfig's proxy", entryWith({ proxyUrl: "http://proxy.example:3128" }), "proxyUrl"],
  ])("in %s is told where", async (_, change, words) => {
    const read = await readBack({ ...FULL, ...change });
    expect(read).toMatchObject({ kind: "bad", problem: expect.stringContaining(words) });
  });

  it.each([
    ["https_proxy", "http://proxy.example:3128"],
    ["ALL_PROXY", "socks5://192.0.2.1:1080"],
    ["HTTP_PROXY", "http://127.0.0.1.example:3128"],
    ["HTTPS_PROXY", "http://user@proxy.example"],
    ["NODE_OPTIONS", "--require ./x.js"],
    ["PATH", "/tmp"],
    ["AWS_ENDPOINT_URL", "http://127.0.0.1:9"],
    ["KUBECONFIG", "/tmp/config"],
    ["EKS_PROBE_CONNECT_TO", "::127.0.0.1:9"],
    ["HTTPS_PROXY", "http://127.0.0.1:9\nexport PATH=/tmp"],
  ])("as the variable %s=%j is refused", async (name, value) => {
    const read = await readBack({ ...FULL, ...variable(name, value) });
    expect(read).toMatchObject({
      kind: "bad",
      problem: expect.stringContaining("clientEnvironment"),
    });
  });

  it.each([
    ["https_proxy", "http://127.0.0.1:3128"],
    ["HTTPS_PROXY", "localhost:3128"],
    ["http_proxy", "http://user:secret@[::1]:3128"],
    ["NO_PROXY", "*.example"],
  ])("is told apart from the variable %s=%j, which is fine", async (name, value) => {
    expect(await readBack({ ...FULL, ...variable(name, value) })).toMatchObject({ kind: "ok" });
  });
});

const [IN_POD, KUBELET] = WORKER.processes;
const [OPEN] = WORKER.sockets;

const processWith = (details: object): object => ({
  processes: [{ ...IN_POD, ...details }, KUBELET],
});
const socketWith = (details: object): object => ({ sockets: [{ ...OPEN, ...details }] });
const podWith = (details: object): object => ({
  pods: [...WORKER.pods, { namespace: "a", name: "b", ...details }],
});

describe("a worker that is given wrong in a file,", () => {
  it.each<[string, object, string]>([
    ["its cluster", { cluster: "gone" }, "the worker names cluster gone"],
    ["its host name", { hostname: "../etc" }, "worker.hostname"],
    ["no address at all", { addresses: [] }, "worker.addresses"],
    ["an address of IPv6", { addresses: ["fd00::1"] }, "worker.addresses.0"],
    ["systemd's own number", processWith({ pid: 1 }), "processes.0.pid"],
    ["a number that two have", { processes: [IN_POD, IN_POD] }, "process 5412 is there twice"],
    ["a name that is too long", processWith({ name: "a-name-of-16-let" }), "processes.0.name"],
    ["an age", processWith({ ageSeconds: 604_801 }), "process 5412 is older than the worker"],
    ["a unit", processWith({ runs: { kind: "unit", unit: "../kubelet" } }), "runs.unit"],
    ["an argument", processWith({ command: ["kubelet\u0000--x"] }), "processes.0.command.0"],
    ["a variable", processWith({ environment: { A: "b\u0000C=d" } }), "environment.A"],
    ["a variable's name", processWith({ environment: { "A=B": "" } }), "environment"],
    [
      "a pod that is not there",
      processWith({ runs: { kind: "pod", namespace: "a", name: "b", container: "c" } }),
      "process 5412 is in a pod that is not there",
    ],
    ["a pod that leads out of the folder", podWith({ name: "../../b" }), "pods.2.name"],
    ["a pod with two dots", podWith({ name: "a..b" }), "pods.2.name"],
    ["a pod that two are", podWith(WORKER.pods[0] ?? {}), "pod kube-system/coredns-7f5b"],
    ["a socket's owner", socketWith({ pid: 9 }), "a socket is process 9's, which is not there"],
    ["a socket's state", socketWith({ state: "open" }), "sockets.0.state"],
    ["a listener with a remote", socketWith({ state: "listen" }), "a listener has no remote"],
    ["a socket without a remote", socketWith({ remote: undefined }), "every other socket has one"],
    ["a socket of ::", socketWith({ local: { ip: "::", port: 1 } }), "only a listener has"],
    ["a back end", { rules: [{ backend: "ebpf", services: [] }] }, "rules.0.backend"],
    ["a back end twice", { rules: [...WORKER.rules, ...WORKER.rules] }, "iptables-nft is there"],
    [
      "a service's name",
      { rules: [{ backend: "ipvs", services: [{ name: 'a/b" -j ACCEPT' }] }] },
      "rules.0.services.0.name",
    ],
    ["a number of connections", { conntrack: { count: -1, max: 1 } }, "conntrack.count"],
  ])("in %s is told where", async (_, change, words) => {
    const read = await readBack({ ...FULL, worker: { ...WORKER, ...change } });
    expect(read).toMatchObject({ kind: "bad", problem: expect.stringContaining(words) });
  });
});
