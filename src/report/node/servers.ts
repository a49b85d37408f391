import { letterOf } from "../../map/servers.ts";
import { type Fact, valueOf } from "../../model/fact.ts";
import { compareIps } from "../../model/ip.ts";
import type { KnownAddress, KnownControlPlane } from "../../model/node/control-plane.ts";
import type { FlowAddress } from "../../model/node/flow.ts";
import type { NodeReport } from "../../model/node/report.ts";
import { type Endpoint, endpointId } from "../../model/node/socket.ts";

/** An API server that is known by name, and the addresses that lead to it. */
export interface NamedServer {
  /** A, B, … as `endpoints` has them: in the order of the addresses. */
  readonly letter: string;
  readonly host: string;
  readonly addresses: readonly ServerAddress[];
}

/** An address that leads to an API server, and what it is. */
export interface ServerAddress {
  readonly endpoint: Endpoint;
  readonly kind: FlowAddress["kind"];
}

/** The API servers of a report: by VIP, by ENI, then those that only a connection names. */
export function serversOf({
  controlPlane,
  flows,
}: Pick<NodeReport, "controlPlane" | "flows">): readonly NamedServer[] {
  const byHost = new Map<string, Map<string, ServerAddress>>();
  const add = (fact: Fact<string>, { endpoint, kind }: ServerAddress): void => {
    const host = valueOf(fact);
    if (host === undefined) return;
    const own = byHost.get(host) ?? new Map<string, ServerAddress>();
    byHost.set(host, own);
    const key = endpointId(endpoint);
    if (!own.has(key)) own.set(key, { endpoint, kind });
  };
  for (const address of addressesOf(controlPlane)) add(address.apiServer, address);
  for (const { direction, apiServer, address } of flows)
    if (direction === "to-control-plane" && address !== undefined) add(apiServer, address);
  return [...byHost].map(([host, addresses], index) => ({
    letter: letterOf(index),
    host,
    addresses: [...addresses.values()],
  }));
}

/** One address of the control plane, and what it is. */
export type PlacedAddress = KnownAddress & { readonly kind: FlowAddress["kind"] };

/** VIPs, ENIs, then what may be either, as far as they are known; each kind by address. */
export function addressesOf({
  vips,
  enis,
  others,
}: Pick<KnownControlPlane, "vips" | "enis" | "others">): readonly PlacedAddress[] {
  return [
    ...placed(valueOf(vips) ?? [], "vip"),
    ...placed(valueOf(enis) ?? [], "eni"),
    ...placed(others, "unknown"),
  ];
}

function placed(
  addresses: readonly KnownAddress[],
  kind: FlowAddress["kind"],
): readonly PlacedAddress[] {
  return addresses
    .map(({ endpoint, apiServer }) => ({ endpoint, apiServer, kind }))
    .toSorted(
      (a, b) => compareIps(a.endpoint.ip, b.endpoint.ip) || a.endpoint.port - b.endpoint.port,
    );
}

/** Of the API server in an answer; undefined where it is not known. */
export function letterFor(
  apiServer: Fact<string>,
  servers: readonly NamedServer[],
): string | undefined {
  const host = valueOf(apiServer);
  return servers.find((server) => server.host === host)?.letter;
}
