import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { NotMeasured } from "./command.js";
import {
  describe,
  formatMb,
  formatMs,
  formatPerSecond,
  judge,
  measurePairs,
  summarize,
} from "./figures.js";
import { runWithUsage } from "./usage.js";

const CLUSTER = "many";
const ADDRESSES = 200;
const SERVERS = 4;
const SAMPLES = 5;
const PROBES = ADDRESSES * SAMPLES;
const MORE_PROBES = PROBES - ADDRESSES;

/** The long limit: on a busy machine, probes that wait for a core are not to fail. */
const endpoints = (samples) => [
  "endpoints",
  "--cluster",
  CLUSTER,
  "-n",
  String(samples),
  "--timeout",
  "30s",
];

/** The lab's arguments: a scenario of one cluster with 200 ENIs over 4 API servers, no latency. */
export async function manyAddressesLab(bench) {
  const { stdout } = await bench.runProgram(["lab", "--print", "--scenario", "gonz-eks-pri"]);
  const file = join(bench.scratch, "many.json");
  writeFileSync(file, JSON.stringify(withManyAddresses(JSON.parse(stdout))));
  return ["--scenario", file];
}

function withManyAddresses(scenario) {
  const [model] = scenario.clusters;
  const [eni] = model.enis;
  const ips = Array.from(
    { length: ADDRESSES },
    (_, at) => `10.0.${40 + (at % 4)}.${10 + (at >> 2)}`,
  );
  const servers = Array.from({ length: SERVERS }, (_, at) => ({
    id: `server-${at}`,
    host: `ip-172-16-8-${10 + at}.${scenario.region}.compute.internal`,
    eniIp: ips[at],
    notAfterOffsetSeconds: at * 60,
  }));
  const cluster = {
    ...model,
    name: CLUSTER,
    servers,
    enis: ips.map((ip, at) => ({
      ...eni,
      id: `eni-0c${String(at).padStart(15, "0")}`,
      ip,
      description: `Amazon EKS ${CLUSTER}`,
    })),
    fronts: ips.map((ip, at) => ({
      ip,
      port: 443,
      policy: "pinned",
      servers: [servers[at % SERVERS].id],
    })),
    dns: { ...model.dns, a: ips.slice(0, SERVERS) },
  };
  const latency = { awsMs: 0, dnsMs: 0, addressMs: 0 };
  // Its worker is another cluster's.
  return { ...scenario, name: CLUSTER, clusters: [cluster], latency, worker: undefined };
}

/** One measurement, several rows. */
export async function measureManyAddresses(bench, lab) {
  await checkProbes(bench, lab);
  const pairs = await measurePairs(
    bench.runs,
    () => runWithUsage(bench, endpoints(SAMPLES), lab.env),
    () => runWithUsage(bench, endpoints(1), lab.env),
  );
  const rates = pairs.map(({ a }) => PROBES / (a.ms / 1000));
  const perProbeMs = pairs.map(({ a, b }) => (a.cpuMs - b.cpuMs) / MORE_PROBES);
  const peaksMb = pairs.map(({ a }) => a.peakMb);
  const undividedMs = summarize(pairs.map(({ a }) => a.cpuMs / PROBES)).median;
  const what = `${ADDRESSES} addresses, \`-n ${SAMPLES}\``;
  return {
    rows: [
      {
        what: `${what}: fresh verified probes, start included`,
        measured: describe(rates, formatPerSecond),
      },
      {
        what: `${what}: CPU of the client per probe`,
        measured: describe(perProbeMs, formatCpu),
        goal: asAim(judge(perProbeMs, { atMost: 1 }, formatCpu)),
      },
      {
        what: `${what}: peak memory`,
        measured: describe(peaksMb, formatMb),
        goal: judge(peaksMb, { atMost: 120 }, formatMb),
      },
    ],
    notes: [
      `CPU per probe: user and system time of a run with \`-n ${SAMPLES}\`, less that of the run with \`-n 1\` beside it, divided by the ${MORE_PROBES} probes more; so the start, the AWS calls and reading ${ADDRESSES} ENIs cancel out. Undivided, a run costs ${formatMs(undividedMs * PROBES)}: ${formatCpu(undividedMs)} a probe.`,
      "The lab's side of each probe runs in another process on the same cores: not in the CPU figure, but it slows the rate.",
    ],
  };
}

const asAim = ({ text, met }) => ({ text: `aim: ${text}`, met });
const formatCpu = (ms) => `${ms.toFixed(2)} ms`;

async function checkProbes(bench, lab) {
  const { stdout } = await bench.runProgram([...endpoints(SAMPLES), "-o", "json"], lab.env);
  const { probes, apiServers } = JSON.parse(stdout);
  const good = probes.filter(
    ({ tls, http, serverAddress }) =>
      tls?.verification.kind === "verified" && http?.status === 200 && serverAddress !== null,
  );
  if (good.length !== PROBES || apiServers.length !== SERVERS)
    throw new NotMeasured(
      `${good.length} of ${PROBES} probes verified and answered, ${apiServers.length} API servers`,
    );
}
