import { describe, expect, test } from "vitest";
import { known } from "../../../../src/model/fact.ts";
import type { TcpSocket } from "../../../../src/model/node/socket.ts";
import { judgeNode } from "../../../../src/node/checks/verdict.ts";
import { flowsOf, held, joinedWorld, lineOf } from "../../../support/joined-world.ts";
import {
  at,
  ENI_ONE,
  ENI_TWO,
  enisAt,
  judged,
  KUBELET,
  notRead,
  podOwner,
  process,
  socket,
} from "../../../support/node-world.ts";
import { WORKER_IP } from "../../../support/snapshots.ts";

const POD = "net:[4026532840]";
const POD_IP = "10.0.100.108";
const METRICS = process("metrics-server", podOwner("kube-system", "metrics-server-7d9"), {
  networkNamespace: POD,
});
const DENIED = notRead("ec2:DescribeNetworkInterfaces was denied");

function asks(ip: string, local = WORKER_IP): TcpSocket {
  return socket(at(ip, 51_234), { local: at(local, 10_250) });
}

describe("what comes in at kubelet's port", () => {
  test("is the control plane's where an ENI has the address, and others' are told apart", () => {
    const world = joinedWorld([held(KUBELET, asks(ENI_ONE)), held(KUBELET, asks("10.0.33.4"))]);
    expect(world.flows.map(lineOf)).toEqual([
      `kubelet from ${ENI_ONE} eni`,
      "kubelet from 10.0.33.4 unknown",
    ]);
    expect(judged("W09", world)).toMatchObject({
      status: "ok",
      summary: `the control plane comes in from ${ENI_ONE} to kubelet's port 10250`,
    });
    expect(judged("W09", world).details.at(-1)).toBe("others at that port: 10.0.33.4");
    expect(judgeNode(world, [], false).summary).toContain(" · 1 from it · 0 failed");
  });

  test("from a collector of metrics alone is not counted as the control plane's", () => {
    const world = joinedWorld([held(KUBELET, asks("10.0.33.4"))]);
    expect(judged("W09", world)).toMatchObject({
      status: "skip",
      summary: expect.stringContaining("no connection of the control plane"),
    });
    const { summary } = judgeNode(world, [], false);
    expect(summary).toContain("0 connections to the control plane · 0 from it");
  });

  test("from this worker or a pod on it is none", () => {
    const sockets = [WORKER_IP, "127.0.0.1", POD_IP].map((ip) => held(KUBELET, asks(ip)));
    expect(flowsOf(sockets, { snapshot: { podIps: [POD_IP] } })).toEqual([]);
  });

  test("at a pod that listens at the same port is the control plane's from an ENI, and not kubelet's", () => {
    const world = joinedWorld([
      held(METRICS, asks(ENI_TWO, POD_IP), POD),
      held(METRICS, asks("10.0.33.4", POD_IP), POD),
    ]);
    expect(world.flows.map(lineOf)).toEqual([`metrics-server from ${ENI_TWO} eni`]);
    expect(judged("W09", world)).toMatchObject({
      status: "skip",
      summary: expect.stringContaining("no connection of the control plane to port 10250"),
    });
    const both = joinedWorld([
      held(METRICS, asks(ENI_TWO, POD_IP), POD),
      held(KUBELET, asks(ENI_ONE)),
    ]);
    expect(judged("W09", both).summary).toBe(
      `the control plane comes in from ${ENI_ONE} to kubelet's port 10250`,
    );
  });

  test("is not known to be the control plane's where the ENIs are not, and the reason is said", () => {
    const world = joinedWorld([held(KUBELET, asks(ENI_ONE))], { controlPlane: { enis: DENIED } });
    expect(world.flows).toMatchObject([
      { address: { kind: "unknown" }, apiServer: { kind: "skipped" } },
    ]);
    expect(judged("W09", world)).toMatchObject({
      status: "unknown",
      summary: expect.stringContaining("ec2:DescribeNetworkInterfaces was denied"),
    });
  });

  test("has the API server of an address that the endpoint's name leads to, also without the ENIs", () => {
    const others = [{ endpoint: at(ENI_ONE), apiServer: known("one") }];
    const flows = flowsOf([held(KUBELET, asks(ENI_ONE))], {
      controlPlane: { enis: DENIED, others },
    });
    expect(flows.map(lineOf)).toEqual([`kubelet from ${ENI_ONE} unknown one`]);
  });

  test("from an ENI's other address is the control plane's, too", () => {
    const enis = enisAt([ENI_ONE]);
    const more = (enis.kind === "known" ? enis.value : []).map((one) => ({
      ...one,
      otherIps: ["2406:da12:1::29"],
    }));
    const flows = flowsOf([held(KUBELET, asks("2406:da12:1::29", "2406:da12:1::163"))], {
      controlPlane: { enis: known(more) },
    });
    expect(flows.map(lineOf)).toEqual(["kubelet from 2406:da12:1::29 eni"]);
  });
});
