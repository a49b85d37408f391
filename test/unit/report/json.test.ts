import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import { interrupted } from "../../../src/model/ports.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { toDocument } from "../../../src/report/json/document.ts";
import { renderJson } from "../../../src/report/json/render.ts";
import { REPORT_SCHEMA } from "../../../src/report/json/schema.ts";
import { makeRequest } from "../../../src/target/request.ts";
import {
  answered,
  bothSnapshot,
  failedAt,
  makeCluster,
  makeSnapshot,
  named,
  PUB_ONE,
  priSnapshot,
  pubSnapshot,
  reportOf,
  seen,
} from "../../support/snapshots.ts";

const TOOL = { name: "eks-probe", version: "0.0.0" };
const DENIED = unknown({
  code: "access-denied",
  phase: "describe-enis",
  side: "aws",
  message: "denied",
});

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
formats.default(ajv);
const validate = ajv.compile(REPORT_SCHEMA);

describe("-o json", () => {
  const snapshots: readonly (readonly [string, Snapshot])[] = [
    ["gonz-eks-pub", pubSnapshot()],
    ["gonz-eks-pri", priSnapshot()],
    ["both endpoints", bothSnapshot()],
    ["a simulated run", pubSnapshot({ request: makeRequest("gonz-eks-pub", { simulated: true }) })],
    [
      "nothing known",
      makeSnapshot({ cluster: DENIED, enis: DENIED, token: DENIED, vpcCidrs: DENIED }),
    ],
    [
      "CREATING",
      makeSnapshot({ cluster: known(makeCluster({ endpoint: undefined, status: undefined })) }),
    ],
    [
      "failures of every kind",
      pubSnapshot({
        interrupted: true,
        token: skipped("--anonymous sends none"),
        resolutions: [
          named([], { answer: { kind: "failed", failure: interrupted("dns") } }),
          named(["43.200.53.253"], { resolver: { kind: "hosts-file" }, transport: "none" }),
          named(["2600:1f16::1"], { resolver: { kind: "system-lookup" }, transport: "none" }),
        ],
        observations: [failedAt("43.200.53.253"), answered("10.0.20.41", PUB_ONE, 401)],
      }),
    ],
  ];

  test.each(snapshots)("of %s is what the schema says", (_name, snapshot) => {
    const document: unknown = JSON.parse(renderJson(reportOf(snapshot), TOOL));
    validate(document);
    expect(validate.errors).toBeNull();
  });

  test("is one object, two spaces deep, with a newline at the end", () => {
    const text = renderJson(reportOf(pubSnapshot()), TOOL);
    expect(text.startsWith('{\n  "schemaVersion": 1,\n  "tool": {\n    "name": "eks-probe",')).toBe(
      true,
    );
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("what is not known is null with the reason beside it, and never missing", () => {
    const text = renderJson(
      reportOf(
        makeSnapshot({ cluster: DENIED, enis: skipped("left out"), token: skipped("none wanted") }),
      ),
      TOOL,
    );
    const document: unknown = JSON.parse(text);
    expect(document).toMatchObject({
      cluster: {
        name: "gonz-eks-pub",
        region: null,
        endpoint: null,
        publicAccess: "unknown",
        problem: { code: "access-denied" },
      },
      enis: { items: [], reason: "left out", problem: null },
      token: { state: "none", expiresAt: null, reason: "none wanted", problem: null },
    });
  });

  test("a path says in JSON what the map says", () => {
    const { paths } = toDocument(
      reportOf(
        pubSnapshot({
          interrupted: true,
          observations: [
            seen("43.200.53.253", PUB_ONE),
            failedAt("52.79.39.107"),
            failedAt("10.0.20.41"),
          ],
        }),
      ),
      TOOL,
    );
    expect(paths.map(({ state, apiServer, problem }) => [state, apiServer, problem?.code])).toEqual(
      [
        ["ok", "A", undefined],
        ["failed", undefined, "tcp-timeout"],
        ["skipped", undefined, "tcp-timeout"],
        ["unknown", undefined, "interrupted"],
      ],
    );
  });

  test("times are rounded to the hundredth, so that the text is no longer than the knowledge", () => {
    const timings = { tcpMs: 1.23456, tlsMs: undefined, ttfbMs: undefined, totalMs: 2.00001 };
    const { probes } = toDocument(
      reportOf(pubSnapshot({ observations: [seen("43.200.53.253", PUB_ONE, { timings })] })),
      TOOL,
    );
    expect(probes[0]?.timings).toEqual({
      tcpMs: 1.23,
      tlsMs: undefined,
      ttfbMs: undefined,
      totalMs: 2,
    });
  });

  test("a name without TTL has none, rather than zero", () => {
    const hosts = named(["127.0.0.1"], { resolver: { kind: "hosts-file" }, transport: "none" });
    const { resolutions } = toDocument(reportOf(pubSnapshot({ resolutions: [hosts] })), TOOL);
    expect(resolutions[0]?.records).toEqual([
      { type: "A", ip: "127.0.0.1", ttlSeconds: undefined },
    ]);
  });
});
