import type { Fact } from "../model/fact.ts";
import type { BearerToken, Deps, ProbePlan } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import type { EventKind, WatchEvent } from "../model/watch/event.ts";
import type { WatchSample } from "../model/watch/sample.ts";
import { untilAborted } from "../probe/abort.ts";
import { BASELINE_CONNECTIONS, CONFIRM_CONNECTIONS } from "./constants.ts";
import {
  type AwsPace,
  type AwsQuestion,
  dueQuestions,
  paceAfter,
  startAwsPace,
} from "./pace/aws.ts";
import { CONFIRM_WITHIN_MS, DENIED_LISTS_EVERY, MANY_CONNECTIONS_TO } from "./pace/constants.ts";
import { type DnsPace, dnsPaceAfter, dueResolvers, startDnsPace } from "./pace/dns.ts";
import { createTaker, type RoundPlan } from "./take/taker.ts";
import { NOTHING_SEEN, track, type WatchState } from "./track/track.ts";

export interface WatchOptions {
  readonly request: ProbeRequest;
  /** From the start of one round to the start of the next. */
  readonly intervalMs: number;
  /** Undefined: until the signal aborts. */
  readonly forMs: number | undefined;
  /** EC2 is asked no more often than this, EKS and its updates less often. */
  readonly awsIntervalMs: number;
  /** What is known from a record. */
  readonly from?: WatchState | undefined;
  /** Called after each round, in order; never awaited. */
  readonly onRound: (round: WatchedRound) => void;
  /** Called once, after the first round that knows an address: for what is to run beside it. */
  readonly onReady?: (world: WatchWorld) => void;
}

export interface WatchedRound {
  readonly sample: WatchSample;
  readonly events: readonly WatchEvent[];
  readonly state: WatchState;
  /** Milliseconds from the end of this round to the start of the next. */
  readonly nextInMs: number;
}

/** What a watch knows of where requests go, at any time. */
export interface WatchWorld {
  /** A plan for each address that DNS names now. */
  targets(): readonly ProbePlan[];
  token(): Promise<BearerToken | undefined>;
}

export interface WatchEnd {
  readonly state: WatchState;
  readonly end: "time" | "signal";
}

/**
 * Takes a round of samples every `intervalMs`, and makes events of what changed, until its time is
 * over or the signal aborts; the round that an abort cuts short is given up as a whole. Never
 * rejects for what the world does.
 */
export async function watchCluster(
  options: WatchOptions,
  deps: Deps,
  signal: AbortSignal,
): Promise<WatchEnd> {
  const { clock } = deps;
  const { request, intervalMs, forMs } = options;
  const startedMs = clock.monotonicMs();
  const leftMs = (): number =>
    forMs === undefined ? Infinity : startedMs + forMs - clock.monotonicMs();
  const taker = createTaker(request, deps);
  let state = options.from ?? NOTHING_SEEN;
  let aws: AwsPace = startAwsPace(options.awsIntervalMs, startedMs);
  let dns: DnsPace = startDnsPace(request.resolvers, startedMs);
  let pulled: ReadonlySet<AwsQuestion> = new Set();
  let listsAreKnown = true;
  let isReady = false;
  try {
    while (leftMs() > 0 && !signal.aborted) {
      const roundMs = clock.monotonicMs();
      const plan: RoundPlan = {
        n: state.n + 1,
        aws: dueQuestions(aws, roundMs, pulled),
        resolvers: dueResolvers(dns, roundMs),
        lists: listsAreKnown || (state.n + 1) % DENIED_LISTS_EVERY === 0,
        probed: probedIn(state),
        connectionsToNew: BASELINE_CONNECTIONS,
      };
      // oxlint-disable-next-line eslint/no-await-in-loop -- one round after the other
      const taken = await untilAborted(taker.take(plan, signal), signal, () => undefined);
      if (taken === undefined || signal.aborted) break;
      const { sample } = taken;
      aws = paceAfter(aws, roundMs, taken.aws);
      // Without a cluster there was no name to ask for.
      if (taken.resolutions.length > 0)
        dns = dnsPaceAfter(dns, roundMs, plan.resolvers, taken.resolutions);
      listsAreKnown = areKnown(sample, listsAreKnown);
      const tracked = track(state, sample, intervalMs);
      pulled = questionsPulled(state, tracked.state, sample, tracked.events);
      // The TTLs so far are those of another name.
      if (hasOtherName(state, tracked.state)) dns = startDnsPace(request.resolvers, roundMs);
      state = tracked.state;
      const confirming = Object.values(state.addresses.byId).some((one) => one.wantsConfirmation);
      const pauseMs = confirming ? Math.min(intervalMs, CONFIRM_WITHIN_MS) : intervalMs;
      // A round that took longer is followed at once, and nothing is made up for.
      const waitMs = Math.max(0, roundMs + pauseMs - clock.monotonicMs());
      const nextInMs = Math.min(waitMs, Math.max(0, leftMs()));
      options.onRound({ sample, events: tracked.events, state, nextInMs });
      if (!isReady && sample.probes.length > 0) {
        isReady = true;
        options.onReady?.({ targets: () => taker.targets(), token: () => taker.token(signal) });
      }
      // oxlint-disable-next-line eslint/no-await-in-loop
      await clock.wait(nextInMs, signal);
    }
    return { state, end: signal.aborted ? "signal" : "time" };
  } finally {
    taker.close();
  }
}

/** An address that led elsewhere of late, or that nobody named before, may be a balanced one. */
function probedIn({ addresses }: WatchState): RoundPlan["probed"] {
  const all = Object.entries(addresses.byId);
  const confirmed = new Set(
    all
      .filter(([, { wantsConfirmation }]) => wantsConfirmation)
      .slice(0, MANY_CONNECTIONS_TO)
      .map(([id]) => id),
  );
  return new Map(
    all.map(([id, { dropped }]) => [
      id,
      { dropped, connections: confirmed.has(id) ? CONFIRM_CONNECTIONS : 1 },
    ]),
  );
}

function hasOtherName({ cluster: before }: WatchState, { cluster: after }: WatchState): boolean {
  const was = before.last?.endpointHost;
  return was !== undefined && was !== after.last?.endpointHost;
}

/**
 * Whether the lists are worth asking for in each round. One API server that was scaled in refuses
 * them as it refuses everything; who is denied them is denied them by the next one as well.
 */
function areKnown({ lists, kept }: WatchSample, before: boolean): boolean {
  if (lists === undefined) return before;
  const facts: readonly Fact<unknown>[] = [lists.leases, lists.serviceEndpoints];
  if (facts.some(({ kind }) => kind === "known")) return true;
  const accepting = kept.filter(
    ({ outcome }) => outcome.kind === "answered" && outcome.status === 200,
  );
  const isDenied = accepting.some(({ address }) => address === lists.address);
  return before && !isDenied && accepting.length > 0;
}

/** What kinds of events are worth asking AWS about at once. */
const TELLING: ReadonlySet<EventKind> = new Set<EventKind>([
  "address-joined-dns",
  "address-left-dns",
  "eni-created",
  "eni-deleted",
  "endpoint-joined-service",
  "endpoint-left-service",
  "server-appeared",
  "server-gone",
  "server-replaced",
  "server-restarted",
  "path-moved",
  "kept-refused",
  "path-down",
]);

/** What EKS tells of a cluster that is being updated, or was. */
const OF_AN_UPDATE: ReadonlySet<EventKind> = new Set<EventKind>([
  "cluster-changed",
  "version-changed",
]);

/**
 * Which questions are pulled forward. A path that fails may be an ENI that EC2 has dropped, which is
 * another story than an outage: EC2 is asked before the outage is told. So is it when an ENI is
 * missing for the first time.
 */
function questionsPulled(
  before: WatchState,
  after: WatchState,
  sample: WatchSample,
  events: readonly WatchEvent[],
): ReadonlySet<AwsQuestion> {
  const pulled = new Set<AwsQuestion>();
  const failing = sample.probes.some(
    ({ address, status }) => status === undefined && before.addresses.byId[address]?.path === "up",
  );
  const listed = sample.enis?.kind === "known" ? sample.enis.value : undefined;
  const missing =
    listed !== undefined &&
    Object.keys(after.enis.listed ?? {}).some((id) => !listed.some((eni) => eni.id === id));
  if (failing || missing) pulled.add("ec2");
  if (events.some(({ kind }) => TELLING.has(kind))) {
    for (const question of ["ec2", "eks", "updates"] as const) pulled.add(question);
  }
  if (events.some(({ kind }) => OF_AN_UPDATE.has(kind))) pulled.add("updates");
  return pulled;
}
