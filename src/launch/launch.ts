import { join } from "node:path";
import { VERSION } from "../version.ts";
import { openCodeCache } from "./code-cache.ts";
import { createLoader } from "./loader.ts";

/** Starts the program that lies in this directory. */
export async function launch(directory: string): Promise<void> {
  if (asksForVersionOnly(process.argv.slice(2))) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const loader = createLoader(openCodeCache(process.env));
  const { main } = loader.load(join(directory, "main.cjs"));
  if (typeof main !== "function") throw new TypeError("main.cjs has no main");
  await main();
  loader.saveCode();
}

/** Scripts ask for it often, and it needs nothing of the program. */
function asksForVersionOnly(args: readonly string[]): boolean {
  return args.length === 1 && (args[0] === "--version" || args[0] === "-V");
}
