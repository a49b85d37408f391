import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseApiVersions } from "../../src/kube/api-versions.ts";
import { readDeniedUser } from "../../src/kube/denied-user.ts";
import { inspectServer } from "../../src/kube/inspect.ts";
import { reuseConnection } from "../../src/kube/reuse.ts";
import type { RunningFront } from "../../src/lab/fronts/front.ts";
import type { LabCluster } from "../../src/lab/scenario.ts";
import type { Inspection } from "../../src/model/inspection.ts";
import type { BearerToken, ProbePlan } from "../../src/model/ports.ts";
import { createSocketPort } from "../../src/net/socket-port.ts";
import { realClock } from "../support/hostile-servers.ts";
import {
  type ControlPlane,
  ENDPOINT_NAME,
  FIELD_CLUSTER,
  startControlPlane,
} from "../support/lab-servers.ts";

/** 1.28: the first version with a SelfSubjectReview. 1.20: the first with Leases, and v1beta1. */
const MODERN: LabCluster = { ...FIELD_CLUSTER, version: "1.28" };
const OLD: LabCluster = { ...FIELD_CLUSTER, version: "1.20" };
const HOST_A = "ip-172-16-57-254.ap-northeast-2.compute.internal";

const NEVER = new AbortController().signal;
const sockets = createSocketPort(realClock, {
  version: "1.2.3",
  readIdentity: parseApiVersions,
  readDeniedUser,
});
const planes = new Map<LabCluster, ControlPlane>();

beforeAll(async () => {
  planes.set(MODERN, await startControlPlane(MODERN));
  planes.set(OLD, await startControlPlane(OLD));
});
afterAll(() => {
  for (const plane of planes.values()) plane.close();
});

function planeOf(cluster: LabCluster): ControlPlane {
  const plane = planes.get(cluster);
  if (plane === undefined) throw new Error("not started");
  return plane;
}

function tokenOf(secret: string | undefined): Promise<BearerToken | undefined> {
  if (secret === undefined) return Promise.resolve(undefined);
  return Promise.resolve({ reveal: () => secret, expiresAt: "2026-11-22T08:41:31Z" });
}

function planFor(plane: ControlPlane, front: RunningFront): ProbePlan {
  return {
    address: "43.200.53.253:443",
    sample: 1,
    dial: { ip: front.boundAddress, port: front.boundPort },
    serverName: ENDPOINT_NAME,
    serverPort: 443,
    certificateAuthority: plane.pki.caPem,
    httpVersion: "auto",
    insecure: false,
    sendTokenUnverified: false,
    timeoutMs: 5_000,
  };
}

async function inspect(
  cluster: LabCluster,
  secret: string | undefined,
  changes: Partial<ProbePlan> = {},
): Promise<Inspection> {
  const plane = planeOf(cluster);
  const plan = planFor(plane, await plane.front(undefined));
  return inspectServer({ ...plan, ...changes }, tokenOf(secret), NEVER, (...question) =>
    sockets.converse(...question),
  );
}

describe("an administrator", () => {
  test.for(["http2", "http1.1"] as const)(
    "learns everything of a server, over one connection (%s)",
    async (httpVersion) => {
      const { seen } = planeOf(MODERN).server("a");
      const before = { handshakes: seen.handshakes, requests: seen.requests.length };
      const inspection = await inspect(MODERN, "admin-token", { httpVersion });
      expect(seen.handshakes - before.handshakes).toBe(1);
      const requests = seen.requests.slice(before.requests);
      expect(requests).toHaveLength(12);
      expect(requests.at(-1)?.path).toBe("/apis");
      expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(
        new Set(["bearer"]),
      );
      expect(inspection).toMatchObject({
        address: "43.200.53.253:443",
        serverAddress: { kind: "known", value: `${HOST_A}:443` },
        version: { kind: "known", value: { platform: "linux/amd64" } },
        livez: { kind: "known", value: { healthy: true, failing: [] } },
        readyz: { kind: "known", value: { healthy: true, checks: 26, failing: [] } },
        caller: { kind: "known", value: { username: "boss" } },
        serviceEndpoints: {
          kind: "known",
          value: {
            source: "endpointslices/v1",
            addresses: [
              { ip: "10.0.20.41", port: 443, ready: "yes" },
              { ip: "10.0.95.229", port: 443, ready: "yes" },
            ],
          },
        },
        tokenCost: { kind: "known" },
        largeAnswer: { kind: "known" },
      });
      const large = inspection.largeAnswer.kind === "known" ? inspection.largeAnswer.value : null;
      // Four TCP segments or more, and no more than a real cluster's.
      expect(large?.bytes).toBeGreaterThan(4 * 1_460);
      expect(large?.bytes).toBeLessThan(10_000);
      expect(inspection.version.kind === "known" && inspection.version.value.gitVersion).toMatch(
        /^v1\.28\.\d+-eks-[0-9a-f]{7}$/,
      );
      expect(Math.abs(inspection.clockSkewMs ?? Number.NaN)).toBeLessThanOrEqual(2_000);
      expect(inspection.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    },
  );

  test("finds the Lease of the server under the name computed from its host", async () => {
    const { leases, leaseNames } = await inspect(MODERN, "admin-token");
    if (leases.kind !== "known") throw new Error("no leases");
    expect(leases.value).toHaveLength(2);
    const [own] = leases.value.filter(({ name }) => leaseNames.includes(name));
    expect(own).toMatchObject({ host: HOST_A });
    expect(own?.incarnation).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs(Date.now() - Date.parse(own?.renewTime ?? ""))).toBeLessThan(30_000);
  });

  test("of a 1.20 cluster gets v1beta1 slices, and no SelfSubjectReview", async () => {
    const inspection = await inspect(OLD, "admin-token");
    expect(inspection.serviceEndpoints).toMatchObject({
      kind: "known",
      value: { source: "endpointslices/v1beta1" },
    });
    expect(inspection.caller).toMatchObject({
      kind: "unknown",
      failure: { code: "http-status", side: "user", cause: "404" },
    });
  });
});

test("a caller without roles knows the server, and of what it may not read the reason", async () => {
  const inspection = await inspect(MODERN, "lab-token");
  expect(inspection).toMatchObject({
    serverAddress: { kind: "known", value: `${HOST_A}:443` },
    version: { kind: "known" },
    readyz: { kind: "known" },
    caller: { kind: "known", value: { username: "lab" } },
    tokenCost: { kind: "known" },
    largeAnswer: { kind: "known" },
    leases: { failure: { message: "may not list leases in kube-system (403)", side: "user" } },
    serviceEndpoints: { failure: { message: "may not list endpointslices in default (403)" } },
  });
});

test("a token that is refused is the reason for everything", async () => {
  const {
    address: _,
    clockSkewMs,
    fingerprint,
    leaseNames,
    ...facts
  } = await inspect(MODERN, "another-token");
  for (const fact of Object.values(facts))
    expect(fact).toMatchObject({ kind: "unknown", failure: { cause: "401", side: "user" } });
  expect(leaseNames).toEqual([]);
  expect(fingerprint).toBeDefined();
  expect(clockSkewMs).toBeDefined();
});

test("without a token health and version are still to be had, and nothing else is asked for", async () => {
  const { seen } = planeOf(MODERN).server("a");
  const before = seen.requests.length;
  const inspection = await inspect(MODERN, undefined);
  expect(
    seen.requests.slice(before).map(({ path, authorization }) => `${path} ${authorization}`),
  ).toEqual(["/livez none", "/readyz none", "/version none"]);
  expect(inspection).toMatchObject({
    livez: { kind: "known" },
    readyz: { kind: "known" },
    version: { kind: "known" },
    leases: { kind: "skipped" },
  });
});

test("a front that does not answer leaves every fact unknown for the same reason", async () => {
  const plane = planeOf(MODERN);
  const plan = planFor(plane, await plane.front({ kind: "reset", phase: "tls" }));
  const {
    address: _,
    clockSkewMs,
    fingerprint,
    leaseNames,
    ...facts
  } = await inspectServer(plan, tokenOf("admin-token"), NEVER, (...question) =>
    sockets.converse(...question),
  );
  for (const fact of Object.values(facts))
    expect(fact).toMatchObject({ kind: "unknown", failure: { code: "tls-reset" } });
  expect([clockSkewMs, fingerprint, leaseNames]).toEqual([undefined, undefined, []]);
});

test("one connection through a balanced front meets one server, however often it is used", async () => {
  const plane = planeOf(MODERN);
  const layout = { policy: "balanced" as const, servers: ["a", "b"] };
  const plan = planFor(plane, await plane.front(undefined, { layout }));
  const names = await reuseConnection(plan, tokenOf("lab-token"), 20, NEVER, (...question) =>
    sockets.converse(...question),
  );
  expect(names).toHaveLength(20);
  expect(new Set(names).size).toBe(1);
});
