import { describe, expect, test } from "vitest";
import { known, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import { type AwsPort, interrupted, type SocketPort } from "../../../src/model/ports.ts";
import type { ConnectToRule, ProbeRequest } from "../../../src/model/request.ts";
import type { RecordType, Resolution } from "../../../src/model/resolution.ts";
import { probeCluster } from "../../../src/probe/run.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { deferred, type FakeWorld, fakeDeps } from "../../support/fake-deps.ts";
import {
  failedAt,
  makeCluster,
  named,
  PRI_CLUSTER,
  PUB_HOST,
  PUB_ONE,
  seen,
} from "../../support/snapshots.ts";

const NEVER = new AbortController().signal;

async function run(world: FakeWorld, asked: Partial<ProbeRequest> = {}, signal = NEVER) {
  const deps = fakeDeps(world);
  const snapshot = await probeCluster(makeRequest("gonz-eks-pub", asked), deps, signal);
  return {
    snapshot,
    asked: deps.asked,
    dialed: deps.asked.filter((line) => line.startsWith("dial")),
  };
}

function rule(fromHost: string | undefined, toHost: string, toPort: number): ConnectToRule {
  return { fromHost, fromPort: undefined, toHost, toPort };
}

function oneEni(
  server: { readonly ip: string; readonly port: number },
  name: string,
  type: RecordType,
): Resolution {
  const ips = type === "A" ? ["10.0.20.41"] : [];
  return named(ips, { resolver: { kind: "server", system: true, ...server }, name, type });
}

/** Lets everything that can go on go on. */
async function turnOver(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

describe("what is asked", () => {
  test("every question that needs only the name is asked before any answer", async () => {
    const never = new Promise<never>(() => undefined);
    const deps = fakeDeps({ cluster: never, enis: never, token: never });
    void probeCluster(makeRequest("gonz-eks-pub"), deps, NEVER);
    await turnOver();
    expect(deps.asked).toEqual(["cluster gonz-eks-pub", "enis gonz-eks-pub", "token gonz-eks-pub"]);
  });

  test("VIPs and ENIs are all probed, in the order of the report in the end", async () => {
    const { snapshot, dialed } = await run({});
    expect(snapshot.addresses.map(({ kind, ip }) => `${kind} ${ip}`)).toEqual([
      "vip 43.200.53.253",
      "vip 52.79.39.107",
      "eni 10.0.20.41",
      "eni 10.0.95.229",
    ]);
    expect(dialed.toSorted()).toEqual([
      "dial 10.0.20.41:443",
      "dial 10.0.95.229:443",
      "dial 43.200.53.253:443",
      "dial 52.79.39.107:443",
    ]);
    expect(snapshot.vantage.insideVpc).toBe("yes");
  });

  test("--paths vip asks EC2 nothing", async () => {
    const { snapshot, asked } = await run({}, { paths: ["vip"] });
    expect(asked.filter((line) => /^(?:enis|vpc)/.test(line))).toEqual([]);
    expect(snapshot.enis).toEqual({ kind: "skipped", reason: "--paths leaves the ENIs out" });
    expect(snapshot.vantage.insideVpc).toBe("unknown");
  });

  test("--paths eni asks no resolver, no hosts file and no getaddrinfo", async () => {
    const { snapshot, asked, dialed } = await run({}, { paths: ["eni"] });
    expect(asked.filter((line) => /^(?:A|AAAA|getaddrinfo|hosts)/.test(line))).toEqual([]);
    expect(dialed).toHaveLength(2);
    expect(snapshot.resolutions).toEqual([]);
  });

  test("a named resolver is the only one asked: getaddrinfo would ask others", async () => {
    const { asked } = await run(
      {},
      { resolvers: [{ kind: "server", ip: "192.0.2.53", port: 53 }] },
    );
    expect(asked.filter((line) => /^(?:A|AAAA|getaddrinfo|hosts)/.test(line)).toSorted()).toEqual([
      "A 192.0.2.53",
      "AAAA 192.0.2.53",
      "hosts file",
    ]);
  });

  test("-6 asks for AAAA only and dials IPv6 only", async () => {
    const { asked, dialed } = await run(
      {
        query: (server, name) =>
          named(["2600:1f16::1"], { resolver: { kind: "server", system: true, ...server }, name }),
      },
      { family: 6 },
    );
    expect(asked).not.toContain("A 10.0.0.2");
    expect(dialed).toEqual(["dial 2600:1f16::1:443"]);
  });

  test("--anonymous signs nothing", async () => {
    const { snapshot, asked } = await run({}, { anonymous: true });
    expect(asked).not.toContain("token gonz-eks-pub");
    expect(snapshot.token).toEqual({ kind: "skipped", reason: "--anonymous sends none" });
  });

  test("a local cluster on an Outpost is sent a token for its id, and only that", async () => {
    const tokens: string[] = [];
    const deps = fakeDeps({ cluster: known(makeCluster({ localId: "local-1" })) });
    const aws: AwsPort = {
      ...deps.aws,
      signToken: (name) =>
        Promise.resolve(known({ reveal: () => `for ${name}`, expiresAt: `2023-04-21 ${name}` })),
    };
    const sockets: SocketPort = {
      ...deps.sockets,
      attempt: async (plan, token, signal) => {
        tokens.push((await token)?.reveal() ?? "none");
        return deps.sockets.attempt(plan, token, signal);
      },
    };
    const request = makeRequest("gonz-eks-pub");
    const snapshot = await probeCluster(request, { ...deps, aws, sockets }, NEVER);
    expect(new Set(tokens)).toEqual(new Set(["for local-1"]));
    expect(snapshot.token).toEqual(known({ expiresAt: "2023-04-21 local-1" }));
  });

  test("any other cluster is sent the token for its name, signed once", async () => {
    const { asked } = await run({});
    expect(asked.filter((line) => line.startsWith("token"))).toEqual(["token gonz-eks-pub"]);
  });

  test("a token that cannot be signed for the id is not replaced by the one for the name", async () => {
    const deps = fakeDeps({ cluster: known(makeCluster({ localId: "local-1" })) });
    const expired: Failure = {
      code: "credentials-expired",
      phase: "sign",
      side: "user",
      message: "expired",
    };
    const aws: AwsPort = {
      ...deps.aws,
      signToken: (name, signal) =>
        name === "local-1" ? Promise.resolve(unknown(expired)) : deps.aws.signToken(name, signal),
    };
    const snapshot = await probeCluster(makeRequest("gonz-eks-pub"), { ...deps, aws }, NEVER);
    expect(snapshot.token).toEqual(unknown(expired));
  });

  test("the token's secret is nowhere in the snapshot", async () => {
    const token = known({ reveal: () => "example-secret", expiresAt: "2023-04-21T15:55:31Z" });
    const { snapshot } = await run({ token });
    expect(snapshot.token).toEqual(known({ expiresAt: "2023-04-21T15:55:31Z" }));
    expect(JSON.stringify(snapshot)).not.toContain("example-secret");
  });

  test("the VPC's ranges are asked for by the ENIs' word where the cluster is denied", async () => {
    const cluster = unknown({
      code: "access-denied",
      phase: "describe-cluster",
      side: "aws",
      message: "denied",
    });
    const { snapshot, asked, dialed } = await run({ cluster });
    expect(asked).toContain("vpc vpc-0a");
    expect(dialed).toEqual([]);
    expect(snapshot.addresses.map(({ kind }) => kind)).toEqual(["eni", "eni"]);
  });

  test("a cluster without endpoint is not resolved", async () => {
    const { snapshot, asked } = await run({ cluster: known(makeCluster({ endpoint: undefined })) });
    expect(asked).not.toContain("hosts file");
    expect(snapshot.observations).toEqual([]);
  });
});

describe("nothing waits that need not", () => {
  test("the first answer's addresses are dialled while other answers are outstanding", async () => {
    const never = new Promise<never>(() => undefined);
    const deps = fakeDeps({
      enis: never,
      query: (server, name, type) =>
        type === "AAAA"
          ? never
          : named(["43.200.53.253"], {
              resolver: { kind: "server", system: true, ...server },
              name,
            }),
    });
    void probeCluster(makeRequest("gonz-eks-pub"), deps, NEVER);
    await turnOver();
    expect(deps.asked).toContain("dial 43.200.53.253:443");
  });

  test("ENIs are dialled while DNS is silent", async () => {
    const deps = fakeDeps({ query: () => new Promise<never>(() => undefined) });
    void probeCluster(makeRequest("gonz-eks-pub"), deps, NEVER);
    await turnOver();
    expect(deps.asked).toContain("dial 10.0.20.41:443");
  });
});

describe("--connect-to", () => {
  const pri: FakeWorld = { cluster: known(PRI_CLUSTER) };
  test("a rule for the endpoint's name holds for an ENI that the name gives, whoever answers first", async () => {
    const { host } = PRI_CLUSTER.endpoint ?? { host: "" };
    const connectTo = [rule(host, "127.0.0.1", 8_443)];
    const late = deferred<void>();
    const deps = fakeDeps({
      ...pri,
      query: async (...question) => {
        await late.promise;
        return oneEni(...question);
      },
    });
    const done = probeCluster(makeRequest("gonz-eks-pri", { connectTo }), deps, NEVER);
    await turnOver();
    expect(deps.asked.filter((line) => line.startsWith("dial"))).toEqual([]);
    late.resolve();
    await done;
    expect(deps.asked.filter((line) => line.startsWith("dial")).toSorted()).toEqual([
      "dial 10.0.95.229:443",
      "dial 127.0.0.1:8443",
    ]);
  });

  test("the host it leads to is resolved by the same resolvers, lowest IPv4 first", async () => {
    const { snapshot, dialed } = await run(
      {
        query: (server, name, type) => {
          const tunnel = type === "A" ? ["192.0.2.9", "192.0.2.8"] : ["2001:db8::1"];
          const ips = name === "tunnel" ? tunnel : type === "A" ? ["43.200.53.253"] : [];
          return named(ips, { resolver: { kind: "server", system: true, ...server }, name, type });
        },
      },
      { connectTo: [rule(undefined, "tunnel", 1)], paths: ["vip"] },
    );
    expect(dialed).toEqual(["dial 192.0.2.8:1"]);
    expect(snapshot.observations[0]?.address).toBe("43.200.53.253:443");
  });

  test("the hosts file beats DNS for that host, and localhost asks nobody", async () => {
    const connectTo = [rule("43.200.53.253", "tunnel", 1), rule("52.79.39.107", "localhost", 2)];
    const hosts = named(["127.0.0.7"], { resolver: { kind: "hosts-file" }, name: "tunnel" });
    const deps = fakeDeps();
    const names = {
      ...deps.names,
      hostsFile: async (name: string) => (name === "tunnel" ? [hosts] : []),
    };
    await probeCluster(
      makeRequest("gonz-eks-pub", { connectTo, paths: ["vip"] }),
      { ...deps, names },
      NEVER,
    );
    expect(deps.asked.filter((line) => line.startsWith("dial")).toSorted()).toEqual([
      "dial 127.0.0.1:2",
      "dial 127.0.0.7:1",
    ]);
  });

  test.each([
    ["dns-timeout", "network", "dns-timeout"],
    ["dns-nxdomain", "server", "dns-nxdomain"],
  ] as const)(
    "a host that %s hides is a failure of that kind, not a guess",
    async (code, side, expected) => {
      const failure: Failure = { code, phase: "dns", side, message: "no luck" };
      const { snapshot, dialed } = await run(
        {
          query: (server, name, type) =>
            name === PUB_HOST
              ? named(type === "A" ? ["43.200.53.253"] : [], { type })
              : named([], {
                  resolver: { kind: "server", system: true, ...server },
                  answer: { kind: "failed", failure },
                }),
        },
        { connectTo: [rule(undefined, "tunnel", 1)], paths: ["vip"] },
      );
      expect(dialed).toEqual([]);
      expect(snapshot.observations[0]?.failure).toMatchObject({ code: expected, phase: "dns" });
      expect(snapshot.observations[0]?.failure?.message).toContain("tunnel");
    },
  );
});

describe("samples", () => {
  test("a dead address is given up after three, the living are not", async () => {
    const { snapshot } = await run(
      {
        attempt: ({ dial }) =>
          dial.ip === "52.79.39.107" ? failedAt(dial.ip) : seen(dial.ip, PUB_ONE),
      },
      { samples: 20, paths: ["vip"] },
    );
    const made = (id: string): number =>
      snapshot.observations.filter(({ address }) => address === id).length;
    expect(made("43.200.53.253:443")).toBe(20);
    expect(made("52.79.39.107:443")).toBeGreaterThanOrEqual(3);
    expect(made("52.79.39.107:443")).toBeLessThanOrEqual(4);
  });

  test("at most two connections to an address are under way, the first alone", async () => {
    let [underWay, most] = [0, 0];
    const history: number[] = [];
    await run(
      {
        query: (server, name, type) =>
          named(type === "A" ? ["43.200.53.253"] : [], {
            resolver: { kind: "server", system: true, ...server },
            name,
            type,
          }),
        attempt: async ({ dial }) => {
          underWay += 1;
          history.push(underWay);
          most = Math.max(most, underWay);
          await turnOver();
          underWay -= 1;
          return seen(dial.ip, PUB_ONE);
        },
      },
      { samples: 9, paths: ["vip"] },
    );
    expect(most).toBe(2);
    expect(history.slice(0, 2)).toEqual([1, 1]);
  });
});

describe("interruption", () => {
  test("before the cluster is known: every fact says interrupted", async () => {
    const stop = new AbortController();
    const never = new Promise<never>(() => undefined);
    const deps = fakeDeps({ cluster: never, enis: never, token: never });
    const done = probeCluster(makeRequest("gonz-eks-pub"), deps, stop.signal);
    stop.abort();
    const snapshot = await done;
    expect(snapshot.interrupted).toBe(true);
    expect(snapshot.cluster).toEqual(unknown(interrupted("describe-cluster")));
    expect(snapshot.enis).toEqual(unknown(interrupted("describe-enis")));
    expect(snapshot.token).toEqual(unknown(interrupted("sign")));
  });

  test("a probe that does not listen is waited for no longer than the grace", async () => {
    const stop = new AbortController();
    const deps = fakeDeps({
      attempt: ({ dial }) =>
        dial.ip.startsWith("10.") ? new Promise<never>(() => undefined) : seen(dial.ip, PUB_ONE),
    });
    const done = probeCluster(makeRequest("gonz-eks-pub"), deps, stop.signal);
    await turnOver();
    stop.abort();
    await turnOver();
    expect(deps.clock.waiting()).toBe(1);
    deps.clock.advance(250);
    const snapshot = await done;
    expect(snapshot.interrupted).toBe(true);
    expect(snapshot.observations.map(({ address }) => address)).toEqual([
      "43.200.53.253:443",
      "52.79.39.107:443",
    ]);
    expect(snapshot.durationMs).toBe(250);
  });
});

test("progress names what the run waits for and never counts backwards", async () => {
  const told: string[] = [];
  const deps = fakeDeps();
  await probeCluster(makeRequest("gonz-eks-pub"), deps, NEVER, ({ waitingFor, made, planned }) => {
    told.push(`${waitingFor} ${made}/${planned}`);
  });
  expect(told.slice(0, 2)).toEqual(["aws 0/0", "dns 0/0"]);
  expect(told.at(-1)).toBe("probes 4/4");
});
