import type { Cluster, Eni } from "../../src/model/cluster.ts";
import { type Fact, known, skipped, unknown } from "../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../src/model/failure.ts";
import type { Glance, IdentityLease, ServiceEndpoints } from "../../src/model/inspection.ts";
import type { Deps, HeldConnection } from "../../src/model/ports.ts";
import type { ProbeRequest } from "../../src/model/request.ts";
import type { RecordType, Resolution } from "../../src/model/resolution.ts";
import { isoTime } from "../../src/model/time.ts";
import { makeRequest } from "../../src/target/request.ts";
import type { WatchedRound } from "../../src/watch/watch.ts";
import { type FakeClock, fakeClock, fakeDeps } from "./fake-deps.ts";
import { answered, failedAt, makeCluster, named, type Server, seen } from "./snapshots.ts";
import { driveWatch } from "./watch-driver.ts";

/** A control plane that a test scripts over time: what stands behind each address, and who says what. */
export interface Script {
  /** Answers of a resolver: addresses, or how it failed. */
  readonly dns?: (resolver: string, type: RecordType, t: number) => DnsSays;
  readonly resolvers?: ProbeRequest["resolvers"];
  readonly enis?: (t: number) => Fact<readonly Eni[]>;
  readonly cluster?: (t: number) => Fact<Cluster>;
  readonly updates?: Deps["evidence"]["updates"];
  readonly token?: (t: number) => ReturnType<Deps["aws"]["signToken"]>;
  /** Whom one fresh connection to an IP meets at `t` (seconds), and how it fares. */
  readonly meet: (ip: string, t: number) => Meets;
  /** Undefined: no connection is kept. How one that meets a letter and was opened at `opened` fares. */
  readonly kept?: (ip: string, letter: string, t: number, opened: number) => KeptSays;
  readonly leases?: (t: number) => Fact<readonly IdentityLease[]>;
  readonly service?: (t: number) => Fact<ServiceEndpoints>;
  readonly intervalMs?: number;
  readonly awsIntervalMs?: number;
  readonly request?: Partial<Omit<ProbeRequest, "cluster">>;
  /** How long a round takes. */
  readonly roundMs?: (t: number) => number;
  readonly clock?: FakeClock;
}

export type DnsSays =
  | { readonly ips: readonly string[]; readonly ttl?: number }
  | { readonly fails: FailureCode };

export type Meets =
  | {
      readonly letter: string;
      readonly leaf?: number | undefined;
      readonly status?: number;
      /** No certificate names it, or /api calls it otherwise. */
      readonly host?: string;
      readonly fingerprint?: string;
      readonly rubbish?: boolean;
    }
  | { readonly fails: FailureCode };

export type KeptSays =
  | { readonly status: number; readonly unready?: readonly string[]; readonly version?: string }
  | { readonly fails: FailureCode };

function failureOf(code: FailureCode): Failure {
  const phases = ["dns", "tcp", "tls", "http", "body"] as const;
  const phase = phases.find((one) => code.startsWith(one)) ?? "describe-enis";
  return { code, phase, side: "network", message: `failed: ${code}` };
}

function hostOf(letter: string): string {
  return `ip-172-16-0-${letter.charCodeAt(0)}.ap-northeast-2.compute.internal`;
}

function serverOf(letter: string, leaf: number): Server {
  return {
    host: hostOf(letter),
    eniIp: `10.0.1.${letter.charCodeAt(0)}`,
    notBefore: "2023-04-17T04:15:37.000Z",
    notAfter: "2024-04-16T04:20:01.000Z",
    byte: (letter.charCodeAt(0) + leaf * 32).toString(16).toUpperCase(),
  };
}

export function leaseOf(
  letter: string,
  t: number,
  more: Partial<IdentityLease> = {},
): IdentityLease {
  return {
    name: `apiserver-${letter}`,
    host: hostOf(letter),
    incarnation: `${letter}-first`,
    renewTime: isoTime(START + t * 1000),
    ...more,
  };
}

const START: number = Date.parse("2023-04-21T15:41:31Z");

export interface Watched {
  readonly rounds: readonly WatchedRound[];
  readonly asked: readonly string[];
  /** `[t] kind subject: what`. */
  readonly told: readonly string[];
}

export async function watchWorld(script: Script, seconds: number): Promise<Watched> {
  const clock = script.clock ?? fakeClock(START);
  const now = (): number => clock.monotonicMs() / 1000;
  const dns = script.dns ?? (() => ({ ips: ["43.200.53.253", "52.79.39.107"] }));
  const opened = new Map<
    HeldConnection,
    { ip: string; letter: string; at: number; host: string }
  >();
  const ended = new Map<HeldConnection, Failure>();
  const base = fakeDeps({
    clock,
    query: (server, name, type) =>
      answerOf(dns(server.ip, type, now()), {
        resolver: { kind: "server", ...server, system: false },
        name,
        type,
      }),
    attempt: ({ dial }) => {
      const meets = script.meet(dial.ip, now());
      const at = isoTime(clock.wallMs());
      if ("fails" in meets) return failedAt(dial.ip, failureOf(meets.fails), { startedAt: at });
      const server = {
        ...serverOf(meets.letter, meets.leaf ?? 0),
        host: meets.host ?? hostOf(meets.letter),
      };
      const change = { startedAt: at };
      const status = meets.status ?? 200;
      if (meets.rubbish === true && meets.fingerprint === undefined) {
        return seen(dial.ip, server, {
          ...change,
          identity: undefined,
          failure: failureOf("body-unexpected-shape"),
        });
      }
      const whole =
        meets.rubbish === true
          ? seen(dial.ip, server, {
              ...change,
              identity: undefined,
              failure: failureOf("body-unexpected-shape"),
            })
          : status === 200
            ? seen(dial.ip, server, change)
            : answered(dial.ip, server, status, change);
      if (meets.fingerprint === undefined) return whole;
      const { tls } = whole;
      if (tls?.leaf === undefined) return whole;
      return {
        ...whole,
        tls: { ...tls, leaf: { ...tls.leaf, sha256: meets.fingerprint, dnsNames: ["kubernetes"] } },
      };
    },
    hold: ({ dial }) => {
      const meets = script.meet(dial.ip, now());
      if (script.kept === undefined || "fails" in meets) {
        return { kind: "failed", failure: failureOf("http-timeout") };
      }
      const connection: HeldConnection = {
        fingerprint:
          meets.fingerprint ??
          Array.from({ length: 32 }, () => serverOf(meets.letter, meets.leaf ?? 0).byte).join(":"),
        ask: () => Promise.resolve([]),
        ended: () => ended.get(connection),
        close: () => {
          opened.delete(connection);
        },
      };
      opened.set(connection, {
        ip: dial.ip,
        letter: meets.letter,
        at: now(),
        host: meets.host ?? hostOf(meets.letter),
      });
      return { kind: "open", connection };
    },
    glance: (connection, { lists }): Glance => {
      const one = opened.get(connection);
      const says = one && script.kept?.(one.ip, one.letter, now(), one.at);
      if (says === undefined || "fails" in says) {
        const failure = failureOf(says?.fails ?? "http-reset");
        ended.set(connection, failure);
        return {
          api: { kind: "failed", failure },
          readyz: unknown(failure),
          version: unknown(failure),
          lists: undefined,
        };
      }
      return glanced(says, one?.host, lists ? { script, t: now() } : undefined);
    },
  });
  const asked: string[] = [];
  const noted = <T>(what: string, value: T): T => {
    asked.push(`${now()} ${what}`);
    return value;
  };
  const deps: Deps = {
    ...base,
    names: {
      ...base.names,
      query: async (...args) => {
        asked.push(`${now()} ${args[2]} ${args[0].ip}`);
        return base.names.query(...args);
      },
    },
    sockets: {
      ...base.sockets,
      attempt: async (...args) => {
        asked.push(`${now()} dial ${args[0].dial.ip}`);
        return base.sockets.attempt(...args);
      },
      hold: async (...args) => {
        asked.push(`${now()} hold ${args[0].dial.ip}`);
        return base.sockets.hold(...args);
      },
    },
    aws: {
      ...base.aws,
      describeCluster: async () =>
        noted("aws eks", script.cluster?.(now()) ?? known(makeCluster())),
      listClusterEnis: async () => noted("aws ec2", script.enis?.(now()) ?? known([])),
      signToken: (...args) =>
        noted("aws token", script.token?.(now()) ?? base.aws.signToken(...args)),
    },
    evidence: {
      ...base.evidence,
      updates: (...args) =>
        noted("aws updates", script.updates?.(...args) ?? Promise.resolve(known([]))),
    },
  };
  const request = makeRequest("gonz-eks-pub", {
    resolvers: script.resolvers ?? [{ kind: "server", ip: "10.0.0.2", port: 53 }],
    ...script.request,
  });
  const watch = await driveWatch(
    {
      request,
      intervalMs: script.intervalMs ?? 10_000,
      awsIntervalMs: script.awsIntervalMs ?? 30_000,
    },
    deps,
    clock,
  );
  await watch.run(seconds * 1000);
  await watch.stop();
  return {
    rounds: watch.rounds,
    asked,
    told: watch.events.map(
      ({ kind, at, reportedAt, what }) =>
        `[${sec(at)}${reportedAt === at ? "" : ` told ${sec(reportedAt)}`}] ${kind}: ${what}`,
    ),
  };
}

/** What a look over a kept connection shows. */
function glanced(
  says: Exclude<KeptSays, { readonly fails: FailureCode }>,
  ownHost: string | undefined,
  lists: { readonly script: Script; readonly t: number } | undefined,
): Glance {
  const { status, unready, version = "v1.25.9-eks-1" } = says;
  const host = status === 200 ? ownHost : undefined;
  const none = skipped("not scripted");
  return {
    api: { kind: "answered", status, ttfbMs: 3, serverAddress: host && `${host}:443`, host },
    readyz: known({ healthy: unready === undefined, checks: 40, failing: unready ?? [] }),
    version: known({ gitVersion: version, platform: undefined }),
    lists: lists && {
      leases: lists.script.leases?.(lists.t) ?? none,
      serviceEndpoints: lists.script.service?.(lists.t) ?? none,
    },
  };
}

function sec(at: string): number {
  return Math.round((Date.parse(at) - START) / 1000);
}

function answerOf(says: DnsSays, change: Partial<Resolution> & { type: RecordType }): Resolution {
  if ("fails" in says) {
    return named([], { ...change, answer: { kind: "failed", failure: failureOf(says.fails) } });
  }
  const { ips, ttl = 60 } = says;
  if (ips.length === 0) return named([], change);
  return named(ips, {
    ...change,
    answer: {
      kind: "records",
      records: ips.map((ip) => ({ type: change.type, ip, ttlSeconds: ttl })),
      cnames: [],
    } as Resolution["answer"],
  });
}

/** Deterministic. */
export function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick(weights: Readonly<Record<string, number>>, r: () => number): string {
  const all = Object.entries(weights);
  const sum = all.reduce((s, [, w]) => s + w, 0);
  let x = r() * sum;
  for (const [name, w] of all) {
    x -= w;
    if (x < 0) return name;
  }
  return all[0]?.[0] ?? "";
}
