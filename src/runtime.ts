import { setTimeout as delay } from "node:timers/promises";
import type { AwsOptions } from "./aws/options.ts";
import { parseApiVersions } from "./kube/api-versions.ts";
import type { AwsPort, Clock, Deps, KubePort, SocketPort } from "./model/ports.ts";
import { createHostPort } from "./net/host.ts";
import { createNamePort } from "./net/name-port.ts";
import { preloadNet } from "./net/preload.ts";
import { createSocketPort } from "./net/socket-port.ts";

/** Whose AWS account, and where. */
export type AwsTarget = Pick<
  AwsOptions,
  "region" | "profile" | "roleArn" | "externalId" | "clusterId"
>;

export function systemClock(): Clock {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    wait: async (ms, signal) => {
      try {
        await delay(ms, undefined, { signal });
      } catch {
        // Aborted: the caller looks at its signal.
      }
    },
  };
}

/** After a request to AWS was made: by then it is on its way, and its answer is not yet here. */
const PRELOAD_AFTER_MS = 6;

/** Loads the network's part once, in the first pause that the questions to AWS leave. */
function preloadInPause(): () => void {
  let timer: NodeJS.Timeout | undefined;
  let done = false;
  return () => {
    if (done) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      done = true;
      // Timers come before I/O in a turn of the event loop: let a connection that is there send first.
      setImmediate(() => setImmediate(() => void preloadNet()));
    }, PRELOAD_AFTER_MS).unref();
  };
}

/** The real world, made in one place. Nothing is asked before a port is used. */
export function createDeps(target: AwsTarget, timeoutMs: number, version: string): Deps {
  const clock = systemClock();
  const sockets = createSocketPort(clock, { version, readIdentity: parseApiVersions });
  return {
    clock,
    aws: lazyAwsPort(
      { ...target, timeoutMs, environment: process.env, onRequest: preloadInPause() },
      clock,
    ),
    names: createNamePort(clock),
    sockets,
    kube: lazyKubePort(sockets),
    host: createHostPort(),
  };
}

/** The AWS room is the largest; it is loaded by the first question to AWS. */
export function lazyAwsPort(options: AwsOptions, clock: Clock): AwsPort {
  let loading: Promise<AwsPort> | undefined;
  const load = (): Promise<AwsPort> => {
    loading ??= import("./aws/aws-port.ts").then(({ createAwsPort }) =>
      createAwsPort(options, clock),
    );
    return loading;
  };
  return {
    describeCluster: async (name, signal) => (await load()).describeCluster(name, signal),
    listClusterEnis: async (name, signal) => (await load()).listClusterEnis(name, signal),
    vpcCidrs: async (vpcId, signal) => (await load()).vpcCidrs(vpcId, signal),
    signToken: async (name, signal) => (await load()).signToken(name, signal),
  };
}

/** Adapters do not know each other: what reads the API server's documents is handed the sockets. */
function lazyKubePort(sockets: SocketPort): KubePort {
  return {
    inspect: async (plan, token, signal) => {
      const { inspectServer } = await import("./kube/inspect.ts");
      return inspectServer(plan, token, signal, (...question) => sockets.converse(...question));
    },
    reuse: async (plan, token, count, signal) => {
      const { reuseConnection } = await import("./kube/reuse.ts");
      return reuseConnection(plan, token, count, signal, (...question) =>
        sockets.converse(...question),
      );
    },
  };
}
