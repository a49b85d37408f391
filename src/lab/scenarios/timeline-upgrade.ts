import type { LabCluster, LabServer, Scenario } from "../scenario.ts";
import { GONZ_EKS_BOTH, instanceHost } from "./clusters.ts";
import { joinedBy, newcomer, timeline, without, zone } from "./timeline-parts.ts";

/** {one, two} → {one, two, three, four} → {three, four}. */
export function rollingUpgrade(): Scenario {
  const before = GONZ_EKS_BOTH;
  const [old, others] = [before.enis.map(({ ip }) => ip), before.outsideDns];
  const newcomers = [
    newcomer(
      before,
      {
        id: "three",
        host: instanceHost("172.16.62.38"),
        eniIp: "10.0.24.118",
        notAfterOffsetSeconds: 95,
        version: "1.26",
      },
      {
        id: "eni-0b30000000002024a",
        subnetId: before.subnetIds[0] ?? "",
        availabilityZone: zone("a"),
      },
    ),
    newcomer(
      before,
      {
        id: "four",
        host: instanceHost("172.16.188.71"),
        eniIp: "10.0.91.56",
        notAfterOffsetSeconds: 0,
        version: "1.26",
      },
      {
        id: "eni-0b30000000002091c",
        subnetId: before.subnetIds[1] ?? "",
        availabilityZone: zone("c"),
      },
    ),
  ];
  const both = joinedBy(
    { ...before, servers: before.servers.map((server) => ({ ...server, version: "1.25" })) },
    newcomers,
  );
  const [vipOne = "", vipTwo = ""] = others?.a ?? [];
  const moved = both.fronts.map((front) => {
    if (front.ip === vipOne) return { ...front, servers: ["three"] };
    return front.ip === vipTwo ? { ...front, servers: ["four"] } : front;
  });
  const isOld = ({ id }: LabServer): boolean => before.servers.some((server) => server.id === id);
  const kept = both.servers.filter((server) => !isOld(server));
  const update = {
    id: "0d5e4f6a-3b2c-4d1e-9f80-7a6b5c4d3e2f",
    type: "VersionUpdate",
    ageSeconds: -60,
    params: [
      { type: "Version", value: "1.26" },
      { type: "PlatformVersion", value: before.platformVersion },
    ],
  };
  const addresses = (ips: readonly string[]): LabCluster["dns"] => ({ ...before.dns, a: ips });
  const fresh = newcomers.map(({ eni }) => eni.ip);
  return timeline(
    "rolling-upgrade",
    "1.25 to 1.26: two new API servers, then the old ones go",
    before,
    [
      [
        60,
        "EKS begins the update to 1.26",
        { status: "UPDATING", updates: [{ ...update, status: "InProgress" }] },
      ],
      [
        90,
        "two API servers of 1.26 serve, each with an ENI",
        { servers: both.servers, enis: both.enis, fronts: both.fronts },
      ],
      [150, "the VPC's DNS names the new ENIs too", { dns: addresses([...old, ...fresh]) }],
      [180, "the VIPs lead to the new API servers", { fronts: moved }],
      [
        240,
        "the old API servers are scaled in: 401 for every token",
        { servers: both.servers.map((one) => (isOld(one) ? { ...one, retired: true } : one)) },
      ],
      [300, "the old API servers are gone", { servers: kept }],
      [
        330,
        "the old ENIs are deleted",
        { enis: without(both.enis, old), fronts: without(moved, old) },
      ],
      [390, "the VPC's DNS forgets the old ENIs", { dns: addresses(fresh) }],
      [
        420,
        "the update has succeeded",
        {
          status: "ACTIVE",
          version: "1.26",
          updates: [{ ...update, status: "Successful" }],
        },
      ],
    ],
  );
}
