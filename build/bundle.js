// Bundles the program: one entry and the chunks that its dynamic imports name, so that a command
// loads only what it uses. The library is not bundled: tsc emits it, and npm installs what it needs.
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { rolldown } from "rolldown";

const OUT = "dist/cli";
const VIRTUAL = "\0builtin:";
const EMPTY = "\0empty";

/**
 * The loader that keeps compiled code runs chunks as scripts, and a script has no import(). Chunks
 * of our own are required anyway; a built-in that is imported dynamically becomes such a chunk.
 */
const builtinsAsChunks = {
  name: "builtins-as-chunks",
  resolveId: (source, _importer, { kind }) =>
    kind === "dynamic-import" && source.startsWith("node:") ? VIRTUAL + source : null,
  load: (id) => {
    if (!id.startsWith(VIRTUAL)) return null;
    const name = id.slice(VIRTUAL.length);
    return `export * from "${name}"; export { default } from "${name}";`;
  },
};

/** commander starts subcommands that are programs of their own; here none is, and the module is slow. */
const withoutChildProcess = {
  name: "commander-without-child-process",
  resolveId: (source, importer) =>
    source === "node:child_process" && importer?.includes("/commander/") ? EMPTY : null,
  load: (id) => (id === EMPTY ? "export default {};" : null),
};

const bundle = await rolldown({
  input: { launch: "src/launch/launch.ts", main: "src/cli/main.ts" },
  platform: "node",
  resolve: {
    mainFields: ["module", "main"],
    conditionNames: ["module", "import", "node", "default"],
  },
  treeshake: { propertyReadSideEffects: false },
  plugins: [builtinsAsChunks, withoutChildProcess],
});
const { output } = await bundle.write({
  dir: OUT,
  format: "cjs",
  minify: true,
  dynamicImportInCjs: false,
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name]-[hash].cjs",
});
await bundle.close();

const written = new Set(output.map(({ fileName }) => fileName));
for (const name of await readdir(OUT)) {
  if (!written.has(name)) {
    await rm(join(OUT, name));
  } else if (/\bimport\(/.test(await readFile(join(OUT, name), "utf8"))) {
    throw new Error(`${name} still holds an import(): the program's loader cannot run it`);
  }
}
