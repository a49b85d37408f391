import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../src/model/fact.ts";
import type { NodeReport } from "../../../../src/model/node/report.ts";
import { renderNodeJson } from "../../../../src/report/node/json.ts";
import { NODE_SCHEMA } from "../../../../src/report/node/schema.ts";
import { toNodeDocument } from "../../../../src/report/node/to-document.ts";
import { TOOL } from "../../../support/check-reports.ts";
import { hostileNode } from "../../../support/hostile-nodes.ts";
import {
  crowdedWorker,
  fieldNotes,
  nodeReportOf,
  sickWorker,
  withoutRights,
} from "../../../support/node-reports.ts";
import {
  CNI,
  ENI_TWO,
  ipvsTo,
  KUBELET,
  nodeWorld,
  notRead,
  proxied,
  serviceFlow,
} from "../../../support/node-world.ts";
import { differ } from "../../../support/schema-check.ts";
import { PUB_ONE, PUB_TWO } from "../../../support/snapshots.ts";

const differences = differ(NODE_SCHEMA);

function parsed(report: NodeReport): unknown {
  return JSON.parse(renderNodeJson(report, TOOL));
}

const NOTHING_READ: NodeReport = nodeReportOf(
  nodeWorld({
    snapshot: {
      nat: notRead("denied"),
      conntrackUse: notRead("denied"),
      kubelet: notRead("denied"),
      nameServers: skipped("no such file"),
    },
    flows: [],
  }),
  true,
);

describe("a worker in -o json", () => {
  test.each([
    ["of the field notes", fieldNotes()],
    ["that is sick", sickWorker()],
    ["read without rights", withoutRights()],
    ["with 40 pods", crowdedWorker(40)],
    ["of which nothing was read", NOTHING_READ],
    ["with IPVS", nodeReportOf(nodeWorld({ snapshot: { nat: known([ipvsTo([ENI_TWO])]) } }))],
  ])("%s is what the schema says, and nothing besides", (_name, report) => {
    expect(differences(parsed(report))).toEqual([]);
  });

  test("is what the schema says, whatever the worker holds", () => {
    fc.assert(
      fc.property(hostileNode, (report) => {
        expect(differences(parsed(report))).toEqual([]);
      }),
    );
  });

  test("tells a connection from the process to the API server", () => {
    const { connections, processes, apiServers } = toNodeDocument(fieldNotes(), TOOL);
    const connection = connections.find(({ process }) => process === CNI.name);
    expect(connection).toMatchObject({
      direction: "to-control-plane",
      pid: CNI.pid,
      remote: "172.20.0.1:443",
      translation: { kind: "tracked", to: "10.0.95.229:443" },
      address: "10.0.95.229:443",
      addressKind: "eni",
      eniId: "eni-0b2f1c9d8e7a65432",
      apiServer: { state: "known", value: PUB_TWO.host },
    });
    expect(processes.find(({ pid }) => pid === CNI.pid)?.owner).toMatchObject({
      kind: "pod",
      namespace: "kube-system",
      pod: "aws-node-4x7bp",
    });
    expect(apiServers).toEqual([
      {
        id: "A",
        host: PUB_ONE.host,
        addresses: [
          { address: "43.200.53.253:443", kind: "vip" },
          { address: "10.0.20.41:443", kind: "eni" },
        ],
      },
      {
        id: "B",
        host: PUB_TWO.host,
        addresses: [
          { address: "52.79.39.107:443", kind: "vip" },
          { address: "10.0.95.229:443", kind: "eni" },
        ],
      },
    ]);
  });

  test("has the rules of default/kubernetes with their shares, and of no other service", () => {
    const { services } = toNodeDocument(fieldNotes(), TOOL);
    expect(services.value).toHaveLength(1);
    expect(services.value?.[0]).toMatchObject({
      backend: "iptables-nft",
      address: "172.20.0.1:443",
      chain: "KUBE-SVC-NPX46M4PTMTKRN6Y",
      targets: [
        { address: "10.0.20.41:443", probability: 0.5, chain: "KUBE-SEP-5UMKMGJMUDXCXVAP" },
        { address: "10.0.95.229:443", probability: 0.5, chain: "KUBE-SEP-CQ7WW6ZVSX2XUWDS" },
      ],
    });
  });

  test("says why a part is not there, and never leaves a property out", () => {
    expect(parsed(NOTHING_READ)).toMatchObject({
      simulated: true,
      services: { state: "unknown", value: null, reason: "denied", problem: { side: "local" } },
      kubelet: { state: "unknown", value: null, reason: "denied" },
      nameServers: { state: "skipped", value: null, reason: "no such file", problem: null },
      connections: [],
      processes: [],
    });
    expect(parsed(fieldNotes())).not.toHaveProperty("simulated");
  });

  test("names the processes that have a connection, and no other", () => {
    const flows = [serviceFlow(CNI, undefined)];
    const { processes } = toNodeDocument(nodeReportOf(nodeWorld({ flows })), TOOL);
    expect(processes.map(({ pid }) => pid)).toEqual([CNI.pid]);
  });

  test("has nothing of a process's environment", () => {
    const owner = { ...KUBELET, proxy: proxied({ httpsProxy: "http://proxy.corp.example:3128" }) };
    const report = nodeReportOf(nodeWorld({ flows: [serviceFlow(owner, undefined)] }));
    const quiet = { ...report, findings: [] };
    expect(renderNodeJson(quiet, TOOL)).not.toContain("proxy.corp.example");
  });
});
