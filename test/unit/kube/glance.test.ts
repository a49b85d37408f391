import { describe, expect, test } from "vitest";
import { glanceAt } from "../../../src/kube/glance.ts";
import type { WireReply, WireRequest } from "../../../src/model/conversation.ts";
import { skipped } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import type { Glance } from "../../../src/model/inspection.ts";
import type { BearerToken, HeldConnection } from "../../../src/model/ports.ts";
import { answered } from "../../support/wire-reply.ts";

const HOST = "ip-172-16-57-254.ap-northeast-2.compute.internal";
const TOKEN: BearerToken = { reveal: () => "EXAMPLE", expiresAt: "2026-11-22T08:41:31Z" };
const GONE: Failure = { code: "http-reset", phase: "http", side: "server", message: "gone" };

const BODIES: Readonly<Record<string, string>> = {
  "/api": JSON.stringify({
    kind: "APIVersions",
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: `${HOST}:443` }],
  }),
  "/version": '{"gitVersion":"v1.31.5-eks-5d632ec","platform":"linux/amd64"}',
  "/readyz": "[+]ping ok\n[+]shutdown ok\nreadyz check passed\n",
  "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases": '{"kind":"LeaseList","items":[]}',
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices":
    '{"kind":"EndpointSliceList","items":[]}',
};

function documents({ path }: WireRequest): WireReply {
  const body = BODIES[path.split("?")[0] ?? ""];
  return body === undefined ? answered(404) : answered(200, body);
}

/** What a look shows of these replies, and what was asked for it. */
async function glance(
  reply: (request: WireRequest) => WireReply,
  lists = true,
  token: Promise<BearerToken | undefined> = Promise.resolve(TOKEN),
): Promise<{ readonly seen: Glance; readonly asked: readonly (readonly string[])[] }> {
  const asked: (readonly string[])[] = [];
  const connection: HeldConnection = {
    fingerprint: "AB:CD",
    ask: (requests) => {
      asked.push(requests.map(({ path }) => path.split("?")[0] ?? ""));
      return Promise.resolve(requests.map(reply));
    },
    ended: () => undefined,
    close: () => undefined,
  };
  const seen = await glanceAt(connection, { lists }, token, new AbortController().signal);
  return { seen, asked };
}

describe("a look over a kept connection", () => {
  test("asks for everything at once, and puts every answer where it belongs", async () => {
    const { seen, asked } = await glance(documents);
    expect(asked).toEqual([
      [
        "/api",
        "/readyz",
        "/version",
        "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
        "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
        "/apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices",
        "/api/v1/namespaces/default/endpoints/kubernetes",
      ],
    ]);
    expect(seen).toEqual({
      api: {
        kind: "answered",
        status: 200,
        ttfbMs: 1,
        serverAddress: `${HOST}:443`,
        host: HOST,
      },
      readyz: { kind: "known", value: { healthy: true, checks: 2, failing: [] } },
      version: {
        kind: "known",
        value: { gitVersion: "v1.31.5-eks-5d632ec", platform: "linux/amd64" },
      },
      lists: {
        leases: { kind: "known", value: [] },
        serviceEndpoints: { kind: "known", value: { source: "endpointslices/v1", addresses: [] } },
      },
    });
  });

  test("leaves the lists to another connection where they are not wanted", async () => {
    const { seen, asked } = await glance(documents, false);
    expect(asked).toEqual([["/api", "/readyz", "/version"]]);
    expect(seen.lists).toBeUndefined();
  });

  test.for([
    ["is none", () => Promise.resolve(undefined)],
    ["fails", () => Promise.reject<BearerToken>(new Error("no token"))],
  ] as const)("asks only what anyone may read where the token %s", async ([, token]) => {
    const { seen, asked } = await glance(documents, true, token());
    expect(asked).toEqual([["/api", "/readyz", "/version"]]);
    const unasked = skipped("not asked for without a token");
    expect(seen.lists).toEqual({ leases: unasked, serviceEndpoints: unasked });
    expect(seen.api).toMatchObject({ host: HOST });
  });

  test("of a caller without roles knows the server, and says of the lists why it has none", async () => {
    const { seen } = await glance((request) =>
      request.path.startsWith("/api") && request.path !== "/api"
        ? answered(403)
        : documents(request),
    );
    expect(seen).toMatchObject({
      api: { status: 200, host: HOST },
      readyz: { kind: "known" },
      lists: {
        leases: { failure: { message: "may not list leases in kube-system (403)" } },
        serviceEndpoints: { failure: { message: "may not list endpointslices in default (403)" } },
      },
    });
  });

  test("that is refused is refused for the token, also where the server then hung up", async () => {
    const { seen } = await glance(({ path }) =>
      path === "/api" ? answered(401) : { kind: "failed", failure: GONE },
    );
    expect(seen.api).toEqual({
      kind: "answered",
      status: 401,
      ttfbMs: 1,
      serverAddress: undefined,
      host: undefined,
    });
    for (const fact of [
      seen.readyz,
      seen.version,
      seen.lists?.leases,
      seen.lists?.serviceEndpoints,
    ])
      expect(fact).toMatchObject({ kind: "unknown", failure: { side: "user", cause: "401" } });
  });

  test("over a connection that has ended shows why, and nothing that is not so", async () => {
    const { seen } = await glance(() => ({ kind: "failed", failure: GONE }));
    const unknown = { kind: "unknown", failure: GONE };
    expect(seen).toEqual({
      api: { kind: "failed", failure: GONE },
      readyz: unknown,
      version: unknown,
      lists: { leases: unknown, serviceEndpoints: unknown },
    });
  });

  test("tells a server that is not ready from one that does not say", async () => {
    const { seen } = await glance((request) =>
      request.path.startsWith("/readyz")
        ? answered(500, "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n")
        : documents(request),
    );
    expect(seen.readyz).toEqual({
      kind: "known",
      value: { healthy: false, checks: 2, failing: ["etcd"] },
    });
    const silent = await glance((request) =>
      request.path.startsWith("/readyz") ? answered(429) : documents(request),
    );
    expect(silent.seen.readyz).toMatchObject({ kind: "unknown", failure: { cause: "429" } });
  });

  test.for(["<html>", '{"kind":"APIVersions"}'])(
    "takes %s for an answer that names no server",
    async (body) => {
      const { seen } = await glance((request) =>
        request.path === "/api" ? answered(200, body) : documents(request),
      );
      expect(seen.api).toMatchObject({ kind: "answered", status: 200, serverAddress: undefined });
    },
  );
});
