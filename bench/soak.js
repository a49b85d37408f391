// npm run soak [-- NAME …]: whether what runs for hours costs no more at its end than at its start.
// The soaks are in test/soak and TypeScript, which Node 20 does not run: they are bundled first.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ENTRY = fileURLToPath(new URL("../test/soak/main.ts", import.meta.url));

async function bundle(dir) {
  const made = await rolldown({
    input: { main: ENTRY },
    platform: "node",
    resolve: {
      mainFields: ["module", "main"],
      conditionNames: ["module", "import", "node", "default"],
    },
  });
  await made.write({ dir, format: "esm", entryFileNames: "[name].mjs" });
  await made.close();
  return join(dir, "main.mjs");
}

/** Resolves with the exit code; the signals that end this end it as well. */
function run(script, names) {
  const child = spawn(process.execPath, ["--expose-gc", script, ...names], { stdio: "inherit" });
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 130));
  });
}

const dir = mkdtempSync(join(tmpdir(), "eks-probe-soak-"));
try {
  process.exitCode = await run(await bundle(dir), process.argv.slice(2));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
