import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { optionOf, readCommand } from "../../../../src/node/proc/command.ts";
import { readPodNames, withNames } from "../../../../src/node/proc/pod-names.ts";
import { bootTimeOf, startedAt } from "../../../../src/node/proc/started.ts";

describe("when a process was started", () => {
  it("is what the kernel says of this one", () => {
    const boot = bootTimeOf(readFileSync("/proc/stat", "latin1"));
    const at = startedAt(readFileSync("/proc/self/stat", "latin1"), boot ?? 0);
    const bySelf = Date.now() - process.uptime() * 1_000;
    expect(Math.abs(Date.parse(at ?? "") - bySelf)).toBeLessThan(5_000);
  });

  it("is read behind a name with blanks and brackets in it", () => {
    const fields = Array.from({ length: 30 }, (_, index) => String(index === 19 ? 250 : 0));
    const stat = `42 (a) R (b)) ${fields.join(" ")}`;
    expect(startedAt(stat, 1_000)).toBe("1970-01-01T00:16:42.500Z");
  });

  it("is undefined for what is no such text", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, boot) => {
        startedAt(text, boot);
        bootTimeOf(text);
      }),
    );
    expect(startedAt("42 (a) R", 1)).toBeUndefined();
    expect(bootTimeOf("cpu 1 2 3")).toBeUndefined();
  });
});

describe("a command line", () => {
  it("has the arguments one by one", () => {
    expect(readCommand("/usr/bin/kubelet\0--node-ip=10.0.105.163\0--v\x002\0")).toEqual([
      "/usr/bin/kubelet",
      "--node-ip=10.0.105.163",
      "--v",
      "2",
    ]);
  });

  it.each([
    ["--token=abc", "--token=[redacted]"],
    ["--bootstrap-token=x.y", "--bootstrap-token=[redacted]"],
    ["--db-password=hunter2", "--db-password=[redacted]"],
    ["--token\0abc", "[redacted]"],
    ["--client-secret\0s3cr3t", "[redacted]"],
  ])("loses what may be a secret: %j", (text, shown) => {
    const command = readCommand(`program\0${text}\0`);
    expect(command.at(-1)).toBe(shown);
    expect(command.join(" ")).not.toMatch(/abc|hunter2|s3cr3t|x\.y/);
  });

  it("keeps the names of files and choices", () => {
    const text = "kubelet\0--token-file=/etc/t\0--authorization-mode=Webhook\0";
    expect(readCommand(text)).toEqual([
      "kubelet",
      "--token-file=/etc/t",
      "--authorization-mode=Webhook",
    ]);
  });

  it("gives an option's last value, however it is written", () => {
    const command = ["kubelet", "--node-ip=a", "--config", "/c", "--node-ip", "b"];
    expect(optionOf(command, "--node-ip")).toBe("b");
    expect(optionOf(command, "--config")).toBe("/c");
    expect(optionOf(command, "--conf")).toBeUndefined();
  });
});

describe("names of pods", () => {
  const UID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
  const ID = "ab".repeat(32);

  it("come from the folders that kubelet keeps their logs in", () => {
    const names = readPodNames(
      [`kube-system_aws-node-chhq8_${UID}`, "not a pod"],
      [`aws-node-chhq8_kube-system_aws-node-${ID}.log`, "x.log"],
    );
    const owner = {
      kind: "pod",
      podUid: UID,
      containerId: ID,
      namespace: undefined,
      pod: undefined,
      container: undefined,
    } as const;
    expect(withNames(owner, names)).toEqual({
      ...owner,
      namespace: "kube-system",
      pod: "aws-node-chhq8",
      container: "aws-node",
    });
    expect(withNames({ ...owner, podUid: "other", containerId: undefined }, names)).toMatchObject({
      namespace: undefined,
      container: undefined,
    });
  });
});
