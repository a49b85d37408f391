import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { startEgressService } from "../../../../src/lab/client/egress.ts";
import { startMetadataService } from "../../../../src/lab/client/metadata.ts";
import type { PlainService } from "../../../../src/lab/client/plain-server.ts";
import type { LabInstance } from "../../../../src/lab/scenario/client.ts";
import { CLIENT_DETAILS } from "../../../support/lab-details.ts";

const services: PlainService[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

interface Ask {
  readonly method?: "GET" | "PUT" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly giveUpMs?: number;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Undefined: no answer in time. */
function ask(service: PlainService, path: string, how: Ask = {}): Promise<Reply | undefined> {
  const { giveUpMs, ...options } = how;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(new URL(path, service.url), options, (incoming) => {
      let body = "";
      incoming.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      const { statusCode: status, headers } = incoming;
      incoming.on("end", () => resolve({ status, headers, body }));
    });
    if (giveUpMs !== undefined) {
      outgoing.setTimeout(giveUpMs, () => {
        resolve(undefined);
        outgoing.destroy();
      });
    }
    outgoing.on("error", reject).end();
  });
}

const INSTANCE: LabInstance = { ...CLIENT_DETAILS.instance, fault: undefined };

let nowMs = Date.now();

async function metadata(instance: LabInstance = INSTANCE): Promise<PlainService> {
  const service = await startMetadataService(instance, "ap-northeast-2", () => nowMs);
  services.push(service);
  return service;
}

const TTL = "x-aws-ec2-metadata-token-ttl-seconds";

function askToken(service: PlainService, ttl: string, more: Record<string, string> = {}) {
  const headers = { [TTL]: ttl, ...more };
  return ask(service, "/latest/api/token", { method: "PUT", headers });
}

async function reader(service: PlainService, ttl = "60") {
  const token = (await askToken(service, ttl))?.body ?? "";
  const headers = { "x-aws-ec2-metadata-token": token };
  return (path: string) => ask(service, `/latest/meta-data/${path}`, { headers });
}

describe("the metadata service", () => {
  it("tells an instance's place, one value a path", async () => {
    const read = await reader(await metadata());
    const text = async (path: string): Promise<string | undefined> => (await read(path))?.body;
    const mac = (await text("mac")) ?? "";
    expect(mac).toMatch(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    const own = `network/interfaces/macs/${mac}`;
    expect(await text("instance-id")).toBe("i-0123456789abcdef0");
    expect(await text("placement/region")).toBe("ap-northeast-2");
    expect(await text("placement/availability-zone")).toBe("ap-northeast-2a");
    expect(await text("local-ipv4")).toBe("10.0.20.7");
    expect(await text("public-ipv4")).toBe("203.0.113.9");
    expect(await text(`${own}/local-ipv4s`)).toBe("10.0.20.7");
    expect(await text(`${own}/public-ipv4s`)).toBe("203.0.113.9");
    expect(await text(`${own}/vpc-id`)).toBe("vpc-0123456789abcdef0");
    expect(await text(`${own}/subnet-id`)).toBe("subnet-0123456789abcdef0");
    expect(await text(`${own}/security-group-ids`)).toBe(
      "sg-0123456789abcdef0\nsg-0123456789abcdef1",
    );
  });

  it("lists directories, and has no value that the instance has not", async () => {
    const read = await reader(await metadata({ ...INSTANCE, publicIp: undefined }));
    const mac = (await read("mac"))?.body ?? "";
    expect((await read("network/interfaces/macs/"))?.body).toBe(`${mac}/`);
    expect((await read(""))?.body.split("\n")).toContain("placement/");
    expect((await read("public-ipv4"))?.status).toBe(404);
    expect((await read(`network/interfaces/macs/${mac}/public-ipv4s`))?.status).toBe(404);
    expect((await read("instance-id/x"))?.status).toBe(404);
    expect((await read("constructor"))?.status).toBe(404);
  });

  it("tells the tags where the instance allows it, key by key, and else has none", async () => {
    const read = await reader(await metadata());
    expect((await read("tags/instance"))?.body).toBe("eks:cluster-name\nName");
    expect((await read("tags/instance/eks:cluster-name"))?.body).toBe("alpha");
    expect((await read("tags/instance/Owner"))?.status).toBe(404);
    const without = await reader(await metadata({ ...INSTANCE, tags: undefined }));
    expect((await without("tags/instance"))?.status).toBe(404);
    expect((await without(""))?.body).not.toContain("tags");
  });

  it("answers 401 without a token, with a made-up one and with one that has ended", async () => {
    const service = await metadata();
    const path = "/latest/meta-data/instance-id";
    expect((await ask(service, path))?.status).toBe(401);
    const headers = { "x-aws-ec2-metadata-token": "made-up" };
    expect((await ask(service, path, { headers }))?.status).toBe(401);
    const read = await reader(service, "60");
    expect((await read("instance-id"))?.status).toBe(200);
    nowMs += 61_000;
    expect((await read("instance-id"))?.status).toBe(401);
  });

  it("gives a token for 1 second to 6 hours, to nobody behind a proxy", async () => {
    const service = await metadata();
    const good = await askToken(service, "21600");
    expect([good?.status, good?.headers[TTL]]).toEqual([200, "21600"]);
    for (const ttl of ["0", "21601", "soon"]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- one after another is enough
      expect((await askToken(service, ttl))?.status).toBe(400);
    }
    const forwarded = await askToken(service, "60", { "x-forwarded-for": "192.0.2.1" });
    expect(forwarded?.status).toBe(403);
    expect((await ask(service, "/latest/api/token", { method: "POST" }))?.status).toBe(405);
  });

  it("with a hop limit too low takes the connection and never gives a token", async () => {
    const service = await metadata({ ...INSTANCE, fault: "silent" });
    const headers = { [TTL]: "60" };
    const put = { method: "PUT", headers, giveUpMs: 300 } as const;
    expect(await ask(service, "/latest/api/token", put)).toBeUndefined();
    expect((await ask(service, "/latest/meta-data/instance-id"))?.status).toBe(401);
  });
});

describe("the egress service", () => {
  it("answers the address as a line of text, and nothing to a POST", async () => {
    const service = await startEgressService("203.0.113.9");
    services.push(service);
    expect(await ask(service, "/")).toMatchObject({ status: 200, body: "203.0.113.9\n" });
    expect((await ask(service, "/", { method: "POST" }))?.status).toBe(405);
  });
});
