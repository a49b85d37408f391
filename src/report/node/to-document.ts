import type { Fact } from "../../model/fact.ts";
import type { KnownAddress, KnownControlPlane } from "../../model/node/control-plane.ts";
import type { NodeFlow, Translation } from "../../model/node/flow.ts";
import type { ServiceNat } from "../../model/node/nat.ts";
import type { NodeProcess, ProcessOwner } from "../../model/node/process.ts";
import type { NodeFinding, NodeReport } from "../../model/node/report.ts";
import { endpointId } from "../../model/node/socket.ts";
import { kubernetesNat } from "../../node/checks/kubernetes-nat.ts";
import { NODE_CHECKS } from "../../node/checks/table.ts";
import type { Tool } from "../json/document.ts";
import { type FactDocument, factDocument } from "../json/fact.ts";
import {
  type AddressDocument,
  type ConnectionDocument,
  type ControlPlaneDocument,
  type FindingDocument,
  NODE_SCHEMA_VERSION,
  type NodeDocument,
  type OwnerDocument,
  type ProcessDocument,
  type ServerDocument,
  type ServiceDocument,
  type TranslationDocument,
} from "./document.ts";
import { type NamedServer, serversOf } from "./servers.ts";

/** The document of a report; what is undefined in it is null in JSON: not known, or not so. */
export function toNodeDocument(report: NodeReport, tool: Tool): NodeDocument {
  const { snapshot, controlPlane, flows, findings, verdict, simulated } = report;
  const { source, nat } = snapshot;
  const used = new Set(flows.map(({ process }) => process?.pid));
  return {
    schemaVersion: NODE_SCHEMA_VERSION,
    tool,
    ...(simulated ? { simulated } : {}),
    readAt: snapshot.readAt,
    hostname: snapshot.hostname,
    source: { kind: source.kind, path: source.kind === "live" ? undefined : source.path },
    localIps: snapshot.localIps,
    serviceAddresses: snapshot.serviceAddresses.map(endpointId),
    kubelet: factDocument(
      snapshot.kubelet,
      ({ server, clusterName, region, nodeIp, clusterDns, file }) => ({
        server,
        clusterName,
        region,
        nodeIp,
        clusterDns,
        file,
      }),
    ),
    nameServers: same(snapshot.nameServers),
    nameServersFile: snapshot.nameServersFile,
    controlPlane: controlPlaneDocument(controlPlane),
    apiServers: serversOf(report).map(serverDocument),
    services: factDocument(nat, () => kubernetesNat(report).map(serviceDocument)),
    conntrack: same(snapshot.conntrackUse),
    processes: snapshot.processes.filter(({ pid }) => used.has(pid)).map(processDocument),
    connections: flows.map(connectionDocument),
    notSeen: snapshot.blind,
    findings: findings.map(findingDocument),
    verdict,
  };
}

function same<T>(fact: Fact<T>): FactDocument<T> {
  return factDocument(fact, (value) => value);
}

function addressDocument({ endpoint, apiServer }: KnownAddress): AddressDocument {
  return { address: endpointId(endpoint), apiServer: same(apiServer) };
}

function controlPlaneDocument(known: KnownControlPlane): ControlPlaneDocument {
  const { source, cluster, region, endpointHost, privateAccess, vips, enis, others } = known;
  const isMap = source.kind === "map";
  return {
    source: {
      kind: source.kind,
      file: isMap ? source.file : undefined,
      startedAt: isMap ? source.startedAt : undefined,
      detail: detailOf(source),
    },
    cluster,
    region,
    endpointHost,
    privateAccess,
    vips: factDocument(vips, (list) => list.map(addressDocument)),
    enis: factDocument(enis, (list) =>
      list.map((eni) => ({
        ...addressDocument(eni),
        eniId: eni.eniId,
        otherIps: eni.otherIps,
      })),
    ),
    others: others.map(addressDocument),
    service: factDocument(known.service, ({ endpoint, from }) => ({
      address: endpointId(endpoint),
      from,
    })),
  };
}

function detailOf(source: KnownControlPlane["source"]): string | undefined {
  switch (source.kind) {
    case "probe":
      return source.verdict;
    case "none":
      return source.reason;
    case "map":
      return undefined;
  }
}

function serverDocument({ letter, host, addresses }: NamedServer): ServerDocument {
  return {
    id: letter,
    host,
    addresses: addresses.map(({ endpoint, kind }) => ({ address: endpointId(endpoint), kind })),
  };
}

function findingDocument(finding: NodeFinding): FindingDocument {
  return { ...finding, optional: NODE_CHECKS[finding.code].optional === true };
}

function serviceDocument(nat: ServiceNat): ServiceDocument {
  const { backend, service, name, chain, targets, oddities } = nat;
  return {
    backend,
    address: endpointId(service),
    name,
    chain,
    targets: targets.map(({ to, probability, chain: own, weight }) => ({
      address: endpointId(to),
      probability,
      chain: own,
      weight,
    })),
    oddities,
  };
}

function processDocument(process: NodeProcess): ProcessDocument {
  const { pid, name, command, startedAt, owner, networkNamespace } = process;
  return {
    pid,
    name,
    command: same(command),
    startedAt: same(startedAt),
    owner: ownerDocument(owner),
    networkNamespace,
  };
}

const NO_OWNER: OwnerDocument = {
  kind: "unknown",
  unit: undefined,
  namespace: undefined,
  pod: undefined,
  container: undefined,
  podUid: undefined,
  containerId: undefined,
  reason: undefined,
};

function ownerDocument(owner: ProcessOwner): OwnerDocument {
  return { ...NO_OWNER, ...owner };
}

function connectionDocument(flow: NodeFlow): ConnectionDocument {
  const { direction, process, ownerReason, socket, translation, address, apiServer } = flow;
  const { local, remote, state, sendQueueBytes, receiveQueueBytes, retransmits, timer, uid } =
    socket;
  return {
    direction,
    pid: process?.pid,
    process: process?.name,
    ownerReason,
    local: endpointId(local),
    remote: endpointId(remote),
    state,
    sendQueueBytes,
    receiveQueueBytes,
    retransmits,
    timer,
    uid,
    translation: translationDocument(translation),
    address: address === undefined ? undefined : endpointId(address.endpoint),
    addressKind: address?.kind,
    eniId: address?.eniId,
    apiServer: same(apiServer),
  };
}

function translationDocument(translation: Translation): TranslationDocument {
  const { kind } = translation;
  const none = { kind, to: undefined, chain: undefined, candidates: [], reason: undefined };
  switch (kind) {
    case "none":
      return none;
    case "tracked":
      return { ...none, to: endpointId(translation.to) };
    case "by-rules":
      return {
        ...none,
        chain: translation.chain,
        candidates: translation.candidates.map(({ to, probability }) => ({
          address: endpointId(to),
          probability,
        })),
      };
    case "unknown":
      return { ...none, reason: translation.reason };
  }
}
