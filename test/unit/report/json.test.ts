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
import { deepSnapshot, denied } from "../../support/inspections.ts";
import {
  answered,
  bothSnapshot,
  failedAt,
  HTTP_200,
  makeCluster,
  makeSnapshot,
  named,
  PUB_ONE,
  PUB_TWO,
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
    ["a deep run", deepSnapshot()],
    [
      "a deep run that was denied everything",
      deepSnapshot({
        version: denied,
        livez: denied,
        readyz: denied,
        caller: denied,
        tokenCost: denied,
        largeAnswer: denied,
        leases: denied,
        serviceEndpoints: denied,
        clockSkewMs: undefined,
      }),
    ],
    [
      "a kept connection",
      pubSnapshot({
        reuses: [{ address: "43.200.53.253:443", serverAddresses: [`${PUB_ONE.host}:443`] }],
      }),
    ],
    [
      "a cluster that the user gave",
      pubSnapshot({
        cluster: known(makeCluster({ source: "kubeconfig", arn: undefined, region: undefined })),
      }),
    ],
    [
      "a server that refuses, and one that sheds load",
      pubSnapshot({
        observations: [
          answered("43.200.53.253", PUB_ONE, 403, {
            http: { ...HTTP_200, status: 403, deniedUser: "system:anonymous" },
          }),
          answered("52.79.39.107", PUB_TWO, 429, {
            http: { ...HTTP_200, status: 429, retryAfterSeconds: 1 },
          }),
        ],
      }),
    ],
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

  test("says how sure it is: certainty, latency, what each server said, coverage, topology", () => {
    const document = toDocument(reportOf(deepSnapshot()), TOOL);
    expect(document.certainty[0]).toMatchObject({ verdict: "pinned", unseenShareMax: 0.15 });
    expect(document.latency[0]).toMatchObject({
      address: "43.200.53.253:443",
      tcp: { count: 20, p50Ms: 2, maxMs: 2 },
    });
    expect(document.apiServers[0]).toMatchObject({
      agreement: { kind: "agree", signals: expect.arrayContaining(["identity-lease"]) },
      inspected: {
        through: ["43.200.53.253:443", "10.0.20.41:443"],
        version: "v1.31.5-eks-5d632ec",
        readyz: { healthy: true, checks: 26, failing: [] },
        caller: { username: "reader" },
        largeAnswer: { bytes: 6_400 },
        lease: { live: true, ageSeconds: 5, apiServer: "A" },
        unknown: [],
      },
    });
    expect(document.coverage).toMatchObject({
      leases: [{ apiServer: "A" }, { apiServer: "B" }],
      service: { ips: ["10.0.20.41", "10.0.95.229"] },
      clusterIp: { inCertificates: "yes" },
      unknown: [],
    });
    expect(document.topology.sentence).toContain("consistent with a zonal NLB");
    expect(document.topology.routes).toHaveLength(3);
  });

  test("gives the reason beside each thing that was denied, and null in its place", () => {
    const { apiServers, coverage } = toDocument(
      reportOf(deepSnapshot({ leases: denied, caller: denied, serviceEndpoints: denied })),
      TOOL,
    );
    const reason = "may not list leases in kube-system (403)";
    expect(apiServers[0]?.inspected).toMatchObject({
      caller: undefined,
      lease: undefined,
      unknown: [
        { what: "caller", reason, problem: { cause: "403" } },
        { what: "lease", reason, problem: { cause: "403" } },
      ],
    });
    expect(coverage).toMatchObject({
      leases: undefined,
      service: undefined,
      unknown: [
        { what: "leases", reason },
        { what: "service", reason },
      ],
    });
  });

  test("what was not asked for is null, with that as the reason", () => {
    const { apiServers, coverage, certainty } = toDocument(reportOf(pubSnapshot()), TOOL);
    expect(apiServers[0]?.inspected).toBeUndefined();
    expect(certainty[0]?.reused).toBeUndefined();
    expect(coverage.unknown).toEqual([
      { what: "leases", reason: "not asked; --deep asks", problem: undefined },
      { what: "service", reason: "not asked; --deep asks", problem: undefined },
    ]);
  });

  test("its times have no more digits than a network's clock", () => {
    const timings = { tcpMs: 1.234_567_8, tlsMs: 2, ttfbMs: 3, totalMs: 7 };
    const observations = [seen("43.200.53.253", PUB_ONE, { timings })];
    const tokenCost = known({ firstMs: 7.124_925_000_000_019, secondMs: 5 });
    const document = toDocument(reportOf(deepSnapshot({ tokenCost }, { observations })), TOOL);
    expect(document.latency[0]?.tcp?.p99Ms).toBe(1.23);
    expect(document.apiServers[0]?.inspected?.tokenCost?.firstMs).toBe(7.12);
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
