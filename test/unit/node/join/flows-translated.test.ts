import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../src/model/fact.ts";
import type { ServiceNat } from "../../../../src/model/node/nat.ts";
import {
  flowOf,
  flowsOf,
  held,
  joinedWorld,
  lineOf,
  trackedTo,
  tracking,
} from "../../../support/joined-world.ts";
import {
  at,
  CLUSTER_IP,
  CNI,
  ENI_ONE,
  ENI_TWO,
  enisAt,
  FORMER_ENI,
  ipvsTo,
  judged,
  KUBELET,
  NO_RIGHT_TO_RULES,
  notRead,
  podOwner,
  process,
  rulesTo,
  socket,
  VIP_ONE,
} from "../../../support/node-world.ts";

const APP = process("app", podOwner("default", "app-0"), { networkNamespace: "net:[4026532840]" });
const POD = "net:[4026532840]";
const POD_IP = "10.0.100.108";

describe("a connection to the ClusterIP", () => {
  const own = socket(at(CLUSTER_IP));

  test("ends where the kernel's record of this very pair says, and not where another's does", () => {
    const tracked = trackedTo(own, at(ENI_TWO));
    const others = [
      trackedTo({ ...own, local: at(own.local.ip, own.local.port + 1) }, at(ENI_ONE)),
      trackedTo({ ...own, local: at(POD_IP, own.local.port) }, at(ENI_ONE)),
      trackedTo({ ...own, remote: at("172.20.0.11") }, at(ENI_ONE)),
    ];
    expect(flowOf([held(CNI, own)], { snapshot: tracking(...others, tracked) })).toMatchObject({
      seen: at(CLUSTER_IP),
      translation: { kind: "tracked", to: at(ENI_TWO) },
      address: { endpoint: at(ENI_TWO), kind: "eni" },
    });
    expect(flowOf([held(CNI, own)], { snapshot: tracking(...others) }).translation.kind).toBe(
      "by-rules",
    );
  });

  test("without a record has the rules' candidates, and no end of its own", () => {
    expect(flowOf([held(CNI, own)])).toMatchObject({
      translation: {
        kind: "by-rules",
        chain: "KUBE-SVC-NPX46M4PTMTKRN6Y",
        candidates: [
          { to: at(ENI_ONE), probability: 0.5 },
          { to: at(ENI_TWO), probability: 0.5 },
        ],
      },
      address: undefined,
      apiServer: { kind: "skipped" },
    });
  });

  test("with neither says which right would show it", () => {
    const snapshot = { nat: NO_RIGHT_TO_RULES, conntrack: notRead("conntrack: NET_ADMIN") };
    expect(flowOf([held(CNI, own)], { snapshot }).translation).toEqual({
      kind: "unknown",
      reason:
        "rules of NAT: root or CAP_NET_ADMIN would show those of iptables and nftables; conntrack: NET_ADMIN",
    });
    expect(flowOf([held(CNI, own)], { snapshot: { nat: known([]) } }).translation).toEqual({
      kind: "unknown",
      reason: "the kernel tracks no connections",
    });
    expect(
      flowOf([held(CNI, own)], { snapshot: { nat: known([]), conntrack: known([]) } }).translation,
    ).toEqual({ kind: "unknown", reason: "no rule translates it" });
  });

  test("is not said to be without a rule where some of the rules were not seen", () => {
    const blind = ["rules of NAT: nft is not installed where this runs"];
    const snapshot = { nat: known([]), conntrack: known([]), blind };
    expect(flowOf([held(CNI, own)], { snapshot }).translation).toEqual({
      kind: "unknown",
      reason: "rules of NAT: nft is not installed where this runs",
    });
  });

  test("that the kernel tracks and leaves alone does not go by the rules, which came later", () => {
    const waiting = { ...own, state: "syn-sent", retransmits: 5 } as const;
    const entry = trackedTo(own, at(CLUSTER_IP), { state: "SYN_SENT", replied: false });
    const world = joinedWorld([held(CNI, waiting)], { snapshot: tracking(entry) });
    expect(world.flows).toMatchObject([
      {
        translation: {
          kind: "unknown",
          reason: "the kernel tracks this connection, and translates it nowhere",
        },
        address: undefined,
      },
    ]);
    expect(judged("W04", world)).toMatchObject({
      status: "ok",
      details: [
        "where 1 connection through the ClusterIP ends is not known; it has not waited for long",
      ],
    });
    const silent = joinedWorld([held(CNI, { ...waiting, retransmits: 6 })], {
      snapshot: tracking(entry),
    });
    expect(judged("W04", silent)).toMatchObject({
      status: "warn",
      summary: expect.stringContaining(CLUSTER_IP),
    });
  });

  test("is found by the table in a pod's own network, too, under the pod's address", () => {
    const podSocket = socket(at(CLUSTER_IP), { local: at(POD_IP, 51_000) });
    const snapshot = tracking(trackedTo(podSocket, at(ENI_ONE)));
    expect(flowOf([held(APP, podSocket, POD)], { snapshot })).toMatchObject({
      process: { name: "app" },
      address: { endpoint: at(ENI_ONE), kind: "eni" },
    });
  });

  test("of a pod whose mesh takes it inside the pod leaves only the proxy's own to be followed", () => {
    const envoy = process("envoy", podOwner("default", "app-0"));
    const caught = socket(at(CLUSTER_IP), { local: at(POD_IP, 51_000) });
    const its = socket(at(CLUSTER_IP), { local: at(POD_IP, 51_001) });
    const lines = flowsOf([held(APP, caught, POD), held(envoy, its, POD)], {
      snapshot: tracking(trackedTo(its, at(ENI_ONE))),
    }).map(lineOf);
    expect(lines).toEqual([
      `app to ${CLUSTER_IP} -> ${ENI_ONE}|${ENI_TWO} by-rules`,
      `envoy to ${CLUSTER_IP} -> ${ENI_ONE} eni`,
    ]);
  });

  test("that is caught on this worker ends at no former ENI", () => {
    for (const end of [at("127.0.0.1", 15_001), at("10.0.105.163", 15_001), at(POD_IP, 15_001)]) {
      const change = {
        snapshot: { ...tracking(trackedTo(own, end)), podIps: [POD_IP] },
      };
      const world = joinedWorld([held(CNI, own)], change);
      expect(world.flows).toMatchObject([
        { translation: { kind: "tracked", to: end }, address: { kind: "unknown", endpoint: end } },
      ]);
      expect(judged("W04", world).status).toBe("ok");
    }
  });

  test("ends at a former ENI where the record says so, and the list of ENIs does not", () => {
    const waits = { ...own, sendQueueBytes: 1_517, retransmits: 8 };
    const change = { snapshot: tracking(trackedTo(own, at(FORMER_ENI))) };
    const world = joinedWorld([held(CNI, waits)], change);
    expect(world.flows.map(lineOf)).toEqual([
      `aws-k8s-agent to ${CLUSTER_IP} -> ${FORMER_ENI} former-eni`,
    ]);
    expect(judged("W04", world)).toMatchObject({
      status: "fail",
      addresses: [`${FORMER_ENI}:443`],
      next: expect.stringContaining("kubectl -n kube-system delete pod aws-node-4x7bp"),
    });
  });

  test("ends at nothing that is known where the list of ENIs could not be had", () => {
    const change = {
      snapshot: tracking(trackedTo(own, at(FORMER_ENI))),
      controlPlane: { enis: notRead("ec2:DescribeNetworkInterfaces was denied") },
    };
    const world = joinedWorld([held(CNI, own)], change);
    expect(world.flows.map(lineOf)).toEqual([
      `aws-k8s-agent to ${CLUSTER_IP} -> ${FORMER_ENI} unknown`,
    ]);
    expect(judged("W04", world).status).toBe("unknown");
    const none = joinedWorld([held(CNI, own)], {
      ...change,
      controlPlane: { enis: known([]) },
    });
    expect(none.flows[0]?.address?.kind).toBe("unknown");
  });

  test("has each candidate once where two back ends have rules for it, and no share", () => {
    const nat = known<readonly ServiceNat[]>([
      rulesTo([FORMER_ENI, ENI_ONE], { backend: "iptables-legacy" }),
      rulesTo([ENI_ONE, ENI_TWO]),
    ]);
    const { translation } = flowOf([held(CNI, own)], { snapshot: { nat } });
    expect(translation).toMatchObject({
      candidates: [FORMER_ENI, ENI_ONE, ENI_TWO].map((ip) => ({
        to: at(ip),
        probability: undefined,
      })),
    });
  });

  test("has the sum of the shares of an address that one service's rules lead to twice", () => {
    const nat = known([rulesTo([ENI_ONE, ENI_TWO, ENI_ONE], {}, [0.25, 0.5, 0.25])]);
    expect(flowOf([held(CNI, own)], { snapshot: { nat } }).translation).toMatchObject({
      candidates: [
        { to: at(ENI_ONE), probability: 0.5 },
        { to: at(ENI_TWO), probability: 0.5 },
      ],
    });
  });

  test("goes nowhere by rules that have no target, and is not said to go to one of none", () => {
    const nat = known([rulesTo([])]);
    expect(flowOf([held(CNI, own)], { snapshot: { nat } }).translation).toEqual({
      kind: "unknown",
      reason: "its rules lead nowhere",
    });
  });

  test("is told where IPVS translates it and nothing tells the ClusterIP: by the ENIs behind it", () => {
    const change = {
      snapshot: { nat: known([ipvsTo([ENI_ONE, ENI_TWO])]), serviceAddresses: [] },
      controlPlane: { service: skipped("nothing here tells it") },
    };
    expect(flowsOf([held(CNI, own)], change).map(lineOf)).toEqual([
      `aws-k8s-agent to ${CLUSTER_IP} -> ${ENI_ONE}|${ENI_TWO} by-rules`,
    ]);
    // With one target that is no ENI it may be anybody's.
    const mixed = { nat: known([ipvsTo([ENI_ONE, POD_IP])]), serviceAddresses: [] };
    expect(flowsOf([held(CNI, own)], { ...change, snapshot: mixed })).toEqual([]);
    const unknown = { ...change.controlPlane, enis: notRead("denied") };
    expect(flowsOf([held(CNI, own)], { ...change, controlPlane: unknown })).toEqual([]);
  });

  test("of an IPv6 cluster ends at the ENI's IPv6 address", () => {
    const [service, eni, gone] = ["fd3a:1::1", "2406:da12:1::29", "2406:da12:1::77"];
    const six = socket(at(service), { local: at("2406:da12:1::163", 40_404) });
    const nat = known([rulesTo([eni], { service: at(service) })]);
    const enis = enisAt([ENI_ONE]);
    const controlPlane = {
      enis: known(
        (enis.kind === "known" ? enis.value : []).map((one) => ({ ...one, otherIps: [eni] })),
      ),
      service: known({ endpoint: at(service), from: "the worker's rules" }),
    };
    const tracked = (to: string): ReturnType<typeof flowOf> =>
      flowOf([held(CNI, six)], {
        controlPlane,
        snapshot: { nat, ...tracking(trackedTo(six, at(to))) },
      });
    expect(tracked(eni).address).toMatchObject({ kind: "eni", endpoint: at(eni) });
    expect(tracked(gone).address).toMatchObject({ kind: "former-eni", endpoint: at(gone) });
    // Of ENIs that are known by IPv4 alone nothing follows.
    const four = flowOf([held(CNI, six)], {
      controlPlane: { ...controlPlane, enis },
      snapshot: { nat, ...tracking(trackedTo(six, at(gone))) },
    });
    expect(four.address?.kind).toBe("unknown");
  });
});

describe("a connection to another address", () => {
  const other = socket(at("172.20.50.7"));

  test("is the control plane's where the record leads to an ENI, and nobody's where it leads to a pod", () => {
    const toEni = tracking(trackedTo(other, at(ENI_ONE)));
    expect(flowsOf([held(APP, other)], { snapshot: toEni }).map(lineOf)).toEqual([
      `app to 172.20.50.7 -> ${ENI_ONE} eni`,
    ]);
    const toPod = tracking(trackedTo(other, at(POD_IP, 8_443)));
    expect(flowsOf([held(APP, other)], { snapshot: toPod })).toEqual([]);
  });

  test("is nobody's where two services' rules share a stale target, and it is the other's", () => {
    const nat = known([
      rulesTo([FORMER_ENI, ENI_ONE]),
      rulesTo([FORMER_ENI], {
        service: at("172.20.50.7"),
        name: "default/app:https",
        chain: "KUBE-SVC-APP",
      }),
    ]);
    const tracked = tracking(trackedTo(other, at(FORMER_ENI)));
    expect(flowsOf([held(APP, other)], { snapshot: { nat, ...tracked } })).toEqual([]);
    expect(flowsOf([held(KUBELET, other)], { snapshot: { nat } })).toEqual([]);
    const own = socket(at(CLUSTER_IP));
    expect(
      flowsOf([held(APP, own)], {
        snapshot: { nat, ...tracking(trackedTo(own, at(FORMER_ENI))) },
      }).map(lineOf),
    ).toEqual([`app to ${CLUSTER_IP} -> ${FORMER_ENI} former-eni`]);
  });

  test("by rules alone is the control plane's only where all of them lead to ENIs", () => {
    const service = {
      service: at("172.20.50.7"),
      name: "default/api:https",
      chain: "KUBE-SVC-API",
    };
    const nat = (
      ips: readonly string[],
    ): { readonly nat: ReturnType<typeof known<ServiceNat[]>> } => ({
      nat: known([rulesTo([ENI_ONE, ENI_TWO]), rulesTo(ips, service)]),
    });
    expect(flowsOf([held(APP, other)], { snapshot: nat([ENI_ONE]) }).map(lineOf)).toEqual([
      `app to 172.20.50.7 -> ${ENI_ONE} by-rules`,
    ]);
    expect(flowsOf([held(APP, other)], { snapshot: nat([ENI_ONE, POD_IP]) })).toEqual([]);
  });

  test("of a VIP stays one where it is caught on the way, and nobody guesses who is there", () => {
    const direct = socket(at(VIP_ONE));
    const snapshot = tracking(trackedTo(direct, at("127.0.0.1", 15_001)));
    expect(flowOf([held(KUBELET, direct)], { snapshot })).toMatchObject({
      seen: at(VIP_ONE),
      translation: { kind: "tracked", to: at("127.0.0.1", 15_001) },
      address: { kind: "unknown" },
      apiServer: { kind: "skipped" },
    });
    const elsewhere = socket(at("1.2.3.4"));
    const caught = tracking(trackedTo(elsewhere, at("127.0.0.1", 15_001)));
    expect(flowsOf([held(APP, elsewhere)], { snapshot: caught })).toEqual([]);
  });

  test("that the kernel tracks as it is goes straight", () => {
    const direct = socket(at(VIP_ONE));
    const snapshot = tracking(trackedTo(direct, at(VIP_ONE)));
    expect(flowOf([held(KUBELET, direct)], { snapshot })).toMatchObject({
      translation: { kind: "none" },
      address: { kind: "vip" },
    });
  });

  test("is led where the entry with an answer says, in whatever order two zones list it", () => {
    const direct = socket(at(CLUSTER_IP));
    const answered = trackedTo(direct, at(ENI_TWO));
    const unanswered = trackedTo(direct, at(ENI_ONE), { replied: false, assured: false });
    for (const entries of [
      [answered, unanswered],
      [unanswered, answered],
    ]) {
      const { address } = flowOf([held(CNI, direct)], { snapshot: tracking(...entries) });
      expect(address?.endpoint).toEqual(at(ENI_TWO));
    }
  });
});
