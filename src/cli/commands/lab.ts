import { spawn } from "node:child_process";
import type { LabStep, Scenario } from "../../lab/scenario.ts";
import { findScenario, SCENARIOS } from "../../lab/scenarios/table.ts";
import { type Lab, type LabOptions, startLab } from "../../lab/start.ts";
import { speedUp } from "../../lab/timeline/speed.ts";
import { sanitizeText } from "../../model/text.ts";
import { parseDuration, parseSpeed } from "../../target/numbers.ts";
import { ok } from "../../target/parsed.ts";
import { EXIT } from "../exit-codes.ts";
import { type Io, type RunCommand, signalName } from "../io.ts";
import { UsageError, type ValueReader } from "../options/values.ts";

export const runLab: RunCommand = async (values, command, io) => {
  if (values.has("list")) {
    const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
    io.stdout.write(
      SCENARIOS.map(({ name, description }) => `${name.padEnd(width)} ${description}\n`).join(""),
    );
    return EXIT.ok;
  }
  const scenario = await chooseScenario(values);
  if (values.has("print")) {
    io.stdout.write(`${JSON.stringify(scenario, null, 2)}\n`);
    return EXIT.ok;
  }
  const isAlone = command.length === 0;
  const lab = await startOrExplain(scenario, {
    ownAddresses: values.has("ownAddresses"),
    // A command has the terminal for itself.
    onStep: (step) => isAlone && io.stdout.write(`${describeStep(step)}\n`),
  });
  try {
    return isAlone ? await stayUp(lab, io) : await runInside(lab, command, io);
  } finally {
    await lab.close();
  }
};

/** Addresses that cannot be bound are the user's to provide; any other failure is ours. */
async function startOrExplain(scenario: Scenario, options: LabOptions): Promise<Lab> {
  try {
    return await startLab(scenario, options);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (!options.ownAddresses || !/^(?:EADDR|EACCES)/.test(String(code))) throw error;
    throw new UsageError(
      `--own-addresses: this machine cannot listen on the scenario's addresses (${String(code)}); add them to a network namespace and run it there`,
    );
  }
}

async function chooseScenario(values: ValueReader): Promise<Scenario> {
  const asked = values.one("scenario", ok) ?? "field-notes";
  const scenario = findScenario(asked) ?? (await loadScenario(asked));
  const roundTripMs = values.one("latency", parseDuration);
  const fast = speedUp(scenario, values.one("speed", parseSpeed) ?? 1);
  if (roundTripMs === undefined) return fast;
  return {
    ...fast,
    latency: { awsMs: 2 * roundTripMs, dnsMs: roundTripMs, addressMs: roundTripMs },
  };
}

async function loadScenario(path: string): Promise<Scenario> {
  const { readScenarioFile } = await import("../../lab/scenario-file.ts");
  const read = await readScenarioFile(path);
  if (read.kind === "bad")
    throw new UsageError(`--scenario: ${read.problem}; --list shows the built-in ones`);
  return read.value;
}

/** Settings of the real world that would lead a client past the simulation, or into it by halves. */
const LEADS_ASTRAY =
  /^(?:AWS_.*|EKS_PROBE_(?:RESOLVER|CONNECT_TO|PROFILE|REGION|ROLE_ARN|EXTERNAL_ID|SCENARIO|LAB_.*|EGRESS_.*|METADATA|ENDPOINT|CA_FILE|KUBECONFIG|CONTEXT|ROOT|MAP|NO_PROBE)|KUBECONFIG|(?:https?|all|no)_proxy)$/i;

/** One line of a scenario file of somebody else's. */
const MAX_STEP_CHARS = 200;

/** The program itself, as anyone would start it, with its environment pointing at the lab. */
async function runInside(lab: Lab, command: readonly string[], io: Io): Promise<number> {
  if (io.signal.aborted) return EXIT.interrupted;
  const inherited = Object.entries(io.environment).filter(([name]) => !LEADS_ASTRAY.test(name));
  const program = process.argv[1] ?? "eks-probe";
  const child = spawn(process.execPath, [program, ...command], {
    env: { ...Object.fromEntries(inherited), ...lab.environment },
    stdio: "inherit",
  });
  // A signal sent to this process alone; from a terminal the child gets Ctrl-C twice, as one.
  const pass = (): boolean => child.kill(signalName(io.signal));
  io.signal.addEventListener("abort", pass, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? EXIT.interrupted));
    });
  } finally {
    io.signal.removeEventListener("abort", pass);
  }
}

/** For a POSIX shell: a value may come from a scenario file of somebody else's. */
function quote(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** A comment, as the lines around it are for a shell. */
function describeStep({ atSeconds, what }: LabStep): string {
  return `# ${Math.round(atSeconds * 10) / 10} s: ${sanitizeText(what, MAX_STEP_CHARS)}`;
}

/** The end of what is to come, for a scenario that changes. */
function describeTimeline({ timeline = [] }: Scenario): readonly string[] {
  const last = Math.max(...timeline.map(({ atSeconds }) => atSeconds));
  if (timeline.length === 0) return [];
  return [
    `# ${timeline.length} steps within ${Math.round(last * 10) / 10} s, told below as they come`,
  ];
}

async function stayUp(lab: Lab, io: Io): Promise<number> {
  const clusters = lab.scenario.clusters.map(({ name }) => name);
  const lines = [
    `# simulated EKS "${lab.scenario.name}": ${lab.scenario.description}`,
    `# clusters: ${clusters.join(", ")}; up until Ctrl-C`,
    ...describeTimeline(lab.scenario),
    "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE EKS_PROBE_ROOT EKS_PROBE_MAP EKS_PROBE_NO_PROBE",
    ...Object.entries(lab.environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `# then, in another terminal: eks-probe endpoints --cluster ${clusters[0] ?? "NAME"}`,
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    else io.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  return EXIT.interrupted;
}
