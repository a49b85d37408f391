import { type AddressKind, addressId, HTTPS_PORT, portOfUrl } from "../../model/address.ts";
import type { Cluster } from "../../model/cluster.ts";
import { type Fact, known, skipped, unknown, valueOf } from "../../model/fact.ts";
import { familyOf, firstHostOf, isInCidrs } from "../../model/ip.ts";
import type { ControlPlaneMap } from "../../model/map.ts";
import type { KnownAddress, KnownControlPlane } from "../../model/node/control-plane.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import type { Endpoint } from "../../model/node/socket.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { kubernetesServices } from "../nat/services.ts";

/** A run, as it was made now or read back from a file. */
export interface KnownRun {
  readonly snapshot: Snapshot;
  readonly map: ControlPlaneMap;
}

/** What a run tells of the control plane that a worker's connections go to. */
export function controlPlaneOf(
  { snapshot, map }: KnownRun,
  source: KnownControlPlane["source"],
  node: NodeSnapshot,
): KnownControlPlane {
  const cluster = valueOf(snapshot.cluster);
  const apiServerAt = apiServersOf(snapshot, map);
  const endpoint = cluster?.endpoint;
  const port = endpoint?.port ?? snapshot.addresses[0]?.port ?? HTTPS_PORT;
  const addresses = snapshot.addresses.map(({ kind, ip, port: own }) => ({
    kind,
    known: { endpoint: { ip, port: own }, apiServer: apiServerAt(ip, own) },
  }));
  const [vips, others] = [ofKind(addresses, "vip"), ofKind(addresses, "other")];
  return {
    source,
    ...identityOf(snapshot, node),
    privateAccess: cluster?.privateAccess ?? "unknown",
    vips: vipsOf(snapshot, vips, others),
    enis: enisOf(snapshot, port, apiServerAt),
    others,
    service: serviceOf(
      node,
      cluster,
      addresses.map((address) => address.known),
    ),
  };
}

function ofKind(
  addresses: readonly { readonly kind: AddressKind; readonly known: KnownAddress }[],
  kind: AddressKind,
): readonly KnownAddress[] {
  return addresses.filter((address) => address.kind === kind).map((address) => address.known);
}

type Identity = Pick<KnownControlPlane, "cluster" | "region" | "endpointHost">;

function identityOf({ cluster: fact, request }: Snapshot, node: NodeSnapshot): Identity {
  const cluster = valueOf(fact);
  if (cluster === undefined)
    return { cluster: request.cluster, ...toldToKubelet(node, request.cluster) };
  const { name, region, arn, endpoint } = cluster;
  return { cluster: name, region: region ?? arn?.split(":")[3], endpointHost: endpoint?.host };
}

/** Where nobody tells of the cluster: what this worker's kubelet is told, if it belongs to that one. */
function toldToKubelet(node: NodeSnapshot, name: string): Omit<Identity, "cluster"> {
  const { cluster, region, endpointHost } = ofKubelet(node);
  const isOther = cluster !== undefined && cluster !== name;
  return isOther ? { region: undefined, endpointHost: undefined } : { region, endpointHost };
}

function ofKubelet(node: NodeSnapshot): Identity {
  const kubelet = valueOf(node.kubelet);
  const server = kubelet?.server ?? "";
  return {
    cluster: kubelet?.clusterName,
    region: kubelet?.region,
    endpointHost: URL.canParse(server) ? new URL(server).hostname : undefined,
  };
}

/** Where nobody was asked: what the worker itself knows of its control plane. */
export function controlPlaneUnasked(reason: string, node: NodeSnapshot): KnownControlPlane {
  return {
    source: { kind: "none", reason },
    ...ofKubelet(node),
    privateAccess: "unknown",
    vips: skipped(reason),
    enis: skipped(reason),
    others: [],
    service: serviceOf(node, undefined, []),
  };
}

/** By the control plane's own addresses; where nobody was asked, by what kubelet is told. */
export function endpointPort(
  { vips, enis, others }: KnownControlPlane,
  { kubelet }: NodeSnapshot,
): number {
  const [first] = [...(valueOf(vips) ?? []), ...(valueOf(enis) ?? []), ...others];
  if (first !== undefined) return first.endpoint.port;
  const server = valueOf(kubelet)?.server ?? "";
  return URL.canParse(server) ? portOfUrl(new URL(server)) : HTTPS_PORT;
}

/** Which answers came from an address, as far as they agree. */
function apiServersOf(
  { addresses }: Snapshot,
  { paths, apiServers }: ControlPlaneMap,
): (ip: string, port: number) => Fact<string> {
  const hosts = new Map(apiServers.map(({ id, host }) => [id, host ?? `API server ${id}`]));
  const byAddress = new Map(
    addresses.map(({ id }) => [id, paths.filter(({ address }) => address === id)]),
  );
  return (ip, port) => {
    const own = byAddress.get(addressId(ip, port)) ?? [];
    const met = own.flatMap(({ apiServer }) => hosts.get(apiServer ?? "") ?? []);
    const [first, second] = met;
    if (second !== undefined) return skipped(`answers from ${met.length} API servers in turns`);
    if (first !== undefined) return known(first);
    const state = own[0]?.state;
    if (state === undefined) return skipped("it was not asked");
    switch (state.kind) {
      case "ok":
        return skipped("its answers name no API server");
      case "skipped":
        return skipped(state.reason);
      case "answered":
      case "failed":
      case "unknown":
        return unknown(state.failure);
    }
  };
}

/**
 * None is an answer only where somebody resolved the name, and where it is known which of the
 * addresses the ENIs own.
 */
function vipsOf(
  { resolutions, cluster, enis }: Snapshot,
  vips: readonly KnownAddress[],
  others: readonly KnownAddress[],
): KnownControlPlane["vips"] {
  if (vips.length > 0) return known(vips);
  if (others.length > 0 && enis.kind !== "known") return enis;
  const answers = resolutions.map(({ answer }) => answer);
  if (answers.some(({ kind }) => kind === "records")) return known([]);
  const failed = answers.flatMap((answer) => (answer.kind === "failed" ? [answer.failure] : []))[0];
  if (failed !== undefined) return unknown(failed);
  if (answers.length > 0) return known([]);
  if (cluster.kind === "unknown") return unknown(cluster.failure);
  return skipped("nobody resolved the endpoint's name");
}

function enisOf(
  { enis }: Snapshot,
  port: number,
  apiServerAt: (ip: string, port: number) => Fact<string>,
): KnownControlPlane["enis"] {
  if (enis.kind !== "known") return enis;
  return known(
    enis.value.map(({ id, privateIp, otherIps }) => {
      // One API server is behind all addresses of an ENI; IPv6 alone may lead there from here.
      const [primary, ...further] = [privateIp, ...otherIps].map((ip) => apiServerAt(ip, port));
      return {
        eniId: id,
        endpoint: { ip: privateIp, port },
        otherIps,
        apiServer:
          [primary, ...further].find((fact) => fact?.kind === "known") ??
          primary ??
          skipped("it was not asked"),
      };
    }),
  );
}

/**
 * The worker's own rules first: they are what its pods go by. `own` are the control plane's own
 * addresses, of which some are told one in place of the ClusterIP.
 */
function serviceOf(
  node: NodeSnapshot,
  cluster: Cluster | undefined,
  own: readonly KnownAddress[],
): KnownControlPlane["service"] {
  const [ruled] = kubernetesServices(valueOf(node.nat) ?? []);
  if (ruled !== undefined) return known({ endpoint: ruled.service, from: "the worker's rules" });
  const range = rangeOf(cluster);
  const told = toldTo(node, range, own);
  if (told !== undefined) return known({ endpoint: told, from: "the environment of a pod" });
  const first = range === undefined ? undefined : firstHostOf(range);
  if (first !== undefined) return known(https(first, `the service range ${range}`));
  for (const dns of valueOf(node.kubelet)?.clusterDns ?? []) {
    const ip = besideDns(dns);
    if (ip !== undefined) return known(https(ip, `kubelet's cluster DNS ${dns}`));
  }
  return skipped("nothing here tells the ClusterIP of default/kubernetes");
}

/** What replaces kube-proxy is told where the API servers are themselves, by the same variables. */
function toldTo(
  { serviceAddresses }: NodeSnapshot,
  range: string | undefined,
  own: readonly KnownAddress[],
): Endpoint | undefined {
  const ips = new Set(own.map(({ endpoint }) => endpoint.ip));
  const services = serviceAddresses.filter(({ ip }) => !ips.has(ip));
  return range === undefined ? services[0] : services.find(({ ip }) => isInCidrs(ip, [range]));
}

function rangeOf(cluster: Cluster | undefined): string | undefined {
  return cluster?.ipFamily === "ipv6" ? cluster.serviceIpv6Cidr : cluster?.serviceIpv4Cidr;
}

function https(ip: string, from: string): { readonly endpoint: Endpoint; readonly from: string } {
  return { endpoint: { ip, port: HTTPS_PORT }, from };
}

/**
 * kube-dns is at the range's tenth address, `kubernetes` at its first (EKS user guide), and no range
 * is smaller than a /24. Of node-local DNS, which is at a link-local address, nothing follows.
 */
function besideDns(dns: string): string | undefined {
  if (familyOf(dns) === 6) return dns.endsWith("::a") ? `${dns.slice(0, -1)}1` : undefined;
  if (!dns.endsWith(".10") || isInCidrs(dns, ["169.254.0.0/16", "127.0.0.0/8"])) return undefined;
  return `${dns.slice(0, -2)}1`;
}
