import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../src/model/fact.ts";
import type { KnownControlPlane } from "../../../../src/model/node/control-plane.ts";
import type { TcpSocket, TcpState } from "../../../../src/model/node/socket.ts";
import { flowOf, flowsOf, held, joinedWorld, lineOf } from "../../../support/joined-world.ts";
import {
  at,
  CLUSTER_IP,
  CNI,
  ENI_ONE,
  ENI_TWO,
  enisAt,
  FORMER_ENI,
  judged,
  KUBE_PROXY,
  KUBELET,
  notRead,
  podOwner,
  process,
  proxied,
  rulesTo,
  socket,
  VIP_ONE,
  type WorldChange,
} from "../../../support/node-world.ts";
import { WORKER_IP } from "../../../support/snapshots.ts";

const APP = process("app", podOwner("default", "app-0"));
const POD_IP = "10.0.100.108";
const NO_ENIS = { controlPlane: { enis: notRead("ec2:DescribeNetworkInterfaces was denied") } };

/** Private access is on, and the name leads to the ENIs. */
const PRIVATE: WorldChange = { controlPlane: { privateAccess: "yes", vips: known([]) } };

/** A port other than 443, as of a tunnel. */
function atPort(port: number): Partial<KnownControlPlane> {
  return {
    vips: known([{ endpoint: at(VIP_ONE, port), apiServer: skipped("not asked") }]),
    enis: known([
      { endpoint: at(ENI_ONE, port), apiServer: known("one"), eniId: "eni-1", otherIps: [] },
    ]),
  };
}

describe("a connection that is translated nowhere", () => {
  test("is the control plane's, whoever has it, where a VIP or an ENI is at its end", () => {
    const stranger = held(undefined, socket(at(ENI_ONE)));
    const lines = flowsOf([stranger, held(APP, socket(at(VIP_ONE)))]).map(lineOf);
    expect(lines).toEqual([`app to ${VIP_ONE} vip ip-172-16-173-248`, `? to ${ENI_ONE} eni`]);
    expect(flowsOf([stranger])[0]?.ownerReason).toBe("its process could not be seen");
  });

  test("of others to other hosts at 443 is none of these", () => {
    for (const ip of ["1.2.3.4", "10.0.77.7", "172.20.0.11", "2406:da12::5"]) {
      expect(flowsOf([held(APP, socket(at(ip))), held(undefined, socket(at(ip)))])).toEqual([]);
    }
  });

  test("is told at another port than 443 by that port, and by the ENI's address at any", () => {
    const change = { controlPlane: atPort(8_443) };
    const lines = flowsOf(
      [
        held(KUBELET, socket(at(VIP_ONE, 8_443))),
        held(APP, socket(at(ENI_ONE, 443))),
        // Not the endpoint's port.
        held(APP, socket(at(VIP_ONE, 443))),
        held(KUBE_PROXY, socket(at("10.0.77.7", 443))),
      ],
      change,
    ).map(lineOf);
    expect(lines).toEqual([`kubelet to ${VIP_ONE} vip`, `app to ${ENI_ONE} eni one`]);
    // Rules lead to 443 there, whatever the endpoint's port is: none of these is a former one.
    const own = socket(at(CLUSTER_IP));
    const { address } = flowOf([held(CNI, own)], {
      ...change,
      snapshot: {
        conntrack: known([
          {
            source: own.local,
            destination: own.remote,
            target: at(ENI_ONE),
            state: "ESTABLISHED",
            timeoutSeconds: 1,
            assured: true,
            replied: true,
          },
        ]),
      },
    });
    expect(address).toEqual({ endpoint: at(ENI_ONE), kind: "eni", eniId: "eni-1" });
  });

  test.each<[TcpState, number]>([
    ["established", 1],
    ["syn-sent", 1],
    ["fin-wait-1", 1],
    ["close-wait", 1],
    ["time-wait", 0],
    ["close", 0],
    ["listen", 0],
  ])("counts in state %s: %i", (state, number) => {
    expect(flowsOf([held(KUBELET, socket(at(VIP_ONE), { state }))])).toHaveLength(number);
  });

  test("that no process has any more is told with the reason", () => {
    const orphan = socket(at(VIP_ONE), { inode: 0, state: "fin-wait-1" });
    expect(flowOf([held(undefined, orphan)])).toMatchObject({
      process: undefined,
      ownerReason: "no process has it any more",
    });
  });

  test("that several processes share belongs to the oldest, also where its pid is the higher", () => {
    const shared = socket(at(VIP_ONE));
    const [first, second] = [
      process("server", { kind: "session" }, { pid: 32_000 }),
      process(
        "worker",
        { kind: "session" },
        { pid: 400, startedAt: known("2023-04-18T00:00:00.000Z") },
      ),
    ];
    for (const by of [
      [first, second],
      [second, first],
    ]) {
      expect(flowOf([{ socket: shared, by }]).process?.name).toBe("server");
    }
    const unknown = { ...second, startedAt: skipped("not known") };
    expect(flowOf([{ socket: shared, by: [unknown, first] }]).process?.name).toBe("server");
  });

  test("of a process that ended meanwhile says so", () => {
    const own = socket(at(VIP_ONE));
    const world = joinedWorld([held(KUBELET, own)], { snapshot: { processes: [] } });
    expect(world.flows[0]).toMatchObject({
      process: undefined,
      ownerReason: "its process ended while it was read",
    });
  });

  test("where owners are not known is told by its address alone, with the reason", () => {
    const owners = skipped("the copy has no /proc/PID/fd");
    const sockets = [held(KUBELET, socket(at(VIP_ONE))), held(KUBELET, socket(at("10.0.77.7")))];
    const flows = flowsOf(sockets, { snapshot: { owners } });
    expect(flows).toMatchObject([
      { process: undefined, ownerReason: "the copy has no /proc/PID/fd", seen: at(VIP_ONE) },
    ]);
  });

  test("is to an ENI in whatever way a saved run writes its address", () => {
    const enis = known([
      {
        endpoint: at(ENI_ONE),
        apiServer: known("one"),
        eniId: "eni-1",
        otherIps: ["2406:DA12:0001::0029"],
      },
    ]);
    const six = held(APP, socket(at("2406:da12:1::29")));
    expect(flowsOf([six], { controlPlane: { enis } }).map(lineOf)).toEqual([
      "app to 2406:da12:1::29 eni one",
    ]);
  });

  test("is to an ENI by whichever of its addresses, though a saved run calls that a VIP", () => {
    const second = "10.0.20.99";
    const controlPlane = {
      vips: known([{ endpoint: at(second), apiServer: known("two") }]),
      enis: known([
        { endpoint: at(ENI_ONE), apiServer: known("one"), eniId: "eni-1", otherIps: [second] },
      ]),
    };
    expect(flowsOf([held(APP, socket(at(second)))], { controlPlane }).map(lineOf)).toEqual([
      `app to ${second} eni one`,
    ]);
  });

  test("of the worker to itself is none, unless the endpoint's name leads there", () => {
    const own = [at(WORKER_IP), at("127.0.0.1"), at("::1")];
    expect(flowsOf(own.map((to) => held(KUBELET, socket(to))))).toEqual([]);
    const tunnel = { vips: known([{ endpoint: at("127.0.0.1"), apiServer: known("one") }]) };
    expect(
      flowsOf([held(KUBELET, socket(at("127.0.0.1")))], { controlPlane: tunnel }),
    ).toHaveLength(1);
  });

  test("to an ENI that a pod is told in place of the ClusterIP is no connection to a service", () => {
    const snapshot = { serviceAddresses: [at(ENI_ONE)] };
    expect(flowsOf([held(CNI, socket(at(ENI_ONE)))], { snapshot }).map(lineOf)).toEqual([
      `aws-k8s-agent to ${ENI_ONE} eni`,
    ]);
  });
});

describe("kubelet's connection to an address that nobody names", () => {
  const gone = socket(at(FORMER_ENI));

  test("is to a former ENI where it has no other, and waits", () => {
    const waits = { ...gone, sendQueueBytes: 900, retransmits: 9 };
    const world = joinedWorld(
      [held(KUBELET, waits), held(KUBE_PROXY, socket(at(ENI_ONE)))],
      PRIVATE,
    );
    expect(world.flows.map(lineOf)).toEqual([
      `kubelet to ${FORMER_ENI} former-eni`,
      `kube-proxy to ${ENI_ONE} eni`,
    ]);
    expect(judged("W04", world)).toMatchObject({
      status: "fail",
      next: expect.stringContaining("systemctl restart kubelet.service"),
    });
    expect(judged("W05", world).status).toBe("ok");
  });

  test("and does not wait yet, where it has no other", () => {
    const world = joinedWorld([held(KUBELET, gone)], PRIVATE);
    expect(world.flows.map(lineOf)).toEqual([`kubelet to ${FORMER_ENI} former-eni`]);
    expect(judged("W04", world).status).toBe("warn");
  });

  test("is perhaps a registry's VPC endpoint where it has another to an ENI and is answered", () => {
    const world = joinedWorld([held(KUBELET, gone), held(KUBELET, socket(at(ENI_ONE)))], PRIVATE);
    expect(world.flows.map(lineOf)).toEqual([
      `kubelet to ${ENI_ONE} eni`,
      `kubelet to ${FORMER_ENI} unknown`,
    ]);
    expect(judged("W04", world).status).toBe("ok");
    expect(judged("W05", world).status).toBe("ok");
  });

  test("is a former ENI's beside another that has no answer either", () => {
    const lost = held(KUBELET, socket(at(ENI_ONE), { retransmits: 5, sendQueueBytes: 1 }));
    expect(flowsOf([held(KUBELET, gone), lost], PRIVATE).map(lineOf)).toEqual([
      `kubelet to ${ENI_ONE} eni`,
      `kubelet to ${FORMER_ENI} former-eni`,
    ]);
  });

  test("is a former ENI's beside another where it waits, as just after it turned away", () => {
    const waits = { ...gone, sendQueueBytes: 900, retransmits: 3 };
    const world = joinedWorld([held(KUBELET, waits), held(KUBELET, socket(at(ENI_ONE)))], PRIVATE);
    expect(world.flows.map(lineOf)).toContain(`kubelet to ${FORMER_ENI} former-eni`);
    expect(judged("W04", world).status).toBe("fail");
  });

  test("is never a former ENI's where the ENIs are not known, though VIPs are", () => {
    const world = joinedWorld([held(KUBELET, { ...gone, retransmits: 9 })], NO_ENIS);
    expect(world.flows.map(lineOf)).toEqual([`kubelet to ${FORMER_ENI} unknown`]);
    expect(judged("W04", world)).toMatchObject({ status: "warn", side: "network" });
  });

  test("is none where it is a public one, nor where kubelet's proxy has that port", () => {
    expect(flowsOf([held(KUBELET, socket(at("3.35.1.2")))]).map(lineOf)).toEqual([
      "kubelet to 3.35.1.2 unknown",
    ]);
    const proxy = proxied({ httpsProxy: "https://proxy.corp.example" });
    const behind = process("kubelet", { kind: "unit", unit: "kubelet.service" }, { proxy });
    expect(flowsOf([held(behind, gone)]).map(lineOf)).toEqual([`kubelet to ${FORMER_ENI} unknown`]);
    const elsewhere = { ...behind, proxy: proxied({ httpsProxy: "http://10.0.7.7:3128" }) };
    expect(flowsOf([held(elsewhere, gone)]).map(lineOf)).toEqual([
      `kubelet to ${FORMER_ENI} former-eni`,
    ]);
  });

  test("is none where it is of IPv6, whose private addresses look as public as any", () => {
    const enis = known([
      {
        endpoint: at(ENI_ONE),
        apiServer: known("one"),
        eniId: "eni-1",
        otherIps: ["2406:da12::29"],
      },
    ]);
    const six = held(KUBELET, socket(at("2406:da12::99"), { state: "syn-sent", retransmits: 3 }));
    expect(flowsOf([six], { controlPlane: { enis } }).map(lineOf)).toEqual([
      "kubelet to 2406:da12::99 unknown",
    ]);
  });

  test("is none of these where it asks a pod, whether routes tell it or its own network", () => {
    const asks = held(KUBELET, socket(at(POD_IP), { state: "syn-sent", retransmits: 3 }));
    expect(flowsOf([asks]).map(lineOf)).toEqual([`kubelet to ${POD_IP} former-eni`]);
    expect(flowsOf([asks], { snapshot: { podIps: [POD_IP] } })).toEqual([]);
    const inPod = socket(at("1.2.3.4"), { local: at(POD_IP, 50_000) });
    expect(flowsOf([asks, held(APP, inPod, "net:[1]")])).toEqual([]);
    const six = "2406:da12:1:2::7";
    const asksSix = held(KUBELET, socket(at(six)));
    expect(flowsOf([asksSix]).map(lineOf)).toEqual([`kubelet to ${six} unknown`]);
    const inSix = socket(at("2600::1"), { local: at(six, 50_000) });
    expect(flowsOf([asksSix, held(APP, inSix, "net:[1]")])).toEqual([]);
  });

  test("is none where that is another service's", () => {
    const nat = known([
      rulesTo([ENI_ONE, ENI_TWO]),
      rulesTo([POD_IP], {
        service: at("172.20.50.7"),
        name: "default/app:https",
        chain: undefined,
      }),
    ]);
    expect(flowsOf([held(KUBELET, socket(at("172.20.50.7")))], { snapshot: { nat } })).toEqual([]);
  });
});

describe("a stale target of the rules, met directly", () => {
  const snapshot = { nat: known([rulesTo([FORMER_ENI, ENI_ONE])]) };

  test("is a former ENI for whoever goes there", () => {
    expect(flowsOf([held(APP, socket(at(FORMER_ENI)))], { snapshot }).map(lineOf)).toEqual([
      `app to ${FORMER_ENI} former-eni`,
    ]);
  });

  test("is not known where the ENIs are not, and a pod's where that has the address now", () => {
    const sockets = [held(APP, socket(at(FORMER_ENI)))];
    expect(flowsOf(sockets, { snapshot, ...NO_ENIS }).map(lineOf)).toEqual([
      `app to ${FORMER_ENI} unknown`,
    ]);
    expect(flowsOf(sockets, { snapshot: { ...snapshot, podIps: [FORMER_ENI] } })).toEqual([]);
    expect(flowsOf([held(APP, socket(at(FORMER_ENI, 80)))], { snapshot })).toEqual([]);
  });
});

describe("what goes out, by whole worlds", () => {
  const vpc: WorldChange = { controlPlane: { privateAccess: "yes" } };

  test("warns where kubelet goes to a VIP, and not where the CNI goes by the ClusterIP", () => {
    const world = joinedWorld(
      [held(KUBELET, socket(at(VIP_ONE))), held(CNI, socket(at(CLUSTER_IP)))],
      vpc,
    );
    expect(judged("W05", world)).toMatchObject({
      status: "warn",
      summary: `kubelet goes out to ${VIP_ONE}, though private access is on`,
    });
    const inside = joinedWorld(
      [held(KUBELET, socket(at(ENI_ONE))), held(CNI, socket(at(CLUSTER_IP)))],
      vpc,
    );
    expect(judged("W05", inside)).toMatchObject({
      status: "ok",
      summary: `kubelet goes to ${ENI_ONE}, inside the VPC`,
    });
  });

  test("does not take a registry's public address, beside a connection to an ENI, for a VIP", () => {
    const world = joinedWorld(
      [held(KUBELET, socket(at(ENI_ONE))), held(KUBELET, socket(at("3.35.1.2")))],
      vpc,
    );
    expect(judged("W05", world).status).not.toBe("warn");
  });

  test("says it of an ENI's IPv6 address no more than of its private one", () => {
    const six: TcpSocket = socket(at("2406:da12:1::29"));
    const enis = enisAt([ENI_ONE]);
    const known6 = {
      enis: known(
        (enis.kind === "known" ? enis.value : []).map((one) => ({
          ...one,
          otherIps: ["2406:da12:1::29"],
        })),
      ),
    };
    const world = joinedWorld([held(KUBELET, six)], {
      controlPlane: { privateAccess: "yes", ...known6 },
    });
    expect(judged("W05", world).status).toBe("ok");
  });
});
