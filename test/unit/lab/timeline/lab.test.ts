import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeClusterCommand, DescribeUpdateCommand, EKSClient } from "@aws-sdk/client-eks";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LabStep, Scenario } from "../../../../src/lab/scenario.ts";
import { READER } from "../../../../src/lab/scenarios/base.ts";
import { TIMELINE_SCENARIOS } from "../../../../src/lab/scenarios/timelines.ts";
import { startLab } from "../../../../src/lab/start.ts";
import { decode, exchangeUdp, question } from "../../../support/dns-client.ts";
import { type KeptConnection, keepConnection } from "../../../support/kept-connection.ts";
import { type ClientSettings, refusalOf, settings } from "../../../support/lab-aws.ts";
import { getFromLab, type LabAnswer } from "../../../support/lab-client.ts";
import { presignIdentity, tokenOf } from "../../../support/lab-signer.ts";
import { startTurnableLab, type TurnableLab } from "../../../support/lab-timeline.ts";

vi.mock("../../../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../../../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

const VIP_ONE = "43.200.53.253";
const VIP_TWO = "52.79.39.107";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function named(name: string): Scenario {
  const scenario = TIMELINE_SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

async function start(scenario: Scenario): Promise<World> {
  const turnable = await startTurnableLab(scenario);
  closers.push(() => turnable.lab.close());
  return worldOf(turnable);
}

interface World extends TurnableLab {
  headers(): Promise<Readonly<Record<string, string>>>;
  ask(ip: string, path: string): Promise<LabAnswer>;
  keep(ip: string): Promise<KeptConnection>;
  /** What becomes of a connection within 120 ms. */
  dial(ip: string): Promise<string>;
}

function worldOf(turnable: TurnableLab): World {
  const { lab, clock } = turnable;
  const [cluster] = lab.scenario.clusters;
  if (cluster === undefined) throw new Error("there is no cluster");
  const peer = (ip: string): Parameters<typeof keepConnection>[0] => {
    const front = lab.fronts.find((candidate) => candidate.ip === ip);
    if (front === undefined) throw new Error(`${ip} leads nowhere`);
    const ca = lab.certificateAuthorities.get(cluster.name) ?? "";
    return { front, ca, servername: cluster.endpointHost.toLowerCase() };
  };
  const headers = async (): Promise<Readonly<Record<string, string>>> => {
    const change = { signedAtMs: clock.wallMs(), clusterName: cluster.name };
    return { authorization: `Bearer ${tokenOf(await presignIdentity(READER, change))}` };
  };
  return {
    ...turnable,
    headers,
    ask: async (ip, path) =>
      getFromLab({ ...peer(ip), httpVersion: "2", path, headers: await headers() }),
    keep: async (ip) => {
      const connection = await keepConnection(peer(ip));
      closers.push(() => connection.close());
      return connection;
    },
    dial: async (ip) => {
      const { boundAddress, boundPort } = peer(ip).front;
      const socket = connect(boundPort, boundAddress);
      const made = once(socket, "connect").then(
        () => "connected",
        ({ code }: NodeJS.ErrnoException) => String(code),
      );
      const outcome = await Promise.race([made, sleep(120, "silence")]);
      socket.on("error", () => undefined);
      socket.destroy();
      return outcome;
    },
  };
}

interface Item {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly holderIdentity: string; readonly renewTime: string };
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
}

function itemsOf({ body }: LabAnswer): readonly Item[] {
  const list: { readonly items: readonly Item[] } = JSON.parse(body);
  return list.items;
}

/** Seconds since each Lease was renewed, by the last two parts of its host's address. */
function leaseAges(answer: LabAnswer, nowMs: number): Readonly<Record<string, number>> {
  return Object.fromEntries(
    itemsOf(answer).map(({ metadata, spec }) => [
      (metadata.labels["kubernetes.io/hostname"] ?? "").replace(/^ip-172-16-|\..*$/g, ""),
      (nowMs - Date.parse(spec.renewTime)) / 1000,
    ]),
  );
}

const endpointsOf = (answer: LabAnswer): readonly string[] =>
  itemsOf(answer).flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses));

const serverOf = ({ body }: LabAnswer): string => /ip-172-16-[\d-]+/.exec(body)?.[0] ?? body;

/** The SDK signs by the machine's clock, unless it is told how far that is off. */
const awsSettings = ({
  lab,
  clock,
}: World): ClientSettings & { readonly systemClockOffset: number } => ({
  ...settings(lab.aws, READER),
  systemClockOffset: clock.wallMs() - Date.now(),
});

const ec2 = (world: World): EC2Client => new EC2Client(awsSettings(world));

async function eniIps(world: World): Promise<readonly string[]> {
  const { NetworkInterfaces = [] } = await ec2(world).send(
    new DescribeNetworkInterfacesCommand({}),
  );
  return NetworkInterfaces.map(({ PrivateIpAddress = "" }) => PrivateIpAddress).toSorted();
}

async function dnsIps({ lab }: World, resolver = 0): Promise<readonly string[]> {
  const host = lab.scenario.clusters[0]?.endpointHost ?? "";
  const reply = await exchangeUdp(lab.dns[resolver]?.port ?? 0, question(host));
  if (reply === undefined) return [];
  return (decode(reply).answers ?? [])
    .flatMap((answer) => (answer.type === "A" ? answer.data : []))
    .toSorted();
}

describe("scale-in", () => {
  it("ends an old connection as recorded: 401 while it is scaled in, then a reset", async () => {
    const world = await start(named("scale-in"));
    const [one, two] = await Promise.all([world.keep(VIP_ONE), world.keep(VIP_TWO)]);
    const statuses = async (): Promise<readonly number[]> => {
      const headers = await world.headers();
      const answers = await Promise.all([one, two].map((kept) => kept.ask("/api", headers)));
      return answers.map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 200]);
    await world.turn(60);
    expect(await statuses()).toEqual([200, 200]);
    await world.turn(30);
    expect(await statuses()).toEqual([401, 200]);
    expect((await world.ask(VIP_ONE, "/api")).status).toBe(401);
    expect((await one.ask("/version")).status).toBe(200);
    await world.turn(60);
    expect(await one.ended).toBe("ECONNRESET");
    expect((await two.ask("/api", await world.headers())).status).toBe(200);
    expect([await world.dial(VIP_ONE), await world.dial(VIP_TWO)]).toEqual([
      "ECONNREFUSED",
      "connected",
    ]);
    await world.turn(30);
    expect(await world.dial(VIP_ONE)).toBe("silence");
  });

  it("takes the server out of the lists, and leaves its Lease unrenewed", async () => {
    const world = await start(named("scale-in"));
    const look = async (): Promise<readonly [readonly string[], object]> => {
      const [slices, leases] = await Promise.all([
        world.ask(VIP_TWO, SLICES),
        world.ask(VIP_TWO, LEASES),
      ]);
      return [endpointsOf(slices), leaseAges(leases, world.clock.wallMs())];
    };
    expect(await look()).toEqual([
      ["10.0.20.41", "10.0.50.17", "10.0.95.229"],
      { "57-254": 0, "98-23": 0, "173-248": 0 },
    ]);
    await world.turn(60);
    expect((await look())[0]).toEqual(["10.0.50.17", "10.0.95.229"]);
    await world.turn(145);
    expect(await look()).toEqual([
      ["10.0.50.17", "10.0.95.229"],
      { "57-254": 115, "98-23": 5, "173-248": 5 },
    ]);
    expect(await eniIps(world)).toEqual(["10.0.50.17", "10.0.95.229"]);
  });
});

describe("rotation", () => {
  it("shows the new certificate to new connections alone; old ones stay and are answered", async () => {
    const world = await start(named("rotation"));
    const before = await world.keep(VIP_TWO);
    await world.turn(60);
    const [after, other] = await Promise.all([world.keep(VIP_TWO), world.keep(VIP_ONE)]);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(other.fingerprint).not.toBe(after.fingerprint);
    const headers = await world.headers();
    const answers = await Promise.all([before, after].map((kept) => kept.ask("/api", headers)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(serverOf)).toEqual(["ip-172-16-173-248", "ip-172-16-173-248"]);
    const leases = itemsOf(await after.ask(LEASES, headers));
    expect(leases).toHaveLength(2);
  });

  it("is not hidden from a client that would resume its session", async () => {
    const world = await start(named("rotation"));
    const front = world.lab.fronts.find(({ ip }) => ip === VIP_TWO);
    const shake = async (session?: Buffer): Promise<TLSSocket> => {
      const socket = connectTls({
        host: "127.0.0.1",
        port: front?.boundPort ?? 0,
        rejectUnauthorized: false,
        ...(session && { session }),
      });
      closers.push(() => socket.destroy());
      await once(socket, session === undefined ? "session" : "secureConnect");
      return socket;
    };
    const session = (await shake()).getSession();
    if (session === undefined) throw new Error("there is no session to resume");
    expect((await shake(session)).isSessionReused()).toBe(true);
    await world.turn(60);
    expect((await shake(session)).isSessionReused()).toBe(false);
  });

  it("reaches an address that is slow, where a variant of the server answers", async () => {
    const scenario = { ...named("rotation"), latency: { awsMs: 0, dnsMs: 0, addressMs: 1 } };
    const world = await start(scenario);
    const before = await world.keep(VIP_TWO);
    await world.turn(60);
    expect((await world.keep(VIP_TWO)).fingerprint).not.toBe(before.fingerprint);
  });

  it("is a certificate by the same CA and for the same names that ends later", async () => {
    const world = await start(named("rotation"));
    const server = world.lab.apiServers.find((one) => one.server.id === "two");
    const { mintClusterPki } = await import("../../../../src/lab/pki.ts");
    const cluster = world.lab.scenario.clusters[0];
    if (server === undefined || cluster === undefined) throw new Error("no such server");
    const later = [{ server: { ...server.server, leaf: 1 }, issuedAtSeconds: 60 }];
    const pki = await mintClusterPki(cluster, Date.now(), later);
    const [old, fresh] = [0, 1].map(
      (number) => new X509Certificate(pki.leaf("two", number).certificatePem),
    );
    expect(fresh?.verify(new X509Certificate(pki.caPem).publicKey)).toBe(true);
    expect([fresh?.subjectAltName, fresh?.validFrom]).toEqual([
      old?.subjectAltName,
      old?.validFrom,
    ]);
    const days = (certificate = old): number => Date.parse(certificate?.validTo ?? "") / 86_400_000;
    expect(Math.round(days(fresh) - days(old))).toBe(4);
  });
});

describe("restart", () => {
  it("refuses new connections at once, drains old ones, then is another process by the same name", async () => {
    const world = await start(named("restart"));
    const kept = await world.keep(VIP_TWO);
    const holder = async (): Promise<string> => {
      const items = itemsOf(await world.ask(VIP_ONE, LEASES));
      return (
        items.find(({ metadata }) => metadata.labels["kubernetes.io/hostname"]?.includes("173-248"))
          ?.spec.holderIdentity ?? ""
      );
    };
    const before = await holder();
    await world.turn(60);
    expect(await world.dial(VIP_TWO)).toBe("ECONNREFUSED");
    expect(await world.dial("10.0.95.229")).toBe("ECONNREFUSED");
    expect((await kept.ask("/api", await world.headers())).status).toBe(200);
    const ready = await kept.ask("/readyz?verbose");
    expect(ready.status).toBe(500);
    expect(ready.body).toContain("[-]shutdown failed");
    expect(endpointsOf(await world.ask(VIP_ONE, SLICES))).toEqual(["10.0.20.41"]);
    expect(await holder()).toBe(before);
    await world.turn(20);
    expect(await kept.ended).toBe("ECONNRESET");
    expect(serverOf(await world.ask(VIP_TWO, "/api"))).toBe("ip-172-16-173-248");
    expect((await world.ask(VIP_TWO, "/readyz")).status).toBe(200);
    const after = await holder();
    expect(after.split("_")[0]).toBe(before.split("_")[0]);
    expect(after).not.toBe(before);
    expect(endpointsOf(await world.ask(VIP_ONE, SLICES))).toEqual(["10.0.20.41", "10.0.95.229"]);
  });

  it("leaves a second Lease in the old form, where each start has one of its own", async () => {
    const scenario = named("restart");
    const clusters = scenario.clusters.map((cluster) => ({
      ...cluster,
      leaseForm: "uuid" as const,
    }));
    const world = await start({ ...scenario, clusters });
    expect(itemsOf(await world.ask(VIP_ONE, LEASES))).toHaveLength(2);
    await world.turn(90);
    const ages = itemsOf(await world.ask(VIP_ONE, LEASES)).map(
      ({ spec }) => (world.clock.wallMs() - Date.parse(spec.renewTime)) / 1000,
    );
    expect(ages.toSorted((a, b) => a - b)).toEqual([0, 0, 30]);
  });
});

describe("outage", () => {
  it("is silence for new connections and old ones; what was sent into it is answered at its end", async () => {
    const world = await start(named("outage"));
    const kept = await world.keep(VIP_TWO);
    const port = (): number | undefined =>
      world.lab.fronts.find(({ ip }) => ip === VIP_TWO)?.boundPort;
    const before = port();
    await world.turn(60);
    expect(await world.dial(VIP_TWO)).toBe("silence");
    const sent = kept.ask("/version");
    expect(await kept.askWithin(50, "/api")).toBeUndefined();
    expect((await world.ask("10.0.95.229", "/api")).status).toBe(200);
    await world.turn(90);
    expect((await sent).status).toBe(200);
    expect(await world.dial(VIP_TWO)).toBe("connected");
    expect((await kept.ask("/api", await world.headers())).status).toBe(200);
    expect(port()).toBe(before);
  });

  it("resets the old connections where the scenario says so", async () => {
    const scenario = named("outage");
    const timeline = scenario.timeline?.map((step): LabStep => {
      const fronts = step.set?.fronts?.map((front) => ({ ...front, whenGone: "reset" as const }));
      return { ...step, set: { ...step.set, fronts } };
    });
    const world = await start({ ...scenario, timeline });
    const kept = await world.keep(VIP_TWO);
    expect((await kept.ask("/version")).status).toBe(200);
    await world.turn(60);
    expect(await kept.ended).toBe("ECONNRESET");
    expect(await world.dial(VIP_TWO)).toBe("silence");
  });
});

describe("flap", () => {
  it("refuses for six seconds, and old connections know nothing of it", async () => {
    const world = await start(named("flap"));
    const kept = await world.keep(VIP_TWO);
    const seen: string[] = [];
    for (const seconds of [56, 1, 5, 1]) {
      // Each look is at another time.
      // oxlint-disable-next-line eslint/no-await-in-loop
      await world.turn(seconds);
      // oxlint-disable-next-line eslint/no-await-in-loop
      seen.push(await world.dial(VIP_TWO));
    }
    expect(seen).toEqual(["connected", "ECONNREFUSED", "ECONNREFUSED", "connected"]);
    expect((await kept.ask("/api", await world.headers())).status).toBe(200);
  });

  it("that one turn of the clock leaps over is over", async () => {
    const world = await start(named("flap"));
    await world.turn(100);
    expect(await world.dial(VIP_TWO)).toBe("connected");
  });
});

describe("rolling-upgrade", () => {
  it("moves the VIPs: old connections stay with the old server, new ones meet the new one", async () => {
    const world = await start(named("rolling-upgrade"));
    const [vip = ""] = world.lab.scenario.clusters[0]?.outsideDns?.a ?? [];
    const kept = await world.keep(vip);
    await world.turn(180);
    const [old, fresh] = [
      await kept.ask("/api", await world.headers()),
      await world.ask(vip, "/api"),
    ];
    expect([old, fresh].map(serverOf)).toEqual(["ip-172-16-44-19", "ip-172-16-62-38"]);
    const versions = [await kept.ask("/version"), await world.ask(vip, "/version")];
    expect(versions.map(({ body }) => JSON.parse(body).minor)).toEqual(["25+", "26+"]);
    await world.turn(60);
    expect((await kept.ask("/api", await world.headers())).status).toBe(401);
    await world.turn(60);
    expect(await kept.ended).toBe("ECONNRESET");
    expect((await world.ask(vip, "/api")).status).toBe(200);
  });

  it("has EKS, EC2 and DNS follow, each in its time", async () => {
    const world = await start(named("rolling-upgrade"));
    const eks = (): EKSClient => new EKSClient(awsSettings(world));
    const name = "gonz-eks-both";
    const startedAtMs = world.clock.wallMs();
    const look = async (): Promise<string> => {
      const { cluster } = await eks().send(new DescribeClusterCommand({ name }));
      const parts = [cluster?.status, cluster?.version];
      return [...parts, (await eniIps(world)).length, (await dnsIps(world)).length].join(" ");
    };
    const seen: string[] = [];
    for (const seconds of [0, 60, 30, 60, 180, 60, 30]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- each look is at another time
      await world.turn(seconds);
      // oxlint-disable-next-line eslint/no-await-in-loop
      seen.push(await look());
    }
    expect(seen).toEqual([
      "ACTIVE 1.25 2 2",
      "UPDATING 1.25 2 2",
      "UPDATING 1.25 4 2",
      "UPDATING 1.25 4 4",
      "UPDATING 1.25 2 4",
      "UPDATING 1.25 2 2",
      "ACTIVE 1.26 2 2",
    ]);
    expect(await dnsIps(world)).toEqual(await eniIps(world));
    const updateId = world.lab.now().clusters[0]?.updates?.[0]?.id ?? "";
    const { update } = await eks().send(new DescribeUpdateCommand({ name, updateId }));
    expect(update).toMatchObject({ status: "Successful", type: "VersionUpdate" });
    expect(Number(update?.createdAt)).toBe(startedAtMs + 60_000);
    expect(endpointsOf(await world.ask("10.0.24.118", SLICES))).toEqual(await dnsIps(world));
  });
});

describe("what joins", () => {
  it("is silent before, and nobody else has its port", async () => {
    const world = await start(named("scale-out"));
    expect([await world.dial("10.0.50.17"), await world.dial("3.36.201.118")]).toEqual([
      "silence",
      "silence",
    ]);
    await world.turn(60);
    expect(serverOf(await world.ask("10.0.50.17", "/api"))).toBe("ip-172-16-98-23");
    expect(await world.dial("3.36.201.118")).toBe("silence");
    await world.turn(35);
    expect(serverOf(await world.ask("3.36.201.118", "/api"))).toBe("ip-172-16-98-23");
    expect(await dnsIps(world)).toHaveLength(2);
    const leases = await world.ask("3.36.201.118", LEASES);
    expect(leaseAges(leases, world.clock.wallMs())).toEqual({
      "57-254": 5,
      "173-248": 5,
      "98-23": 5,
    });
    await world.turn(55);
    expect(await dnsIps(world)).toHaveLength(3);
  });

  it("may be named late: DNS leads to an ENI that EC2 does not know any more", async () => {
    const world = await start(named("dns-lag"));
    const kept = await world.keep("10.0.18.90");
    await world.turn(60);
    expect(await eniIps(world)).toEqual(["10.0.19.33", "10.0.58.12"]);
    expect(await dnsIps(world)).toEqual(["10.0.18.90", "10.0.58.12"]);
    expect(await world.dial("10.0.18.90")).toBe("silence");
    expect(await kept.ended).toBe("ECONNRESET");
    await world.turn(60);
    expect(await dnsIps(world)).toEqual(await eniIps(world));
  });
});

describe("trouble for a while", () => {
  it("throttled-later: EC2 alone, and two minutes long", async () => {
    const world = await start(named("throttled-later"));
    const outcome = (): Promise<string> =>
      refusalOf(ec2(world).send(new DescribeNetworkInterfacesCommand({}))).then(({ name }) => name);
    expect(await outcome()).toBe("none");
    await world.turn(60);
    expect([await outcome(), await outcome()]).toEqual([
      "RequestLimitExceeded",
      "RequestLimitExceeded",
    ]);
    expect((await world.ask(VIP_ONE, "/api")).status).toBe(200);
    await world.turn(120);
    expect(await outcome()).toBe("none");
  });

  it("unready: one server's readyz fails on old connections too, while it answers all else", async () => {
    const world = await start(named("unready"));
    const kept = await world.keep(VIP_TWO);
    const seen: string[] = [];
    for (const seconds of [0, 60, 40]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- each look is at another time
      await world.turn(seconds);
      // oxlint-disable-next-line eslint/no-await-in-loop
      const [ready, api] = [await kept.ask("/readyz"), await world.ask(VIP_TWO, "/api")];
      seen.push(`${ready.status} ${api.status}`);
    }
    expect(seen).toEqual(["200 200", "500 200", "200 200"]);
  });
});

describe("every clock of the lab", () => {
  it("is the one it was given: dates, tokens, and the cache of an API server", async () => {
    const world = await start(named("balanced-move"));
    const old = await world.headers();
    const kept = await world.keep(VIP_TWO);
    expect((await kept.ask("/api", old)).status).toBe(200);
    await world.turn(3 * 3600);
    const answer = await world.ask(VIP_TWO, "/api");
    expect(answer.status).toBe(200);
    const date = Date.parse(String(answer.headers["date"]));
    expect(Math.abs(date - world.clock.wallMs())).toBeLessThan(1_000);
    expect((await kept.ask("/api", old)).status).toBe(401);
    const aws = await fetch(world.lab.aws.url);
    expect(Date.parse(aws.headers.get("date") ?? "") - date).toBe(0);
    expect(leaseAges(await world.ask(VIP_TWO, LEASES), world.clock.wallMs())).toEqual({
      "57-254": 0,
      "173-248": 0,
    });
  });
});

it("the machine's clock brings a timeline about by itself, and tells of each step", async () => {
  const told: string[] = [];
  const done = new Promise<void>((resolve) => {
    void startLab(
      {
        ...named("throttled-later"),
        timeline: [
          { atSeconds: 0.002, what: "first", dnsFault: "nxdomain" },
          { atSeconds: 0.001, what: "before it", dnsFault: "never" },
        ],
      },
      {
        onStep: ({ what }) => {
          told.push(what);
          if (told.length === 2) resolve();
        },
      },
    ).then((lab) => closers.push(() => lab.close()));
  });
  await done;
  expect(told).toEqual(["before it", "first"]);
});
