import { known } from "../../src/model/fact.ts";
import type { NodeFlow } from "../../src/model/node/flow.ts";
import type { NodeProcess } from "../../src/model/node/process.ts";
import type { NodeReport } from "../../src/model/node/report.ts";
import { runNodeChecks } from "../../src/node/checks/run.ts";
import { judgeNode } from "../../src/node/checks/verdict.ts";
import {
  at,
  CNI,
  directFlow,
  ENI_ONE,
  ENI_TWO,
  FORMER_ENI,
  inboundFlow,
  KUBE_PROXY,
  KUBELET,
  NO_RIGHT_TO_RULES,
  type NodeWorld,
  nodeWorld,
  podOwner,
  process,
  proxied,
  rulesTo,
  serviceFlow,
  VIP_ONE,
  type WorldChange,
} from "./node-world.ts";
import { PUB_ONE, PUB_TWO } from "./snapshots.ts";

/** A world with what the checks make of it. */
export function nodeReportOf(world: NodeWorld, simulated = false): NodeReport {
  const findings = runNodeChecks(world);
  return { ...world, findings, verdict: judgeNode(world, findings, false), simulated };
}

/** The second address of the endpoint in the field notes. */
const VIP_TWO = "52.79.39.107";

/** Which API server of the field notes is behind an address. */
function answeredBy(ip: string): NodeFlow["apiServer"] {
  return known([VIP_ONE, ENI_ONE].includes(ip) ? PUB_ONE.host : PUB_TWO.host);
}

/** The control plane of the field notes when every one of its addresses was asked. */
const ASKED: NonNullable<WorldChange["controlPlane"]> = {
  vips: known([VIP_ONE, VIP_TWO].map((ip) => ({ endpoint: at(ip), apiServer: answeredBy(ip) }))),
  enis: known([
    {
      endpoint: at(ENI_TWO),
      apiServer: answeredBy(ENI_TWO),
      eniId: "eni-0b2f1c9d8e7a65432",
      otherIps: [],
    },
    {
      endpoint: at(ENI_ONE),
      apiServer: answeredBy(ENI_ONE),
      eniId: "eni-01a2b3c4d5e6f7089",
      otherIps: [],
    },
  ]),
};

const ENI_IDS: Readonly<Record<string, string>> = {
  [ENI_ONE]: "eni-01a2b3c4d5e6f7089",
  [ENI_TWO]: "eni-0b2f1c9d8e7a65432",
};

function answered(flow: NodeFlow): NodeFlow {
  const { address } = flow;
  if (address === undefined) return flow;
  const { ip } = address.endpoint;
  const isKnown = address.kind === "vip" || address.kind === "eni";
  return {
    ...flow,
    address: { ...address, eniId: ENI_IDS[ip] },
    apiServer: isKnown ? answeredBy(ip) : flow.apiServer,
  };
}

/** What the field notes show of a worker, whole. */
export function fieldNotes(): NodeReport {
  const flows = [
    directFlow(KUBELET, VIP_ONE, "vip"),
    directFlow(KUBE_PROXY, VIP_ONE, "vip"),
    serviceFlow(CNI, { ip: ENI_TWO, kind: "eni" }),
    inboundFlow(ENI_ONE, "eni"),
    inboundFlow(ENI_TWO, "eni"),
    inboundFlow(ENI_TWO, "eni"),
  ].map(answered);
  return nodeReportOf(nodeWorld({ controlPlane: ASKED, flows }));
}

const SCRAPER = process(
  "prometheus",
  podOwner("monitoring", "prometheus-kube-prometheus-stack-prometheus-0"),
);
const COREDNS = process("coredns", podOwner("kube-system", "coredns-5f8d9c6b7-x2x4z"));
const OPERATOR = process("manager", { kind: "container", containerId: "9c1d".repeat(16) });

function byRules(owner: NodeProcess): NodeFlow {
  return {
    ...serviceFlow(owner, undefined),
    translation: {
      kind: "by-rules",
      chain: "KUBE-SVC-NPX46M4PTMTKRN6Y",
      candidates: [
        { to: at(ENI_ONE), probability: 0.5 },
        { to: at(FORMER_ENI), probability: 0.5 },
      ],
    },
  };
}

/** A worker after an update of the control plane, on which almost nothing is as it should be. */
export function sickWorker(): NodeReport {
  const kubelet = { ...KUBELET, proxy: proxied({ httpsProxy: "http://10.0.9.9:3128" }) };
  const flows = [
    directFlow(kubelet, VIP_ONE, "vip"),
    directFlow(KUBE_PROXY, VIP_TWO, "vip"),
    ...[517, 1_240].map((sendQueueBytes) =>
      serviceFlow(
        CNI,
        { ip: FORMER_ENI, kind: "former-eni" },
        { sendQueueBytes, retransmits: 9, timer: "retransmit" },
      ),
    ),
    serviceFlow(SCRAPER, { ip: ENI_TWO, kind: "eni" }, { receiveQueueBytes: 64_000 }),
    byRules(COREDNS),
    byRules(OPERATOR),
    directFlow(undefined, ENI_ONE, "eni", { state: "close-wait", uid: 65_532 }),
    ...["10.0.96.2", "10.0.96.2", "10.0.97.31"].map((ip) => inboundFlow(ip, "unknown")),
  ].map(answered);
  const world = nodeWorld({
    controlPlane: { ...ASKED, privateAccess: "yes" },
    snapshot: {
      nat: known([rulesTo([ENI_ONE, FORMER_ENI])]),
      conntrackUse: known({ count: 128_900, max: 131_072 }),
      blind: [
        "owners of 3 sockets: 12 of 90 processes are another user's, and root with CAP_SYS_PTRACE would show them",
        "names of pods: /var/log/pods may not be read, and root would show them",
      ],
    },
    flows,
  });
  return nodeReportOf(world, true);
}

/** As a user without rights sees it, with nobody asked. */
export function withoutRights(): NodeReport {
  const reason = "--no-probe was given, and no --map";
  const blind = Array.from({ length: 9 }, (_, index) => `part ${index + 1}: root would show it`);
  const world = nodeWorld({
    controlPlane: {
      source: { kind: "none", reason },
      privateAccess: "unknown",
      vips: { kind: "skipped", reason },
      enis: { kind: "skipped", reason },
    },
    snapshot: { nat: NO_RIGHT_TO_RULES, blind },
    flows: [
      directFlow(undefined, VIP_ONE, "unknown"),
      serviceFlow(undefined, undefined, { uid: 1_000 }),
      inboundFlow(ENI_ONE, "unknown"),
      inboundFlow("10.0.96.2", "unknown"),
    ],
  });
  return nodeReportOf(world);
}

/** A worker with so many pods, each with a connection through the ClusterIP; the last is in trouble. */
export function crowdedWorker(pods: number): NodeReport {
  const flows = Array.from({ length: pods }, (_, index) => {
    const name = `web-${String(index).padStart(4, "0")}`;
    const owner = process("web", podOwner("shop", name), { pid: 10_000 + index });
    return index === pods - 1
      ? serviceFlow(owner, { ip: FORMER_ENI, kind: "former-eni" }, { sendQueueBytes: 88 })
      : serviceFlow(owner, { ip: index % 2 === 0 ? ENI_ONE : ENI_TWO, kind: "eni" });
  });
  return nodeReportOf(nodeWorld({ controlPlane: ASKED, flows: flows.map(answered) }));
}
