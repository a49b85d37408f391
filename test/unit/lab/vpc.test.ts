import { describe, expect, it } from "vitest";
import { isInsideCidr } from "../../../src/lab/apiserver/service-network.ts";
import { SCENARIOS } from "../../../src/lab/scenarios/table.ts";
import { completeVpcs } from "../../../src/lab/vpc.ts";
import { makeCluster, makeEni, makeScenario } from "../../support/lab-scenario.ts";

describe("the VPCs of every scenario that names no details", () => {
  const silent = SCENARIOS.filter(({ vpcDetails }) => vpcDetails === undefined);

  it.each(silent.map((scenario) => [scenario.name, scenario] as const))(
    "%s: hold every subnet and group that its clusters name, healthy",
    (_, scenario) => {
      const vpcs = completeVpcs(scenario);
      for (const cluster of scenario.clusters) {
        const vpc = vpcs.find(({ id }) => id === cluster.vpcId);
        const subnets = vpc?.subnets ?? [];
        expect(subnets.map(({ id }) => id)).toEqual(expect.arrayContaining([...cluster.subnetIds]));
        expect(subnets.every(({ freeIps }) => freeIps >= 200)).toBe(true);
        expect(new Set(subnets.map(({ cidr }) => cidr)).size).toBe(subnets.length);
        expect(vpc?.securityGroups.map(({ id }) => id)).toContain(cluster.clusterSecurityGroupId);
        for (const eni of cluster.enis) {
          const subnet = subnets.find(({ id }) => id === eni.subnetId);
          expect(isInsideCidr(eni.ip, subnet?.cidr ?? "0.0.0.0/32")).toBe(true);
          expect(subnet?.availabilityZone).toBe(eni.availabilityZone);
        }
      }
    },
  );
});

describe("the subnets of a VPC", () => {
  it("are as small as a small VPC needs them, with no more free addresses than they hold", () => {
    const enis = [makeEni(41, { ip: "10.0.20.41" })];
    const scenario = makeScenario({
      vpcs: { "vpc-0a": ["10.0.20.0/24"] },
      clusters: [makeCluster({ enis })],
    });
    expect(completeVpcs(scenario)[0]?.subnets).toMatchObject([
      { id: "subnet-0a", cidr: "10.0.20.32/28", freeIps: 10 },
      { id: "subnet-0b", cidr: "10.0.20.0/28", freeIps: 11 },
    ]);
  });

  it("leave the default ACL to those that no other has", () => {
    const entries = [] as const;
    const networkAcls = [{ id: "acl-0d", subnetIds: ["subnet-0a"], entries }];
    const [vpc] = completeVpcs(makeScenario({ vpcDetails: { "vpc-0a": { networkAcls } } }));
    expect(vpc?.networkAcls.map(({ subnetIds }) => subnetIds)).toEqual([
      ["subnet-0a"],
      ["subnet-0b"],
    ]);
  });
});
