import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export interface Recorded {
  readonly code: number | null;
  readonly stderr: string;
  /** Arguments of each call of eks-probe, however it was called. */
  readonly calls: readonly (readonly string[])[];
  /** Folders in which npm was told to install and build. */
  readonly builds: readonly string[];
  /** What was appended to $GITHUB_OUTPUT. */
  readonly outputs: string;
}

/** What stands in for the program: it writes down its arguments, and ends as it is told. */
const RECORDER = `const { appendFileSync } = require("node:fs");
const args = process.argv.slice(2).filter((arg) => arg !== "--yes");
appendFileSync(process.env.RECORD, JSON.stringify(args) + "\\n");
process.exitCode = Number(process.env.END_WITH);`;

/** Runs a script of a CI file in bash, with nothing behind npx, curl and the program but a notebook. */
export function recordScript(
  script: string,
  environment: Readonly<Record<string, string>>,
  endWith = 0,
): Recorded {
  const home = mkdtempSync(join(tmpdir(), "eks-probe-ci-"));
  try {
    const files = ["record", "output", "env", "summary", "builds"].map((name) => join(home, name));
    for (const file of files) writeFileSync(file, "");
    const [record = "", output = "", env = "", summary = "", builds = ""] = files;
    const bin = join(home, "bin");
    mkdirSync(bin);
    const recorder = join(bin, "eks-probe.js");
    writeFileSync(recorder, RECORDER);
    for (const name of ["npx", "eks-probe"])
      writeProgram(join(bin, name), `exec "${process.execPath}" "${recorder}" "$@"`);
    // Of `npm ci --prefix FOLDER` the folder.
    writeProgram(join(bin, "npm"), `[ "$1 $2" = "ci --prefix" ] && echo "$3" >> "${builds}"`);
    for (const name of ["curl", "jq"]) writeProgram(join(bin, name), "exit 0");
    const { status, stderr } = spawnSync(
      "bash",
      ["--noprofile", "--norc", "-eo", "pipefail", "-c", script],
      {
        cwd: home,
        encoding: "utf8",
        timeout: 15_000,
        env: {
          PATH: [bin, process.env["PATH"] ?? ""].join(delimiter),
          RECORD: record,
          END_WITH: String(endWith),
          GITHUB_OUTPUT: output,
          GITHUB_ENV: env,
          GITHUB_STEP_SUMMARY: summary,
          RUNNER_TEMP: home,
          GITHUB_ACTION_PATH: home,
          HERE: home,
          ...environment,
        },
      },
    );
    const lines = readFileSync(record, "utf8").trim().split("\n").filter(Boolean);
    return {
      code: status,
      stderr,
      calls: lines.map((line) => JSON.parse(line)),
      builds: readFileSync(builds, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((folder) => folder.replace(home, "HERE")),
      outputs: readFileSync(output, "utf8"),
    };
  } finally {
    rmSync(home, { recursive: true });
  }
}

function writeProgram(file: string, line: string): void {
  writeFileSync(file, `#!/bin/sh\n${line}\n`);
  chmodSync(file, 0o755);
}
