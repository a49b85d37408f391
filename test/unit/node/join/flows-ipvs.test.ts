import { describe, expect, test } from "vitest";
import { known } from "../../../../src/model/fact.ts";
import type { TcpSocket } from "../../../../src/model/node/socket.ts";
import { joinFlows } from "../../../../src/node/join/flows.ts";
import {
  at,
  CLUSTER_IP,
  CNI,
  ENI_ONE,
  ENI_TWO,
  ipvsTo,
  nodeWorld,
  socket,
} from "../../../support/node-world.ts";
import { WORKER_IP } from "../../../support/snapshots.ts";

/** The worker has the service's address itself, as kube-proxy's IPVS gives it to kube-ipvs0. */
function flowsOf(own: TcpSocket) {
  const { snapshot, controlPlane } = nodeWorld({
    snapshot: {
      localIps: ["127.0.0.1", WORKER_IP, CLUSTER_IP],
      nat: known([ipvsTo([ENI_ONE, ENI_TWO])]),
      namespaces: [{ id: "host", sockets: known([own]) }],
      owners: known({ [own.inode]: [CNI.pid] }),
      conntrack: known([
        {
          source: own.local,
          destination: own.remote,
          target: at(ENI_TWO),
          state: "ESTABLISHED",
          timeoutSeconds: 86_398,
          assured: true,
          replied: true,
        },
      ]),
    },
  });
  return joinFlows(snapshot, controlPlane);
}

describe("where IPVS gives the service's address to the worker", () => {
  test("a connection to it is followed to its ENI, though it goes from here to here", () => {
    const [flow, ...more] = flowsOf(socket(at(CLUSTER_IP), { local: at(CLUSTER_IP, 36_338) }));
    expect(flow).toMatchObject({
      process: { name: "aws-k8s-agent" },
      seen: at(CLUSTER_IP),
      translation: { kind: "tracked", to: at(ENI_TWO) },
      address: { kind: "eni", endpoint: at(ENI_TWO) },
    });
    expect(more).toEqual([]);
  });

  test("a service without endpoints is another's: that it leads to ENIs alone says nothing", () => {
    const idle = { ...ipvsTo([]), service: at("172.20.44.213") };
    const { snapshot, controlPlane } = nodeWorld({
      snapshot: {
        nat: known([ipvsTo([ENI_ONE, ENI_TWO]), idle]),
        namespaces: [{ id: "host", sockets: known([socket(idle.service)]) }],
      },
    });
    expect(joinFlows(snapshot, controlPlane)).toEqual([]);
  });

  test("a connection to another address or port of the worker is no connection to the control plane", () => {
    const sockets = [socket(at(WORKER_IP)), socket(at(CLUSTER_IP, 8_443))];
    const { snapshot, controlPlane } = nodeWorld({
      snapshot: {
        localIps: ["127.0.0.1", WORKER_IP, CLUSTER_IP],
        nat: known([ipvsTo([ENI_ONE, ENI_TWO])]),
        namespaces: [{ id: "host", sockets: known(sockets) }],
      },
    });
    expect(joinFlows(snapshot, controlPlane)).toEqual([]);
  });
});
