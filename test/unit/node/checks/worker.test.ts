import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../src/model/fact.ts";
import { NODE_CODES, type NodeCode } from "../../../../src/model/node/report.ts";
import { runNodeChecks } from "../../../../src/node/checks/run.ts";
import { NODE_CHECKS } from "../../../../src/node/checks/table.ts";
import { judgeNode } from "../../../../src/node/checks/verdict.ts";
import {
  CNI,
  directFlow,
  ENI_ONE,
  ENI_TWO,
  enisAt,
  FORMER_ENI,
  find,
  inboundFlow,
  ipvsTo,
  KUBE_PROXY,
  KUBELET,
  NO_RIGHT_TO_RULES,
  nodeWorld,
  notRead,
  process,
  proxied,
  rulesTo,
  serviceFlow,
  textOf,
  VIP_ONE,
  type WorldChange,
} from "../../../support/node-world.ts";
import { PUB_HOST } from "../../../support/snapshots.ts";

function judged(change: WorldChange = {}) {
  const world = nodeWorld(change);
  return judgeNode(world, runNodeChecks(world), false);
}

const PROXY = { httpsProxy: "http://proxy.corp.example:3128", variable: "HTTPS_PROXY" };

function kubeletWith(settings: Parameters<typeof proxied>[0]): WorldChange {
  return { snapshot: { processes: [{ ...KUBELET, proxy: proxied(settings) }] } };
}

function runtimeWorld(noProxy: readonly string[]): WorldChange {
  const unit = { kind: "unit", unit: "containerd.service" } as const;
  const runtime = process("containerd", unit, { proxy: proxied({ ...PROXY, noProxy }) });
  return { snapshot: { processes: [KUBELET, runtime] } };
}

describe("W06, a proxy before the control plane", () => {
  test("is none where kubelet's environment names none", () => {
    expect(find("W06")).toMatchObject({
      status: "ok",
      summary: "kubelet's environment names no proxy",
    });
  });

  test("is a warning where NO_PROXY lacks the endpoint and the VPC, and names what it lacks", () => {
    const noProxy = ["localhost", "169.254.169.254"];
    const finding = find("W06", kubeletWith({ ...PROXY, noProxy }));
    expect(finding).toMatchObject({
      status: "warn",
      side: "local",
      summary: "kubelet goes to the endpoint through http://proxy.corp.example:3128",
    });
    expect(finding.details[0]).toBe(
      `kubelet (kubelet.service): HTTPS_PROXY is http://proxy.corp.example:3128; NO_PROXY has localhost,169.254.169.254, which leaves ${PUB_HOST} and the VPC's addresses (10.0.105.163, for one) to it`,
    );
    expect(finding.next).toContain(
      'sudo systemctl edit kubelet   # below [Service], or as NO_PROXY in its EnvironmentFile, which wins; then restart it: Environment="NO_PROXY=localhost,169.254.169.254,.eks.amazonaws.com,VPC-CIDR,172.20.0.1,127.0.0.1"',
    );
  });

  test("puts nothing of NO_PROXY into a command that is no name, address or range", () => {
    const noProxy = ["localhost", "$(id)", '";id;"', "10.0.0.0/16 .corp:8443", "`id`"];
    const { next } = find("W06", kubeletWith({ ...PROXY, noProxy }));
    expect(next).toContain('"NO_PROXY=localhost,10.0.0.0/16,.corp:8443,.eks.amazonaws.com,');
    expect(next).not.toMatch(/[$`;(]id/);
  });

  test("is the likelier the fewer connections of its own kubelet has", () => {
    const change = kubeletWith(PROXY);
    const flows = [serviceFlow(CNI, { ip: ENI_TWO, kind: "eni" })];
    const words = "kubelet has no connection of its own to the control plane";
    expect(find("W06", { ...change, flows }).details).toContain(words);
    const direct = [directFlow(KUBELET, VIP_ONE, "vip")];
    expect(find("W06", { ...change, flows: direct }).details).not.toContain(words);
  });

  test("is none where NO_PROXY covers the endpoint and the VPC's range", () => {
    const noProxy = [".eks.amazonaws.com", "10.0.0.0/16"];
    expect(find("W06", kubeletWith({ ...PROXY, noProxy }))).toMatchObject({
      status: "ok",
      summary: "kubelet's NO_PROXY leaves the endpoint out of http://proxy.corp.example:3128",
    });
  });

  test("is a milder warning where NO_PROXY lacks the VPC's range alone", () => {
    const noProxy = [".eks.amazonaws.com"];
    expect(find("W06", kubeletWith({ ...PROXY, noProxy }))).toMatchObject({
      status: "warn",
      summary: "kubelet goes to addresses of the VPC through http://proxy.corp.example:3128",
    });
  });

  test("takes no ClusterIP that IPVS has at an interface here for one of the VPC's addresses", () => {
    const { snapshot } = kubeletWith({ ...PROXY, noProxy: [".eks.amazonaws.com"] });
    const finding = find("W06", {
      snapshot: {
        ...snapshot,
        kubelet: skipped("this machine has no kubeconfig of kubelet"),
        localIps: ["10.100.0.1", "172.17.0.1", "192.168.4.7"],
        nat: known([{ ...ipvsTo([ENI_ONE]), service: { ip: "10.100.0.1", port: 443 } }]),
      },
      flows: [],
    });
    expect(finding.details[0]).toContain("the VPC's addresses (192.168.4.7, for one)");
  });

  test("sees that spaces do not divide NO_PROXY", () => {
    const noProxy = [".eks.amazonaws.com 10.0.0.0/16"];
    const finding = find("W06", kubeletWith({ ...PROXY, noProxy }));
    expect(finding.status).toBe("warn");
    expect(textOf(finding)).toContain("commas divide it, not spaces");
  });

  test("of the runtime matters for the VPC's addresses only: images may come through it", () => {
    expect(find("W06", runtimeWorld(["10.0.0.0/16"])).status).toBe("ok");
    const finding = find("W06", runtimeWorld([]));
    expect(finding.summary).toBe(
      "containerd goes to addresses of the VPC through http://proxy.corp.example:3128",
    );
    expect(finding.next).toContain("sudo systemctl edit containerd");
  });

  test("of a variable that is no URL is a warning, and its text is not told", () => {
    const finding = find("W06", kubeletWith({ unreadable: ["https_proxy"] }));
    expect(finding.status).toBe("warn");
    expect(finding.details[0]).toContain("https_proxy is set to what is no proxy's URL");
  });

  test("is not known where the environment may not be read, and that is not none", () => {
    const proxy = notRead(
      "/proc/1001/environ may not be read: its own user, or root with CAP_SYS_PTRACE, would show it",
    );
    const finding = find("W06", { snapshot: { processes: [{ ...KUBELET, proxy }] } });
    expect(finding.status).toBe("unknown");
    expect(finding.summary).toContain("CAP_SYS_PTRACE");
  });

  test("is not known where kubelet listens and its process was not seen, and skipped where none does", () => {
    expect(find("W06", { snapshot: { processes: [] } })).toMatchObject({ status: "unknown" });
    const namespaces = [{ id: "host", sockets: known([]) }];
    expect(find("W06", { snapshot: { processes: [], namespaces } }).status).toBe("skip");
    const copied = { ...KUBELET, proxy: skipped("the copy has no environments") };
    expect(find("W06", { snapshot: { processes: [copied] } })).toMatchObject({
      status: "skip",
      summary: "the copy has no environments",
    });
  });
});

describe("W07, the table of tracked connections", () => {
  test.each([
    [79_999, "ok", "79%"],
    [80_000, "warn", "80%"],
    [94_999, "warn", "94%"],
    [95_000, "fail", "95%"],
    [100_000, "fail", "100%"],
  ])("with %i of 100000 in use is %s, and reads as %s", (count, status, words) => {
    const conntrackUse = known({ count, max: 100_000 });
    const finding = find("W07", { snapshot: { conntrackUse } });
    expect(finding.status).toBe(status);
    expect(finding.summary).toContain(`(${words})`);
  });

  test("has room without a limit", () => {
    const conntrackUse = known({ count: 5, max: 0 });
    expect(find("W07", { snapshot: { conntrackUse } }).status).toBe("ok");
  });

  test("is not known where it is told for a container's own network, and skipped where there is none", () => {
    const conntrackUse = notRead("hostNetwork would show the worker's");
    expect(find("W07", { snapshot: { conntrackUse } }).status).toBe("unknown");
    const none = skipped("the kernel tracks no connections");
    expect(find("W07", { snapshot: { conntrackUse: none } }).status).toBe("skip");
  });
});

describe("the verdict", () => {
  test("of the field notes' worker is healthy", () => {
    expect(judged()).toEqual({
      status: "healthy",
      exitCode: 0,
      summary: "healthy · 3 connections to the control plane · 1 from it · 0 failed · 0 warnings",
    });
  });

  test("is 1 for a failure, before all else", () => {
    const nat = known([rulesTo([FORMER_ENI])]);
    const processes = [{ ...KUBELET, proxy: notRead("denied") }];
    expect(judged({ snapshot: { nat, processes } })).toMatchObject({
      status: "failed",
      exitCode: 1,
    });
  });

  test("is 3 where what counts could not be told, even beside warnings", () => {
    const snapshot = { nat: NO_RIGHT_TO_RULES, conntrackUse: known({ count: 90, max: 100 }) };
    expect(judged({ snapshot })).toMatchObject({ status: "unknown", exitCode: 3 });
  });

  test("is 0 with warnings, and does not change by what is only for information", () => {
    expect(judged({ controlPlane: { privateAccess: "yes" } })).toMatchObject({
      status: "warning",
      exitCode: 0,
    });
    const conntrackUse = notRead("denied");
    expect(judged({ snapshot: { conntrackUse } })).toMatchObject({ status: "healthy" });
  });

  test("is 3 on a machine that is no worker: nothing is known to be well there", () => {
    const nothing = {
      snapshot: {
        processes: [],
        namespaces: [{ id: "host", sockets: known([]) }],
        nat: known([]),
        serviceAddresses: [],
      },
      flows: [],
    };
    expect(judged(nothing)).toMatchObject({ status: "unknown", exitCode: 3 });
  });
});

test("every code has a check with a topic and a title of its own, and is told once, in order", () => {
  expect(Object.keys(NODE_CHECKS)).toEqual([...NODE_CODES]);
  expect(runNodeChecks(nodeWorld()).map(({ code }) => code)).toEqual([...NODE_CODES]);
  const all = Object.values(NODE_CHECKS);
  for (const { topic, title } of all) {
    expect(topic).toMatch(/^[a-z ]{3,8}$/);
    expect(title).toMatch(/^\S.*[^.]$/);
  }
  expect(new Set(all.map(({ topic }) => topic)).size).toBe(all.length);
});

/** Parts of worlds, in any combination. */
const worlds = fc.record({
  nat: fc.constantFrom(
    NO_RIGHT_TO_RULES,
    skipped("the capture has no rules of NAT"),
    known([]),
    known([rulesTo([ENI_ONE, ENI_TWO])]),
    known([rulesTo([ENI_ONE, FORMER_ENI], {}, [0.5, 0.1])]),
    known([rulesTo([ENI_ONE], {}, [undefined])]),
    known([ipvsTo([ENI_ONE, ENI_TWO]), rulesTo([])]),
  ),
  enis: fc.constantFrom(
    notRead("denied"),
    skipped("--no-probe"),
    enisAt([]),
    enisAt([ENI_ONE, ENI_TWO]),
  ),
  privateAccess: fc.constantFrom("yes" as const, "no" as const, "unknown" as const),
  service: fc.constantFrom(skipped("nothing says it"), nodeWorld().controlPlane.service),
  processes: fc.subarray([
    KUBELET,
    KUBE_PROXY,
    CNI,
    { ...KUBELET, pid: 7, proxy: proxied({ httpsProxy: "http://p:1", noProxy: [] }) },
  ]),
  flows: fc.subarray([
    directFlow(KUBELET, VIP_ONE, "vip"),
    directFlow(undefined, FORMER_ENI, "former-eni", { retransmits: 9, sendQueueBytes: 7 }),
    directFlow(KUBE_PROXY, FORMER_ENI, "former-eni"),
    directFlow(KUBELET, "52.95.1.1", "unknown"),
    serviceFlow(CNI, undefined, { timer: "none" }),
    serviceFlow(CNI, { ip: ENI_ONE, kind: "eni" }, { retransmits: 30 }),
    inboundFlow(ENI_ONE, "eni"),
    inboundFlow("10.0.1.1", "unknown"),
  ]),
});

test("whatever was read: trouble has somebody to act and a next step, the rest has neither; nothing is told of what was not seen", () => {
  fc.assert(
    fc.property(worlds, ({ nat, processes, flows, ...controlPlane }) => {
      const world = nodeWorld({ snapshot: { nat, processes }, controlPlane, flows });
      const findings = runNodeChecks(world);
      for (const { status, side, next, summary, details } of findings) {
        const isTrouble = status !== "ok" && status !== "skip";
        expect([side !== undefined, next !== undefined]).toEqual([isTrouble, isTrouble]);
        for (const line of [summary, ...details, ...(next === undefined ? [] : [next])]) {
          expect(line).toMatch(/^\S.*\S$/);
          expect(line).not.toMatch(/undefined|NaN|\[object/);
        }
      }
      const statusOf = (code: NodeCode) => findings.find((one) => one.code === code)?.status;
      const unseen: readonly NodeCode[] = [
        ...(nat.kind === "known" && controlPlane.enis.kind === "known" ? [] : (["W01"] as const)),
        ...(nat.kind === "known" ? [] : (["W02", "W03"] as const)),
      ];
      expect(unseen.map(statusOf)).not.toContain("fail");
      expect(unseen.map(statusOf)).not.toContain("ok");
      const { exitCode } = judgeNode(world, findings, false);
      expect(exitCode === 1).toBe(findings.some(({ status }) => status === "fail"));
    }),
  );
});

test("the same world gives the same findings, and stays as it is", () => {
  const world = nodeWorld();
  const before = JSON.stringify(world);
  expect(runNodeChecks(world)).toEqual(runNodeChecks(structuredClone(world)));
  expect(JSON.stringify(world)).toBe(before);
});
