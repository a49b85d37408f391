import { afterAll, beforeAll, expect, test } from "vitest";
import { parseApiVersions } from "../../src/kube/api-versions.ts";
import { readDeniedUser } from "../../src/kube/denied-user.ts";
import { glanceAt } from "../../src/kube/glance.ts";
import type { RunningFront } from "../../src/lab/fronts/front.ts";
import type { LabCluster } from "../../src/lab/scenario.ts";
import type { BearerToken, HeldConnection, HttpVersionChoice } from "../../src/model/ports.ts";
import { createSocketPort } from "../../src/net/socket-port.ts";
import { realClock } from "../support/hostile-servers.ts";
import {
  type ControlPlane,
  ENDPOINT_NAME,
  FIELD_CLUSTER,
  startControlPlane,
} from "../support/lab-servers.ts";

const CLUSTER: LabCluster = { ...FIELD_CLUSTER, version: "1.28" };
const HOST_A = "ip-172-16-57-254.ap-northeast-2.compute.internal";
const VERSIONS = ["http2", "http1.1"] as const;

const NEVER = new AbortController().signal;
const sockets = createSocketPort(realClock, {
  version: "1.2.3",
  readIdentity: parseApiVersions,
  readDeniedUser,
});
let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane(CLUSTER);
});
afterAll(() => plane.close());

function tokenOf(secret: string): Promise<BearerToken> {
  return Promise.resolve({ reveal: () => secret, expiresAt: "2026-11-22T08:41:31Z" });
}

async function hold(front: RunningFront, httpVersion: HttpVersionChoice): Promise<HeldConnection> {
  const plan = {
    address: "43.200.53.253:443",
    sample: 1,
    dial: { ip: front.boundAddress, port: front.boundPort },
    serverName: ENDPOINT_NAME,
    serverPort: 443,
    certificateAuthority: plane.pki.caPem,
    httpVersion,
    insecure: false,
    sendTokenUnverified: false,
    timeoutMs: 5_000,
  };
  const outcome = await sockets.hold(plan, tokenOf("admin-token"), NEVER);
  if (outcome.kind === "failed") throw new Error(outcome.failure.message);
  return outcome.connection;
}

test.for(VERSIONS)(
  "a connection is kept over many looks, and tells why when it is cut (%s)",
  async (httpVersion) => {
    const front = await plane.front(undefined);
    const { seen } = plane.server("a");
    const handshakes = seen.handshakes;
    const connection = await hold(front, httpVersion);
    for (const lists of [true, false, true]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- one after another is what is tested
      const glance = await glanceAt(connection, { lists }, tokenOf("admin-token"), NEVER);
      expect(glance).toMatchObject({
        api: { kind: "answered", status: 200, serverAddress: `${HOST_A}:443`, host: HOST_A },
        readyz: { kind: "known", value: { healthy: true } },
        version: { kind: "known", value: { platform: "linux/amd64" } },
      });
      const kind = lists ? "known" : undefined;
      expect(glance.lists?.leases.kind).toBe(kind);
      expect(glance.lists?.serviceEndpoints.kind).toBe(kind);
    }
    expect(seen.handshakes - handshakes).toBe(1);
    expect(connection.ended()).toBeUndefined();
    front.close();
    await expect.poll(() => connection.ended()).toMatchObject({ code: "http-reset" });
    const after = await glanceAt(connection, { lists: true }, tokenOf("admin-token"), NEVER);
    expect(after.api).toEqual({ kind: "failed", failure: connection.ended() });
    connection.close();
  },
);

test.for(VERSIONS)(
  "a token that is refused later is heard of over the same connection (%s)",
  async (httpVersion) => {
    const connection = await hold(await plane.front(undefined), httpVersion);
    const good = await glanceAt(connection, { lists: true }, tokenOf("admin-token"), NEVER);
    const bad = await glanceAt(connection, { lists: true }, tokenOf("another-token"), NEVER);
    const again = await glanceAt(connection, { lists: true }, tokenOf("lab-token"), NEVER);
    connection.close();
    expect(good.api).toMatchObject({ status: 200 });
    expect(bad.api).toMatchObject({ status: 401, host: undefined });
    for (const fact of [bad.readyz, bad.version, bad.lists?.leases, bad.lists?.serviceEndpoints])
      expect(fact).toMatchObject({ kind: "unknown", failure: { cause: "401" } });
    expect(again).toMatchObject({
      api: { status: 200 },
      lists: { leases: { failure: { cause: "403" } } },
    });
  },
);
