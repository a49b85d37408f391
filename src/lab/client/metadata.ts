import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LabInstance } from "../scenario/client.ts";
import { hexOf } from "../vpc.ts";
import { type PlainService, startPlainService } from "./plain-server.ts";

const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN_HEADER = "x-aws-ec2-metadata-token";
/** Six hours. */
const MAX_TTL_SECONDS = 21_600;
/** A lab that runs for days must not grow. */
const MAX_TOKENS = 1000;

/** A directory, or the text of a value. */
type Tree = { readonly [name: string]: Tree } | string;

/**
 * The instance metadata service, version 2 alone: a PUT for a session token, then GETs that bring
 * it. Paths, statuses and the listing of directories as in the EC2 user guide.
 */
export function startMetadataService(
  instance: LabInstance,
  region: string,
  nowMs: () => number,
): Promise<PlainService> {
  const tokens = new Map<string, number>();
  const tree: Tree = { latest: { "meta-data": metaData(instance, region) } };

  function giveToken(request: IncomingMessage, response: ServerResponse): void {
    // A proxy in between is how a stranger would get a token; the real one refuses it too.
    if (request.headers["x-forwarded-for"] !== undefined) return send(response, 403, "Forbidden");
    const asked = request.headers[TTL_HEADER];
    const ttl = typeof asked === "string" && /^\d{1,5}$/.test(asked) ? Number(asked) : 0;
    if (ttl < 1 || ttl > MAX_TTL_SECONDS) return send(response, 400, "Bad Request");
    const token = randomBytes(40).toString("base64url");
    tokens.set(token, nowMs() + ttl * 1000);
    const [oldest] = tokens.keys();
    if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest);
    response.setHeader(TTL_HEADER, ttl);
    send(response, 200, token);
  }

  function isGood(token: string | string[] | undefined): boolean {
    const endsAtMs = typeof token === "string" ? tokens.get(token) : undefined;
    return endsAtMs !== undefined && nowMs() < endsAtMs;
  }

  return startPlainService((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (request.method === "PUT" && path === "/latest/api/token") {
      if (instance.fault !== "silent") giveToken(request, response);
      return;
    }
    if (request.method !== "GET") return send(response, 405, "Method Not Allowed");
    if (!isGood(request.headers[TOKEN_HEADER])) return send(response, 401, "Unauthorized");
    const found = findIn(tree, path);
    if (found === undefined) send(response, 404, "Not Found");
    else send(response, 200, typeof found === "string" ? found : listing(found));
  });
}

function metaData(instance: LabInstance, region: string): Tree {
  const { availabilityZone, id, privateIp, publicIp, securityGroupIds } = instance;
  const zone = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  const host = `ip-${privateIp.replaceAll(".", "-")}.${zone}`;
  const mac = ["0a", ...(hexOf(id, 10).match(/../g) ?? [])].join(":");
  return {
    hostname: host,
    "instance-id": id,
    "local-hostname": host,
    "local-ipv4": privateIp,
    mac,
    network: {
      interfaces: {
        macs: {
          [mac]: {
            "device-number": "0",
            "local-ipv4s": privateIp,
            mac,
            ...(publicIp !== undefined && { "public-ipv4s": publicIp }),
            "security-group-ids": securityGroupIds.join("\n"),
            "subnet-id": instance.subnetId,
            "vpc-id": instance.vpcId,
          },
        },
      },
    },
    placement: { "availability-zone": availabilityZone, region },
    ...(publicIp !== undefined && { "public-ipv4": publicIp }),
    ...(instance.tags !== undefined && { tags: { instance: instance.tags } }),
  };
}

function findIn(tree: Tree, path: string): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const name of path.split("/").filter((part) => part !== "")) {
    if (found === undefined || typeof found === "string") return undefined;
    found = Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

/** A name a line, directories with a slash at the end. */
function listing(directory: Exclude<Tree, string>): string {
  return Object.entries(directory)
    .map(([name, child]) => (typeof child === "string" ? name : `${name}/`))
    .join("\n");
}

function send(response: ServerResponse, status: number, body: string): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "content-type": "text/plain", "content-length": length }).end(body);
}
