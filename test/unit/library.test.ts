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
import { fakeDeps } from "../support/fake-deps.ts";

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
