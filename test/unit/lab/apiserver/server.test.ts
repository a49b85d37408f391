import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningFront } from "../../../../src/lab/fronts/front.ts";
import type { LabCluster } from "../../../../src/lab/scenario.ts";
import { getFromLab, type LabAnswer, type LabGet } from "../../../support/lab-client.ts";
import {
  authenticateByName,
  type ControlPlane,
  ENDPOINT_NAME,
  FIELD_CLUSTER,
  startControlPlane,
} from "../../../support/lab-servers.ts";

const CLUSTER: LabCluster = {
  ...FIELD_CLUSTER,
  version: "1.31",
  tokenVerificationMs: 60,
  servers: FIELD_CLUSTER.servers.map((server) =>
    server.id === "b"
      ? { ...server, clockSkewSeconds: 300, failingChecks: ["etcd"], version: "1.32" }
      : server,
  ),
};

let plane: ControlPlane;
let ofA: RunningFront;
let ofB: RunningFront;
let judged = 0;

beforeAll(async () => {
  plane = await startControlPlane(CLUSTER, (token) => {
    judged += 1;
    return authenticateByName(token);
  });
  [ofA, ofB] = await Promise.all([
    plane.front(undefined),
    plane.front(undefined, { layout: { servers: ["b"] } }),
  ]);
});
afterAll(() => plane.close());

function ask(front: RunningFront, path: string, more: Partial<LabGet> = {}): Promise<LabAnswer> {
  return getFromLab({
    front,
    ca: plane.pki.caPem,
    servername: ENDPOINT_NAME,
    httpVersion: "2",
    path,
    ...more,
  });
}

const TOKEN = { authorization: "Bearer lab-token" };
const BOTH = [["2"], ["1.1"]] as const;

async function timeOf(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work;
  return performance.now() - startedMs;
}

async function aheadSeconds(front: RunningFront, path: string): Promise<number> {
  const { headers } = await ask(front, path);
  return (Date.parse(String(headers["date"])) - Date.now()) / 1000;
}

describe.each(BOTH)("over HTTP/%s", (httpVersion) => {
  it("reads the body of a SelfSubjectReview and says who asked", async () => {
    const body = '{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}';
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const answer = await ask(ofA, path, { httpVersion, body, headers: TOKEN });
    expect(answer.status).toBe(201);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(answer.body)).toMatchObject({
      status: { userInfo: { username: "lab", groups: ["system:authenticated"] } },
    });
    const wrong = await ask(ofA, path, { httpVersion, body: "{}}", headers: TOKEN });
    expect(wrong.status).toBe(400);
  });

  it("fails a check as recorded: 500, the report, and no audit id", async () => {
    const answer = await ask(ofB, "/readyz", { httpVersion });
    expect(answer.status).toBe(500);
    expect(answer.body).toContain("[-]etcd failed: reason withheld\n");
    expect(answer.headers).not.toHaveProperty("audit-id");
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    const good = await ask(ofA, "/readyz", { httpVersion });
    expect(good).toMatchObject({ status: 200, body: "ok" });
    expect(good.headers).toHaveProperty("audit-id");
  });
});

describe("a server's own", () => {
  it("clock is in its Date header, whatever is answered, and in no other server's", async () => {
    const broken = await plane.front(
      { kind: "status", status: 503 },
      { layout: { servers: ["b"] } },
    );
    for (const path of ["/livez", "/api"]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- one connection after the other
      expect(Math.abs((await aheadSeconds(ofB, path)) - 300)).toBeLessThan(5);
    }
    expect(Math.abs((await aheadSeconds(broken, "/api")) - 300)).toBeLessThan(5);
    expect(Math.abs(await aheadSeconds(ofA, "/livez"))).toBeLessThan(5);
  });

  it("version decides what it tells to anyone", async () => {
    expect((await ask(ofA, "/version")).body).toContain('"minor": "31+"');
    expect((await ask(ofB, "/version")).status).toBe(401);
    expect((await ask(ofB, "/version", { headers: TOKEN })).body).toContain('"minor": "32+"');
  });

  it("cache of tokens makes the first request with one pay for its verification", async () => {
    const headers = { authorization: "Bearer admin-token" };
    const before = judged;
    expect(await timeOf(ask(ofA, "/api", { headers }))).toBeGreaterThanOrEqual(59);
    await ask(ofA, "/api", { headers });
    expect(judged).toBe(before + 1);
    // The other server has a cache of its own.
    expect(await timeOf(ask(ofB, "/api", { headers }))).toBeGreaterThanOrEqual(59);
    expect(judged).toBe(before + 2);
    await ask(ofA, "/livez");
    expect(judged).toBe(before + 2);
  });
});
