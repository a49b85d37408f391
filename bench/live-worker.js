import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findTool, killGroup, NotMeasured } from "./command.js";

const SCRIPT = fileURLToPath(new URL("live-worker.sh", import.meta.url));
const PROCESSES = 2_000;
const CONNECTIONS_EACH = 5;
const CONNECTIONS = PROCESSES * CONNECTIONS_EACH;

const UP_MS = 60_000;
const DOWN_MS = 5_000;

/**
 * A network and processes of their own, with kube-proxy's rules in the kernel and real connections,
 * of them one in a hundred to the service address of the API servers. Both ends are there, so that
 * 10,000 connections are 20,000 sockets. `enter` are nsenter's arguments before a command.
 */
export async function startLiveWorker({ env, signal }, rules) {
  if (process.getuid?.() !== 0)
    throw new NotMeasured("needs root, for a network namespace", { missingTool: true });
  const names = ["unshare", "nsenter", "bash", "ip", "iptables-restore", "perl"];
  const [unshare, nsenter, bash] = await Promise.all(names.map(findTool));
  signal.throwIfAborted();
  const flags = ["--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"];
  const args = [...flags, bash, SCRIPT, rules, String(PROCESSES), String(CONNECTIONS_EACH)];
  const child = spawn(unshare, args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const gone = new Promise((resolve) => child.once("close", resolve));
  const kill = () => killGroup(child, "SIGKILL");
  const stop = async () => {
    // What holds the connections ends with its input, and the kernel ends all others with it.
    child.stdin.end();
    const timer = setTimeout(kill, DOWN_MS);
    await gone;
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
  };
  signal.addEventListener("abort", kill, { once: true });
  const timer = setTimeout(kill, UP_MS);
  try {
    await untilUp(child, gone);
    const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(
      " ",
    );
    return {
      nsenter,
      enter: ["--target", first, "--net", "--pid", "--mount", "--"],
      processes: PROCESSES,
      sockets: CONNECTIONS * 2,
      toApiServers: CONNECTIONS / 100,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function untilUp(child, gone) {
  let complained = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complained += text;
  });
  // Written to when it is gone already.
  child.stdin.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      if (text.includes("up\n")) resolve();
    });
    child.once("error", reject);
    gone.then(() => reject(notUp(complained)));
  });
}

/** The kernel may lack what the rules need. */
function notUp(complained) {
  const why = complained.trim().slice(0, 300) || "it took too long";
  return new NotMeasured(`no network of its own: ${why}`, { missingTool: true });
}
