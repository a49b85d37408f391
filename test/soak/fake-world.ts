import type { Eni } from "../../src/model/cluster.ts";
import { type Fact, known, unknown } from "../../src/model/fact.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { ClusterUpdate } from "../../src/model/investigation.ts";
import type { HeldConnection } from "../../src/model/ports.ts";
import { isoTime } from "../../src/model/time.ts";
import { makeRequest } from "../../src/target/request.ts";
import { fakeClock, fakeDeps } from "../support/fake-deps.ts";
import { failedAt, makeCluster, makeEni, named, type Server, seen } from "../support/snapshots.ts";
import { INTERVAL_MS, type SoakWorld } from "./watch.ts";

/** Rounds from one upgrade to the next; each brings servers, ENIs, addresses and an update of its own. */
const GENERATION = 40;
/** Rounds by which DNS is behind EC2. */
const DNS_LAG = 9;

const VIPS = ["43.200.53.253", "52.79.39.107"] as const;

const RESET: Failure = {
  code: "http-reset",
  phase: "http",
  side: "server",
  message: "the connection was reset",
};

const THROTTLED: Failure = {
  code: "throttled",
  phase: "describe-enis",
  side: "aws",
  message: "Rate exceeded",
};

/**
 * A control plane that never comes to rest: every few minutes other API servers behind other ENIs,
 * VIPs that lead elsewhere and one of them in turn out of DNS, paths that flap, AWS that throttles,
 * resolvers that fail, kept connections that are reset. Nothing of it has the same name twice.
 */
export function fakeWorld(): SoakWorld {
  const clock = fakeClock();
  const roundNow = (): number => Math.floor(clock.monotonicMs() / INTERVAL_MS);
  const generationNow = (rounds = 0): number => Math.floor((roundNow() - rounds) / GENERATION);
  const [throttles, denies, breaks, hangs, refuses] = [
    every(7),
    every(11),
    every(13),
    every(61),
    every(97),
  ];
  const serverAt = (ip: string): Server => {
    const generation = generationNow();
    const place = VIPS.findIndex((vip) => vip === ip);
    if (place >= 0) return serverOf(generation, (place + generation) % 2);
    const own = [0, 1].find((at) => eniIp(generation, at) === ip);
    return own === undefined
      ? serverOf(generation - 1, eniIp(generation - 1, 0) === ip ? 0 : 1)
      : serverOf(generation, own);
  };
  /** Those of the last generation answer until DNS has followed. */
  const isThere = (ip: string): boolean =>
    VIPS.some((vip) => vip === ip) ||
    [generationNow(), generationNow(DNS_LAG)].some((generation) =>
      [0, 1].some((at) => eniIp(generation, at) === ip),
    );
  const base = fakeDeps({ clock });
  return {
    request: makeRequest("gonz-eks-pub", {
      resolvers: [{ kind: "server", ip: "10.0.0.2", port: 53 }],
    }),
    clock,
    turn: () => undefined,
    close: () => undefined,
    // By hand: those of `fakeDeps` remember everything that they are asked.
    deps: {
      ...base,
      aws: {
        describeCluster: () =>
          answer<ReturnType<typeof makeCluster>>(
            denies(),
            makeCluster({
              version: `1.${25 + (generationNow() % 9)}`,
              platformVersion: `eks.${generationNow()}`,
              publicAccessCidrs: [`10.${generationNow() % 250}.0.0/16`],
            }),
          ),
        listClusterEnis: () => answer<readonly Eni[]>(throttles(), enisOf(generationNow())),
        vpcCidrs: () => Promise.resolve(known(["10.0.0.0/8"])),
        signToken: () => {
          const expiresAt = isoTime(clock.wallMs() + 840_000);
          return answer(refuses(), { reveal: () => `token ${expiresAt}`, expiresAt });
        },
      },
      names: {
        systemServers: () => Promise.resolve([]),
        systemLookup: () => Promise.resolve([]),
        hostsFile: () => Promise.resolve([]),
        query: (server, name, type) => {
          const generation = generationNow(DNS_LAG);
          const ips = [VIPS[generation % 2] ?? "", ...enisOf(generation).map(ipOf)];
          const all = generation % 3 === 0 ? [...new Set([...VIPS, ...ips])] : ips;
          return Promise.resolve(named(type === "A" ? all : [], { resolver: server, name, type }));
        },
      },
      sockets: {
        ...base.sockets,
        attempt: async (plan, token) => {
          await token;
          const { ip } = plan.dial;
          const more = { address: plan.address, sample: plan.sample };
          return !isThere(ip) || hangs() || isFlapping(ip, roundNow())
            ? failedAt(ip, undefined, more)
            : seen(ip, serverAt(ip), more);
        },
        hold: async (plan, token) => {
          await token;
          const server = serverAt(plan.dial.ip);
          return {
            kind: "open",
            connection: heldTo(server, () => !isThere(plan.dial.ip) || breaks()),
          };
        },
      },
      kube: {
        ...base.kube,
        glance: async (connection, { lists }, token) => {
          await token;
          const generation = generationNow();
          const host = serverOf(generation, 0).host;
          const addresses = [0, 1].map((at) => {
            return { ip: eniIp(generation, at), port: 443, ready: "yes" } as const;
          });
          const leases = [0, 1].map((at) => {
            const server = serverOf(generation, at);
            return {
              name: `apiserver-${generation}-${at}`,
              host: server.host,
              incarnation: `${server.host}_${generation}`,
              renewTime: isoTime(clock.wallMs()),
            };
          });
          return {
            api:
              connection.ended() === undefined
                ? { kind: "answered", status: 200, ttfbMs: 3, serverAddress: `${host}:443`, host }
                : { kind: "failed", failure: RESET },
            readyz: known({
              healthy: roundNow() % 59 > 2,
              checks: 40,
              failing: [`c${generation}`],
            }),
            version: known({ gitVersion: `v1.25.${generation}-eks-1`, platform: undefined }),
            lists: lists
              ? {
                  leases: known(leases),
                  serviceEndpoints: known({ source: "endpointslices/v1", addresses }),
                }
              : undefined,
          };
        },
      },
      evidence: {
        ...base.evidence,
        updates: () => answer<readonly ClusterUpdate[]>(denies(), updatesOf(generationNow())),
      },
    },
  };
}

/** True every `often`-th time that it is asked. */
function every(often: number): () => boolean {
  let asked = 0;
  return () => {
    asked += 1;
    return asked % often === 0;
  };
}

function answer<Value>(fails: boolean, value: Value): Promise<Fact<Value>> {
  return Promise.resolve(fails ? unknown(THROTTLED) : known(value));
}

/** A few rounds of silence of one VIP, now and then. */
function isFlapping(ip: string, round: number): boolean {
  return ip === VIPS[0] && round % 53 < 4;
}

function serverOf(generation: number, at: number): Server {
  const number = 2 * generation + at;
  return {
    host: `ip-172-16-${(number >> 8) % 256}-${number % 256}.ap-northeast-2.compute.internal`,
    eniIp: eniIp(generation, at),
    notBefore: isoTime(Date.parse("2023-04-17T04:15:37Z") + number * 1_000),
    notAfter: isoTime(Date.parse("2024-04-16T04:15:37Z") + number * 1_000),
    byte: number.toString(16).toUpperCase().padStart(4, "0"),
  };
}

function eniIp(generation: number, at: number): string {
  return `10.${at}.${(generation >> 7) % 256}.${1 + (generation % 128)}`;
}

function enisOf(generation: number): readonly Eni[] {
  return [0, 1].map((at) => {
    const ip = eniIp(generation, at);
    return makeEni(ip, { id: `eni-${generation}-${at}`, securityGroupIds: [`sg-${generation}`] });
  });
}

function ipOf({ privateIp }: Eni): string {
  return privateIp;
}

function updatesOf(generation: number): readonly ClusterUpdate[] {
  return [0, 1, 2, 3, 4].map((back) => ({
    id: `update-${generation - back}`,
    type: "VersionUpdate",
    status: back === 0 ? "InProgress" : "Successful",
    createdAt: undefined,
    errors: [],
  }));
}

function heldTo(server: Server, breaks: () => boolean): HeldConnection {
  let ended: Failure | undefined;
  return {
    fingerprint: server.byte,
    ask: () => Promise.resolve([]),
    ended: () => {
      if (ended === undefined && breaks()) ended = RESET;
      return ended;
    },
    close: () => undefined,
  };
}
