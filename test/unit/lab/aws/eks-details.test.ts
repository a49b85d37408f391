import {
  DescribeAccessEntryCommand,
  DescribeClusterCommand,
  DescribeUpdateCommand,
  EKSClient,
  ListAccessEntriesCommand,
  ListClustersCommand,
  ListUpdatesCommand,
} from "@aws-sdk/client-eks";
import { afterEach, describe, expect, it } from "vitest";
import type { LabCluster, Scenario } from "../../../../src/lab/scenario.ts";
import { refusalOf, settings, startAws, stopAws } from "../../../support/lab-aws.ts";
import { ADMIN, CLUSTER_NAME, makeCluster } from "../../../support/lab-scenario.ts";

afterEach(stopAws);

async function eks(change: Partial<LabCluster> = {}, more: Partial<Scenario> = {}) {
  return new EKSClient(settings(await startAws({ clusters: [makeCluster(change)], ...more })));
}

async function described(change: Partial<LabCluster>) {
  return (await (await eks(change)).send(new DescribeClusterCommand({ name: CLUSTER_NAME })))
    .cluster;
}

const clusterName = CLUSTER_NAME;

describe("DescribeCluster", () => {
  it("tells health issues, and has a list of none otherwise", async () => {
    const issue = {
      code: "Ec2SubnetNotFound",
      message: "We couldn't find one or more subnets.",
      resourceIds: ["subnet-0a"],
    };
    expect((await described({ healthIssues: [issue] }))?.health).toEqual({ issues: [issue] });
    expect((await described({}))?.health).toEqual({ issues: [] });
  });

  it("tells the authentication mode and the tier, with today's defaults", async () => {
    const changed = await described({ authenticationMode: "CONFIG_MAP", scalingTier: "tier-xl" });
    expect(changed).toMatchObject({
      accessConfig: { authenticationMode: "CONFIG_MAP" },
      controlPlaneScalingConfig: { tier: "tier-xl" },
    });
    expect(await described({})).toMatchObject({
      accessConfig: { authenticationMode: "API_AND_CONFIG_MAP" },
      controlPlaneScalingConfig: { tier: "standard" },
    });
  });

  it("gives a local cluster its id and its Outpost; others have neither", async () => {
    const localId = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    const local = await described({ localId });
    expect(local?.id).toBe(localId);
    expect(local?.outpostConfig?.outpostArns?.[0]).toMatch(/^arn:aws:outposts:.+:outpost\/op-/);
    const usual = await described({});
    expect([usual?.id, usual?.outpostConfig]).toEqual([undefined, undefined]);
  });

  it("knows no endpoint, no CA and no VPC of a connected cluster", async () => {
    const cluster = await described({ connector: { provider: "OTHER" } });
    expect(cluster).toMatchObject({
      name: CLUSTER_NAME,
      status: "ACTIVE",
      connectorConfig: { provider: "OTHER", activationId: expect.stringMatching(/^[\da-f-]{36}$/) },
    });
    expect(cluster?.endpoint).toBeUndefined();
    expect(cluster?.certificateAuthority?.data).toBeUndefined();
    expect(cluster?.resourcesVpcConfig).toBeUndefined();
  });

  it("has no endpoint of a PENDING cluster either", async () => {
    const cluster = await described({ status: "PENDING" });
    expect([cluster?.status, cluster?.endpoint]).toEqual(["PENDING", undefined]);
  });
});

describe("ListClusters", () => {
  it("names a connected cluster only to who asks for all", async () => {
    const client = await eks({ connector: { provider: "OTHER" } });
    expect((await client.send(new ListClustersCommand({}))).clusters).toEqual([]);
    const all = await client.send(new ListClustersCommand({ include: ["all"] }));
    expect(all.clusters).toEqual([CLUSTER_NAME]);
  });
});

describe("updates", () => {
  const updates = [
    { id: "u-1", type: "VersionUpdate", status: "InProgress", ageSeconds: 300 },
    {
      id: "u-2",
      type: "EndpointAccessUpdate",
      status: "Failed",
      ageSeconds: 90_000,
      params: [{ type: "PublicAccessCidrs", value: '["203.0.113.0/24"]' }],
      errors: [{ code: "SubnetNotFound", message: "gone", resourceIds: ["subnet-0a"] }],
    },
  ] as const;

  it("are listed by id, page by page, and told one by one", async () => {
    const client = await eks({ updates });
    const first = await client.send(new ListUpdatesCommand({ name: CLUSTER_NAME, maxResults: 1 }));
    expect(first.updateIds).toEqual(["u-1"]);
    const { nextToken } = first;
    const rest = await client.send(new ListUpdatesCommand({ name: CLUSTER_NAME, nextToken }));
    expect([rest.updateIds, rest.nextToken ?? undefined]).toEqual([["u-2"], undefined]);

    const told = async (updateId: string) =>
      (await client.send(new DescribeUpdateCommand({ name: CLUSTER_NAME, updateId }))).update;
    const going = await told("u-1");
    expect(going).toMatchObject({ type: "VersionUpdate", status: "InProgress", errors: [] });
    const ageMs = Date.now() - (going?.createdAt?.getTime() ?? 0);
    expect(ageMs).toBeGreaterThanOrEqual(300_000);
    expect(ageMs).toBeLessThan(330_000);
    expect(await told("u-2")).toMatchObject({
      status: "Failed",
      params: updates[1].params,
      errors: [{ errorCode: "SubnetNotFound", errorMessage: "gone", resourceIds: ["subnet-0a"] }],
    });
  });

  it("are none by default, and none of a cluster that is not there", async () => {
    const client = await eks();
    const own = await client.send(new ListUpdatesCommand({ name: CLUSTER_NAME }));
    expect(own.updateIds).toEqual([]);
    const absent = { name: "ResourceNotFoundException", status: 404 };
    const updateId = "u-9";
    expect(
      await refusalOf(client.send(new DescribeUpdateCommand({ name: CLUSTER_NAME, updateId }))),
    ).toMatchObject(absent);
    expect(await refusalOf(client.send(new ListUpdatesCommand({ name: "gone" })))).toMatchObject(
      absent,
    );
  });
});

describe("access entries", () => {
  const role = "arn:aws:iam::111122223333:role/viewer";

  it("are those of who is mapped to a Kubernetes user, a session by its role", async () => {
    const client = await eks();
    const { accessEntries } = await client.send(new ListAccessEntriesCommand({ clusterName }));
    expect(accessEntries).toEqual([ADMIN.arn, role]);
    const { accessEntry } = await client.send(
      new DescribeAccessEntryCommand({ clusterName, principalArn: role }),
    );
    expect(accessEntry).toMatchObject({
      clusterName,
      principalArn: role,
      username: "viewer",
      type: "STANDARD",
      accessEntryArn: expect.stringMatching(
        /:access-entry\/gonz-eks-pub\/role\/111122223333\/viewer\//,
      ),
    });
  });

  it("are as the scenario says where it says so", async () => {
    const client = await eks({ accessEntries: [role] });
    const { accessEntries } = await client.send(new ListAccessEntriesCommand({ clusterName }));
    expect(accessEntries).toEqual([role]);
    const absent = new DescribeAccessEntryCommand({ clusterName, principalArn: ADMIN.arn });
    expect(await refusalOf(client.send(absent))).toMatchObject({
      name: "ResourceNotFoundException",
      status: 404,
    });
  });

  it("are refused where the mode knows none", async () => {
    const client = await eks({ authenticationMode: "CONFIG_MAP" });
    expect(
      await refusalOf(client.send(new ListAccessEntriesCommand({ clusterName }))),
    ).toMatchObject({
      name: "InvalidRequestException",
      status: 400,
      message: expect.stringContaining("[API, API_AND_CONFIG_MAP]"),
    });
  });

  it("can be denied", async () => {
    const action = "eks:ListAccessEntries";
    const client = await eks(
      {},
      { awsFaults: [{ action, kind: "access-denied", times: undefined }] },
    );
    expect(
      await refusalOf(client.send(new ListAccessEntriesCommand({ clusterName }))),
    ).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining(action) });
    expect((await refusalOf(client.send(new ListClustersCommand({})))).name).toBe("none");
  });
});
