import { afterEach, describe, expect, test, vi } from "vitest";
import { createShedder } from "../../../../src/lab/apiserver/shedding.ts";
import type { RunningFront } from "../../../../src/lab/fronts/front.ts";
import { getFromLab, type LabAnswer } from "../../../support/lab-client.ts";
import {
  type ControlPlane,
  ENDPOINT_NAME,
  FIELD_CLUSTER,
  startControlPlane,
} from "../../../support/lab-servers.ts";

vi.mock("../../../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../../../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

let plane: ControlPlane | undefined;
afterEach(() => plane?.close());

async function start(shedsAbove: number | undefined): Promise<RunningFront> {
  const servers = FIELD_CLUSTER.servers.map((server) => ({ ...server, shedsAbove }));
  plane = await startControlPlane({ ...FIELD_CLUSTER, servers });
  return plane.front(undefined);
}

function ask(front: RunningFront, path: string, token?: string): Promise<LabAnswer> {
  if (plane === undefined) throw new Error("not started");
  return getFromLab({
    front,
    ca: plane.pki.caPem,
    servername: ENDPOINT_NAME,
    httpVersion: "2",
    path,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
}

describe("an API server that sheds load", () => {
  test("answers what comes beyond its limit 429, says when to come back and which flow schema it was", async () => {
    const front = await start(1);
    const proper = await ask(front, "/api", "lab-token");
    expect(proper.status).toBe(200);
    const shed = await ask(front, "/api", "lab-token");
    expect(shed.status).toBe(429);
    expect(shed.body).toBe("Too many requests, please try again later.");
    expect(shed.headers["retry-after"]).toBe("1");
    expect(shed.headers["content-type"]).toBe("text/plain; charset=utf-8");
    for (const id of ["x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid"]) {
      expect(shed.headers[id]).toMatch(/^[0-9a-f-]{36}$/);
      expect(shed.headers[id]).toBe(proper.headers[id]);
    }
  });

  test("counts over all its addresses, since it is the server that is full", async () => {
    const front = await start(1);
    const other = await plane?.front(undefined, { layout: { ip: "10.0.20.41" } });
    expect((await ask(front, "/api", "lab-token")).status).toBe(200);
    expect(other && (await ask(other, "/api", "lab-token")).status).toBe(429);
  });

  test("lets health checks and administrators through, and counts neither, as flow control exempts them", async () => {
    const front = await start(1);
    expect((await ask(front, "/readyz")).status).toBe(200);
    expect((await ask(front, "/api", "admin-token")).status).toBe(200);
    expect((await ask(front, "/api", "lab-token")).status).toBe(200);
    expect((await ask(front, "/api", "admin-token")).status).toBe(200);
    expect((await ask(front, "/readyz")).status).toBe(200);
  });

  test("still answers a bad token 401, because authentication comes before flow control", async () => {
    const front = await start(1);
    await ask(front, "/api", "lab-token");
    const denied = await ask(front, "/api", "bad");
    expect(denied.status).toBe(401);
    expect(denied.headers["x-kubernetes-pf-flowschema-uid"]).toBeUndefined();
  });

  test("sheds nothing when the scenario sets no limit", async () => {
    const front = await start(undefined);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => ask(front, "/api", "lab-token")),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe("the limit", () => {
  test("holds for any second, and is free again a second after the first that counted", () => {
    let nowMs = 1_000;
    const shedder = createShedder(2, () => nowMs);
    const at = (ms: number): boolean => {
      nowMs = ms;
      return shedder.isFull();
    };
    expect([at(1_000), at(1_600), at(1_999)]).toEqual([false, false, true]);
    expect([at(2_000), at(2_001), at(2_599), at(2_600)]).toEqual([false, true, true, false]);
  });
});
