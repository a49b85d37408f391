import { describe, expect, test } from "vitest";
import { known } from "../../../../src/model/fact.ts";
import type { Observation } from "../../../../src/model/observation.ts";
import { inspection } from "../../../support/inspections.ts";
import {
  answered,
  findingOf,
  HTTP_200,
  makeCluster,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  seen,
} from "../../../support/snapshots.ts";

const VIP = "43.200.53.253";
const VIP_2 = "52.79.39.107";

function shedding(ip: string, retryAfterSeconds?: number): Observation {
  return answered(ip, ip === VIP ? PUB_ONE : PUB_TWO, 429, {
    http: { ...HTTP_200, status: 429, retryAfterSeconds },
  });
}

describe("P09 load", () => {
  test("429 everywhere fails, with the schema, the wait and the tier, and P04 is not blamed", () => {
    const cluster = known(makeCluster({ scalingTier: "tier-xl" }));
    const snapshot = pubSnapshot({ cluster, observations: [shedding(VIP, 1), shedding(VIP_2, 3)] });
    expect(findingOf(snapshot, "P09")).toMatchObject({
      status: "fail",
      summary: `2 of 2 requests were turned away: too many (429) at ${VIP}, ${VIP_2}`,
      details: [
        "every address sheds load",
        "flow schema 00000000-0000-4000-8000-0000000000f5",
        "Retry-After: 3 s",
        "the control plane's scaling tier is tier-xl",
      ],
    });
    expect(findingOf(snapshot, "P04").status).toBe("ok");
    expect(reportOf(snapshot).verdict.status).toBe("failed");
  });

  test("429 from one of two says that the other does not; what is not known is left out", () => {
    const cluster = known(makeCluster({ scalingTier: undefined }));
    const http = { ...HTTP_200, status: 429, flowSchemaUid: undefined };
    const observations = [answered(VIP, PUB_ONE, 429, { http }), seen(VIP_2, PUB_TWO)];
    const finding = findingOf(pubSnapshot({ cluster, observations }), "P09");
    expect(finding.status).toBe("warn");
    expect(finding.details).toEqual(["1 other address does not"]);
    expect(finding.addresses).toEqual([`${VIP}:443`]);
  });

  test("503 is the server's own trouble, and no shedding of load", () => {
    const snapshot = pubSnapshot({ observations: [answered(VIP, PUB_ONE, 503)] });
    expect([findingOf(snapshot, "P09").status, findingOf(snapshot, "P04").status]).toEqual([
      "ok",
      "fail",
    ]);
    expect(findingOf(pubSnapshot({ observations: [] }), "P09").status).toBe("skip");
  });

  test("an answer that names nobody is its symptom", () => {
    const nameless = shedding(VIP);
    const tls = nameless.tls && { ...nameless.tls, leaf: undefined };
    const snapshot = pubSnapshot({ observations: [{ ...nameless, tls }] });
    expect(findingOf(snapshot, "P01").causedBy).toEqual(["P09"]);
  });
});

describe("P04 answers", () => {
  test("errors of a server that is not ready are P06's symptom, those of another are not", () => {
    const ill = known({ healthy: false, checks: 26, failing: ["etcd"] });
    const inspections = [inspection(VIP, PUB_ONE, { readyz: ill }), inspection(VIP_2, PUB_TWO)];
    const failing = (ip: string) =>
      findingOf(
        pubSnapshot({
          observations: [
            ip === VIP ? answered(VIP, PUB_ONE, 500) : seen(VIP, PUB_ONE),
            ip === VIP_2 ? answered(VIP_2, PUB_TWO, 500) : seen(VIP_2, PUB_TWO),
          ],
          inspections,
        }),
        "P04",
      );
    expect(failing(VIP).causedBy).toEqual(["P06"]);
    expect(failing(VIP_2)).toMatchObject({ status: "fail", causedBy: [] });
  });
});
