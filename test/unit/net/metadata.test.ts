import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { Fact } from "../../../src/model/fact.ts";
import type { Instance } from "../../../src/model/investigation.ts";
import { askClusterTag, askInstance } from "../../../src/net/metadata.ts";
import { realClock, tcpPeer } from "../../support/hostile-servers.ts";
import { httpPeer } from "../../support/plain-http-peer.ts";

const NEVER = new AbortController().signal;
const SESSION = "EXAMPLESESSION==";
const MAC = "02:00:00:aa:bb:cc";
const OF_MAC = `network/interfaces/macs/${MAC}`;

const VALUES: Readonly<Record<string, string>> = {
  "instance-id": "i-0123456789abcdef0",
  "placement/region": "ap-northeast-2",
  mac: MAC,
  [`${OF_MAC}/local-ipv4s`]: "10.0.105.163\n10.0.105.164",
  [`${OF_MAC}/public-ipv4s`]: "203.0.113.7",
  [`${OF_MAC}/vpc-id`]: "vpc-0a1b2c3d4e5f60718",
  [`${OF_MAC}/subnet-id`]: "subnet-0a1b2c3d4e5f60718",
  [`${OF_MAC}/security-group-ids`]: "sg-0a1b2c3d4e5f60718\nsg-0a1b2c3d4e5f60719",
};

/** IMDSv2 as on an instance, with other values or none. */
function imds(values: Readonly<Record<string, string | undefined>> = {}) {
  const all = { ...VALUES, ...values };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? "";
    if (request.method === "PUT" && path === "/latest/api/token") {
      const ttl = request.headers["x-aws-ec2-metadata-token-ttl-seconds"];
      response.writeHead(ttl === undefined ? 400 : 200).end(SESSION);
      return;
    }
    if (request.headers["x-aws-ec2-metadata-token"] !== SESSION) {
      response.writeHead(401).end();
      return;
    }
    const value = all[path.replace("/latest/meta-data/", "")];
    response.writeHead(value === undefined ? 404 : 200).end(value ?? "<html>404</html>");
  };
}

function ask(origin: string, signal = NEVER): Promise<Fact<Instance>> {
  const choice = { kind: "url", url: origin } as const;
  return askInstance({ choice, environment: {} }, realClock, signal);
}

function askTag(origin: string): Promise<Fact<string>> {
  const choice = { kind: "url", url: origin } as const;
  return askClusterTag({ choice, environment: {} }, realClock, NEVER);
}

async function failureOf(fact: Promise<Fact<Instance | string>>) {
  const answer = await fact;
  if (answer.kind !== "unknown") throw new Error(JSON.stringify(answer));
  return answer.failure;
}

describe("the instance metadata service", () => {
  test("is asked with a session token, fact by fact, over one connection", async () => {
    const ports = new Set<number | undefined>();
    const answer = imds();
    await using peer = await httpPeer((request, response) => {
      ports.add(request.socket.remotePort);
      answer(request, response);
    });
    expect(await ask(peer.origin)).toEqual({
      kind: "known",
      value: {
        instanceId: "i-0123456789abcdef0",
        region: "ap-northeast-2",
        privateIp: "10.0.105.163",
        publicIp: "203.0.113.7",
        vpcId: "vpc-0a1b2c3d4e5f60718",
        subnetId: "subnet-0a1b2c3d4e5f60718",
        securityGroupIds: ["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60719"],
      },
    });
    expect(peer.seen).toEqual([
      "PUT /latest/api/token",
      ...Object.keys(VALUES).map((name) => `GET /latest/meta-data/${name}`),
    ]);
    expect(ports.size).toBe(1);
  });

  test("may not have a thing, such as a public address: that is not known then", async () => {
    await using peer = await httpPeer(imds({ [`${OF_MAC}/public-ipv4s`]: undefined }));
    const fact = await ask(peer.origin);
    expect(fact).toMatchObject({ value: { publicIp: undefined, privateIp: "10.0.105.163" } });
    await using bare = await httpPeer(imds({ mac: undefined }));
    expect(await ask(bare.origin)).toMatchObject({
      value: { instanceId: "i-0123456789abcdef0", vpcId: undefined, securityGroupIds: [] },
    });
  });

  test.each([
    ["instance-id", "<html>Please log in</html>"],
    ["placement/region", "Seoul"],
    ["mac", "../../latest/user-data"],
    [`${OF_MAC}/local-ipv4s`, "10.0.105.163\n999.1.1.1"],
    [`${OF_MAC}/public-ipv4s`, ""],
    [`${OF_MAC}/vpc-id`, "vpc-\u001b[2J"],
    [`${OF_MAC}/security-group-ids`, "sg-0a1b2c3d4e5f60718 sg-0a1b2c3d4e5f60719"],
  ])("whose %s is %j is not one", async (name, value) => {
    await using peer = await httpPeer(imds({ [name]: value }));
    const failure = await failureOf(ask(peer.origin));
    expect(failure).toMatchObject({ code: "metadata-answer-invalid", phase: "metadata" });
    expect(failure.message).toContain(name.replace(/^.*\//, ""));
    expect(failure.message).not.toContain(value === "" ? "\n" : value);
  });

  test("that gives no session token is not asked without one, as IMDSv1 would be", async () => {
    for (const status of [403, 404, 200, 302]) {
      await using peer = await httpPeer((request, response) => {
        if (request.method === "PUT") response.writeHead(status, { location: "/x" }).end("");
        else imds()(request, response);
      });
      const failure = await failureOf(ask(peer.origin));
      expect(failure.code).toBe("metadata-answer-invalid");
      expect(failure.message.includes("switched off")).toBe(status === 403);
      expect(peer.seen).toEqual(["PUT /latest/api/token"]);
    }
  });

  test("that takes the connection and says nothing: the hop limit, by name", async () => {
    await using peer = await tcpPeer((socket) => socket.resume());
    const started = performance.now();
    const failure = await failureOf(ask(`http://127.0.0.1:${peer.port}`));
    expect(failure).toMatchObject({ code: "metadata-timeout", side: "local" });
    expect(failure.message).toContain("hop limit");
    expect(performance.now() - started).toBeLessThan(3_500);
  });

  test("that falls silent later is not the hop limit's affair", async () => {
    await using peer = await httpPeer((request, response) => {
      if (request.method === "PUT") imds()(request, response);
    });
    const failure = await failureOf(ask(peer.origin));
    expect(failure.code).toBe("metadata-timeout");
    expect(failure.message).not.toContain("hop limit");
  });

  test("that is not there: most likely no EC2 instance", async () => {
    const peer = await tcpPeer((socket) => socket.destroy());
    await peer[Symbol.asyncDispose]();
    expect(await failureOf(ask(`http://127.0.0.1:${peer.port}`))).toMatchObject({
      code: "metadata-unreachable",
      cause: "ECONNREFUSED",
      message: expect.stringContaining("no EC2 instance"),
    });
  });

  test.each([
    ["hangs up", Buffer.alloc(0)],
    ["speaks another protocol", Buffer.from("SSH-2.0-OpenSSH_9.6\r\n")],
  ])("that %s is not one", async (_, bytes) => {
    await using peer = await tcpPeer((socket) => socket.once("data", () => socket.end(bytes)));
    const failure = await failureOf(ask(`http://127.0.0.1:${peer.port}`));
    expect(failure.code).toBe("metadata-answer-invalid");
  });

  test("whose answer has no end is cut off", async () => {
    await using peer = await httpPeer((_request, response) => {
      response.writeHead(200);
      response.write("x".repeat(64 * 1024));
    });
    expect((await failureOf(ask(peer.origin))).code).toBe("metadata-answer-invalid");
  });

  test("is left alone at the first Ctrl-C", async () => {
    const stop = new AbortController();
    await using peer = await tcpPeer(() => stop.abort());
    expect(await failureOf(ask(`http://127.0.0.1:${peer.port}`, stop.signal))).toMatchObject({
      code: "interrupted",
    });
    expect(
      await failureOf(ask(`http://127.0.0.1:${peer.port}`, AbortSignal.abort())),
    ).toMatchObject({ code: "interrupted" });
    expect(peer.seen).toEqual(["tcp"]);
  });
});

describe("the tags of the instance", () => {
  const TAGS = "tags/instance";

  test.each(["aws:eks:cluster-name", "eks:cluster-name", "eks:eks-cluster-name"])(
    "name the cluster by %s, in three questions",
    async (key) => {
      const values = { [TAGS]: `Name\n${key}\nteam`, [`${TAGS}/${key}`]: "gonz-eks-pub" };
      await using peer = await httpPeer(imds(values));
      expect(await askTag(peer.origin)).toEqual({ kind: "known", value: "gonz-eks-pub" });
      expect(peer.seen).toEqual([
        "PUT /latest/api/token",
        `GET /latest/meta-data/${TAGS}`,
        `GET /latest/meta-data/${TAGS}/${key}`,
      ]);
    },
  );

  test("that AWS sets beat those that anybody can", async () => {
    const values = {
      [TAGS]: "eks:cluster-name\naws:eks:cluster-name",
      [`${TAGS}/eks:cluster-name`]: "other",
      [`${TAGS}/aws:eks:cluster-name`]: "gonz-eks-pub",
    };
    await using peer = await httpPeer(imds(values));
    expect(await askTag(peer.origin)).toEqual({ kind: "known", value: "gonz-eks-pub" });
  });

  test("may not be read, or name none: then it is not known, and not failed", async () => {
    await using off = await httpPeer(imds());
    expect(await askTag(off.origin)).toEqual({
      kind: "skipped",
      reason: "this instance does not let its tags be read in its metadata",
    });
    await using none = await httpPeer(imds({ [TAGS]: "Name\nkubernetes-cluster" }));
    expect(await askTag(none.origin)).toEqual({
      kind: "skipped",
      reason: "no tag of this instance names an EKS cluster",
    });
    await using gone = await httpPeer(imds({ [TAGS]: "eks:cluster-name" }));
    expect((await askTag(gone.origin)).kind).toBe("skipped");
  });

  test.each(["", "-a", "a b", "<html>", "a\nb c", "\u001b[2J", "x".repeat(101)])(
    "that are %j name none",
    async (name) => {
      const values = { [TAGS]: "eks:cluster-name", [`${TAGS}/eks:cluster-name`]: name };
      await using peer = await httpPeer(imds(values));
      const failure = await failureOf(askTag(peer.origin));
      expect(failure.code).toBe("metadata-answer-invalid");
      expect(failure.message).toContain("is no eks:cluster-name of an instance");
    },
  );

  test("are not asked for by who asks for the instance, nor where the service is off", async () => {
    await using peer = await httpPeer(imds({ [TAGS]: "eks:cluster-name" }));
    await ask(peer.origin);
    expect(peer.seen.join()).not.toContain("tags");
    const off = { choice: { kind: "off" }, environment: {} } as const;
    expect((await askClusterTag(off, realClock, NEVER)).kind).toBe("skipped");
  });
});

describe("which service is asked", () => {
  const DISABLED = { AWS_EC2_METADATA_DISABLED: "TRUE" };

  test("none where it is switched off, by the user or for the AWS SDKs", async () => {
    await using peer = await httpPeer(imds());
    const AWS_EC2_METADATA_SERVICE_ENDPOINT = peer.origin;
    const environment = { ...DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT };
    expect(await askInstance({ choice: undefined, environment }, realClock, NEVER)).toEqual({
      kind: "skipped",
      reason: "AWS_EC2_METADATA_DISABLED is set",
    });
    const off = {
      choice: { kind: "off" },
      environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT },
    } as const;
    expect(await askInstance(off, realClock, NEVER)).toEqual({
      kind: "skipped",
      reason: "--metadata off",
    });
    expect(peer.seen).toEqual([]);
  });

  test("the one that the user names, also where the SDKs may not ask", async () => {
    await using peer = await httpPeer(imds());
    const choice = { kind: "url", url: peer.origin } as const;
    const fact = await askInstance({ choice, environment: DISABLED }, realClock, NEVER);
    expect(fact.kind).toBe("known");
  });

  test("else the one of AWS's variable, under its path; what is no URL there is not asked", async () => {
    const answer = imds();
    await using peer = await httpPeer((request, response) => {
      request.url = request.url?.replace(/^\/mock/, "") ?? "";
      answer(request, response);
    });
    const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: `${peer.origin}/mock/` };
    expect((await askInstance({ choice: undefined, environment }, realClock, NEVER)).kind).toBe(
      "known",
    );
    expect(peer.seen[0]).toBe("PUT /mock/latest/api/token");
    for (const text of ["169.254.169.254", "https://169.254.169.254"]) {
      const wrong = { AWS_EC2_METADATA_SERVICE_ENDPOINT: text };
      const fact = await askInstance({ choice: undefined, environment: wrong }, realClock, NEVER);
      expect(fact).toMatchObject({ kind: "skipped", reason: expect.stringContaining("http URL") });
    }
  });
});
