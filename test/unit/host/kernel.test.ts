import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concludeNode } from "../../../src/examine-node.ts";
import { known, skipped, valueOf } from "../../../src/model/fact.ts";
import type { NodeReport } from "../../../src/model/node/report.ts";
import { rowsFound, rowsMade, translatedIn, translatedOf } from "../../support/kernel-rows.ts";
import {
  KernelStage,
  type KernelTruth,
  type KernelWorld,
  possibleBackends,
  WORKER_IPS,
} from "../../support/kernel-world.ts";
import { at, CLUSTER_IP, ENI_ONE, ENI_TWO, FORMER_ENI, VIP_ONE } from "../../support/node-world.ts";
import {
  NOTED_ROLES,
  notedControlPlane,
  notedWorker,
  servicesTo,
} from "../../support/noted-worker.ts";
import { madeUpControlPlane } from "../../support/random-worker.ts";

const stage = new KernelStage();
beforeAll(() => stage.build(), 30_000);
afterAll(() => {
  stage.remove();
});

function reportOf({ snapshot }: KernelTruth): NodeReport {
  return concludeNode(snapshot, notedControlPlane(snapshot), false, false);
}

function statusOf({ findings }: NodeReport): Readonly<Record<string, string>> {
  return Object.fromEntries(findings.map(({ code, status }) => [code, status]));
}

const POSSIBLE = possibleBackends();

describe.each(POSSIBLE)(
  "the worker of the field notes, on a kernel with rules of %s",
  (backend) => {
    // IPVS knows no names.
    const isNamed = backend !== "ipvs";
    let world: KernelWorld;
    let truth: KernelTruth;
    let report: NodeReport;
    beforeAll(() => {
      world = notedWorker(backend);
      truth = stage.play(world);
      report = reportOf(truth);
    }, 30_000);

    it("shows exactly the connections that were made, each with its process, its way and its end", () => {
      expect(rowsMade(world, truth, NOTED_ROLES)).toHaveLength(10);
      expect(rowsFound(report.flows)).toEqual(rowsMade(world, truth, NOTED_ROLES));
    });

    it("agrees with the kernel's own table, which says of each where it was translated to", () => {
      const made = translatedOf(world, truth);
      expect(made).toHaveLength(7);
      for (const table of truth.tracked)
        expect(translatedIn(table).toSorted()).toEqual(made.toSorted());
      const read = valueOf(truth.snapshot.conntrack) ?? [];
      const told = read
        .filter(
          ({ state, target, destination }) =>
            state === "ESTABLISHED" && target.ip !== destination.ip,
        )
        .map(
          ({ source, destination, target }) =>
            `${source.ip}:${source.port} - ${destination.ip}:${destination.port} > ${target.ip}:${target.port}`,
        );
      expect(told.toSorted()).toEqual(made.toSorted());
    });

    it("reads the rules as they are now, with equal chances for each ENI", () => {
      const service = valueOf(truth.snapshot.nat)?.find(({ service: { ip } }) => ip === CLUSTER_IP);
      expect(service).toMatchObject({ backend, service: { ip: CLUSTER_IP, port: 443 } });
      expect(service?.name).toBe(isNamed ? "default/kubernetes:https" : undefined);
      expect(service?.targets.map(({ to, probability }) => [to.ip, probability])).toEqual(
        [ENI_ONE, ENI_TWO].map((ip) => [ip, expect.closeTo(0.5, 6)]),
      );
    });

    it("finds the client that waits for the ENI that is gone, with what it wrote, and nothing else", () => {
      const lost = report.flows.filter(({ address }) => address?.kind === "former-eni");
      expect(lost.map(({ socket }) => socket)).toEqual([
        expect.objectContaining({
          sendQueueBytes: 2_048,
          timer: "retransmit",
          state: "established",
        }),
      ]);
      expect(lost[0]?.socket.retransmits).toBeGreaterThan(0);
      expect(statusOf(report)).toMatchObject({
        W01: "ok",
        W02: "ok",
        W03: "ok",
        W04: "fail",
        // Private access is off.
        W05: "skip",
        W06: "ok",
        W07: "ok",
        W09: "ok",
      });
      const summary = report.findings.find(({ code }) => code === "W04")?.summary;
      expect(summary).toMatch(
        new RegExp(`^1 connection waits for ${FORMER_ENI}, which is no ENI any more`),
      );
    });

    it("knows without the kernel's table which ENIs the rules may have led to", () => {
      const snapshot = { ...truth.snapshot, conntrack: skipped("not looked at") };
      const { flows } = concludeNode(snapshot, notedControlPlane(snapshot), false, false);
      const byRules = flows.filter(({ translation }) => translation.kind === "by-rules");
      expect(byRules).toHaveLength(5);
      for (const { translation, address } of byRules) {
        expect(address).toBeUndefined();
        expect(translation).toMatchObject({
          candidates: [ENI_ONE, ENI_TWO].map((ip) => ({
            to: { ip, port: 443 },
            probability: expect.closeTo(0.5, 6),
          })),
        });
      }
      const straight = rowsMade(world, truth, NOTED_ROLES).filter((row) =>
        row.includes(" straight "),
      );
      expect(rowsFound(flows).filter((row) => row.includes(" straight "))).toEqual(straight);
    });
  },
);

describe.runIf(POSSIBLE.length > 0)("what else a kernel may hold", () => {
  const [backend = ""] = POSSIBLE;

  it("says of rules that still lead to an ENI that is gone that they do", () => {
    const { servicesAfter: _, ...world } = notedWorker(backend);
    const truth = stage.play(world);
    const report = reportOf(truth);
    expect(rowsFound(report.flows)).toEqual(rowsMade(world, truth, NOTED_ROLES));
    expect(statusOf(report)).toMatchObject({ W01: "fail", W04: "fail" });
  });

  it("shows who knocks at an ENI that is gone, because rules still lead there", () => {
    const world: KernelWorld = {
      backend,
      services: servicesTo([FORMER_ENI]),
      vpcIps: [FORMER_ENI],
      lost: [FORMER_ENI],
      players: [
        // A container with kubelet in it is a worker; any other sees no worker's network.
        { name: "kubelet", listens: 10_250, dials: [] },
        {
          name: "aws-k8s-agent",
          dials: [
            {
              id: "knock",
              to: at(CLUSTER_IP),
              from: WORKER_IPS.v4,
              ends: FORMER_ENI,
              knocks: 40_001,
            },
          ],
        },
      ],
      inbound: [],
    };
    const truth = stage.play(world);
    const report = reportOf(truth);
    expect(rowsFound(report.flows)).toEqual(rowsMade(world, truth, NOTED_ROLES));
    expect(report.flows.map(({ socket }) => socket.state)).toEqual(["syn-sent"]);
    expect(truth.tracked[0]).toMatch(
      /SYN_SENT src=10\.0\.105\.163 dst=172\.20\.0\.1 sport=40001 .*\[UNREPLIED\] src=10\.0\.61\.7 /,
    );
    expect(statusOf(report)).toMatchObject({ W01: "fail", W04: "fail" });
  });

  it("follows open connections where the rules are gone, and says that new ones go nowhere", () => {
    const world = notedWorker(backend, { servicesAfter: [] });
    const truth = stage.play(world);
    const report = reportOf(truth);
    expect(rowsFound(report.flows)).toEqual(rowsMade(world, truth, NOTED_ROLES));
    expect(report.snapshot.nat).toEqual(known([]));
    expect(statusOf(report)).toMatchObject({ W01: "skip", W02: "fail" });
  });

  it("shows clients of a ClusterIP that the worker holds itself, as kube-proxy has it with IPVS", () => {
    const world = notedWorker(backend, { holdsServices: true });
    const truth = stage.play(world);
    expect(truth.snapshot.localIps).toContain(CLUSTER_IP);
    expect(rowsFound(reportOf(truth).flows)).toEqual(rowsMade(world, truth, NOTED_ROLES));
  });
});

describe.each(possibleBackends(6))("a worker of an IPv6 cluster, with rules of %s", (backend) => {
  it("shows what goes by IPv6 and what by IPv4, and follows each through the rules", () => {
    const [one, two, cluster] = ["2600:1f18:aa::41", "2600:1f18:aa::e5", "fd79:2fe0:a92b::1"];
    const { controlPlane, roles } = madeUpControlPlane(
      [
        [ENI_ONE, one],
        [ENI_TWO, two],
      ],
      [VIP_ONE],
    );
    const world: KernelWorld = {
      backend,
      services: [
        {
          name: "default/kubernetes:https",
          ip: cluster,
          port: 443,
          endpoints: [`[${one}]:443`, `[${two}]:443`],
        },
      ],
      vpcIps: [one, two, ENI_ONE, ENI_TWO, VIP_ONE],
      players: [
        {
          name: "kubelet",
          listens: 10_250,
          dials: [
            { id: "vip", to: at(VIP_ONE) },
            { id: "eni", to: at(two) },
          ],
        },
        {
          name: "aws-k8s-agent",
          dials: [
            { id: "first", to: at(cluster), ends: one },
            { id: "second", to: at(cluster), ends: two },
          ],
        },
      ],
      inbound: [
        { id: "by IPv6", from: one, to: at(WORKER_IPS.v6, 10_250) },
        { id: "by IPv4", from: ENI_TWO, to: at(WORKER_IPS.v4, 10_250) },
      ],
    };
    const truth = stage.play(world);
    const { flows } = concludeNode(truth.snapshot, controlPlane, false, false);
    expect(rowsFound(flows)).toEqual(rowsMade(world, truth, roles));
    for (const table of truth.tracked)
      expect(translatedIn(table).toSorted()).toEqual(translatedOf(world, truth).toSorted());
  });
});
