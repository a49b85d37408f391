import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** Bundles a script of this folder, for a process of its own; gives the file to run. */
export async function bundleScript(name: string, folder: string): Promise<string> {
  const input = fileURLToPath(new URL(name, import.meta.url));
  const file = join(folder, `${name.replace(/\.ts$/, "")}.mjs`);
  const bundle = await rolldown({ input, platform: "node" });
  await bundle.write({ file, format: "esm", codeSplitting: false });
  await bundle.close();
  return file;
}
