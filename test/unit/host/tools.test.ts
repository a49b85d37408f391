import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toolsOf } from "../../../src/host/tools.ts";

describe("a tool of the kernel", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "eks-probe-tools-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function tool(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  it("is run with its arguments as they are, and with no environment of ours", async () => {
    process.env["OURS"] = "ours";
    tool("show", 'printf "%s|" "$@"; echo "$PATH|$LC_ALL|$OURS"; pwd');
    const result = await toolsOf({ folders: ["/nowhere", folder] })("show", ["-t", "$(id); a b"]);
    expect(result).toEqual({
      kind: "output",
      text: "-t|$(id); a b|/usr/sbin:/usr/bin:/sbin:/bin|C|\n/\n",
    });
    delete process.env["OURS"];
  });

  it("is absent where it is in none of the folders, whatever PATH says", async () => {
    tool("hidden", "echo never");
    const before = process.env["PATH"];
    process.env["PATH"] = folder;
    expect(await toolsOf()("hidden", [])).toEqual({ kind: "absent" });
    process.env["PATH"] = before;
  });

  it("that fails tells its code and the first line of its complaint, without secrets", async () => {
    tool("fails", "echo 'no: password=hunter2' >&2; echo second >&2; exit 4");
    const result = await toolsOf({ folders: [folder] })("fails", []);
    expect(result).toEqual({ kind: "failed", reason: "exit code 4: no: password=[redacted]" });
  });

  it("that does not end is ended", async () => {
    tool("hangs", "exec sleep 60");
    const result = await toolsOf({ folders: [folder], timeoutMs: 100 })("hangs", []);
    expect(result).toEqual({ kind: "failed", reason: "not done within 0.1 s" });
  });

  it("that prints without end is ended", async () => {
    tool("floods", "exec yes");
    const result = await toolsOf({ folders: [folder], maxBytes: 10_000 })("floods", []);
    expect(result).toEqual({ kind: "failed", reason: "it printed more than 10000 bytes" });
  });

  it("gets no input to wait for", async () => {
    tool("reads", "cat; echo done");
    const result = await toolsOf({ folders: [folder] })("reads", []);
    expect(result).toEqual({ kind: "output", text: "done\n" });
    expect(existsSync("/nowhere")).toBe(false);
  });

  it("that is no program is a failure", async () => {
    writeFileSync(join(folder, "text"), "\u007fELF");
    chmodSync(join(folder, "text"), 0o755);
    const result = await toolsOf({ folders: [folder] })("text", []);
    expect(result.kind).toBe("failed");
  });
});
