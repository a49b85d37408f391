import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../src/lab/apiserver/answers.ts";
import type { Requester } from "../../../../src/lab/apiserver/authenticate.ts";
import { type ApiRequest, answerRequest } from "../../../../src/lab/apiserver/router.ts";
import type { LabServer } from "../../../../src/lab/scenario.ts";
import { FIELD_CLUSTER } from "../../../support/lab-servers.ts";

const ANON: Requester = { kind: "anonymous" };
const BAD: Requester = { kind: "denied" };
const VALID: Requester = { kind: "user", name: "lab", groups: [] };
const ADMIN: Requester = { kind: "user", name: "boss", groups: ["system:masters"] };

const [server] = FIELD_CLUSTER.servers;
if (server === undefined) throw new Error("the cluster has servers");
const SERVER: LabServer = server;
const STARTED_MS = Date.UTC(2026, 10, 22, 8, 27, 9);

function answer(
  target: string,
  requester: Requester,
  more: Partial<ApiRequest> = {},
  version = FIELD_CLUSTER.version,
): Answer {
  const [path = "", query = ""] = target.split("?");
  const request = {
    method: "GET",
    path,
    query,
    accept: undefined,
    forwardedFor: undefined,
    remoteIp: "127.0.0.1",
    contentType: undefined,
    body: "",
    ...more,
  };
  return answerRequest(request, requester, {
    cluster: { ...FIELD_CLUSTER, version },
    server: SERVER,
    startedAtMs: STARTED_MS,
    nowMs: STARTED_MS + 25_000,
  });
}

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
const ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes";

describe("who may read what, as recorded", () => {
  it.each([
    ["/api", 403, 401, 200, 200],
    ["/api/", 403, 401, 200, 200],
    ["/apis", 403, 401, 200, 200],
    ["/version", 200, 401, 200, 200],
    ["/livez", 200, 401, 200, 200],
    ["/healthz", 200, 401, 200, 200],
    ["/readyz?verbose", 200, 401, 200, 200],
    [LEASES, 403, 401, 403, 200],
    [SLICES, 403, 401, 403, 200],
    [ENDPOINTS, 403, 401, 403, 200],
    ["/nosuchpath", 403, 401, 403, 404],
    ["/apifoo", 403, 401, 403, 404],
  ])("%s: anonymous %i, bad token %i, no roles %i, admin %i", (path, ...expected) => {
    const statuses = [ANON, BAD, VALID, ADMIN].map((who) => answer(path, who).status);
    expect(statuses).toEqual(expected);
  });

  it.each([
    ["leases", [200, 403, 403]],
    ["endpointslices", [403, 200, 403]],
    ["endpoints", [403, 403, 200]],
  ] as const)("a role for %s opens these alone, to read them where they are", (name, expected) => {
    const reader: Requester = { ...VALID, permissions: [name] };
    const statuses = [LEASES, SLICES, ENDPOINTS].map((path) => answer(path, reader).status);
    expect(statuses).toEqual(expected);
    for (const path of [LEASES, SLICES, ENDPOINTS]) {
      const elsewhere = path.replace(/namespaces\/[a-z-]+/, "namespaces/other");
      expect(answer(elsewhere, reader).status).toBe(403);
      expect(answer(path, reader, { method: "DELETE" }).status).toBe(403);
    }
    expect(answer("/nosuchpath", reader).status).toBe(403);
  });

  it("refuses /api by name to a user who lost discovery, and nothing that all may have", () => {
    const lost: Requester = { ...VALID, withoutDiscovery: true };
    const refused = answer("/api", lost);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('User \\"lab\\" cannot get path \\"/api\\"');
    expect(answer("/version", lost).status).toBe(200);
    expect(answer("/api", { ...ADMIN, withoutDiscovery: true }).status).toBe(200);
  });

  it("lets anonymous requests only near the health checks from 1.32 on", () => {
    expect(answer("/version", ANON, {}, "1.32").status).toBe(401);
    expect(answer("/api", ANON, {}, "1.32").status).toBe(401);
    expect(answer("/livez", ANON, {}, "1.32").status).toBe(200);
    expect(answer("/version", ANON, {}, "1.31").status).toBe(200);
    expect(answer("/api", VALID, {}, "1.32").status).toBe(200);
  });
});

describe("a refusal", () => {
  it("names the object, the group and the namespace in the recorded words", () => {
    expect(answer(ENDPOINTS, ANON).body).toBe(`{
  "kind": "Status",
  "apiVersion": "v1",
  "metadata": {
    
  },
  "status": "Failure",
  "message": "endpoints \\"kubernetes\\" is forbidden: User \\"system:anonymous\\" cannot get resource \\"endpoints\\" in API group \\"\\" in the namespace \\"default\\"",
  "reason": "Forbidden",
  "details": {
    "name": "kubernetes",
    "kind": "endpoints"
  },
  "code": 403
}`);
    expect(answer(SLICES, VALID).body).toHaveLength(393);
    expect(answer("/nosuchpath", VALID).body).toHaveLength(230);
  });

  it("speaks of the cluster scope where there is no namespace", () => {
    expect(answer("/api/v1/pods", ANON).body).toContain(
      'pods is forbidden: User \\"system:anonymous\\" cannot list resource \\"pods\\" in API group \\"\\" at the cluster scope',
    );
  });

  it("keeps a hostile path inside its string", () => {
    const path = '/a"\n  "details": {}';
    const message = `forbidden: User "system:anonymous" cannot get path ${JSON.stringify(path)}`;
    expect(JSON.parse(answer(path, ANON).body)).toHaveProperty("message", message);
  });

  it("carries nosniff and a flow; a 401 carries neither", () => {
    expect(answer("/api", ANON)).toMatchObject({ nosniff: true, flow: "workload" });
    expect(answer("/api", BAD)).toMatchObject({ nosniff: false, flow: "none" });
    expect(answer("/nosuchpath", ADMIN)).toMatchObject({ nosniff: false, flow: "exempt" });
  });
});

const entries = (more: Partial<ApiRequest>): number =>
  answer("/api", VALID, more).body.split("clientCIDR").length - 1;

describe("documents", () => {
  it("has the recorded bytes of readyz and of the admin's 404", () => {
    expect(answer("/readyz?verbose", ANON).body).toHaveLength(1218);
    expect(answer("/nosuchpath", ADMIN).body).toHaveLength(1556);
    expect(answer("/readyz", ANON).body).toBe("ok");
  });

  it("gives /api as YAML with sorted keys", () => {
    expect(answer("/api", VALID, { accept: "application/yaml" })).toMatchObject({
      contentType: "application/yaml",
      body: `kind: APIVersions
serverAddressByClientCIDRs:
- clientCIDR: 0.0.0.0/0
  serverAddress: ip-172-16-57-254.ap-northeast-2.compute.internal:443
versions:
- v1
`,
    });
  });

  it("takes the first type it has and JSON for */*, and none for what it lacks", () => {
    const type = (accept: string): string => answer("/api", VALID, { accept }).contentType;
    expect(type("application/vnd.kubernetes.protobuf, application/json")).toBe("application/json");
    expect(type("*/*")).toBe("application/json");
    expect(type("application/yaml;q=0.9, */*")).toBe("application/yaml");
    expect(answer("/api", VALID, { accept: "text/html" }).body).toHaveLength(182);
    expect(answer("/version", VALID, { accept: "text/html" }).status).toBe(200);
  });

  it("counts a peer inside the service network as a pod, another address not", () => {
    expect(entries({ remoteIp: "::ffff:172.20.9.9" })).toBe(2);
    expect(entries({ forwardedFor: "172.20.9.9, 10.0.0.1" })).toBe(2);
    expect(entries({ remoteIp: "172.20.9.9", forwardedFor: "10.0.0.1" })).toBe(1);
    expect(entries({ forwardedFor: "nonsense" })).toBe(1);
  });

  it("has an EKS version", () => {
    expect(JSON.parse(answer("/version", ANON).body)).toMatchObject({
      major: "1",
      minor: "25+",
      gitVersion: expect.stringMatching(/^v1\.25\.3-eks-[0-9a-f]{7}$/),
    });
  });

  it("lists the Leases under the recorded names, renewed every ten seconds", () => {
    const renewed = { renewTime: "2026-11-22T08:27:29.000000Z" };
    expect(JSON.parse(answer(LEASES, ADMIN).body)).toMatchObject({
      items: [
        { metadata: { name: "apiserver-g64vheqqp7lbyjzirqpmkkn3ie" }, spec: renewed },
        { metadata: { name: "apiserver-plbpkq7sicazjpkm33b52ykqxq" }, spec: renewed },
      ],
    });
  });

  it("lists the ENI addresses as endpoints", () => {
    expect(JSON.parse(answer(ENDPOINTS, ADMIN).body)).toMatchObject({
      subsets: [{ addresses: [{ ip: "10.0.20.41" }, { ip: "10.0.95.229" }] }],
    });
  });

  it("serves EndpointSlices at the versions that the cluster's version has", () => {
    const beta = SLICES.replace("v1/", "v1beta1/");
    const statuses = (version: string): readonly number[] =>
      [beta, SLICES].map((path) => answer(path, ADMIN, {}, version).status);
    expect(statuses("1.20")).toEqual([200, 404]);
    expect(statuses("1.24")).toEqual([200, 200]);
    expect(statuses("1.25")).toEqual([404, 200]);
  });

  it("lets even an administrator only read", () => {
    for (const path of ["/api", "/version", LEASES]) {
      expect(answer(path, ADMIN, { method: "DELETE" }).status).toBe(405);
    }
  });
});
