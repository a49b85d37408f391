import { setTimeout as delay } from "node:timers/promises";
import type { AwsEvidence } from "./aws/aws-port.ts";
import type { AwsOptions } from "./aws/options.ts";
import { parseApiVersions } from "./kube/api-versions.ts";
import { readDeniedUser } from "./kube/denied-user.ts";
import { createLocalPort } from "./local/local-port.ts";
import type { AwsPort, Clock, Deps, EvidencePort, KubePort, SocketPort } from "./model/ports.ts";
import { createHostPort } from "./net/host.ts";
import { createNamePort } from "./net/name-port.ts";
import { preloadNet } from "./net/preload.ts";
import { createSocketPort } from "./net/socket-port.ts";
import type { MetadataChoice } from "./target/local.ts";

/** Whose AWS account, and where. */
export type AwsTarget = Pick<
  AwsOptions,
  "region" | "profile" | "roleArn" | "externalId" | "clusterId"
>;

/** Variables by name. The AWS SDK's own search for credentials reads the process's all the same. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whom to ask of this machine. */
export interface LocalTarget {
  /** Undefined: as AWS's own variables say. */
  readonly metadata: MetadataChoice | undefined;
}

const ASK_AS_USUAL: LocalTarget = { metadata: undefined };

/** The region that the AWS settings name; undefined where none does. Asks nobody. */
export async function awsRegion(target: AwsTarget): Promise<string | undefined> {
  const { loadSettings } = await import("./aws/settings.ts");
  const settings = await loadSettings({ ...target, timeoutMs: 0, environment: process.env });
  return settings.kind === "ok" ? settings.value.region : undefined;
}

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
export function createDeps(
  target: AwsTarget,
  timeoutMs: number,
  version: string,
  local: LocalTarget = ASK_AS_USUAL,
  environment: Environment = process.env,
): Deps {
  const clock = systemClock();
  const sockets = createSocketPort(clock, {
    version,
    readIdentity: parseApiVersions,
    readDeniedUser,
  });
  const aws = lazyAwsPort(
    { ...target, timeoutMs, environment, onRequest: preloadInPause() },
    clock,
  );
  return {
    clock,
    aws,
    names: createNamePort(clock),
    sockets,
    kube: lazyKubePort(sockets),
    host: createHostPort(),
    local: createLocalPort(environment),
    evidence: { ...aws, ...lazyNetEvidence(clock, local, environment) },
  };
}

/** What only an attempt to explain needs: this host's place in AWS, and its address outside. */
function lazyNetEvidence(
  clock: Clock,
  local: LocalTarget,
  environment: Environment,
): Pick<EvidencePort, "instance" | "clusterTag" | "egressIp"> {
  return {
    instance: async (signal) => {
      const { askInstance } = await import("./net/metadata.ts");
      return askInstance({ choice: local.metadata, environment }, clock, signal);
    },
    clusterTag: async (signal) => {
      const { askClusterTag } = await import("./net/metadata.ts");
      return askClusterTag({ choice: local.metadata, environment }, clock, signal);
    },
    egressIp: async (url, signal) => {
      const { askEgressIp } = await import("./net/egress.ts");
      return askEgressIp(url, clock, signal);
    },
  };
}

/** The AWS room is the largest; it is loaded by the first question to AWS. */
export function lazyAwsPort(options: AwsOptions, clock: Clock): AwsPort & AwsEvidence {
  let loading: Promise<AwsPort & AwsEvidence> | undefined;
  const load = (): Promise<AwsPort & AwsEvidence> => {
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
    replayToken: async (name, signal) => (await load()).replayToken(name, signal),
    accessEntries: async (name, signal) => (await load()).accessEntries(name, signal),
    securityGroups: async (ids, signal) => (await load()).securityGroups(ids, signal),
    networkAcls: async (subnetIds, signal) => (await load()).networkAcls(subnetIds, signal),
    routeTables: async (vpcId, signal) => (await load()).routeTables(vpcId, signal),
    subnets: async (ids, signal) => (await load()).subnets(ids, signal),
    natGateways: async (vpcId, signal) => (await load()).natGateways(vpcId, signal),
    vpcDns: async (vpcId, signal) => (await load()).vpcDns(vpcId, signal),
    updates: async (name, signal) => (await load()).updates(name, signal),
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
    glance: async (...question) => {
      const { glanceAt } = await import("./kube/glance.ts");
      return glanceAt(...question);
    },
  };
}
