import { expectTypeOf } from "expect-type";
import { expect, test } from "vitest";
import {
  type ProbeClusterOptions,
  plainTheme,
  probeCluster,
  type ReportInput,
  renderJson,
  renderText,
} from "../../src/index.ts";
import { known } from "../../src/model/fact.ts";
import { fakeDeps } from "../support/fake-deps.ts";
import { PUB_HOST } from "../support/snapshots.ts";

test("the library needs no more than the cluster's name, and gives the whole report", () => {
  expectTypeOf(probeCluster).parameter(0).toEqualTypeOf<ProbeClusterOptions>();
  expectTypeOf(probeCluster).returns.resolves.toEqualTypeOf<ReportInput>();
  expectTypeOf<{ cluster: string }>().toExtend<ProbeClusterOptions>();
  expectTypeOf<{ region: string }>().not.toExtend<ProbeClusterOptions>();
});

test("a report from other doors to the world is the same in map, text and JSON", async () => {
  const report = await probeCluster({ cluster: "gonz-eks-pub", samples: 2, deps: fakeDeps() });
  expect(report.verdict.exitCode).toBe(0);
  const text = renderText(report, { wide: false, verbose: false, quiet: true }, plainTheme());
  expect(text.trim()).toBe(report.verdict.summary);
  const json: unknown = JSON.parse(renderJson(report, { name: "eks-probe", version: "0.0.0" }));
  expect(json).toMatchObject({ verdict: report.verdict });
});

test("a cluster that the caller knows is not asked of EKS", async () => {
  const deps = fakeDeps();
  const given = {
    region: undefined,
    endpoint: { url: `https://${PUB_HOST}`, host: PUB_HOST, port: 443 },
    certificateAuthority: known("PEM"),
  };
  const { snapshot, verdict } = await probeCluster({ cluster: "gonz-eks-pub", given, deps });
  expect(verdict.exitCode).toBe(0);
  expect(snapshot.cluster).toMatchObject({ value: { source: "flags", name: "gonz-eks-pub" } });
  expect(deps.asked.filter((line) => line.startsWith("cluster"))).toEqual([]);
});
