import { portOfUrl } from "../../model/address.ts";
import { type Fact, skipped, valueOf } from "../../model/fact.ts";
import { familyOf, isPublicIp } from "../../model/ip.ts";
import type { KnownControlPlane } from "../../model/node/control-plane.ts";
import type { NodeFlow, Translation } from "../../model/node/flow.ts";
import type { NodeProcess } from "../../model/node/process.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import {
  type Endpoint,
  endpointId,
  type TcpSocket,
  type TcpState,
} from "../../model/node/socket.ts";
import { isOfNode, KUBELET_PORT } from "../names.ts";
import { type AddressBook, bookOf, type End } from "./address-book.ts";
import { inOrder } from "./flow-order.ts";
import { type Owner, ownersOf } from "./owners.ts";
import { ruledBy, trackedBy } from "./translation.ts";

/** Connections that are over, or that were never any. */
const NO_CONNECTION: ReadonlySet<TcpState> = new Set(["listen", "time-wait", "close"]);

/**
 * Every connection between this worker and the control plane: which process has it, where it goes as
 * the process sees it, where the kernel takes it, and which API server is there; and who else comes
 * in at kubelet's port. A socket that is none of them is left out. Pure; in the order of the report,
 * which does not depend on that of the snapshot.
 */
export function joinFlows(
  snapshot: NodeSnapshot,
  controlPlane: KnownControlPlane,
): readonly NodeFlow[] {
  const book = bookOf(snapshot, controlPlane);
  const ownerOf = ownersOf(snapshot);
  const trackedTo = trackedBy(snapshot);
  const ruled = ruledBy(book.rules, snapshot);
  const flows: NodeFlow[] = [];
  const perhaps: Met[] = [];
  for (const [index, { sockets }] of snapshot.namespaces.entries()) {
    for (const socket of valueOf(sockets) ?? []) {
      if (NO_CONNECTION.has(socket.state)) continue;
      const met = { socket, owner: ownerOf(socket) };
      const flow =
        socket.local.port === KUBELET_PORT
          ? inboundFlow(met, book, index === 0)
          : outboundFlow(met, trackedTo(socket), book, ruled);
      if (flow !== undefined) flows.push(flow);
      else if (mayBeEndpoint(met, book)) perhaps.push(met);
    }
  }
  const served = new Set(
    flows.flatMap((flow) => (isStraight(flow) ? (flow.process?.pid ?? []) : [])),
  );
  return inOrder([...flows, ...perhaps.map((met) => straightFlow(met, served, book))]);
}

/** A socket and who has it. */
interface Met {
  readonly socket: TcpSocket;
  readonly owner: Owner;
}

/**
 * Whoever asks kubelet, but for this worker and its pods. In a pod that listens at the same port, as
 * metrics-server does, the cluster's ENIs alone count.
 */
function inboundFlow(met: Met, book: AddressBook, isHost: boolean): NodeFlow | undefined {
  const { remote } = met.socket;
  const eni = book.eniByIp.get(remote.ip);
  if (eni === undefined && (!isHost || book.isHere(remote.ip))) return undefined;
  const kind = eni === undefined ? "unknown" : "eni";
  const apiServer =
    eni?.apiServer ??
    book.otherByIp.get(remote.ip) ??
    skipped("no ENI of the cluster is known by this address");
  const end: End = { address: { endpoint: remote, kind, eniId: eni?.eniId }, apiServer };
  return made("from-control-plane", met, NOT_TRANSLATED, end);
}

const NOT_TRANSLATED: Translation = { kind: "none" };

function outboundFlow(
  met: Met,
  target: Endpoint | undefined,
  book: AddressBook,
  ruled: (service: Endpoint) => Translation,
): NodeFlow | undefined {
  const { remote } = met.socket;
  const key = endpointId(remote);
  const isTranslated = target !== undefined && endpointId(target) !== key;
  if (isTranslated) return ledFlow(met, target, book);
  const known = book.knownAt(remote);
  if (known !== undefined) return outbound(met, NOT_TRANSLATED, known);
  if (book.services.has(key)) {
    // Before what is of this worker: IPVS has each ClusterIP at an interface of its own.
    const translation: Translation =
      target === undefined
        ? ruled(remote)
        : {
            kind: "unknown",
            reason: "the kernel tracks this connection, and translates it nowhere",
          };
    return outbound(met, translation, undefined);
  }
  // It was an API server's when the rules for the service were written.
  const isTarget = book.targets.has(key) && !book.isHere(remote.ip);
  if (!isTarget) return undefined;
  const end = book.enisKnown(remote) ? formerEnd(remote) : unknownEnd(remote, TARGET);
  return outbound(met, NOT_TRANSLATED, end);
}

const TARGET = "which API server has this address, to which the rules lead, is not known";

/** By the kernel's own record it goes to `target`, whatever the process sees. */
function ledFlow(met: Met, target: Endpoint, book: AddressBook): NodeFlow | undefined {
  const { remote } = met.socket;
  const end =
    book.knownAt(target) ??
    (book.services.has(endpointId(remote)) ? behindService(target, book) : undefined) ??
    (book.knownAt(remote) !== undefined || mayBeEndpoint(met, book)
      ? unknownEnd(target, "it is led elsewhere on this worker, and where that goes is not known")
      : undefined);
  return end === undefined ? undefined : outbound(met, { kind: "tracked", to: target }, end);
}

/** Behind the ClusterIP there are API servers alone, but for proxies that catch connections to it. */
function behindService(target: Endpoint, book: AddressBook): End {
  const { ip } = target;
  if (book.isHere(ip))
    return unknownEnd(target, "it is led to this worker itself, and where that goes is not known");
  return book.enisKnown(target) && mayBeEni(ip)
    ? formerEnd(target)
    : unknownEnd(target, NOTHING_KNOWN);
}

/**
 * kubelet and kube-proxy have little other business at the endpoint's port: kubelet's probes of pods,
 * and in older versions its questions to registries.
 */
function mayBeEndpoint({ socket, owner }: Met, book: AddressBook): boolean {
  const { local, remote } = socket;
  return (
    isOfNode(owner.process) &&
    local.port !== KUBELET_PORT &&
    remote.port === book.port &&
    !book.isHere(remote.ip) &&
    !book.otherServices.has(endpointId(remote))
  );
}

/** One that shows that its process has a way to the control plane. */
function isStraight({ direction, process, socket, translation, address }: NodeFlow): boolean {
  return (
    direction === "to-control-plane" &&
    isOfNode(process) &&
    translation.kind === "none" &&
    address?.kind !== "former-eni" &&
    socket.state === "established" &&
    socket.retransmits === 0
  );
}

/**
 * To an address that nobody names. A process that has another connection to the control plane may
 * have this one for something else, as old kubelets to a VPC endpoint of the registry; unless it
 * waits there for an answer.
 */
function straightFlow(met: Met, served: ReadonlySet<number>, book: AddressBook): NodeFlow {
  const { socket, owner } = met;
  const { remote } = socket;
  const { ip } = remote;
  const waits = socket.retransmits > 0 || socket.state === "syn-sent";
  const isServed = owner.process !== undefined && served.has(owner.process.pid);
  // An ENI's IPv6 address looks as public as any.
  const wasEni =
    familyOf(ip) === 4 && mayBeEni(ip) && book.enisKnown(remote) && (waits || !isServed);
  const end =
    wasEni && !isProxyAt(owner.process, remote)
      ? formerEnd(remote)
      : unknownEnd(remote, NOTHING_KNOWN);
  return outbound(met, NOT_TRANSLATED, end);
}

const NOTHING_KNOWN = "nothing is known of this address";

function mayBeEni(ip: string): boolean {
  return familyOf(ip) === 6 || !isPublicIp(ip);
}

/** A proxy's name may have any address; its port tells. */
function isProxyAt(process: NodeProcess | undefined, { port }: Endpoint): boolean {
  const proxy = process === undefined ? undefined : valueOf(process.proxy)?.httpsProxy;
  if (proxy === undefined || !URL.canParse(proxy)) return false;
  return portOfUrl(new URL(proxy)) === port;
}

function formerEnd(endpoint: Endpoint): End {
  return {
    address: { endpoint, kind: "former-eni", eniId: undefined },
    apiServer: skipped("no ENI of the cluster has this address any more"),
  };
}

function unknownEnd(endpoint: Endpoint, reason: string): End {
  return { address: { endpoint, kind: "unknown", eniId: undefined }, apiServer: skipped(reason) };
}

const END_OPEN: Fact<string> = skipped(
  "which of the addresses behind the service it goes to is not known",
);

function outbound(met: Met, translation: Translation, end: End | undefined): NodeFlow {
  return made("to-control-plane", met, translation, end);
}

function made(
  direction: NodeFlow["direction"],
  { socket, owner: { process, reason } }: Met,
  translation: Translation,
  end: End | undefined,
): NodeFlow {
  return {
    direction,
    process,
    ownerReason: reason,
    socket,
    seen: socket.remote,
    translation,
    address: end?.address,
    apiServer: end?.apiServer ?? END_OPEN,
  };
}
