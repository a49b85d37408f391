import { beforeAll, describe, expect, test, vi } from "vitest";
import { concludeNode } from "../../../../src/examine-node.ts";
import { WORKER_EXPLANATIONS } from "../../../../src/explain/worker.ts";
import { readNode, sourceOf } from "../../../../src/host/read-node.ts";
import { viewOf } from "../../../../src/host/view.ts";
import { WORKER_SCENARIOS } from "../../../../src/lab/scenarios/catalogue-worker.ts";
import { findScenario } from "../../../../src/lab/scenarios/table.ts";
import { valueOf } from "../../../../src/model/fact.ts";
import {
  NODE_CODES,
  type NodeFinding,
  type NodeReport,
} from "../../../../src/model/node/report.ts";
import { controlPlaneOf } from "../../../../src/node/known/control-plane.ts";
import { systemClock } from "../../../../src/runtime.ts";
import { inLab, twoAtATime } from "../../../support/e2e.ts";
import { examineIn } from "../../../support/in-process.ts";
import { HEALTHY_WORKERS, WORKER_CATALOGUE } from "../../../support/worker-catalogue.ts";

vi.mock("../../../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../../../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

/** The first row of the catalogue that is about a worker, and the last. */
const [FIRST_ROW, LAST_ROW] = [46, 50] as const;

/** Nothing is silent here; a busy machine may take its time. */
const TIMEOUT_MS = 30_000;

const NO_TOOLS = (name: string): never => {
  throw new Error(`${name} must not be run for a copy`);
};

/** The worker that a lab wrote down, held against what the lab's cluster answers. */
async function reportIn(name: string): Promise<NodeReport> {
  const scenario = findScenario(name);
  if (scenario?.worker === undefined) throw new Error(`${name} has no worker`);
  const { cluster } = scenario.worker;
  return inLab(scenario, async (lab) => {
    const root = lab.environment["EKS_PROBE_ROOT"] ?? "";
    const source = sourceOf(root);
    const options = { source, clock: systemClock(), tools: NO_TOOLS };
    const snapshot = await readNode(viewOf(root), options);
    const run = await examineIn(lab, cluster, { timeoutMs: TIMEOUT_MS });
    const from = { kind: "probe", verdict: run.verdict.summary } as const;
    return concludeNode(snapshot, controlPlaneOf(run, from, snapshot), true, false);
  });
}

const names = [
  ...new Set([...WORKER_CATALOGUE.map(({ scenario }) => scenario), ...HEALTHY_WORKERS]),
];
const reports = new Map<string, NodeReport>();

beforeAll(async () => {
  await twoAtATime(names, async (name) => {
    reports.set(name, await reportIn(name));
  });
}, 120_000);

function reportOf(name: string): NodeReport {
  const report = reports.get(name);
  if (report === undefined) throw new Error(`${name} was not run`);
  return report;
}

/** Findings that are neither fine nor without anything to judge. */
function blamed({ findings }: NodeReport): readonly string[] {
  return findings
    .filter(({ status }) => status !== "ok" && status !== "skip")
    .map(({ code, status, summary }) => `${code} ${status}: ${summary}`);
}

function found(name: string, code: NodeFinding["code"]): NodeFinding | undefined {
  return reportOf(name).findings.find((finding) => finding.code === code);
}

describe("everything that a worker is judged by", () => {
  test.each(WORKER_CATALOGUE.map((one) => [one.scenario, one] as const))(
    "%s is told by its own finding, and nothing else is blamed",
    (name, { code, status, says, exitCode }) => {
      const finding = found(name, code);
      expect(finding).toMatchObject({ status, summary: expect.stringMatching(says) });
      const others = blamed(reportOf(name)).filter((line) => !line.startsWith(code));
      expect(others).toEqual([]);
      expect(reportOf(name).verdict.exitCode).toBe(exitCode);
    },
  );

  test.each(
    WORKER_CATALOGUE.filter(({ status }) => status !== "ok").map((one) => [one.scenario, one]),
  )("%s comes with what to do next, and who has to", (name, { code }) => {
    const finding = found(name, code);
    expect(finding?.next).toMatch(/\S{2}/);
    expect(finding?.side).toMatch(/^(?:local|resolver|network|server|aws|user)$/);
  });

  test("has a scenario: each check, each row of the catalogue, and no scenario is left over", () => {
    const codes = new Set(WORKER_CATALOGUE.map(({ code }) => code));
    expect(NODE_CODES.filter((code) => !codes.has(code))).toEqual([]);
    const rows = new Set(WORKER_CATALOGUE.flatMap((one) => one.rows));
    const all = Array.from({ length: LAST_ROW - FIRST_ROW + 1 }, (_, index) => FIRST_ROW + index);
    expect(all.filter((row) => !rows.has(row))).toEqual([]);
    const unused = WORKER_SCENARIOS.filter(({ name }) => !names.includes(name));
    expect(unused.map(({ name }) => name)).toEqual([]);
  });

  test("is explained where explain says that it is", () => {
    const strangers = WORKER_CATALOGUE.flatMap(({ rows, code }) =>
      rows.filter((row) => !WORKER_EXPLANATIONS[code].rows.includes(row)),
    );
    expect(strangers).toEqual([]);
  });
});

describe("a worker that nothing is wrong with", () => {
  test.each(HEALTHY_WORKERS)("is found healthy: %s", (name) => {
    expect(blamed(reportOf(name))).toEqual([]);
    expect(reportOf(name).verdict.status).toBe("healthy");
  });

  test.each(names)("or whatever is: nothing of %s is out of sight", (name) => {
    const { snapshot } = reportOf(name);
    expect(snapshot.blind).toEqual([]);
    for (const part of ["owners", "nat", "conntrack", "conntrackUse", "kubelet"] as const)
      expect({ part, kind: snapshot[part].kind }).toEqual({ part, kind: "known" });
  });
});

/** One line a connection: who, to what as it sees it, where that ends, at which API server. */
function pathsOf(name: string): readonly string[] {
  return reportOf(name).flows.map(({ process, direction, seen, translation, address, apiServer }) =>
    [
      `${process?.name} ${direction === "to-control-plane" ? "->" : "<-"} ${seen.ip}`,
      ...(translation.kind === "none" ? [] : [`${translation.kind} ${address?.endpoint.ip}`]),
      address?.kind,
      valueOf(apiServer)?.split(".")[0],
    ].join(" "),
  );
}

describe("the workers of the field notes", () => {
  test("reach the public cluster's API servers by a VIP and through the service", () => {
    expect(pathsOf("field-notes").toSorted()).toEqual([
      "aws-k8s-agent -> 172.20.0.1 tracked 10.0.95.229 eni ip-172-16-173-248",
      "coredns -> 172.20.0.1 tracked 10.0.20.41 eni ip-172-16-57-254",
      "kube-proxy -> 43.200.53.253 vip ip-172-16-57-254",
      "kubelet -> 43.200.53.253 vip ip-172-16-57-254",
      "kubelet <- 10.0.20.41 eni ip-172-16-57-254",
    ]);
  });

  test("reach the private cluster's by both of its ENIs", () => {
    expect(pathsOf("gonz-eks-pri").toSorted()).toEqual([
      "aws-k8s-agent -> 172.20.0.1 tracked 10.0.18.90 eni ip-172-16-56-186",
      "kube-proxy -> 10.0.58.12 eni ip-172-16-121-126",
      "kubelet -> 10.0.18.90 eni ip-172-16-56-186",
      "kubelet <- 10.0.18.90 eni ip-172-16-56-186",
    ]);
  });

  test("are named by unit and by pod", () => {
    const owners = reportOf("field-notes").snapshot.processes.map(({ pid, owner }) => [
      pid,
      owner.kind === "pod" ? `${owner.namespace}/${owner.pod} ${owner.container}` : owner,
    ]);
    expect(owners).toEqual([
      [2_865, { kind: "unit", unit: "kubelet.service" }],
      [3_126, "kube-system/kube-proxy-6zqkl kube-proxy"],
      [3_301, "kube-system/aws-node-chhq8 aws-node"],
      [5_412, "kube-system/coredns-7f5b6b8c9d-x2xkq coredns"],
    ]);
  });

  test("were read just now, and run for the days that the notes have", () => {
    const { snapshot } = reportOf("field-notes");
    const [started] = snapshot.processes.flatMap(({ startedAt }) => valueOf(startedAt) ?? []);
    const age = Date.parse(snapshot.readAt) - Date.parse(started ?? "");
    expect(Math.round(age / 86_400_000)).toBe(7);
    expect(Math.abs(Date.now() - Date.parse(snapshot.readAt))).toBeLessThan(120_000);
  });
});
