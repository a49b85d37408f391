import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Tests of the built program test what is in src now: it is bundled once, before any test. */
export default function buildProgram(): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync(process.execPath, ["build/bundle.js"], { cwd: root, stdio: "inherit" });
}
