import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findTool, NotMeasured, runCommand } from "./command.js";
import {
  describe,
  formatMb,
  formatMs,
  judge,
  measurePairs,
  measureSingly,
  slowness,
} from "./figures.js";
import { startLiveWorker } from "./live-worker.js";
import { runWithUsage } from "./usage.js";
import {
  kubeProxyRules,
  PROCESSES,
  SOCKETS,
  TO_API_SERVERS,
  writeWorkerCopy,
} from "./worker-copy.js";

const NODE = ["node", "--no-probe", "-o", "json"];
const CHAIN = "KUBE-SVC-NPX46M4PTMTKRN6Y";

/** For one reading of a usual worker, start included: few of its sockets are the control plane's. */
const CPU_GOAL = { atMost: 500 };

/** A reading of the machine takes seconds by hand: fewer have to do. */
const MAX_LIVE_RUNS = 5;

const count = (number) => number.toLocaleString("en");

/** What is measured on a worker, each: its name and how; of each several rows. */
export function workerParts(bench) {
  return [
    {
      what: `\`node --root DIR\`, ${count(SOCKETS)} sockets`,
      measure: () => measureCopy(bench, { allHttps: false }),
    },
    {
      what: `\`node --root DIR\`, ${count(SOCKETS)} sockets, all to port 443`,
      measure: () => measureCopy(bench, { allHttps: true }),
    },
    {
      what: "`node` on a live network namespace",
      measure: () => measureLive(bench),
    },
  ];
}

async function measureCopy(bench, { allHttps }) {
  const root = join(bench.scratch, allHttps ? "worker-https" : "worker");
  const { text, size } = await kubeProxyRules(bench.scratch);
  mkdirSync(root);
  writeWorkerCopy(root, text, { allHttps });
  const usages = await measureSingly(bench.runs, async () => {
    const usage = await runWithUsage(bench, [...NODE, "--root", root], bench.env);
    // Of what else kubelet has open at port 443 it is not known that it is no endpoint's.
    checkAnswer(usage.stdout, TO_API_SERVERS + (allHttps ? 9 : 0));
    return usage;
  });
  const of = (name) => usages.map((usage) => usage[name]);
  const sockets = `${count(SOCKETS)} sockets${allHttps ? ", all to port 443," : ""}`;
  const what = `\`node --root DIR --no-probe\`, ${sockets} in ${count(PROCESSES)} processes, ${count(size)} NAT rules`;
  const cpu = {
    what: `${what}: CPU, start included`,
    measured: describe(of("cpuMs"), formatMs),
    ...(allHttps ? {} : { goal: judge(of("cpuMs"), CPU_GOAL, formatMs) }),
  };
  const others = [
    { what: `${what}: time`, measured: describe(of("ms"), formatMs) },
    { what: `${what}: peak memory`, measured: describe(of("peakMb"), formatMb) },
  ];
  return { rows: [cpu, ...others], notes: [] };
}

function checkAnswer(stdout, expected) {
  const { connections, services } = JSON.parse(stdout);
  const outbound = connections.filter(({ direction }) => direction === "to-control-plane");
  const owned = outbound.filter(({ pid }) => pid !== null);
  const chains = (services.value ?? []).map(({ chain }) => chain);
  if (outbound.length !== expected || owned.length !== expected || !chains.includes(CHAIN)) {
    const found = `${outbound.length} connections, ${owned.length} with a process, by ${chains}`;
    throw new NotMeasured(`the answer is wrong: ${found}; not ${expected} by ${CHAIN}`);
  }
}

/** Prints what its children used, behind what they printed: `times` of the shell. */
const WITH_CPU = 'out=$1; shift; "$@" >"$out"; times';

const BY_HAND = `set -eo pipefail; ss -Htnp state established dport = :443; iptables-save -t nat | grep -E ${CHAIN}`;

async function measureLive(bench) {
  const { text } = await kubeProxyRules(bench.scratch);
  const bash = await findTool("bash");
  await Promise.all(["ss", "iptables-save", "grep"].map(findTool));
  const rules = join(bench.scratch, "rules");
  writeFileSync(rules, text);
  const worker = await startLiveWorker(bench, rules);
  const out = join(bench.scratch, "live.out");
  const cpuOf = async (command) => {
    const args = [...worker.enter, bash, "-c", WITH_CPU, "bench", out, ...command];
    const { env, signal } = bench;
    const { stdout } = await runCommand(worker.nsenter, args, { env, signal });
    return { cpuMs: childrenMs(stdout), stdout: readFileSync(out, "utf8") };
  };
  try {
    const runs = Math.min(bench.runs, MAX_LIVE_RUNS);
    const pairs = await measurePairs(
      runs,
      async () => {
        const read = await cpuOf([process.execPath, bench.program, ...NODE]);
        checkAnswer(read.stdout, worker.toApiServers);
        return read.cpuMs;
      },
      async () => {
        const read = await cpuOf([bash, "-c", BY_HAND]);
        checkByHand(read.stdout, worker.toApiServers);
        return read.cpuMs;
      },
    );
    const what = `\`node --no-probe\` in a network of its own with ${count(worker.sockets)} real sockets in ${count(worker.processes)} processes`;
    return {
      rows: [
        {
          what: `${what}: CPU with that of its tools, times that of \`ss -tnp\`, \`iptables-save\` and \`grep\``,
          ...slowness(pairs),
          runs,
        },
      ],
      notes: [
        "By hand `ss` and `iptables-save` print the connections and the rules of one chain; which process has which unit or pod, and where the rules lead, is then still to be looked up.",
      ],
    };
  } finally {
    await worker.stop();
  }
}

function checkByHand(stdout, expected) {
  const found = stdout.split("\n").filter((line) => /:443 +users:/.test(line)).length;
  if (found !== expected || !stdout.includes(CHAIN))
    throw new NotMeasured(`by hand ${found} connections were found; not ${expected}`);
}

/** The second line: `0m1.234s 0m0.567s`. */
function childrenMs(times) {
  const [, user, system] = /\n(\S+) (\S+)\s*$/.exec(times) ?? [];
  return [user, system].map(timeMs).reduce((a, b) => a + b);
}

function timeMs(text) {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
  if (seconds === undefined) throw new NotMeasured(`no time of a shell: ${text}`);
  return (Number(minutes) * 60 + Number(seconds)) * 1_000;
}
