import { join } from "node:path";
import { openCodeCache } from "./code-cache.ts";
import { createLoader } from "./loader.ts";

/** Starts the program that lies beside this file. */
export async function launch(directory: string): Promise<void> {
  const loader = createLoader(openCodeCache(process.env));
  const { main } = loader.load(join(directory, "main.cjs"));
  if (typeof main !== "function") throw new TypeError("main.cjs has no main");
  await main();
  loader.saveCode();
}
