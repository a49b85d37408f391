import type { AwsFault, LabCluster, LabFront, Scenario } from "../scenario.ts";
import { GONZ_EKS_PRI, GONZ_EKS_PUB, instanceHost } from "./clusters.ts";
import {
  joinedBy,
  newcomer,
  timeline,
  withFront,
  without,
  withServer,
  zone,
} from "./timeline-parts.ts";
import { rollingUpgrade } from "./timeline-upgrade.ts";

/**
 * What changes while somebody watches, one thing at a time. Times are as in the field: DNS follows
 * EC2 by its TTL of 60 s, control planes take minutes.
 */

const VIP_ONE = "43.200.53.253";
const VIP_TWO = "52.79.39.107";

const THIRD = newcomer(
  GONZ_EKS_PUB,
  {
    id: "three",
    host: instanceHost("172.16.98.23"),
    eniIp: "10.0.50.17",
    notAfterOffsetSeconds: 131,
  },
  {
    id: "eni-0b10000000002050b",
    subnetId: GONZ_EKS_PUB.subnetIds[2] ?? "",
    availabilityZone: zone("b"),
  },
);
const VIP_THREE: LabFront = { ...THIRD.front, ip: "3.36.201.118" };
const OF_THREE: LabCluster = joinedBy(GONZ_EKS_PUB, [THIRD]);
const DNS_OF_THREE: LabCluster["dns"] = {
  ...GONZ_EKS_PUB.dns,
  a: [...GONZ_EKS_PUB.dns.a, VIP_THREE.ip],
};
const WITH_THREE: LabCluster = {
  ...OF_THREE,
  fronts: [...OF_THREE.fronts, VIP_THREE],
  dns: DNS_OF_THREE,
};

/** {one, two} → {one, two, three}. */
function scaleOut(): Scenario {
  return timeline(
    "scale-out",
    "a third API server, then its VIP, then its DNS record",
    GONZ_EKS_PUB,
    [
      [
        60,
        "a third API server serves behind an ENI of its own",
        { servers: OF_THREE.servers, enis: OF_THREE.enis, fronts: OF_THREE.fronts },
      ],
      [90, "a third VIP leads to it", { fronts: WITH_THREE.fronts }],
      [150, "DNS names the third VIP", { dns: DNS_OF_THREE }],
    ],
  );
}

/** {one, two, three} → {two, three}, as in containers-roadmap 1810. */
function scaleIn(): Scenario {
  const left = WITH_THREE.servers.filter(({ id }) => id !== "one");
  const [one] = WITH_THREE.enis;
  const gone = [VIP_ONE, one?.ip ?? ""];
  return timeline(
    "scale-in",
    "one of three API servers goes: 401, then resets, then silence",
    WITH_THREE,
    [
      [
        60,
        "an API server leaves the endpoints, its VIP leaves DNS",
        {
          endpointIps: left.map(({ eniIp }) => eniIp),
          dns: { ...DNS_OF_THREE, a: DNS_OF_THREE.a.filter((ip) => ip !== VIP_ONE) },
        },
      ],
      [
        90,
        "it is scaled in: 401 for every token",
        { servers: withServer(WITH_THREE, "one", { retired: true }) },
      ],
      [150, "it is gone", { servers: left }],
      [
        180,
        "its ENI and its VIP are deleted",
        { enis: without(WITH_THREE.enis, gone), fronts: without(WITH_THREE.fronts, gone) },
      ],
    ],
  );
}

/** An ENI of the private cluster is replaced, with the API server behind it. */
function dnsLag(): Scenario {
  const before = GONZ_EKS_PRI;
  const [kept, replaced] = before.enis;
  const third = newcomer(
    before,
    {
      id: "three",
      host: instanceHost("172.16.77.41"),
      eniIp: "10.0.19.33",
      notAfterOffsetSeconds: 77,
    },
    {
      id: "eni-0b20000000002019a",
      subnetId: replaced?.subnetId ?? "",
      availabilityZone: replaced?.availabilityZone ?? "",
    },
  );
  const after = joinedBy(before, [third]);
  const gone = [replaced?.ip ?? ""];
  return timeline("dns-lag", "an ENI is replaced at once, DNS follows a minute later", before, [
    [
      60,
      "one API server and its ENI are replaced",
      {
        servers: after.servers.filter(({ id }) => id !== "two"),
        enis: without(after.enis, gone),
        fronts: without(after.fronts, gone),
      },
    ],
    [120, "DNS follows", { dns: { ...before.dns, a: [kept?.ip ?? "", third.eni.ip] } }],
  ]);
}

/** One VIP of the public cluster meets a fault from one time until another. */
function vipFault(
  name: string,
  description: string,
  fault: NonNullable<LabFront["fault"]>,
  [from, until]: readonly [number, number],
): Scenario {
  return timeline(name, description, GONZ_EKS_PUB, [
    [from, `${VIP_TWO}: ${fault.kind}`, { fronts: withFront(GONZ_EKS_PUB, VIP_TWO, { fault }) }],
    [until, `${VIP_TWO} answers again`, { fronts: GONZ_EKS_PUB.fronts }],
  ]);
}

function throttledLater(): Scenario {
  const actions = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"] as const;
  const faults = actions.map((action): AwsFault => {
    return { action, kind: "throttling", times: undefined };
  });
  return {
    ...timeline("throttled-later", "EC2 throttles every call for two minutes", GONZ_EKS_PUB, []),
    timeline: [
      { atSeconds: 60, what: "EC2 throttles", awsFaults: faults },
      { atSeconds: 180, what: "EC2 answers again", awsFaults: [] },
    ],
  };
}

export const TIMELINE_SCENARIOS: readonly Scenario[] = [
  rollingUpgrade(),
  scaleOut(),
  scaleIn(),
  timeline("rotation", "an API server gets another certificate, and nothing else", GONZ_EKS_PUB, [
    [
      60,
      "an API server presents a new certificate",
      { servers: withServer(GONZ_EKS_PUB, "two", { leaf: 1 }) },
    ],
  ]),
  dnsLag(),
  timeline(
    "restart",
    "an API server refuses for 20 seconds, then a new process is there",
    GONZ_EKS_PUB,
    [
      [
        60,
        "an API server is told to stop",
        { servers: withServer(GONZ_EKS_PUB, "two", { down: true }) },
      ],
      [80, "it is started again", { servers: withServer(GONZ_EKS_PUB, "two", { starts: 1 }) }],
    ],
  ),
  vipFault("flap", "one VIP refuses for six seconds", { kind: "refuse" }, [57, 63]),
  vipFault("outage", "one VIP is silent for 90 seconds", { kind: "drop" }, [60, 150]),
  timeline("unready", "an API server is not ready for 40 seconds", GONZ_EKS_PUB, [
    [
      60,
      "an API server loses etcd",
      { servers: withServer(GONZ_EKS_PUB, "two", { failingChecks: ["etcd"] }) },
    ],
    [100, "it has etcd again", { servers: GONZ_EKS_PUB.servers }],
  ]),
  throttledLater(),
  timeline(
    "balanced-move",
    "one VIP leads to two API servers by turns; nothing ever changes",
    {
      ...GONZ_EKS_PUB,
      fronts: withFront(GONZ_EKS_PUB, VIP_ONE, {
        policy: "balanced",
        servers: ["one", "two"],
        seed: 1,
      }),
    },
    [],
  ),
];
