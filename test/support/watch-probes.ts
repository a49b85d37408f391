import { known, unknown } from "../../src/model/fact.ts";
import type { Failure, FailureCode } from "../../src/model/failure.ts";
import type { IdentityLease } from "../../src/model/inspection.ts";
import { isoTime } from "../../src/model/time.ts";
import type { EventDraft } from "../../src/model/watch/event.ts";
import type { KeptSeen, ListsSeen, ProbeSeen, WatchSample } from "../../src/model/watch/sample.ts";
import {
  type AddressesState,
  NO_ADDRESSES,
  trackAddresses,
} from "../../src/watch/track/paths/addresses.ts";
import type { Naming, Namings } from "../../src/watch/track/paths/naming.ts";
import {
  NO_SERVERS,
  type ServersState,
  trackServers,
} from "../../src/watch/track/servers/servers.ts";
import type { Round } from "../../src/watch/track/step.ts";

const START_MS = Date.parse("2023-04-21T15:40:00.000Z");

const INTERVAL_SECONDS = 10;

const NOT_MISSED: Naming["missedBy"] = { dns: false, ec2: false };

/** Seconds into the watch, as the samples have them. */
export function second(seconds: number): string {
  return isoTime(START_MS + seconds * 1_000);
}

/** API servers by a letter: `A` is ip-172-16-0-65.ap-northeast-2.compute.internal. */
export function hostOf(letter: string): string {
  return `ip-172-16-0-${letter.charCodeAt(0)}.ap-northeast-2.compute.internal`;
}

/** One fresh connection, or what a kept one had to say. */
export interface Answer {
  readonly status?: number;
  readonly server?: string;
  readonly fingerprint?: string;
  readonly failure?: Failure;
  /** Of a kept connection. */
  readonly openedAt?: string;
  readonly unready?: readonly string[];
  readonly ready?: boolean;
  readonly version?: string;
}

/** Server `A` answers 200, by its first certificate unless another is meant. */
export function by(letter: string, more: Answer & { readonly leaf?: number } = {}): Answer {
  const { leaf, ...rest } = more;
  return { status: 200, server: hostOf(letter), fingerprint: leafOf(letter, leaf), ...rest };
}

export function leafOf(letter: string, leaf = 1): string {
  return `${letter}${leaf}:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF`;
}

const PHASES = ["tcp", "tls", "http", "body"] as const;

export function failing(code: FailureCode, message = `no connection: ${code}`): Answer {
  const phase = PHASES.find((one) => code.startsWith(one)) ?? "request";
  return { failure: { code, phase, side: "network", message } };
}

/** A status that is no 200, from whoever it may be. */
export function answering(status: number, more: Answer = {}): Answer {
  const message = `it answered GET /api with ${status}`;
  return {
    status,
    failure: { code: "http-status", phase: "http", side: "server", message },
    ...more,
  };
}

/** A retired API server: 401, named by its certificate. */
export function refusedBy(letter: string): Answer {
  return answering(401, { server: hostOf(letter), fingerprint: leafOf(letter) });
}

export interface LeaseSpec {
  readonly incarnation: string;
  /** Seconds into the watch; now, where it is left out. */
  readonly renewed?: number;
  /** null: of before 1.26. */
  readonly host?: string | null;
}

export interface RoundSpec {
  /** By IP; the port is 443. Several: several connections in a row. */
  readonly fresh?: Readonly<Record<string, Answer | readonly Answer[]>>;
  readonly kept?: Readonly<Record<string, Answer>>;
  /** By letter; `denied`: they could not be read. */
  readonly leases?: Readonly<Record<string, LeaseSpec>> | "denied";
  /** Holds until it is named otherwise. */
  readonly named?: Readonly<Record<string, Partial<Naming>>>;
}

export interface PathWatch {
  /** The events of one more round. */
  round(spec: RoundSpec): readonly EventDraft[];
  /** The same round several times; what it names anew, only at first. */
  rounds(count: number, spec: RoundSpec): readonly EventDraft[];
  readonly addresses: AddressesState;
  readonly servers: ServersState;
  /** Seconds into the watch, of the next round. */
  readonly now: number;
  readonly forgotten: readonly string[];
  readonly samples: readonly WatchSample[];
}

export function startPathWatch(): PathWatch {
  let addresses = NO_ADDRESSES;
  let servers = NO_SERVERS;
  let named: RoundSpec["named"] = {};
  let previousAt: string | undefined;
  let forgotten: readonly string[] = [];
  const samples: WatchSample[] = [];
  const watch = {
    get addresses() {
      return addresses;
    },
    get servers() {
      return servers;
    },
    get now() {
      return samples.length * INTERVAL_SECONDS;
    },
    get forgotten() {
      return forgotten;
    },
    samples,
    round(spec: RoundSpec) {
      named = { ...named, ...spec.named };
      const sample = sampleOf(samples.length + 1, watch.now, spec);
      samples.push(sample);
      const round: Round = {
        sample,
        previousAt,
        baseline: previousAt === undefined,
        intervalMs: INTERVAL_SECONDS * 1_000,
      };
      previousAt = sample.at;
      const first = trackAddresses(addresses, round, namingsOf(named));
      ({ state: addresses, forget: forgotten } = first);
      named = withoutLeft(named, forgotten);
      const then = trackServers(servers, round, addresses);
      ({ state: servers } = then);
      return [...first.events, ...then.events];
    },
    rounds(count: number, spec: RoundSpec) {
      const { named: atFirst, ...rest } = spec;
      const first = atFirst === undefined ? rest : { ...rest, named: atFirst };
      return Array.from({ length: count }, (_, index) =>
        watch.round(index === 0 ? first : rest),
      ).flat();
    },
  };
  return watch;
}

/** As the trackers of DNS and EC2 are told to do. */
function withoutLeft(named: RoundSpec["named"], ips: readonly string[]): RoundSpec["named"] {
  return Object.fromEntries(
    Object.entries(named ?? {}).map(([ip, naming]) => [
      ip,
      ips.includes(ip) ? { ...naming, leftDnsAt: undefined, leftEc2At: undefined } : naming,
    ]),
  );
}

function namingsOf(named: RoundSpec["named"] = {}): Namings {
  return new Map(
    Object.entries(named).map(([ip, naming]) => [
      ip,
      {
        dns: [],
        eniId: undefined,
        leftDnsAt: undefined,
        leftEc2At: undefined,
        missedBy: NOT_MISSED,
        ...naming,
      },
    ]),
  );
}

function sampleOf(n: number, atSecond: number, spec: RoundSpec): WatchSample {
  const probes = Object.entries(spec.fresh ?? {}).flatMap(([ip, answers]) =>
    [answers].flat().map((answer, index) => probeOf(`${ip}:443`, index + 1, atSecond, answer)),
  );
  const kept = Object.entries(spec.kept ?? {}).map(([ip, answer]) =>
    keptOf(`${ip}:443`, atSecond, answer),
  );
  return {
    n,
    at: second(atSecond),
    durationMs: 400,
    dns: undefined,
    enis: undefined,
    cluster: undefined,
    updates: undefined,
    token: undefined,
    probes,
    kept,
    lists: listsOf(spec.leases, atSecond),
  };
}

function probeOf(address: string, attempt: number, atSecond: number, answer: Answer): ProbeSeen {
  const { status, failure, server, fingerprint } = answer;
  return {
    address,
    attempt,
    at: second(atSecond + attempt / 100),
    status,
    failure,
    server,
    fingerprint,
    notBefore: fingerprint && "2023-04-17T04:15:37.000Z",
    notAfter: fingerprint && "2024-04-16T04:20:01.000Z",
    tcpMs: 1,
    tlsMs: 7,
    ttfbMs: status === undefined ? undefined : 11,
  };
}

function keptOf(address: string, atSecond: number, answer: Answer): KeptSeen {
  const { status, failure, server, fingerprint, openedAt, unready, ready, version } = answer;
  const healthy = unready === undefined;
  const asked = ready !== undefined || !healthy;
  return {
    address,
    openedAt: openedAt ?? second(0),
    at: second(atSecond + 0.2),
    outcome:
      status === undefined
        ? { kind: "ended", failure: failure ?? NO_ANSWER }
        : { kind: "answered", status, ttfbMs: 3 },
    server,
    fingerprint,
    readyz: asked ? known({ healthy, checks: 40, failing: unready ?? [] }) : undefined,
    version:
      version === undefined ? undefined : known({ gitVersion: version, platform: undefined }),
  };
}

function listsOf(leases: RoundSpec["leases"], atSecond: number): ListsSeen | undefined {
  if (leases === undefined) return undefined;
  return {
    address: "10.0.20.41:443",
    leases: leases === "denied" ? unknown(DENIED) : known(Object.entries(leases).map(leaseAt)),
    serviceEndpoints: unknown(DENIED),
  };

  function leaseAt([letter, spec]: [string, LeaseSpec]): IdentityLease {
    const { incarnation, renewed = atSecond, host } = spec;
    return {
      name: `apiserver-${letter.toLowerCase()}`,
      host: host === null ? undefined : (host ?? hostOf(letter)),
      incarnation,
      renewTime: second(renewed),
    };
  }
}

const NO_ANSWER: Failure = {
  code: "http-timeout",
  phase: "http",
  side: "server",
  message: "no answer",
};

const DENIED: Failure = {
  code: "http-status",
  phase: "http",
  side: "user",
  message: "answered 403",
};

/** `path-down 10.0.20.41`, one a line: enough to see what was told, and what was not. */
export function told(events: readonly EventDraft[]): readonly string[] {
  return events.map(({ kind, subject }) => {
    const { address, server } = subject;
    const about = kind.startsWith("path") || kind === "address-dead" ? address : undefined;
    return `${kind} ${about?.replace(":443", "") ?? (server === undefined ? "" : letterOf(server))}`;
  });
}

function letterOf(host: string): string {
  const number = /^ip-172-16-0-(\d+)\./.exec(host)?.[1];
  return number === undefined ? host : String.fromCharCode(Number(number));
}
