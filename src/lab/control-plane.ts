import { type ApiServer, createApiServer } from "./apiserver/server.ts";
import { type ChangingFront, startChangingFront } from "./fronts/changing-front.ts";
import { type FrontOptions, type RunningFront, startFront } from "./fronts/front.ts";
import type { ClusterPki } from "./pki.ts";
import type { LabCluster, LabPrincipal, LabServer, LabStep } from "./scenario.ts";
import { clusterAt } from "./timeline/fold.ts";
import { type FrontHistory, frontHistories, stateAt } from "./timeline/front-state.ts";
import { everyServer } from "./timeline/leaves.ts";
import { type LabProcess, processesAt } from "./timeline/processes.ts";
import { createTokenVerifier } from "./token-verifier.ts";

export interface ControlPlaneOptions {
  /** As it is when the lab starts. */
  readonly cluster: LabCluster;
  readonly steps: readonly LabStep[];
  readonly pki: ClusterPki;
  readonly region: string;
  principals(): readonly LabPrincipal[];
  /** The lab's own clock, and how far those of AWS and of the API servers are ahead of it. */
  nowMs(): number;
  readonly skewMs: number;
  readonly startedAtMs: number;
  /** How many seconds of the timeline have come about. */
  seconds(): number;
  readonly roundTripMs: number;
  readonly isOnOwnAddresses: boolean;
}

/** The API servers of one cluster and the addresses that lead to them. */
export interface ControlPlane {
  readonly apiServers: readonly ApiServer[];
  readonly fronts: readonly RunningFront[];
  /** What it is at that time; resolves when sockets are cut and listeners are shut or open. */
  become(seconds: number): Promise<void>;
  close(): void;
}

/** An address of the cluster, which may be another thing later. */
interface Address {
  readonly history: FrontHistory;
  readonly front: RunningFront;
  /** Undefined for one that never changes. */
  readonly changing: ChangingFront | undefined;
}

/** With every API server and every address that the timeline ever knows. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { cluster, steps } = options;
  const apiServers = createApiServers(options);
  const addresses = await Promise.all(
    frontHistories(cluster, steps).map((history) => startAddress(history, apiServers, options)),
  );
  let now = cluster;

  async function become(seconds: number): Promise<void> {
    const before = now;
    now = clusterAt(cluster, steps, seconds);
    for (const server of now.servers) apiServers.get(server.id)?.become(now, server);
    // A client whose connection is cut finds the address as it is by then.
    await Promise.all(
      addresses.flatMap(({ changing, history }) =>
        changing === undefined ? [] : changing.become(stateAt(history, seconds)),
      ),
    );
    const ended = before.servers.filter((server) => isOver(server, now.servers));
    await Promise.all(ended.flatMap(({ id }) => apiServers.get(id)?.cut() ?? []));
  }

  return {
    apiServers: [...apiServers.values()],
    fronts: addresses.map(({ front }) => front),
    become,
    close: () => {
      for (const { front } of addresses) front.close();
      for (const apiServer of apiServers.values()) apiServer.close();
    },
  };
}

/** Gone, or another process now. */
function isOver({ id, starts }: LabServer, servers: readonly LabServer[]): boolean {
  const same = servers.find((server) => server.id === id);
  return same === undefined || (same.starts ?? 0) !== (starts ?? 0);
}

function createApiServers(options: ControlPlaneOptions): ReadonlyMap<string, ApiServer> {
  const { cluster, steps, pki, skewMs, startedAtMs } = options;
  const apiServers = new Map<string, ApiServer>();
  let past: { readonly seconds: number; readonly processes: readonly LabProcess[] } | undefined;
  const processes = (): readonly LabProcess[] => {
    const seconds = options.seconds();
    if (past?.seconds !== seconds)
      past = { seconds, processes: processesAt(cluster, steps, seconds) };
    return past.processes;
  };
  const verify = (
    id: string,
    token: string,
  ): ReturnType<ReturnType<typeof createTokenVerifier>> => {
    const ownSkewMs = (apiServers.get(id)?.server.clockSkewSeconds ?? 0) * 1000;
    return createTokenVerifier({
      region: options.region,
      clusterName: cluster.localId ?? cluster.name,
      principals: () => options.principals(),
      nowMs: () => options.nowMs() + skewMs,
      clockSkewMs: ownSkewMs - skewMs,
    })(token);
  };
  for (const server of everyServer(cluster, steps).values()) {
    const apiServer = createApiServer({
      cluster,
      server,
      pki,
      authenticate: (token) => verify(server.id, token),
      startedAtMs,
      nowMs: () => options.nowMs(),
      processes,
    });
    apiServers.set(server.id, apiServer);
  }
  return apiServers;
}

async function startAddress(
  history: FrontHistory,
  apiServers: ReadonlyMap<string, ApiServer>,
  { pki, roundTripMs, isOnOwnAddresses }: ControlPlaneOptions,
): Promise<Address> {
  const { ip, port, constant } = history;
  const common: Omit<FrontOptions, "front"> = {
    pki,
    apiServers,
    roundTripMs,
    ...(isOnOwnAddresses ? { bindHost: ip, bindPort: port } : {}),
  };
  if (constant !== undefined) {
    const front = await startFront({ ...common, front: constant });
    return { history, front, changing: undefined };
  }
  const changing = await startChangingFront({ ...common, ip, port });
  await changing.become(stateAt(history, 0));
  return { history, front: changing, changing };
}
