import { describe, expect, test } from "vitest";
import { originOf } from "../../../../src/checks/network/origin.ts";
import { known, skipped } from "../../../../src/model/fact.ts";
import type { Investigation } from "../../../../src/model/investigation.ts";
import type { NetworkAclEntry, SecurityGroupRule } from "../../../../src/model/vpc.ts";
import {
  clusterGroup,
  ingress,
  inShort,
  instanceIn,
  investigated,
  mainTable,
  notAllowed,
  of,
  openAcl,
  POLICY,
} from "../../../support/evidence.ts";
import {
  failedAt,
  makeCluster,
  makeEni,
  makeSnapshot,
  named,
  PUB_ONE,
  reportOf,
  type SnapshotParts,
  seen,
  WORKER_IP,
} from "../../../support/snapshots.ts";

const [ENI, ENI_2] = ["10.0.20.41", "10.0.95.229"] as const;
const IDS = [`${ENI}:443`, `${ENI_2}:443`];

/** A private endpoint whose ENIs drop what a worker in the VPC sends. */
const silentParts = (
  evidence: Partial<Investigation>,
  more: SnapshotParts = {},
): SnapshotParts => ({
  cluster: known(makeCluster({ publicAccess: "no", privateAccess: "yes" })),
  resolutions: [named([ENI, ENI_2])],
  observations: [failedAt(ENI), failedAt(ENI_2)],
  investigation: investigated(evidence),
  ...more,
});

const silent = (evidence: Partial<Investigation>, more: SnapshotParts = {}) =>
  reportOf(makeSnapshot(silentParts(evidence, more)));

const around: Partial<Investigation> = {
  networkAcls: known([openAcl(["subnet-0a"]), openAcl(["subnet-0c"])]),
  routeTables: known([mainTable()]),
};

const WORKER = instanceIn("vpc-0a");

const groups = (...rules: readonly Partial<SecurityGroupRule>[]) =>
  known([clusterGroup(rules.map(ingress))]);

/** The first ENI answers by a group of its own. */
const APART = known([makeEni(ENI, { securityGroupIds: ["sg-0f"] }), makeEni(ENI_2)]);

describe("N05 groups", () => {
  test("no rule for this host: names the group, whom it lets in, and the rule that lacks", () => {
    const report = silent({
      instance: WORKER,
      securityGroups: groups({ cidrs: ["10.0.9.0/24"] }),
      ...around,
    });
    const finding = of(report, "N05");
    expect(inShort(finding)).toEqual([
      "fail",
      `no rule of sg-0c lets ${WORKER_IP} (member of sg-0w) in on TCP 443`,
    ]);
    expect(finding.addresses).toEqual(IDS);
    expect(finding.details).toContain("sg-0c lets in on TCP 443: members of sg-0c, 10.0.9.0/24");
    expect(finding.next).toBe(
      "aws ec2 authorize-security-group-ingress --region ap-northeast-2 --group-id sg-0c --protocol tcp --port 443 --source-group sg-0w",
    );
    expect(of(report, "N01").causedBy).toEqual(["N05"]);
    expect(of(report, "N06").status).toBe("ok");
  });

  test("the same groups let this host in at another ENI: they are not the cause", () => {
    const evidence = {
      instance: WORKER,
      securityGroups: groups({ cidrs: ["10.0.9.0/24"] }),
      ...around,
    };
    const observations = [seen(ENI, PUB_ONE), failedAt(ENI_2)];
    expect(of(silent(evidence, { observations }), "N05").status).toBe("ok");
    // Another group there proves nothing of this one.
    expect(of(silent(evidence, { observations, enis: APART }), "N05").status).toBe("fail");
  });

  test.each([
    ["its address", ingress({ cidrs: [`${WORKER_IP}/32`] })],
    ["its group", ingress({ groupIds: ["sg-0w"] })],
    ["everything", ingress({ protocol: "-1", cidrs: ["0.0.0.0/0"] })],
  ])("a rule for %s lets it in, and the silence is another's doing", (_, rule) => {
    const report = silent({ instance: WORKER, securityGroups: known([clusterGroup([rule])]) });
    expect(of(report, "N05").status).toBe("ok");
    expect(of(report, "N01").causedBy).toEqual([]);
  });

  test.each([
    ["another port", ingress({ cidrs: ["0.0.0.0/0"], fromPort: 80, toPort: 80 })],
    ["another protocol", ingress({ cidrs: ["0.0.0.0/0"], protocol: "udp" })],
    ["what goes out", ingress({ cidrs: ["0.0.0.0/0"], direction: "egress" })],
  ])("a rule for %s does not", (_, rule) => {
    expect(
      of(silent({ instance: WORKER, securityGroups: known([clusterGroup([rule])]) }), "N05").status,
    ).toBe("fail");
  });

  test("where it is not known whose member this host is, a group's rule may be for it", () => {
    const report = silent({ securityGroups: groups() });
    expect(of(report, "N05").status).toBe("unknown");
    expect(of(report, "N05").summary).toContain(`whether ${WORKER_IP} is one is not known`);
    expect(of(report, "N01").causedBy).toEqual([]);
  });

  test("a prefix list may hold this host", () => {
    const rule = ingress({ prefixListIds: ["pl-1"] });
    const report = silent({ instance: WORKER, securityGroups: known([clusterGroup([rule])]) });
    expect(of(report, "N05").summary).toContain("prefix list");
  });

  test("a host outside the VPC is no member of its groups: its address is what lacks", () => {
    const observations = [
      seen(ENI, PUB_ONE, { local: { ip: "192.168.0.7", port: 4 } }),
      failedAt(ENI_2),
    ];
    const report = silent(
      { securityGroups: groups() },
      { localIps: ["192.168.0.7"], observations, enis: APART },
    );
    expect(of(report, "N05").next).toContain("--cidr 192.168.0.7/32");
  });

  test("an ENI whose groups EC2 does not name is not one without groups", () => {
    const enis = known([ENI, ENI_2].map((ip) => makeEni(ip, { securityGroupIds: undefined })));
    expect(of(silent({ instance: WORKER, securityGroups: groups() }, { enis }), "N05").status).toBe(
      "unknown",
    );
  });

  test("blames only the ENI whose groups lack it, and leaves the other one's silence open", () => {
    const enis = known([makeEni(ENI), makeEni(ENI_2, { securityGroupIds: ["sg-open"] })]);
    const open = { id: "sg-open", name: undefined, rules: [ingress({ cidrs: ["0.0.0.0/0"] })] };
    const report = silent(
      { instance: WORKER, securityGroups: known([clusterGroup(), open]) },
      { enis },
    );
    expect(of(report, "N05").addresses).toEqual([IDS[0]]);
    expect(of(report, "N01").causedBy).toEqual([]);
  });

  test("a refusal went through every filter", () => {
    const refused = [ENI, ENI_2].map((ip) =>
      failedAt(ip, { code: "tcp-refused", phase: "tcp", side: "server", message: "refused" }),
    );
    const report = silent(
      { instance: WORKER, securityGroups: groups() },
      { observations: refused },
    );
    expect(of(report, "N05").status).toBe("skip");
  });

  test("not asked is skipped, denied is not known, unknown ENIs are C02's to tell", () => {
    expect(of(silent({}), "N05").status).toBe("skip");
    expect(of(silent({ securityGroups: notAllowed }), "N05")).toMatchObject({
      status: "unknown",
      next: POLICY,
    });
    expect(of(silent({}, { enis: notAllowed }), "N05").blockedBy).toEqual(["C02"]);
  });
});

const one: SnapshotParts = { observations: [seen(ENI_2, PUB_ONE), failedAt(ENI)] };

const deny = (change: Partial<NetworkAclEntry>): NetworkAclEntry => ({
  number: 50,
  direction: "ingress",
  action: "deny",
  protocol: "6",
  cidr: "10.0.0.0/16",
  fromPort: 443,
  toPort: 443,
  ...change,
});

const withAcl = (...entries: readonly NetworkAclEntry[]) =>
  silent(
    { ...around, networkAcls: known([openAcl(["subnet-0a"], entries), openAcl(["subnet-0c"])]) },
    one,
  );

const withRoutes = (routes: ReturnType<typeof mainTable>["routes"], more: SnapshotParts = {}) =>
  silent({ ...around, routeTables: known([mainTable({ routes })]) }, { ...one, ...more });

describe("N06 subnet", () => {
  test("an entry that denies the port is named, with one to put before it", () => {
    const report = withAcl(deny({}));
    const finding = of(report, "N06");
    expect(finding.status).toBe("fail");
    expect(finding.details).toEqual([
      `${ENI}: acl-subnet-0a of subnet-0a denies TCP 443 from ${WORKER_IP} (entry 50)`,
    ]);
    expect(finding.next).toContain(
      `--network-acl-id acl-subnet-0a --rule-number 49 --protocol 6 --port-range From=443,To=443 --cidr-block ${WORKER_IP}/32 --rule-action allow --ingress`,
    );
    expect(of(report, "N01").causedBy).toEqual(["N06"]);
  });

  test("where no number is free before it, the entry itself has to go", () => {
    expect(of(withAcl(deny({ number: 1 })), "N06").next).toContain(
      "delete-network-acl-entry --region ap-northeast-2 --network-acl-id acl-subnet-0a --rule-number 1 --ingress",
    );
    const taken = [49, 48].map((number) => deny({ number, cidr: "10.9.0.0/16" }));
    expect(of(withAcl(deny({}), ...taken), "N06").next).toContain("--rule-number 47 ");
  });

  test("answers that are denied are as bad as questions", () => {
    const finding = of(
      withAcl(deny({ direction: "egress", fromPort: 1_024, toPort: 65_535 })),
      "N06",
    );
    expect(finding.status).toBe("fail");
    expect(finding.details[0]).toContain(`denies answers to ${WORKER_IP} on ports 1024-65535`);
    expect(finding.next).toContain("--egress");
  });

  test("answers of which some are denied may be it: the silence decides how bad it is", () => {
    const report = withAcl(deny({ direction: "egress", fromPort: 50_000, toPort: 65_535 }));
    expect(of(report, "N06").summary).toContain("only some answers");
    expect(of(report, "N01").causedBy).toEqual(["N06"]);
  });

  test.each([
    ["for others", deny({ cidr: "10.9.0.0/16" })],
    ["that comes too late", deny({ number: 101 })],
    ["for another port", deny({ fromPort: 80, toPort: 80 })],
  ])("an entry %s is none of it", (_, entry) => {
    expect(of(withAcl(entry), "N06").status).toBe("ok");
  });

  test("no route back, and one whose target is gone, are named by table", () => {
    expect(of(withRoutes([]), "N06").details).toEqual([
      `${ENI}: rtb-main of subnet-0a has no route back to ${WORKER_IP}`,
    ]);
    const gone = { destination: "10.0.96.0/20", target: "pcx-1", state: "blackhole" } as const;
    expect(of(withRoutes([...mainTable().routes, gone]), "N06").details[0]).toContain(
      "sends 10.0.96.0/20 to pcx-1, which is gone",
    );
  });

  test("within one subnet neither ACL nor route is asked", () => {
    const subnets = known([
      {
        id: "subnet-0a",
        vpcId: "vpc-0a",
        availabilityZone: undefined,
        cidrs: ["10.0.0.0/17"],
        freeIps: 9,
      },
    ]);
    const report = silent(
      { ...around, subnets, networkAcls: known([openAcl(["subnet-0a"], [deny({})])]) },
      one,
    );
    expect(of(report, "N06").status).toBe("ok");
  });

  test("what EC2 does not list is not known, and blames nobody", () => {
    const noAcl = silent({ ...around, networkAcls: known([]) }, one);
    expect(of(noAcl, "N06")).toMatchObject({ status: "unknown", optional: true });
    const noTable = silent({ ...around, routeTables: known([]) }, one);
    expect(of(noTable, "N06").status).toBe("unknown");
    const enis = known([makeEni(ENI, { subnetId: undefined }), makeEni(ENI_2)]);
    expect(of(silent(around, { ...one, enis }), "N06").status).toBe("unknown");
  });

  test("one half that was denied does not hide what the other half shows", () => {
    const half = {
      routeTables: notAllowed,
      networkAcls: known([openAcl(["subnet-0a"], [deny({})])]),
    };
    expect(of(silent(half, one), "N06").status).toBe("fail");
    const fine = { routeTables: notAllowed, networkAcls: known([openAcl(["subnet-0a"])]) };
    expect(of(silent(fine, one), "N06")).toMatchObject({ status: "unknown", next: POLICY });
    expect(of(silent({}, one), "N06").status).toBe("skip");
    expect(of(silent({}, { ...one, enis: notAllowed }), "N06").blockedBy).toEqual(["C02"]);
  });
});

const origin = (parts: SnapshotParts, family: 4 | 6 = 4) =>
  originOf(makeSnapshot(silentParts({}, parts)), family);

const groupsOf = (instance: Investigation["instance"], localIps: readonly string[]) =>
  originOf(makeSnapshot(silentParts({ instance }, { localIps, observations: [] })), 4)?.groupIds;

describe("where this host's packets come from", () => {
  test("the address the kernel chose, not one of loopback", () => {
    const own = seen(ENI, PUB_ONE, { local: { ip: "10.0.7.7", port: 4 } });
    expect(origin({ observations: [own] })?.ip).toBe("10.0.7.7");
    const tunnel = seen(ENI, PUB_ONE, { local: { ip: "127.0.0.1", port: 4 } });
    expect(origin({ observations: [tunnel] })?.ip).toBe(WORKER_IP);
  });

  test("the instance's where a container's own address stays behind it", () => {
    const inside = {
      ...makeSnapshot(
        silentParts(
          { instance: instanceIn("vpc-0a", { privateIp: "10.0.7.7" }) },
          { observations: [seen(ENI, PUB_ONE, { local: { ip: "172.18.0.2", port: 4 } })] },
        ),
      ),
    };
    const placed = { ...inside, vantage: { ...inside.vantage, insideVpc: "yes" as const } };
    expect(originOf(placed, 4)?.ip).toBe("10.0.7.7");
    expect(originOf(inside, 4)?.ip).toBe("172.18.0.2");
  });

  test("of its own addresses the one in the VPC; link-local ones go nowhere", () => {
    expect(origin({ localIps: ["172.18.0.1", "10.0.7.7"], observations: [] })?.ip).toBe("10.0.7.7");
    expect(origin({ localIps: ["fe80::1", "10.0.7.7"], observations: [] }, 6)).toBeUndefined();
  });

  test("its groups are the instance's; outside the VPC none, inside not known", () => {
    expect(groupsOf(instanceIn("vpc-0a"), ["10.0.7.7"])).toEqual(["sg-0w"]);
    expect(groupsOf(skipped("off"), ["192.168.0.7"])).toEqual([]);
    expect(groupsOf(skipped("off"), ["10.0.7.7"])).toBeUndefined();
  });
});
