import { describe, expect, test } from "vitest";
import { skipped, unknown } from "../../../src/model/fact.ts";
import type { Failure } from "../../../src/model/failure.ts";
import { NO_PROXY_SETTINGS } from "../../../src/model/local-settings.ts";
import { toDocument } from "../../../src/report/json/document.ts";
import { renderJson } from "../../../src/report/json/render.ts";
import { REPORT_SCHEMA } from "../../../src/report/json/schema.ts";
import {
  checkReportOf,
  DRIFT,
  healthyReport,
  TOOL,
  troubledReport,
} from "../../support/check-reports.ts";
import { ALL_KNOWN, allUnknown, LOCAL_KNOWN, SPARSE } from "../../support/known-evidence.ts";
import { differ } from "../../support/schema-check.ts";
import { makeSnapshot, pubSnapshot, reportOf } from "../../support/snapshots.ts";

const DENIED: Failure = {
  code: "access-denied",
  phase: "investigate",
  side: "user",
  message: "ec2:DescribeSubnets was denied",
  cause: "UnauthorizedOperation",
};

const differences = differ(REPORT_SCHEMA);

describe("the evidence in -o json", () => {
  test.each([
    ["everything known", pubSnapshot({ local: LOCAL_KNOWN, investigation: ALL_KNOWN })],
    ["answers that leave out what they may", pubSnapshot({ investigation: SPARSE })],
    [
      "everything unknown",
      makeSnapshot({
        cluster: unknown(DENIED),
        enis: unknown(DENIED),
        token: unknown(DENIED),
        vpcCidrs: unknown(DENIED),
        local: { proxy: NO_PROXY_SETTINGS, kubeconfig: unknown(DENIED) },
        investigation: allUnknown(DENIED),
      }),
    ],
    ["nothing asked", pubSnapshot()],
  ])("of a run with %s is what the schema says, and nothing besides", (_name, snapshot) => {
    const expectations = {
      minApiServers: 2,
      mode: "private",
      maxTtfbMs: 100,
      ignore: [{ code: "T02", reason: "known" }],
    } as const;
    for (const input of [reportOf(snapshot), reportOf(snapshot, expectations)])
      expect(differences(JSON.parse(renderJson(input, TOOL)))).toEqual([]);
  });

  test("a question says how it stands: answered, asked in vain, or not asked", () => {
    const { investigation } = toDocument(
      reportOf(
        pubSnapshot({
          investigation: { ...ALL_KNOWN, subnets: unknown(DENIED), egress: skipped("not asked") },
        }),
      ),
      TOOL,
    );
    expect(investigation.vpcDns).toMatchObject({
      state: "known",
      value: { support: "yes" },
      reason: undefined,
      problem: undefined,
    });
    expect(investigation.subnets).toEqual({
      state: "unknown",
      value: undefined,
      reason: "ec2:DescribeSubnets was denied",
      problem: DENIED,
    });
    expect(investigation.egress).toEqual({
      state: "skipped",
      value: undefined,
      reason: "not asked",
      problem: undefined,
    });
  });

  test("a context without a CA says why, beside one that has it", () => {
    const { local } = toDocument(reportOf(pubSnapshot({ local: LOCAL_KNOWN })), TOOL);
    const states = local.kubeconfig.value?.map((entry) => entry.certificateAuthority.state);
    expect(states).toEqual(["known", "known", "known", "known", "known", "skipped"]);
    expect(local.proxy).toMatchObject({ variable: "HTTPS_PROXY" });
  });
});

describe("-o json of check", () => {
  test("has the gate and the drift, by the same schema", () => {
    const document = JSON.parse(renderJson(troubledReport, TOOL));
    expect(differences(document)).toEqual([]);
    expect(document).toMatchObject({
      gate: { exitCode: 1, failOn: "fail" },
      drift: { baseline: "before.json", changes: [{ before: "1.24" }, { before: null }, {}] },
    });
  });

  test("drift is null without a baseline, and empty where nothing changed", () => {
    expect(JSON.parse(renderJson(healthyReport, TOOL))).toMatchObject({ drift: null });
    const same = checkReportOf(pubSnapshot(), { drift: { ...DRIFT, changes: [] } });
    const document = JSON.parse(renderJson(same, TOOL));
    expect(document).toMatchObject({ drift: { changes: [] } });
    expect(differences(document)).toEqual([]);
  });

  test("a run of endpoints has neither", () => {
    const document = JSON.parse(renderJson(reportOf(pubSnapshot()), TOOL));
    expect(document).not.toHaveProperty("gate");
    expect(document).not.toHaveProperty("drift");
  });

  test.each([4, 5])("exit code %i is one the schema knows; 7 is none", (exitCode) => {
    const report = checkReportOf(pubSnapshot(), { gate: { exitCode } });
    expect(differences(JSON.parse(renderJson(report, TOOL)))).toEqual([]);
    const wrong = checkReportOf(pubSnapshot(), { gate: { exitCode: 7 } });
    expect(differences(JSON.parse(renderJson(wrong, TOOL)))).not.toEqual([]);
  });
});
