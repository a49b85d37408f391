import { type Fact, valueOf } from "../../model/fact.ts";
import { canonicalIp, familyOf } from "../../model/ip.ts";
import type { KnownControlPlane, KnownEni } from "../../model/node/control-plane.ts";
import type { FlowAddress } from "../../model/node/flow.ts";
import type { ServiceNat } from "../../model/node/nat.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import { type Endpoint, endpointId } from "../../model/node/socket.ts";
import { endpointPort } from "../known/control-plane.ts";
import { kubernetesServices } from "../nat/services.ts";

/** Where a connection ends, and who is there. */
export interface End {
  readonly address: FlowAddress;
  readonly apiServer: Fact<string>;
}

/** What each address is that a socket of this worker may have for a peer. */
export interface AddressBook {
  /** A VIP, an ENI, or what else the endpoint's name leads to. */
  readonly knownAt: (endpoint: Endpoint) => End | undefined;
  /** By any of their addresses. */
  readonly eniByIp: ReadonlyMap<string, KnownEni>;
  /** What the name leads to where the ENIs are not known, which may be theirs. */
  readonly otherByIp: ReadonlyMap<string, Fact<string>>;
  /** Whether an ENI with this address would be known. */
  readonly enisKnown: (endpoint: Endpoint) => boolean;
  /** The endpoint's port. */
  readonly port: number;
  /** Where `default/kubernetes` is to be found, by `endpointId`. */
  readonly services: ReadonlySet<string>;
  /** Where the other services are. */
  readonly otherServices: ReadonlySet<string>;
  /** The rules for `default/kubernetes`. */
  readonly rules: readonly ServiceNat[];
  /** Where they lead, by `endpointId`. */
  readonly targets: ReadonlySet<string>;
  /** Whether it is the worker itself, or one of its pods. */
  readonly isHere: (ip: string) => boolean;
}

/** Everything that is known of addresses, ready to be looked up for each socket. */
export function bookOf(snapshot: NodeSnapshot, controlPlane: KnownControlPlane): AddressBook {
  const enis = valueOf(controlPlane.enis) ?? [];
  const service = valueOf(controlPlane.service)?.endpoint;
  const told = [...(service === undefined ? [] : [service]), ...snapshot.serviceAddresses];
  const eniByIp = new Map(
    enis.flatMap((eni) => ipsOf(eni).map((ip) => [canonical(ip), eni] as const)),
  );
  const services = valueOf(snapshot.nat) ?? [];
  const rules = rulesOf(services, told, eniByIp);
  const own = new Set([...told, ...rules.map((one) => one.service)].map(endpointId));
  const families = new Set([...eniByIp.keys()].map(familyOf));
  const here = new Set([...snapshot.localIps.map(canonical), ...podIpsOf(snapshot)]);
  return {
    knownAt: knownAt(controlPlane, eniByIp),
    eniByIp,
    otherByIp: new Map(
      controlPlane.others.map(({ endpoint, apiServer }) => [canonical(endpoint.ip), apiServer]),
    ),
    enisKnown: ({ ip }) => families.has(familyOf(ip)),
    port: endpointPort(controlPlane, snapshot),
    services: own,
    otherServices: new Set(
      services.map((one) => endpointId(one.service)).filter((key) => !own.has(key)),
    ),
    rules,
    targets: new Set(rules.flatMap(({ targets }) => targets.map(({ to }) => endpointId(to)))),
    isHere: (ip) => here.has(ip) || ip.startsWith("127.") || ip === "::1",
  };
}

function ipsOf({ endpoint, otherIps }: KnownEni): readonly string[] {
  return [endpoint.ip, ...otherIps];
}

/** A saved run may be written by anybody; what the kernel says is in this form already. */
function canonical(ip: string): string {
  return canonicalIp(ip) ?? ip;
}

/**
 * IPVS has no names: where nothing tells the ClusterIP, a service that leads to the cluster's ENIs
 * and to nothing else is a way to the API servers all the same.
 */
function rulesOf(
  services: readonly ServiceNat[],
  told: readonly Endpoint[],
  enis: ReadonlyMap<string, KnownEni>,
): readonly ServiceNat[] {
  const named = new Set(
    kubernetesServices(
      services,
      told.map(({ ip }) => ip),
    ),
  );
  return services.filter(
    (one) =>
      named.has(one) || (one.targets.length > 0 && one.targets.every(({ to }) => enis.has(to.ip))),
  );
}

/** Routes tell those of IPv4 by themselves; the others by the sockets in their own namespaces. */
function podIpsOf({ namespaces, podIps }: NodeSnapshot): readonly string[] {
  const seen = namespaces
    .slice(1)
    .flatMap(({ sockets }) => (valueOf(sockets) ?? []).map(({ local }) => local.ip));
  return [...podIps.map(canonical), ...seen];
}

function knownAt(
  { vips, enis, others }: KnownControlPlane,
  eniByIp: ReadonlyMap<string, KnownEni>,
): AddressBook["knownAt"] {
  const book = new Map<string, End>();
  const add = (
    { ip, port }: Endpoint,
    kind: FlowAddress["kind"],
    apiServer: Fact<string>,
    eniId?: string,
  ): void => {
    const endpoint = { ip: canonical(ip), port };
    book.set(endpointId(endpoint), { address: { endpoint, kind, eniId }, apiServer });
  };
  for (const { endpoint, apiServer } of others) add(endpoint, "unknown", apiServer);
  for (const { endpoint, apiServer } of valueOf(vips) ?? []) add(endpoint, "vip", apiServer);
  for (const { endpoint, apiServer, eniId } of valueOf(enis) ?? [])
    add(endpoint, "eni", apiServer, eniId);
  return (endpoint) => {
    // The cluster's ENIs are there for its API servers alone. The endpoint may have another port
    // than they do, as behind a tunnel.
    const eni = eniByIp.get(endpoint.ip);
    const met = book.get(endpointId(endpoint));
    if (eni === undefined || met?.address.kind === "eni") return met;
    return { address: { endpoint, kind: "eni", eniId: eni.eniId }, apiServer: eni.apiServer };
  };
}
