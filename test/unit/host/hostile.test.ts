import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { viewOf } from "../../../src/host/view.ts";
import { valueOf } from "../../../src/model/fact.ts";
import { notedFiles, readCopy, readFiles, writeCopy } from "../../support/host-copy.ts";

const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

function copied(files: Parameters<typeof writeCopy>[0]): string {
  const root = writeCopy(files);
  roots.push(root);
  return root;
}

/** Puts something else in the place of a copied file. */
function replaced(root: string, name: string): string {
  const file = join(root, name);
  rmSync(file, { force: true, recursive: true });
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

describe("a view of a copy", () => {
  it("follows a link as the copied machine would, and none that leads out of the copy", () => {
    const outside = copied({ secret: "outside" });
    const root = copied({
      "run/resolv.conf": "inside",
      "etc/relative": { link: "../run/resolv.conf" },
      "etc/absolute": { link: "/run/resolv.conf" },
      "etc/out": { link: `${"../".repeat(12)}etc/passwd` },
      "etc/out-absolute": { link: `${outside}/secret` },
      linked: { link: "etc" },
      up: { link: ".." },
    });
    const view = viewOf(root);
    const text = (path: string): unknown => view.text(path, 100);
    const inside = { kind: "text", text: "inside", cut: false };
    expect(text("/etc/relative")).toEqual(inside);
    expect(text("/etc/absolute")).toEqual(inside);
    expect(text("/linked/absolute")).toEqual(inside);
    expect(text("/etc/../run/resolv.conf")).toEqual(inside);
    expect(text("/etc/out")).toEqual({ kind: "failed", code: "EXDEV" });
    expect(text("/etc/out-absolute")).toEqual({ kind: "absent" });
    expect(text("/up/etc/passwd")).toEqual({ kind: "failed", code: "EXDEV" });
    expect(text("/../etc/passwd")).toEqual({ kind: "failed", code: "EXDEV" });
    expect(view.names("/up")).toEqual({ kind: "failed", code: "EXDEV" });
    expect(view.link("/etc/out-absolute")).toBe(`${outside}/secret`);
    expect(view.link("/up/etc")).toBeUndefined();
  });

  it("gives up on links that lead to each other", () => {
    const root = copied({ a: { link: "b" }, b: { link: "/a" }, "c/self": { link: "self/self" } });
    expect(viewOf(root).text("/a", 100)).toEqual({ kind: "failed", code: "ELOOP" });
    expect(viewOf(root).text("/c/self", 100)).toEqual({ kind: "failed", code: "ELOOP" });
  });

  it("reads files alone: a pipe without a writer does not hang it, a folder is no file", () => {
    const root = copied({ "folder/file": "x" });
    execFileSync("mkfifo", [join(root, "pipe")]);
    expect(viewOf(root).text("/pipe", 100)).toEqual({ kind: "failed", code: "not a file" });
    expect(viewOf(root).text("/folder", 100)).toMatchObject({ kind: "failed" });
    expect(viewOf(root).text("/folder/file/x", 100)).toEqual({ kind: "absent" });
    expect(viewOf(root).text("/folder/\0", 100)).toMatchObject({ kind: "failed" });
  });

  it("tells where all links of a folder lead, none followed, and goes into no folder outside", () => {
    const root = copied({
      "proc/7/fd/3": { link: "socket:[101]" },
      "proc/7/fd/4": { link: "/etc/passwd" },
      "proc/7/fd/5": "no link",
      "proc/8/fd": { link: "/proc/7/fd" },
      "proc/9": { link: `${"../".repeat(20)}proc/self` },
    });
    const view = viewOf(root);
    const all = { kind: "links", targets: ["socket:[101]", "/etc/passwd", undefined] };
    // Listed before: what was a folder there is known to be no link.
    expect(view.names("/proc")).toMatchObject({ kind: "names" });
    expect(view.links("/proc/7/fd", 9)).toEqual(all);
    expect(view.links("/proc/8/fd", 9)).toEqual(all);
    expect(view.links("/proc/7/fd", 1)).toEqual({ kind: "links", targets: ["socket:[101]"] });
    expect(view.links("/proc/9/fd", 9)).toEqual({ kind: "failed", code: "EXDEV" });
    expect(view.links("/proc/10/fd", 9)).toEqual({ kind: "absent" });
  });

  it.skipIf(process.getuid?.() !== 0)("reads no device, which has no end", () => {
    const root = copied({});
    execFileSync("mknod", [join(root, "zero"), "c", "1", "5"]);
    expect(viewOf(root).text("/zero", 1_000_000)).toEqual({ kind: "failed", code: "not a file" });
  });

  it("reads no more than it was asked for, and says that there was more", () => {
    const root = copied({ exact: "1234", longer: "12345", long: "x".repeat(100_000) });
    const read = (path: string, bytes: number): unknown => viewOf(root).text(path, bytes);
    expect(read("/exact", 4)).toEqual({ kind: "text", text: "1234", cut: false });
    expect(read("/longer", 4)).toEqual({ kind: "text", text: "1234", cut: true });
    expect(read("/long", 99_999)).toEqual({ kind: "text", text: "x".repeat(99_999), cut: true });
    expect(read("/long", 200_000)).toEqual({ kind: "text", text: "x".repeat(100_000), cut: false });
  });
});

describe("a copy that was made to harm", () => {
  it("does not hang where pipes are in the place of files", async () => {
    const files = notedFiles();
    const root = copied(files);
    for (const name of Object.keys(files).filter((one) => !one.includes("/fd/"))) {
      execFileSync("mkfifo", [replaced(root, name)]);
    }
    const snapshot = await readCopy(root);
    expect(snapshot.namespaces[0]?.sockets).toMatchObject({ kind: "unknown" });
    expect(snapshot.kubelet).toMatchObject({
      failure: { message: "/var/lib/kubelet/kubeconfig cannot be read (not a file)" },
    });
  });

  it("shows nothing of this machine where links lead to its files", async () => {
    const files = notedFiles();
    const root = copied(files);
    const outside = copied({ file: "nameserver 10.9.9.9\nmark-of-the-outside\n" });
    for (const name of Object.keys(files)) {
      symlinkSync(join("../".repeat(20), outside.slice(1), "file"), replaced(root, name));
    }
    const text = JSON.stringify(await readCopy(root));
    expect(text).not.toMatch(/10\.9\.9\.9|mark-of-the-outside/);
  });

  it("costs no more than a part of files of gigabytes, and says so", async () => {
    const root = copied(notedFiles());
    for (const name of [
      "proc/1/net/tcp6",
      "iptables-save.txt",
      "var/lib/kubelet/kubeconfig",
      "proc/3456/cmdline",
      "proc/3456/environ",
      "etc/resolv.conf",
    ]) {
      const file = replaced(root, name);
      writeFileSync(file, "");
      truncateSync(file, 5_000_000_000);
    }
    const snapshot = await readCopy(root);
    expect(snapshot.blind.join("\n")).toContain("/proc/1/net/tcp6 is longer");
    expect(snapshot.kubelet).toMatchObject({
      failure: { message: "/var/lib/kubelet/kubeconfig is too long for a kubeconfig" },
    });
  });

  it("is read to the end with rubbish in every file", async () => {
    const names = Object.entries(notedFiles()).flatMap(([name, content]) =>
      typeof content === "string" ? [name] : [],
    );
    const rubbish = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.constantFrom(
        "constructor",
        "__proto__",
        "[".repeat(20_000),
        "- ".repeat(5_000),
        "{}",
        "[]",
      ),
      fc.constantFrom(
        "a: &a [*a]",
        "clusters: 1",
        '{"clusterDNS":{}}',
        "*nat\n-A",
        "x\n".repeat(2_000),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), rubbish), async (changed) => {
        const root = copied({ ...notedFiles(), ...changed });
        const snapshot = await readCopy(root);
        expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
        const shown = JSON.stringify([snapshot.processes, snapshot.hostname, snapshot.blind]);
        // What a terminal would act on stands in a string as itself or as an escape of JSON.
        // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]|\\u00[01]|\\[bfnrt]/);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a secret", () => {
  const token = fc.stringMatching(/^[A-Za-z0-9]{16,48}$/).map((text) => `Zx9${text}`);

  it("of an environment, a command line or a kubeconfig is in no part of what was read", async () => {
    const commands = [
      (secret: string) => `--token=${secret}`,
      (secret: string) => `--token\0${secret}`,
      (secret: string) => `--db-password\0${secret}`,
      (secret: string) => `-c\0exec login --password ${secret} --verbose`,
      (secret: string) => `AWS_SESSION_TOKEN=${secret}`,
      (secret: string) => `{"token": "${secret}", "a": 1}`,
      (secret: string) => `https://user:${secret}@registry.example/x`,
      (secret: string) => `-H\0Authorization: Bearer ${secret}`,
      (secret: string) => `-u\0admin:${secret}`,
      (secret: string) => `MYSQL_PWD=${secret}`,
    ];
    const variable = fc.constantFrom(
      "TOKEN",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_WEB_IDENTITY",
      "KUBERNETES_SERVICE_HOST",
      "KUBERNETES_SERVICE_PORT",
      "X",
    );
    await fc.assert(
      fc.asyncProperty(
        token,
        fc.constantFrom(...commands),
        variable,
        async (secret, command, name) => {
          const kubeconfig = {
            "current-context": "c",
            clusters: [
              {
                name: "k",
                cluster: {
                  server: `https://user:${secret}@10.0.0.9:6443/?token=${secret}`,
                  "certificate-authority-data": Buffer.from(secret).toString("base64"),
                },
              },
            ],
            contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
            users: [
              {
                name: "u",
                user: {
                  token: secret,
                  password: secret,
                  "client-key-data": secret,
                  exec: {
                    command: "aws",
                    args: ["eks", "get-token", "--cluster-name", "gonz"],
                    env: [{ name: "AWS_SECRET_ACCESS_KEY", value: secret }],
                  },
                },
              },
            ],
          };
          const snapshot = await readFiles({
            ...notedFiles(),
            "var/lib/kubelet/kubeconfig": JSON.stringify(kubeconfig),
            "proc/3456/environ": `${name}=${secret}\0https_proxy=http://${secret}:${secret}@proxy:1\0`,
            "proc/4000/cmdline": `program\0${command(secret)}\0`,
            "etc/resolv.conf": `nameserver ${secret}\n`,
          });
          expect(valueOf(snapshot.kubelet)?.clusterName).toBe("gonz");
          expect(JSON.stringify(snapshot).toLowerCase()).not.toContain(secret.toLowerCase());
        },
      ),
      { numRuns: 40 },
    );
  });

  it("of a kubeconfig that cannot be read is not in the failure", async () => {
    const files = {
      ...notedFiles(),
      "var/lib/kubelet/kubeconfig": "users: [token: 'k8s-hidden\n",
    };
    const { kubelet, blind } = await readFiles(files);
    expect(kubelet).toMatchObject({ kind: "unknown", failure: { code: "file-invalid" } });
    expect(JSON.stringify([kubelet, blind])).not.toContain("k8s-hidden");
  });
});
