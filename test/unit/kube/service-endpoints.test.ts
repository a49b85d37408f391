import { describe, expect, test } from "vitest";
import {
  parseEndpointSlices,
  parseEndpoints,
  readServiceEndpoints,
} from "../../../src/kube/service-endpoints.ts";
import type { WireReply } from "../../../src/model/conversation.ts";
import type { Fact } from "../../../src/model/fact.ts";
import type { ServiceEndpoints } from "../../../src/model/inspection.ts";
import { answered } from "../../support/wire-reply.ts";

/** As recorded from kube-apiserver 1.20, less managedFields. */
const SLICES = `{
  "kind": "EndpointSliceList",
  "apiVersion": "discovery.k8s.io/v1beta1",
  "metadata": { "resourceVersion": "210" },
  "items": [
    {
      "metadata": {
        "name": "kubernetes",
        "namespace": "default",
        "labels": { "kubernetes.io/service-name": "kubernetes" }
      },
      "addressType": "IPv4",
      "endpoints": [
        { "addresses": ["172.16.173.248"], "conditions": { "ready": true } },
        { "addresses": ["172.16.57.254"], "conditions": { "ready": true } }
      ],
      "ports": [{ "name": "https", "protocol": "TCP", "port": 443 }]
    }
  ]
}`;

const ENDPOINTS = `{
  "kind": "Endpoints",
  "apiVersion": "v1",
  "metadata": { "name": "kubernetes", "namespace": "default" },
  "subsets": [
    {
      "addresses": [{ "ip": "172.16.173.248" }, { "ip": "172.16.57.254" }],
      "ports": [{ "name": "https", "port": 443, "protocol": "TCP" }]
    }
  ]
}`;

const BOTH = [
  { ip: "172.16.57.254", port: 443, ready: "yes" },
  { ip: "172.16.173.248", port: 443, ready: "yes" },
];

interface Slice {
  readonly service?: string;
  readonly addressType?: string;
  readonly endpoints?: unknown;
  readonly ports?: unknown;
}

function slices(...items: readonly Slice[]): string {
  return JSON.stringify({
    kind: "EndpointSliceList",
    items: items.map(({ service = "kubernetes", addressType = "IPv4", endpoints, ports }) => ({
      metadata: { labels: { "kubernetes.io/service-name": service } },
      addressType,
      endpoints,
      ports: ports === undefined ? [{ name: "https", port: 443 }] : ports,
    })),
  });
}

function idsOf(read: Fact<ServiceEndpoints>): unknown {
  return read.kind === "known"
    ? read.value.addresses.map(({ ip, port, ready }) => `${ip}:${port} ${ready}`)
    : read;
}

function parsed(...items: readonly Slice[]): unknown {
  return idsOf(parseEndpointSlices(slices(...items), "endpointslices/v1"));
}

describe("EndpointSlices", () => {
  test("give the addresses by number, as recorded from kube-apiserver 1.20", () => {
    const source = "endpointslices/v1beta1";
    expect(parseEndpointSlices(SLICES, source)).toEqual({
      kind: "known",
      value: { source, addresses: BOTH },
    });
  });

  test("of other services and of host names are left out", () => {
    const endpoints = [{ addresses: ["10.0.0.1"] }];
    expect(parsed({ service: "other", endpoints }, { addressType: "FQDN", endpoints })).toEqual([]);
  });

  test("say whether an address is ready, and unknown where they do not", () => {
    const endpoints = [
      { addresses: ["10.0.0.1"], conditions: { ready: false } },
      { addresses: ["10.0.0.2"], conditions: {} },
      { addresses: ["10.0.0.3"] },
    ];
    expect(parsed({ endpoints })).toEqual([
      "10.0.0.1:443 no",
      "10.0.0.2:443 unknown",
      "10.0.0.3:443 unknown",
    ]);
  });

  test("of both families are one list, each address once", () => {
    const twice = [{ addresses: ["10.0.0.1", "10.0.0.1"], conditions: { ready: true } }];
    expect(
      parsed(
        { endpoints: [{ addresses: ["2001:DB8::1"] }], addressType: "IPv6" },
        { endpoints: twice },
        { endpoints: twice },
      ),
    ).toEqual(["10.0.0.1:443 yes", "2001:db8::1:443 unknown"]);
  });

  test("may be null where Go has an empty list", () => {
    expect(parsed({ endpoints: null, ports: null })).toEqual([]);
    expect(
      idsOf(parseEndpointSlices('{"kind":"EndpointSliceList","items":null}', "endpointslices/v1")),
    ).toEqual([]);
  });

  test("have the port named https before any other, and 443 where every port is meant", () => {
    const endpoints = [{ addresses: ["10.0.0.1"] }];
    const two = [
      { name: "metrics", port: 9090 },
      { name: "https", port: 6443 },
    ];
    expect(parsed({ endpoints, ports: two })).toEqual(["10.0.0.1:6443 unknown"]);
    expect(parsed({ endpoints, ports: [{ port: 8443 }] })).toEqual(["10.0.0.1:8443 unknown"]);
    expect(parsed({ endpoints, ports: null })).toEqual(["10.0.0.1:443 unknown"]);
  });

  test.for([
    { what: "an address that is none", endpoints: [{ addresses: ["10.0.0.1\u001b"] }], ports: [] },
    { what: "an octal address", endpoints: [{ addresses: ["010.0.0.1"] }], ports: [] },
    { what: "a port beyond the last", endpoints: [], ports: [{ port: 65_536 }] },
    { what: "a port that is text", endpoints: [], ports: [{ port: "443" }] },
  ])("with $what are no answer", ({ endpoints, ports }) => {
    expect(parsed({ endpoints, ports })).toMatchObject({
      kind: "unknown",
      failure: { code: "body-unexpected-shape" },
    });
  });
});

describe("Endpoints", () => {
  test("give the same addresses, as recorded from kube-apiserver 1.20", () => {
    const value = { source: "endpoints/v1", addresses: BOTH };
    expect(parseEndpoints(ENDPOINTS)).toEqual({ kind: "known", value });
  });

  test("tell the ready from the unready, and none apart from an error", () => {
    const subset = { notReadyAddresses: [{ ip: "10.0.0.9" }], ports: [{ port: 443 }] };
    const unready = JSON.stringify({ kind: "Endpoints", subsets: [subset] });
    expect(idsOf(parseEndpoints(unready))).toEqual(["10.0.0.9:443 no"]);
    expect(idsOf(parseEndpoints('{"kind":"Endpoints"}'))).toEqual([]);
    expect(idsOf(parseEndpoints('{"kind":"Status"}'))).toMatchObject({ kind: "unknown" });
  });
});

function messageOf(replies: readonly WireReply[]): unknown {
  const read = readServiceEndpoints(replies);
  return read.kind === "unknown" ? read.failure.message : read;
}

describe("the endpoints of the service", () => {
  const v1 = answered(200, SLICES);
  const none = answered(404);
  const denied = answered(403);

  test.for([
    { what: "v1", replies: [v1, v1, answered(200, ENDPOINTS)], source: "endpointslices/v1" },
    { what: "v1beta1 before 1.21", replies: [none, v1, denied], source: "endpointslices/v1beta1" },
    {
      what: "Endpoints where slices are not for the caller",
      replies: [denied, denied, answered(200, ENDPOINTS)],
      source: "endpoints/v1",
    },
    {
      what: "Endpoints where the slices are broken",
      replies: [answered(200, "<"), none, answered(200, ENDPOINTS)],
      source: "endpoints/v1",
    },
  ])("come from $what", ({ replies, source }) => {
    expect(readServiceEndpoints(replies)).toMatchObject({
      kind: "known",
      value: { source, addresses: BOTH },
    });
  });

  test("that nothing tells are unknown for the reason of the best source there is", () => {
    expect(messageOf([denied, none, denied])).toBe("may not list endpointslices in default (403)");
    expect(messageOf([none, none, denied])).toBe(
      "may not read the Endpoints of default/kubernetes (403)",
    );
    expect(messageOf([none, none, none])).toContain("does not have that (404)");
  });

  test("that are empty are an answer, and no reason to ask elsewhere", () => {
    const empty = answered(200, slices({ endpoints: [] }));
    expect(readServiceEndpoints([empty, v1, answered(200, ENDPOINTS)])).toMatchObject({
      value: { source: "endpointslices/v1", addresses: [] },
    });
  });
});
