import { setTimeout as delay } from "node:timers/promises";
import type { AwsOptions } from "./aws/options.ts";
import { parseApiVersions } from "./kube/api-versions.ts";
import type { AwsPort, Clock, Deps } from "./model/ports.ts";
import { createHostPort } from "./net/host.ts";
import { createNamePort } from "./net/name-port.ts";
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

/** The real world, made in one place. Nothing is asked before a port is used. */
export function createDeps(target: AwsTarget, timeoutMs: number, version: string): Deps {
  const clock = systemClock();
  return {
    clock,
    aws: lazyAwsPort({ ...target, timeoutMs, environment: process.env }, clock),
    names: createNamePort(clock),
    sockets: createSocketPort(clock, { version, readIdentity: parseApiVersions }),
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
