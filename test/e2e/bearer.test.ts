import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import { startLab } from "../../src/lab/start.ts";
import { httpsPeer, type Peer } from "../support/hostile-servers.ts";
import {
  apiBody,
  CLUSTER,
  HOST,
  namesFor,
  sharedPki,
  startWorld,
  vip,
} from "../support/hostile-world.ts";
import { codesByIp, probesByIp, readReport } from "../support/program-report.ts";
import { runProgram } from "../support/run-program.ts";
import { mintCa, mintLeaf, type TestCa, type TestLeaf } from "../support/test-pki.ts";

const SERVER_HOST = "ip-172-16-57-254.ec2.internal";
/** Nothing hangs here. */
const RUN = ["endpoints", "--cluster", CLUSTER, "--timeout", "10s"];
const DAY_MS = 86_400_000;

interface Stranger {
  readonly what: string;
  readonly code: string;
  readonly leaf: TestLeaf;
}

let ca: TestCa;
let strangers: readonly Stranger[];

beforeAll(async () => {
  ca = (await sharedPki()).ca;
  const names = namesFor(SERVER_HOST);
  const foreign = await mintCa("CN=kubernetes");
  const selfSigned = await mintCa("CN=kube-apiserver");
  const past = {
    notBefore: new Date(Date.now() - 9 * DAY_MS),
    notAfter: new Date(Date.now() - DAY_MS),
  };
  const future = {
    notBefore: new Date(Date.now() + DAY_MS),
    notAfter: new Date(Date.now() + 9 * DAY_MS),
  };
  const other = [{ type: "dns" as const, value: "0badc0de.gr7.us-west-2.eks.amazonaws.com" }];
  strangers = [
    { what: "foreign CA", code: "tls-untrusted", leaf: await mintLeaf(foreign, { names }) },
    { what: "self-signed", code: "tls-untrusted", leaf: await mintLeaf(selfSigned, { names }) },
    { what: "expired", code: "tls-expired", leaf: await mintLeaf(ca, { names, ...past }) },
    {
      what: "not yet valid",
      code: "tls-not-yet-valid",
      leaf: await mintLeaf(ca, { names, ...future }),
    },
    { what: "other name", code: "tls-name-mismatch", leaf: await mintLeaf(ca, { names: other }) },
    {
      what: "no name at all",
      code: "tls-name-mismatch",
      leaf: await mintLeaf(ca, { subject: `CN=${HOST}` }),
    },
    {
      what: "client certificate",
      code: "tls-untrusted",
      leaf: await mintLeaf(ca, { names, extendedKeyUsage: "1.3.6.1.5.5.7.3.2" }),
    },
  ];
});

const TLS = { "TLS 1.3": "TLSv1.3", "TLS 1.2": "TLSv1.2" } as const;

interface Listening extends AsyncDisposable {
  readonly peers: readonly Peer[];
  /** Authorization headers, by address. */
  readonly heard: ReadonlyMap<string, string | undefined>;
  readonly ports: Readonly<Record<string, number>>;
}

/** One server per stranger, each on its address, and what it was told. */
async function listenAll(version: "TLSv1.2" | "TLSv1.3"): Promise<Listening> {
  const heard = new Map<string, string | undefined>();
  const peers = await Promise.all(
    strangers.map(({ leaf }, index) =>
      httpsPeer(
        leaf,
        (request, response) => {
          heard.set(vip(index + 1), request.headers.authorization);
          response.end(apiBody(SERVER_HOST));
        },
        { minVersion: version, maxVersion: version },
      ),
    ),
  );
  return {
    peers,
    heard,
    ports: Object.fromEntries(peers.map(({ port }, index) => [vip(index + 1), port])),
    async [Symbol.asyncDispose]() {
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
    },
  };
}

describe.each(["TLS 1.3", "TLS 1.2"] as const)("over %s", (version) => {
  test.concurrent.for(["--http2", "--http1.1"])(
    "a server that the cluster's CA does not vouch for sees no request (%s)",
    async (http) => {
      await using listening = await listenAll(TLS[version]);
      await using world = await startWorld({ ports: listening.ports });
      const ended = await runProgram([...RUN, http, "-o", "json"], { env: world.env });
      const report = readReport(ended);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toBe("");
      const expected = strangers.map(({ code }, index) => [vip(index + 1), code]);
      expect(codesByIp(report)).toEqual(Object.fromEntries(expected));
      expect(listening.heard.size).toBe(0);
      for (const { seen } of listening.peers) {
        expect(seen.filter((event) => event.startsWith("request"))).toEqual([]);
        // At TLS 1.2 the server's handshake ends before the client's word counts.
        const handshake = version === "TLS 1.3" ? "handshake-failed" : "secure";
        expect(seen.slice(0, 2)).toEqual(["tcp", handshake]);
      }
      for (const probe of probesByIp(report).values())
        expect(probe.token).toBe("withheld-unverified");
      expect(world.strays()).toBe(0);
    },
  );

  test.concurrent.for(["--http2", "--http1.1"])(
    "--insecure asks it all the same, without the token, and warns (%s)",
    async (http) => {
      await using listening = await listenAll(TLS[version]);
      await using world = await startWorld({ ports: listening.ports });
      const run = [...RUN, http, "-o", "json", "--insecure"];
      const ended = await runProgram(run, { env: world.env });
      expect(ended.stderr).toContain("--insecure");
      expect(ended.stderr).toContain("no token is sent");
      expect([...listening.heard.keys()].toSorted()).toEqual(
        strangers.map((_, index) => vip(index + 1)),
      );
      expect([...listening.heard.values()].filter((header) => header !== undefined)).toEqual([]);
      for (const probe of probesByIp(readReport(ended)).values())
        expect(probe.token).toBe("withheld-unverified");
    },
  );

  test.concurrent("--insecure --insecure-send-token sends it, and says so loudly", async () => {
    await using listening = await listenAll(TLS[version]);
    await using world = await startWorld({ ports: listening.ports });
    const run = [...RUN, "--insecure", "--insecure-send-token"];
    const ended = await runProgram(run, { env: world.env });
    expect(ended.stderr).toContain("THE TOKEN IS SENT");
    const headers = [...listening.heard.values()];
    expect(headers).toHaveLength(strangers.length);
    for (const header of headers) expect(header).toMatch(/^Bearer k8s-aws-v1\./);
    expect(ended.stdout + ended.stderr).not.toContain(headers[0]?.slice(0, 40));
  });
});

describe("the request", () => {
  let leaf: TestLeaf;
  let recorder: Peer;
  const recorded: (string | undefined)[] = [];

  beforeAll(async () => {
    leaf = (await sharedPki()).leaf;
    recorder = await httpsPeer(leaf, (request, response) => {
      recorded.push(request.headers.authorization);
      response.end(apiBody(SERVER_HOST));
    });
  });

  afterAll(() => recorder[Symbol.asyncDispose]());

  test.for(["--http2", "--http1.1"])(
    "is one GET of /api with the endpoint's name, whatever it redirects to (%s)",
    async (http) => {
      const statuses = [301, 302, 303, 307, 308];
      const peers = await Promise.all(
        statuses.map((status) =>
          httpsPeer(leaf, (_request, response) => {
            response.writeHead(status, { location: `https://127.0.0.1:${recorder.port}/api` });
            response.end();
          }),
        ),
      );
      const ports = Object.fromEntries(peers.map(({ port }, index) => [vip(index + 1), port]));
      await using world = await startWorld({ ports });
      const ended = await runProgram([...RUN, http, "-o", "json"], { env: world.env });
      for (const { seen } of peers)
        expect(seen).toEqual(["tcp", "secure", `request GET ${HOST} /api`]);
      expect(Object.values(codesByIp(readReport(ended)))).toEqual(
        statuses.map(() => "http-status"),
      );
      expect(recorder.seen).toEqual([]);
      expect(recorded).toEqual([]);
      expect(world.strays()).toBe(0);
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
    },
  );

  test("is not made anew for a 401, a retry-after or a proposal to speak elsewhere", async () => {
    const headers = [
      { "www-authenticate": "Bearer", status: 401 },
      { "retry-after": "0", status: 503 },
      { "alt-svc": `h2="127.0.0.1:${recorder.port}"`, status: 421 },
      { refresh: `0; url=https://127.0.0.1:${recorder.port}/`, status: 200 },
    ];
    const peers = await Promise.all(
      headers.map(({ status, ...more }) =>
        httpsPeer(leaf, (_request, response) => {
          for (const [name, value] of Object.entries(more)) response.setHeader(name, value);
          response.statusCode = status;
          response.end(apiBody(SERVER_HOST));
        }),
      ),
    );
    const ports = Object.fromEntries(peers.map(({ port }, index) => [vip(index + 1), port]));
    await using world = await startWorld({ ports });
    await runProgram([...RUN, "-o", "json"], { env: world.env });
    for (const { seen } of peers)
      expect(seen).toEqual(["tcp", "secure", `request GET ${HOST} /api`]);
    expect(recorder.seen).toEqual([]);
    await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
  });

  test("goes to the addresses of the name and nowhere else: what /api reports is not looked up", async () => {
    const reported = `127.0.0.1:${recorder.port}`;
    const body = apiBody("x").replace("x:443", reported);
    await using numeric = await httpsPeer(leaf, (_request, response) => response.end(body));
    await using named = await httpsPeer(leaf, (_q, response) =>
      response.end(apiBody("evil.example.com")),
    );
    await using world = await startWorld({
      ports: { [vip(1)]: numeric.port, [vip(2)]: named.port },
    });
    const ended = await runProgram([...RUN, "-o", "json"], { env: world.env });
    const probes = probesByIp(readReport(ended));
    expect(probes.get(vip(1))?.serverAddress).toBe(reported);
    expect(probes.get(vip(2))?.serverAddress).toBe("evil.example.com:443");
    expect(recorder.seen).toEqual([]);
    expect(world.strays()).toBe(0);
    const questions = world.dns.udpQueries.map((query) => query.toString("latin1"));
    expect(questions).toHaveLength(2);
    expect(questions.filter((query) => query.includes("evil"))).toEqual([]);
  });
});

test("in the lab too only the endpoint's name is asked for, and nothing strays", async () => {
  const scenario = SCENARIOS.find(({ name }) => name === "gonz-eks-pub");
  if (scenario === undefined) throw new Error("no scenario");
  const lab = await startLab(scenario);
  try {
    const args = ["endpoints", "--cluster", "gonz-eks-pub", "-n", "3", "-o", "json"];
    const ended = await runProgram(args, { env: lab.environment });
    expect(ended.code).toBe(0);
    const endpoint = scenario.clusters[0]?.endpointHost.toLowerCase();
    const asked = lab.dns.flatMap((server) => server.log()).map(({ name }) => name.toLowerCase());
    expect([...new Set(asked)]).toEqual([endpoint]);
    expect(lab.strayConnections()).toBe(0);
    const requests = lab.apiServers.flatMap(({ seen }) => seen.requests);
    expect(requests).toHaveLength(12);
    for (const { path, authorization, status } of requests)
      expect({ path, authorization, status }).toEqual({
        path: "/api",
        authorization: "bearer",
        status: 200,
      });
  } finally {
    await lab.close();
  }
});
