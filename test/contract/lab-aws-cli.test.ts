import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningAws, startAwsServer } from "../../src/lab/aws/server.ts";
import type { LabCluster, LabPrincipal } from "../../src/lab/scenario.ts";
import { createTokenVerifier } from "../../src/lab/token-verifier.ts";
import {
  ADMIN,
  CLUSTER_NAME,
  makeCluster,
  makeEni,
  makeScenario,
  REGION,
  SESSION,
} from "../support/lab-scenario.ts";
import { findProgram, skipReason } from "../support/real-clients.ts";

const run = promisify(execFile);
const aws = findProgram("aws");
if (aws === undefined) process.stderr.write(`${skipReason("aws")}\n`);

let server: RunningAws;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lab-aws-cli-"));
  const enis = [
    makeEni(1),
    makeEni(2),
    makeEni(3, { description: `Amazon EKS ${CLUSTER_NAME}-2` }),
  ];
  const updates = [
    { id: "u-1", type: "VersionUpdate", status: "Failed", ageSeconds: 60 },
  ] as const satisfies LabCluster["updates"];
  const scenario = makeScenario({
    clusters: [makeCluster({ enis, updates })],
    vpcDetails: {
      "vpc-0a": {
        dnsHostnames: false,
        natGateways: [
          { id: "nat-0a", subnetId: "subnet-0a", publicIps: ["203.0.113.7"], state: "available" },
          { id: "nat-0b", subnetId: "subnet-0a", publicIps: ["203.0.113.8"], state: "deleted" },
        ],
      },
    },
  });
  server = await startAwsServer({
    scenario: () => scenario,
    certificateAuthorityOf: () => "example PEM",
    createdAtMs: Date.parse("2023-04-17T04:15:37Z"),
    nowMs: () => Date.now(),
  });
});

afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true });
});

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of this machine's settings reaches the CLI, and every service it may call is the lab's. */
async function cli(args: readonly string[], who: LabPrincipal = ADMIN): Promise<Outcome> {
  const env = {
    PATH: `${dirname(aws ?? "")}:/usr/bin:/bin`,
    HOME: home,
    AWS_ACCESS_KEY_ID: who.accessKeyId,
    AWS_SECRET_ACCESS_KEY: who.secretAccessKey,
    ...(who.sessionToken && { AWS_SESSION_TOKEN: who.sessionToken }),
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
    // get-token signs for whatever STS host it is given, so STS keeps its real name there.
    AWS_ENDPOINT_URL_EKS: server.url,
    AWS_ENDPOINT_URL_EC2: server.url,
    ...(args[0] === "sts" && { AWS_ENDPOINT_URL_STS: server.url }),
  };
  // A refusal ends the CLI with 254: what it printed is the outcome all the same.
  return run(aws ?? "", [...args, "--output", "json"], { env }).catch((failed: Outcome) => failed);
}

function verify(token: string, clusterName: string) {
  return createTokenVerifier({
    region: REGION,
    clusterName,
    principals: () => server.principals(),
    nowMs: () => Date.now(),
  })(token);
}

function tokenIn(outcome: Outcome): string {
  return JSON.parse(outcome.stdout).status.token;
}

// Each call costs a Python start: on a busy machine eight of them outlast the usual limit.
describe.skipIf(aws === undefined)("the aws CLI", { timeout: 60_000 }, () => {
  it("finds, describes and joins the cluster, its ENIs and the caller, and is told what is wrong", async () => {
    const description = `Name=description,Values=Amazon EKS ${CLUSTER_NAME}`;
    const liar = { ...ADMIN, secretAccessKey: "EXAMPLEKEY/wrong" };
    const [list, cluster, enis, caller, wrongKey, absent] = await Promise.all([
      cli(["eks", "list-clusters"]),
      cli(["eks", "describe-cluster", "--name", CLUSTER_NAME]),
      cli([
        "ec2",
        "describe-network-interfaces",
        "--filters",
        description,
        "Name=status,Values=in-use",
      ]),
      cli(["sts", "get-caller-identity"], SESSION),
      cli(["eks", "describe-cluster", "--name", CLUSTER_NAME], liar),
      cli(["eks", "describe-cluster", "--name", "gone"]),
    ]);
    expect(JSON.parse(list.stdout)).toEqual({ clusters: [CLUSTER_NAME] });
    expect(JSON.parse(cluster.stdout).cluster).toMatchObject({
      name: CLUSTER_NAME,
      status: "ACTIVE",
      version: "1.33",
    });
    expect(
      JSON.parse(enis.stdout).NetworkInterfaces.map(
        (eni: { PrivateIpAddress: string }) => eni.PrivateIpAddress,
      ),
    ).toEqual(["10.0.20.1", "10.0.20.2"]);
    expect(JSON.parse(caller.stdout).Arn).toBe(SESSION.arn);
    expect(wrongKey.stderr).toContain(
      "(InvalidSignatureException) when calling the DescribeCluster",
    );
    expect(absent.stderr).toContain("No cluster found for name: gone.");
  });

  it("is told of the network around the cluster, with the CLI's own names", async () => {
    const inVpc = ["Name=vpc-id,Values=vpc-0a"];
    const bySubnet = ["Name=association.subnet-id,Values=subnet-0a"];
    const attribute = ["ec2", "describe-vpc-attribute", "--vpc-id", "vpc-0a", "--attribute"];
    const running = [...inVpc, "Name=state,Values=available"];
    const asked = await Promise.all(
      [
        ["ec2", "describe-security-groups", "--group-ids", "sg-0c"],
        ["ec2", "describe-network-acls", "--filters", ...bySubnet],
        ["ec2", "describe-route-tables", "--filters", ...inVpc],
        ["ec2", "describe-subnets", "--subnet-ids", "subnet-0a"],
        ["ec2", "describe-nat-gateways", "--filter", ...running],
        [...attribute, "enableDnsHostnames"],
        ["ec2", "describe-dhcp-options"],
      ].map((args) => cli(args)),
    );
    const [groups, acls, tables, subnets, gateways, hostnames, options] = asked.map(
      ({ stdout, stderr }) => (stderr === "" ? JSON.parse(stdout) : stderr),
    );
    expect(groups.SecurityGroups[0].IpPermissions).toMatchObject([
      { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-0c" }] },
      { FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "10.0.0.0/16" }, {}] },
    ]);
    expect(acls.NetworkAcls[0]).toMatchObject({ IsDefault: true, VpcId: "vpc-0a" });
    expect(acls.NetworkAcls[0].Entries).toHaveLength(4);
    expect(tables.RouteTables[0].Associations[0].Main).toBe(true);
    expect(subnets.Subnets[0]).toMatchObject({ AvailableIpAddressCount: 200 });
    expect(gateways.NatGateways).toMatchObject([
      { NatGatewayId: "nat-0a", NatGatewayAddresses: [{ PublicIp: "203.0.113.7" }] },
    ]);
    expect(hostnames).toEqual({ VpcId: "vpc-0a", EnableDnsHostnames: { Value: false } });
    expect(options.DhcpOptions[0].DhcpConfigurations[1]).toEqual({
      Key: "domain-name-servers",
      Values: [{ Value: "AmazonProvidedDNS" }],
    });
    const unknown = await cli([...attribute, "toString"]);
    expect(unknown.stderr).toContain("(InvalidParameterValue)");
  });

  it("is told of updates and access entries, and of those that are not there", async () => {
    const role = "arn:aws:iam::111122223333:role/viewer";
    const one = ["eks", "describe-access-entry", "--cluster-name", CLUSTER_NAME, "--principal-arn"];
    const [list, update, entries, entry, absent] = await Promise.all([
      cli(["eks", "list-updates", "--name", CLUSTER_NAME]),
      cli(["eks", "describe-update", "--name", CLUSTER_NAME, "--update-id", "u-1"]),
      cli(["eks", "list-access-entries", "--cluster-name", CLUSTER_NAME]),
      cli([...one, role]),
      cli([...one, `${role}2`]),
    ]);
    expect(JSON.parse(list.stdout)).toEqual({ updateIds: ["u-1"] });
    expect(JSON.parse(update.stdout).update).toMatchObject({
      type: "VersionUpdate",
      status: "Failed",
    });
    expect(JSON.parse(entries.stdout)).toEqual({ accessEntries: [ADMIN.arn, role] });
    expect(JSON.parse(entry.stdout).accessEntry).toMatchObject({ username: "viewer" });
    expect(absent.stderr).toContain("(ResourceNotFoundException)");
  });

  it("makes tokens that the verifier accepts for their own cluster and no other", async () => {
    const [plain, session] = await Promise.all([
      cli(["eks", "get-token", "--cluster-name", CLUSTER_NAME]),
      cli(["eks", "get-token", "--cluster-name", CLUSTER_NAME], SESSION),
    ]);
    expect(verify(tokenIn(plain), CLUSTER_NAME)).toMatchObject({
      kind: "user",
      name: "admin",
      groups: ["system:masters"],
    });
    expect(verify(tokenIn(session), CLUSTER_NAME)).toMatchObject({ kind: "user", name: "viewer" });
    expect(verify(tokenIn(plain), "gonz-eks-pri")).toMatchObject({
      kind: "denied",
      reason: expect.stringContaining("SignatureDoesNotMatch"),
    });
  });
});
