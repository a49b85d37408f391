import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { findProgram, skipReason } from "./real-clients.ts";

/** Where moto's server is; undefined, and said so once, where it is not installed. */
export const MOTO = findProgram("moto_server");
if (MOTO === undefined) process.stderr.write(`${skipReason("moto_server")}\n`);

export interface Moto extends AsyncDisposable {
  readonly url: string;
}

/** moto on a port of its own choice, which it prints. */
export async function startMoto(): Promise<Moto> {
  const child = spawn(MOTO ?? "moto_server", ["-H", "127.0.0.1", "-p", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PYTHONUNBUFFERED: "1" },
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("moto_server ended")));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (found !== undefined) resolve(found);
      });
    }
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}
