import { describe, expect, test } from "vitest";
import { inspectServer } from "../../../src/kube/inspect.ts";
import { reuseConnection, reusedServerAddresses } from "../../../src/kube/reuse.ts";
import type { WireReply, WireRequest } from "../../../src/model/conversation.ts";
import { skipped } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import type { Inspection } from "../../../src/model/inspection.ts";
import type { BearerToken, ProbePlan } from "../../../src/model/ports.ts";
import { answered } from "../../support/wire-reply.ts";

const SERVER = "ip-172-16-57-254.ap-northeast-2.compute.internal:443";

const PLAN: ProbePlan = {
  address: "43.200.53.253:443",
  sample: 1,
  dial: { ip: "127.0.0.1", port: 1 },
  serverName: "0a1b2c.yl4.ap-northeast-2.eks.amazonaws.com",
  serverPort: 443,
  certificateAuthority: undefined,
  httpVersion: "auto",
  insecure: false,
  sendTokenUnverified: false,
  timeoutMs: 1_000,
};

const TOKEN: BearerToken = { reveal: () => "EXAMPLE", expiresAt: "2026-11-22T08:41:31Z" };

const BODIES: Readonly<Record<string, string>> = {
  "/api": JSON.stringify({
    kind: "APIVersions",
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: SERVER }],
  }),
  "/apis": '{"kind":"APIGroupList","groups":[{"name":"üüü.example"}]}',
  "/version": '{"gitVersion":"v1.31.5-eks-5d632ec","platform":"linux/amd64"}',
  "/livez": "[+]ping ok\nlivez check passed\n",
  "/readyz": "[+]ping ok\n[+]shutdown ok\nreadyz check passed\n",
  "/apis/authentication.k8s.io/v1/selfsubjectreviews":
    '{"kind":"SelfSubjectReview","status":{"userInfo":{"username":"lab"}}}',
  "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases": '{"kind":"LeaseList","items":[]}',
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices":
    '{"kind":"EndpointSliceList","items":[]}',
};

interface Times {
  readonly ttfbMs: number;
  readonly clockSkewMs: number | undefined;
}

const PROMPT: Times = { ttfbMs: 5, clockSkewMs: undefined };

function documents({ path }: WireRequest, times = PROMPT): WireReply {
  const body = BODIES[path.split("?")[0] ?? ""];
  return body === undefined ? answered(404, "{}", times) : answered(200, body, times);
}

interface Asked {
  readonly plan: ProbePlan;
  readonly steps: readonly (readonly WireRequest[])[];
}

/** The inspection made of these replies, and what was asked for it. */
async function inspect(
  reply: (request: WireRequest, step: number) => WireReply,
  token: BearerToken | "none" = TOKEN,
  changes: Partial<ProbePlan> = {},
): Promise<{ readonly inspection: Inspection; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const inspection = await inspectServer(
    { ...PLAN, ...changes },
    Promise.resolve(token === "none" ? undefined : token),
    new AbortController().signal,
    (plan, _token, steps) => {
      asked.push({ plan, steps });
      const replies = steps.map((step, index) => step.map((request) => reply(request, index)));
      return Promise.resolve({ fingerprint: "AB:CD", replies });
    },
  );
  return { inspection, asked };
}

describe("an inspection with a token", () => {
  test("asks /api twice by itself, then for everything else at once, and last for a large answer, over one connection", async () => {
    const { asked } = await inspect((request) => documents(request));
    expect(asked).toHaveLength(1);
    const [first, second, third, ...last] = asked[0]?.steps ?? [];
    expect(first?.map(({ path }) => path)).toEqual(["/api"]);
    expect(second).toEqual(first);
    expect(third?.map(({ method, path }) => `${method} ${path.split("?")[0]}`)).toEqual([
      "GET /livez",
      "GET /readyz",
      "GET /version",
      "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
      "GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
      "GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
      "GET /apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
      "GET /apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices",
      "GET /api/v1/namespaces/default/endpoints/kubernetes",
    ]);
    expect(last.map((step) => step.map(({ path }) => path))).toEqual([["/apis"]]);
  });

  test("tells how large the answer to /apis was, in bytes and not in characters", async () => {
    const { inspection } = await inspect((request) => documents(request));
    expect(inspection.largeAnswer).toEqual({ kind: "known", value: { bytes: 60 } });
  });

  test("that loses large packets has every answer but the large one, and says what it lost", async () => {
    const stuck: Failure = {
      code: "body-timeout",
      phase: "body",
      side: "server",
      message: "did not finish the body",
    };
    const { inspection } = await inspect((request) =>
      request.path === "/apis" ? { kind: "failed", failure: stuck } : documents(request),
    );
    expect(inspection.largeAnswer).toEqual({ kind: "unknown", failure: stuck });
    for (const key of ["serverAddress", "version", "leases", "serviceEndpoints"] as const)
      expect(inspection[key].kind).toBe("known");
  });

  test("takes no proxy's page for the large answer", async () => {
    const { inspection } = await inspect((request) =>
      request.path === "/apis" ? answered(200, "<html>".repeat(1_000)) : documents(request),
    );
    expect(inspection.largeAnswer).toMatchObject({ failure: { code: "body-invalid-json" } });
  });

  test("puts every answer where it belongs", async () => {
    const { inspection } = await inspect((request, step) =>
      documents(request, { ttfbMs: [30, 4, 9][step] ?? 0, clockSkewMs: [900, 100, 500][step] }),
    );
    expect(inspection).toEqual({
      address: PLAN.address,
      serverAddress: { kind: "known", value: SERVER },
      leaseNames: [
        "apiserver-plbpkq7sicazjpkm33b52ykqxq",
        "apiserver-4kjtbnul5an72wowygfsvd2wqy",
        "kube-apiserver-4kjtbnul5an72wowygfsvd2wqy",
      ],
      fingerprint: "AB:CD",
      version: {
        kind: "known",
        value: { gitVersion: "v1.31.5-eks-5d632ec", platform: "linux/amd64" },
      },
      livez: { kind: "known", value: { healthy: true, checks: 1, failing: [] } },
      readyz: { kind: "known", value: { healthy: true, checks: 2, failing: [] } },
      caller: { kind: "known", value: { username: "lab", groups: [], arn: undefined } },
      leases: { kind: "known", value: [] },
      serviceEndpoints: {
        kind: "known",
        value: { source: "endpointslices/v1", addresses: [] },
      },
      tokenCost: { kind: "known", value: { firstMs: 30, secondMs: 4 } },
      largeAnswer: { kind: "known", value: { bytes: 60 } },
      clockSkewMs: 100,
    });
  });

  test("of a caller without roles knows the server, and says of the rest why it does not know it", async () => {
    const open = /^\/(?:api|version|livez|readyz)(?:\?|$)/;
    const { inspection } = await inspect((request) =>
      open.test(request.path) ? documents(request) : answered(403, "{}"),
    );
    expect(inspection).toMatchObject({
      serverAddress: { kind: "known" },
      version: { kind: "known" },
      tokenCost: { kind: "known" },
    });
    const reasons = [inspection.caller, inspection.leases, inspection.serviceEndpoints].map(
      (fact) => fact.kind === "unknown" && fact.failure,
    );
    expect(reasons).toEqual([
      expect.objectContaining({
        message: "may not create a SelfSubjectReview, which API servers have since 1.28 (403)",
      }),
      expect.objectContaining({ message: "may not list leases in kube-system (403)" }),
      expect.objectContaining({ message: "may not list endpointslices in default (403)" }),
    ]);
    for (const reason of reasons)
      expect(reason).toMatchObject({ code: "http-status", side: "user", cause: "403" });
  });

  test("that is refused is refused for the token, also where the server then hung up", async () => {
    const gone: Failure = { code: "http-reset", phase: "http", side: "server", message: "gone" };
    const { inspection } = await inspect((_request, step) =>
      step === 0 ? answered(401, "{}") : { kind: "failed", failure: gone },
    );
    for (const fact of [inspection.serverAddress, inspection.version, inspection.leases])
      expect(fact).toMatchObject({
        kind: "unknown",
        failure: { code: "http-status", side: "user", cause: "401" },
      });
    expect(inspection.tokenCost).toMatchObject({ failure: { cause: "401" } });
  });

  test("that lost its connection keeps what it had and does not blame the token", async () => {
    const gone: Failure = { code: "http-reset", phase: "http", side: "server", message: "gone" };
    const { inspection } = await inspect((request, step) =>
      step === 0 ? documents(request) : { kind: "failed", failure: gone },
    );
    expect(inspection.serverAddress).toEqual({ kind: "known", value: SERVER });
    expect(inspection.tokenCost).toEqual({ kind: "unknown", failure: gone });
    expect(inspection.leases).toEqual({ kind: "unknown", failure: gone });
    expect(inspection.serviceEndpoints).toEqual({ kind: "unknown", failure: gone });
  });

  test.for([429, 500, 503])("that gets %i hears that it is the server's affair", async (status) => {
    const { inspection } = await inspect(() => answered(status, "{}"));
    for (const key of [
      "serverAddress",
      "version",
      "livez",
      "caller",
      "leases",
      "tokenCost",
      "largeAnswer",
    ] as const)
      expect(inspection[key]).toMatchObject({
        kind: "unknown",
        failure: { code: "http-status", side: "server", cause: String(status) },
      });
    expect(inspection.clockSkewMs).toBeUndefined();
  });
});

describe("an inspection without a token", () => {
  test("asks only what anyone may read, over HTTP/1.1: HTTP/2 may end after the first answer", async () => {
    const { inspection, asked } = await inspect((request) => documents(request), "none");
    expect(asked).toHaveLength(1);
    expect(asked[0]?.steps.map((step) => step.map(({ path }) => path))).toEqual([
      ["/livez?verbose", "/readyz?verbose", "/version"],
    ]);
    expect(asked[0]?.plan.httpVersion).toBe("http1.1");
    expect(inspection).toMatchObject({
      fingerprint: "AB:CD",
      version: { kind: "known" },
      livez: { kind: "known" },
      readyz: { kind: "known" },
    });
    const notAsked = skipped("not asked for without a token");
    for (const key of [
      "serverAddress",
      "caller",
      "leases",
      "serviceEndpoints",
      "tokenCost",
      "largeAnswer",
    ] as const)
      expect(inspection[key]).toEqual(notAsked);
  });

  test("leaves HTTP/2 alone where it was demanded", async () => {
    const { asked } = await inspect((request) => documents(request), "none", {
      httpVersion: "http2",
    });
    expect(asked[0]?.plan.httpVersion).toBe("http2");
  });

  test("is made as well when the token's promise rejects", async () => {
    const steps: number[] = [];
    const rejected = Promise.reject<BearerToken>(new Error("no token"));
    await inspectServer(PLAN, rejected, new AbortController().signal, (_plan, _token, asked) => {
      steps.push(asked.length);
      const replies = asked.map((step) => step.map((request) => documents(request)));
      return Promise.resolve({ fingerprint: undefined, replies });
    });
    expect(steps).toEqual([1]);
  });

  test("may not read /version since EKS 1.32, and learns of health all the same", async () => {
    const { inspection } = await inspect(
      (request) => (request.path === "/version" ? answered(401, "{}") : documents(request)),
      "none",
    );
    expect(inspection.version).toMatchObject({
      failure: {
        side: "user",
        message: "may not read /version: the API server wants a token it accepts (401)",
      },
    });
    expect(inspection.livez.kind).toBe("known");
  });
});

describe("a connection that is used again", () => {
  test("names the API server of each answer, in their order", () => {
    const other = BODIES["/api"]?.replace("57-254", "173-248") ?? "";
    const replies = [
      [answered(200, BODIES["/api"] ?? "")],
      [answered(401, BODIES["/api"] ?? ""), answered(200, "<html>")],
      [answered(200, other)],
    ];
    expect(reusedServerAddresses({ fingerprint: undefined, replies })).toEqual([
      SERVER,
      SERVER.replace("57-254", "173-248"),
    ]);
  });

  test("asks as often as it is told to, each time by itself", async () => {
    const asked: (readonly string[])[] = [];
    const names = await reuseConnection(
      PLAN,
      Promise.resolve(TOKEN),
      3,
      new AbortController().signal,
      (_plan, _token, steps) => {
        asked.push(...steps.map((step) => step.map(({ path }) => path)));
        const replies = steps.map((step) => step.map((request) => documents(request)));
        return Promise.resolve({ fingerprint: undefined, replies });
      },
    );
    expect(asked).toEqual([["/api"], ["/api"], ["/api"]]);
    expect(names).toEqual([SERVER, SERVER, SERVER]);
  });

  test("that failed names none", () => {
    const failure: Failure = { code: "tcp-refused", phase: "tcp", side: "server", message: "no" };
    const replies = [[{ kind: "failed" as const, failure }]];
    expect(reusedServerAddresses({ fingerprint: undefined, replies })).toEqual([]);
  });
});
