import { execFile, spawn } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

/** Why a row has no figure; `missingTool` where the machine lacks a program to compare with. */
export class NotMeasured extends Error {
  constructor(message, { missingTool = false } = {}) {
    super(message);
    this.missingTool = missingTool;
  }
}

const TIMEOUT_MS = 120_000;
const MAX_COMPLAINT = 300;

/**
 * Runs a command to its end and times it, from before the start until its output has ended. It gets
 * a process group of its own, so that what it started dies with it.
 * @returns {Promise<{ ms: number, stdout: string }>} rejects unless the command ends with code 0
 */
export function runCommand(command, args, { env, signal }) {
  signal.throwIfAborted();
  const startedMs = performance.now();
  const child = spawn(command, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (text) => {
      output[name] += text;
    });
  }
  const kill = () => killGroup(child, "SIGKILL");
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, TIMEOUT_MS);
  signal.addEventListener("abort", kill, { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, killedBy) => {
      const ms = performance.now() - startedMs;
      if (code === 0) resolve({ ms, stdout: output.stdout });
      else if (signal.aborted) reject(signal.reason);
      else {
        const end = isLate
          ? `not ended after ${TIMEOUT_MS / 1000} s`
          : `ended with ${code ?? killedBy}`;
        reject(failed(command, args, end, output.stderr));
      }
    });
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
  });
}

/** Says nothing of stdout: what was running may have been printing a token. */
function failed(command, args, end, stderr) {
  const why = stderr.trim().slice(0, MAX_COMPLAINT);
  return new NotMeasured(`${[basename(command), ...args].join(" ")}: ${end}: ${why}`);
}

/** A group that is gone already is no reason to fail. */
export function killGroup(child, name) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** The first executable file of that name in PATH; rejects with the row's text when there is none. */
export async function findTool(name) {
  const found = (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found === undefined)
    throw new NotMeasured(`no ${name} on this machine`, { missingTool: true });
  return isPyenvShim(found) ? behindPyenv(found, name) : found;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Such a shim starts two shells before the program: a cost that is not the program's. */
function isPyenvShim(file) {
  return file.includes("/shims/") && readFileSync(file, "latin1").includes("libexec/pyenv");
}

async function behindPyenv(shim, name) {
  const pyenv = join(dirname(shim), "..", "libexec", "pyenv");
  const { stdout } = await promisify(execFile)(pyenv, ["which", name]);
  return stdout.trim();
}
