import * as v from "valibot";
import { orAbsent, whole } from "./parts.ts";
import type { LabEndpoint, LabProcess, LabRunner, LabSocket, LabWorker } from "./worker.ts";

/** A year. */
const MAX_SECONDS = 31_536_000;

/** What the kernel may give a process: PID_MAX_LIMIT. */
const MAX_PID = 4_194_304;

/** Everything is a file to be written, and a scenario may be somebody else's. */
const [MAX_PROCESSES, MAX_SOCKETS, MAX_SERVICES] = [1_000, 20_000, 5_000] as const;

const MAX_BYTES = 4_294_967_295;

const ipv4 = v.pipe(v.string(), v.ipv4());
const port = whole(1, 65_535);
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_SECONDS));

/** Part of a path: a label as Kubernetes names objects. */
const label = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, "not a name of Kubernetes"),
  v.check((text) => !text.includes(".."), "not a name of Kubernetes"),
);

const oneLine = v.pipe(
  v.string(),
  v.maxLength(4_096),
  v.regex(/^\P{Cc}*$/u, "a text with control characters"),
);

const endpoint: v.GenericSchema<unknown, LabEndpoint> = v.strictObject({ ip: ipv4, port });

const runner: v.GenericSchema<unknown, LabRunner> = v.variant("kind", [
  v.strictObject({
    kind: v.literal("unit"),
    unit: v.pipe(v.string(), v.regex(/^[\w@.:-]{1,100}\.service$/, "not a service of systemd")),
  }),
  v.strictObject({ kind: v.literal("pod"), namespace: label, name: label, container: label }),
]);

const process: v.GenericSchema<unknown, LabProcess> = v.strictObject({
  // 1 is systemd, which is always there.
  pid: whole(2, MAX_PID),
  name: v.pipe(v.string(), v.regex(/^[\w.:+-]{1,15}$/, "not 1 to 15 letters, digits, . : + - _")),
  command: orAbsent(v.pipe(v.array(oneLine), v.maxLength(200))),
  runs: runner,
  ageSeconds: seconds,
  environment: orAbsent(v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_]\w{0,99}$/)), oneLine)),
});

const socket: v.GenericSchema<unknown, LabSocket> = v.pipe(
  v.strictObject({
    pid: orAbsent(whole(2, MAX_PID)),
    state: v.picklist([
      "established",
      "syn-sent",
      "fin-wait-1",
      "time-wait",
      "close-wait",
      "listen",
    ]),
    local: v.strictObject({ ip: v.union([ipv4, v.literal("::")]), port }),
    remote: orAbsent(endpoint),
    accepted: orAbsent(v.boolean()),
    unacknowledgedBytes: orAbsent(whole(0, MAX_BYTES)),
    unreadBytes: orAbsent(whole(0, MAX_BYTES)),
    retransmits: orAbsent(whole(0, 255)),
    withoutKeepalive: orAbsent(v.boolean()),
    leadsTo: orAbsent(endpoint),
  }),
  v.check(
    ({ state, remote }) => (state === "listen") === (remote === undefined),
    "a listener has no remote, and every other socket has one",
  ),
  v.check(
    ({ state, local }) => state === "listen" || local.ip !== "::",
    "only a listener has the local address ::",
  ),
);

const rules = v.strictObject({
  backend: v.picklist(["iptables-legacy", "iptables-nft", "nftables", "ipvs"]),
  services: v.pipe(
    v.array(
      v.strictObject({
        name: v.pipe(
          v.string(),
          v.regex(/^[a-z0-9.-]{1,253}\/[a-z0-9.-]{1,253}(?::[a-z0-9-]{1,63})?$/),
        ),
        ip: ipv4,
        port,
        targets: v.array(
          v.strictObject({
            ip: ipv4,
            port,
            probability: orAbsent(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
            weight: orAbsent(whole(0, 65_535)),
          }),
        ),
      }),
    ),
    v.maxLength(MAX_SERVICES),
  ),
});

/** The worker of a scenario that was written by hand. */
export const workerSchema: v.GenericSchema<unknown, LabWorker> = v.pipe(
  v.strictObject({
    cluster: v.string(),
    hostname: v.pipe(
      v.string(),
      v.regex(/^[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?$/, "not a host name in lower case"),
    ),
    addresses: v.pipe(v.array(ipv4), v.minLength(1), v.maxLength(100)),
    upSeconds: seconds,
    nameServers: v.array(v.pipe(v.string(), v.ip())),
    pods: v.pipe(
      v.array(v.strictObject({ namespace: label, name: label, ip: orAbsent(ipv4) })),
      v.maxLength(MAX_PROCESSES),
    ),
    processes: v.pipe(v.array(process), v.maxLength(MAX_PROCESSES)),
    sockets: v.pipe(v.array(socket), v.maxLength(MAX_SOCKETS)),
    rules: v.array(rules),
    conntrack: v.strictObject({
      count: whole(0, Number.MAX_SAFE_INTEGER),
      max: whole(0, Number.MAX_SAFE_INTEGER),
    }),
  }),
  v.check(
    (worker) => findWorkerProblem(worker) === undefined,
    ({ input }) => findWorkerProblem(input) ?? "",
  ),
);

/** What a worker names twice, or does not have. */
function findWorkerProblem(worker: LabWorker): string | undefined {
  const { pods, processes, rules: sets, sockets, upSeconds } = worker;
  return (
    twice(
      "process",
      processes.map(({ pid }) => String(pid)),
    ) ??
    twice("pod", pods.map(podKey)) ??
    twice(
      "back end",
      sets.map(({ backend }) => backend),
    ) ??
    lostPod(pods.map(podKey), processes) ??
    lostOwner(processes, sockets) ??
    processes
      .filter(({ ageSeconds }) => ageSeconds > upSeconds)
      .map(({ pid }) => `process ${pid} is older than the worker`)[0]
  );
}

function podKey({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

function twice(what: string, names: readonly string[]): string | undefined {
  const again = names.find((name, index) => names.indexOf(name) !== index);
  return again === undefined ? undefined : `${what} ${again} is there twice`;
}

function lostPod(pods: readonly string[], processes: readonly LabProcess[]): string | undefined {
  const known = new Set(pods);
  const lost = processes.find(({ runs }) => runs.kind === "pod" && !known.has(podKey(runs)));
  return lost === undefined ? undefined : `process ${lost.pid} is in a pod that is not there`;
}

function lostOwner(
  processes: readonly LabProcess[],
  sockets: readonly LabSocket[],
): string | undefined {
  const known = new Set(processes.map(({ pid }) => pid));
  const lost = sockets.find(({ pid }) => pid !== undefined && !known.has(pid))?.pid;
  return lost === undefined ? undefined : `a socket is process ${lost}'s, which is not there`;
}
