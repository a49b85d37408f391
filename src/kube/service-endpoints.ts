import * as v from "valibot";
import { addressId, HTTPS_PORT } from "../model/address.ts";
import type { WireReply } from "../model/conversation.ts";
import type { Fact } from "../model/fact.ts";
import { known, skipped, triOf, unknown } from "../model/fact.ts";
import type { ServiceEndpoints } from "../model/inspection.ts";
import { canonicalIp, compareIps } from "../model/ip.ts";
import { readDocument, readReply, unexpectedShape } from "./reply.ts";

const MAX_ITEMS = 100;
/** EndpointSlices hold at most 1,000 addresses, and a service has no more per slice. */
const MAX_ENDPOINTS = 1_000;

type Source = ServiceEndpoints["source"];
type ServiceAddress = ServiceEndpoints["addresses"][number];

const SELECTOR = `labelSelector=${encodeURIComponent("kubernetes.io/service-name=kubernetes")}`;

/** Where to ask, best first: v1 since 1.21, v1beta1 before, Endpoints ever since. */
export const SERVICE_ENDPOINT_PATHS: readonly (readonly [source: Source, path: string])[] = [
  ["endpointslices/v1", `/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?${SELECTOR}`],
  [
    "endpointslices/v1beta1",
    `/apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices?${SELECTOR}`,
  ],
  ["endpoints/v1", "/api/v1/namespaces/default/endpoints/kubernetes"],
];

/** Go writes an empty list as `null` or leaves it out. */
function listOf<const TSchema extends v.GenericSchema>(item: TSchema, max: number) {
  return v.nullish(v.pipe(v.array(item), v.maxLength(max)));
}

const Ip = v.pipe(v.string(), v.transform(canonicalIp), v.string());

const Ports = listOf(
  v.object({
    name: v.nullish(v.string()),
    port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  }),
  MAX_ITEMS,
);

type PortList = v.InferOutput<typeof Ports>;

const EndpointSliceList = v.object({
  kind: v.literal("EndpointSliceList"),
  items: listOf(
    v.object({
      metadata: v.object({ labels: v.nullish(v.record(v.string(), v.string())) }),
      addressType: v.string(),
      endpoints: listOf(
        v.object({
          addresses: listOf(v.string(), MAX_ITEMS),
          conditions: v.nullish(v.object({ ready: v.nullish(v.boolean()) })),
        }),
        MAX_ENDPOINTS,
      ),
      ports: Ports,
    }),
    MAX_ITEMS,
  ),
});

const EndpointAddresses = listOf(v.object({ ip: Ip }), MAX_ENDPOINTS);

const Endpoints = v.object({
  kind: v.literal("Endpoints"),
  subsets: listOf(
    v.object({ addresses: EndpointAddresses, notReadyAddresses: EndpointAddresses, ports: Ports }),
    MAX_ITEMS,
  ),
});

/**
 * Reads the EndpointSlices of `default/kubernetes` (recorded: kube-apiserver 1.20, v1beta1; v1 has
 * the same fields). Slices of other services and of host names are left out. A missing `ready` is
 * unknown. Never throws.
 */
export function parseEndpointSlices(body: string, source: Source): Fact<ServiceEndpoints> {
  const read = readDocument(body, EndpointSliceList, SLICES);
  if (read.kind !== "known") return read;
  const slices = (read.value.items ?? []).filter(
    ({ metadata, addressType }) =>
      metadata.labels?.["kubernetes.io/service-name"] === "kubernetes" &&
      (addressType === "IPv4" || addressType === "IPv6"),
  );
  const addresses = slices.flatMap(({ endpoints, ports }) =>
    (endpoints ?? []).flatMap((endpoint) =>
      (endpoint.addresses ?? []).map((text) => ({
        ip: canonicalIp(text),
        port: httpsPort(ports),
        ready: triOf(endpoint.conditions?.ready ?? undefined),
      })),
    ),
  );
  return addresses.every(hasIp)
    ? known({ source, addresses: inOrder(addresses) })
    : unknown(unexpectedShape(SLICES));
}

const SLICES = "the list of EndpointSlices";

function hasIp<T extends { readonly ip: string | undefined }>(
  address: T,
): address is T & { readonly ip: string } {
  return address.ip !== undefined;
}

/** Reads the Endpoints `default/kubernetes` (recorded: kube-apiserver 1.20). Never throws. */
export function parseEndpoints(body: string): Fact<ServiceEndpoints> {
  const read = readDocument(body, Endpoints, "the Endpoints of the kubernetes service");
  if (read.kind !== "known") return read;
  const addresses = (read.value.subsets ?? []).flatMap((subset) => {
    const port = httpsPort(subset.ports);
    return [
      ...(subset.addresses ?? []).map(({ ip }) => ({ ip, port, ready: "yes" as const })),
      ...(subset.notReadyAddresses ?? []).map(({ ip }) => ({ ip, port, ready: "no" as const })),
    ];
  });
  return known({ source: "endpoints/v1", addresses: inOrder(addresses) });
}

/**
 * The first of the answers to SERVICE_ENDPOINT_PATHS, in their order, that could be had. Without
 * any, the reason is that of the best source the API server has: that an old one has no v1 says
 * less than that the caller may not read v1beta1.
 */
export function readServiceEndpoints(replies: readonly WireReply[]): Fact<ServiceEndpoints> {
  const facts = SERVICE_ENDPOINT_PATHS.flatMap(
    ([source], index): readonly Fact<ServiceEndpoints>[] => {
      const reply = replies[index];
      if (reply === undefined) return [];
      return [
        source === "endpoints/v1"
          ? readReply(reply, "read the Endpoints of default/kubernetes", parseEndpoints)
          : readReply(reply, "list endpointslices in default", (body) =>
              parseEndpointSlices(body, source),
            ),
      ];
    },
  );
  const had = facts.find((fact) => fact.kind === "known");
  const denied = facts.find((fact) => fact.kind === "unknown" && fact.failure.cause !== "404");
  return had ?? denied ?? facts[0] ?? skipped("not asked for");
}

/** The port named `https`, which the kubernetes service has; no port at all means every port. */
function httpsPort(ports: PortList): number {
  const all = ports ?? [];
  return (all.find(({ name }) => name === "https") ?? all[0])?.port ?? HTTPS_PORT;
}

/** By number, each once: one address may be in two slices while they are rewritten. */
function inOrder(addresses: readonly ServiceAddress[]): readonly ServiceAddress[] {
  const byId = new Map(addresses.map((address) => [addressId(address.ip, address.port), address]));
  return [...byId.values()].toSorted((a, b) => compareIps(a.ip, b.ip) || a.port - b.port);
}
