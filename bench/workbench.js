import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { killGroup, NotMeasured, runCommand } from "./command.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LAB_UP_MS = 30_000;
const LAB_DOWN_MS = 5_000;

/**
 * Where the bench works: a folder of its own with a copy of the build (a rebuild meanwhile changes
 * nothing) and its code cache, and an environment that leads nowhere but to what a row names.
 */
export function openWorkbench(signal) {
  const scratch = mkdtempSync(join(tmpdir(), "eks-probe-bench-"));
  for (const part of ["bin", "dist/cli", "package.json"]) {
    cpSync(join(ROOT, part), join(scratch, part), { recursive: true });
  }
  const program = join(scratch, "bin", "eks-probe.js");
  const env = closedEnvironment(scratch);
  return {
    scratch,
    signal,
    env,
    program,
    /** Runs the program; what is in `extra` goes over the closed environment. */
    runProgram: (args, extra = {}) =>
      runCommand(process.execPath, [program, ...args], { env: { ...env, ...extra }, signal }),
    runNode: () => runCommand(process.execPath, ["-e", "0"], { env, signal }),
    startLab: (args) => startLab(program, args, { env, signal }),
    hasWarmCache: () => countFiles(join(env.XDG_CACHE_HOME, "eks-probe")) > 0,
    close: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/** As the tests of the built program have it; home and caches are the bench's own. */
function closedEnvironment(scratch) {
  const home = join(scratch, "home");
  mkdirSync(home);
  return {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: scratch,
    XDG_CACHE_HOME: join(scratch, "cache"),
    LANG: "C.UTF-8",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_PAGER: "",
    EKS_PROBE_RESOLVER: "127.0.0.1:9",
    EKS_PROBE_CONNECT_TO: "::127.0.0.1:9",
  };
}

/** The lab as a process of its own, as `eks-probe lab` starts it; `env` is what it says to export. */
async function startLab(program, args, { env, signal }) {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [program, "lab", ...args], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = new Promise((resolve) => child.once("close", resolve));
  const stop = async () => {
    killGroup(child, "SIGINT");
    const timer = setTimeout(() => killGroup(child, "SIGKILL"), LAB_DOWN_MS);
    await gone;
    clearTimeout(timer);
  };
  const timer = setTimeout(() => killGroup(child, "SIGKILL"), LAB_UP_MS);
  try {
    const said = await untilUp(child, gone);
    return { env: { ...env, ...readExports(said) }, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function untilUp(child, gone) {
  let [said, complained] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complained += text;
  });
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
      if (/^# then, .*\n/m.test(said)) resolve(said);
    });
    child.once("error", reject);
    gone.then(() => reject(new NotMeasured(`the lab did not start: ${complained.trim()}`)));
  });
}

function readExports(said) {
  return Object.fromEntries(
    [...said.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
  );
}

function countFiles(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile())
      .length;
  } catch {
    return 0;
  }
}

/** What is wrong with the build, or undefined. */
export function findBuildProblem() {
  const built = statSync(join(ROOT, "dist/cli/main.cjs"), { throwIfNoEntry: false });
  if (built === undefined) return { kind: "missing", text: "no build: run `npm run build` first" };
  const isStale = readdirSync(join(ROOT, "src"), { recursive: true }).some(
    (name) => statSync(join(ROOT, "src", name)).mtimeMs > built.mtimeMs,
  );
  return isStale
    ? { kind: "stale", text: "the build is older than src; `npm run build` makes a new one" }
    : undefined;
}
