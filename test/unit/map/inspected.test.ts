import { describe, expect, test } from "vitest";
import { buildMap } from "../../../src/map/build.ts";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import type { Inspection } from "../../../src/model/inspection.ts";
import type { InspectedServer } from "../../../src/model/map.ts";
import { deepSnapshot, denied, FORBIDDEN, inspection } from "../../support/inspections.ts";
import { PUB_ONE, PUB_TWO } from "../../support/snapshots.ts";

const VIP = "43.200.53.253";
const ENI = "10.0.20.41";

function inspectedOf(inspections: readonly Inspection[]): readonly (InspectedServer | undefined)[] {
  return buildMap(deepSnapshot({}, { inspections })).apiServers.map(({ inspected }) => inspected);
}

describe("what an API server said of itself", () => {
  test("is joined over the paths that led to it", () => {
    const [one, two] = inspectedOf([inspection(VIP, PUB_ONE), inspection(ENI, PUB_ONE)]);
    expect(one).toMatchObject({
      through: [`${VIP}:443`, `${ENI}:443`],
      version: known({ gitVersion: "v1.31.5-eks-5d632ec", platform: "linux/amd64" }),
    });
    expect(two).toBeUndefined();
  });

  test("goes by who answered, not by who was met before: a balanced address leads to either", () => {
    const [one, two] = inspectedOf([inspection(VIP, PUB_TWO)]);
    expect([one, two?.through]).toEqual([undefined, [`${VIP}:443`]]);
  });

  test("goes by the certificate where /api named nobody", () => {
    const nameless = { serverAddress: denied };
    const [one, two] = inspectedOf([inspection(VIP, PUB_TWO, nameless)]);
    expect([one, two?.through]).toEqual([undefined, [`${VIP}:443`]]);
  });

  test("is nobody's where no probe met that server", () => {
    const stranger = { ...PUB_ONE, host: "elsewhere", byte: "E5" };
    expect(inspectedOf([inspection(VIP, stranger)])).toEqual([undefined, undefined]);
  });

  test("a fact that one path could not give another gives", () => {
    const [one] = inspectedOf([
      inspection(VIP, PUB_ONE, { version: denied, caller: denied }),
      inspection(ENI, PUB_ONE, { caller: denied }),
    ]);
    expect(one?.version.kind).toBe("known");
    expect(one?.caller).toEqual(unknown(FORBIDDEN));
  });

  test("an answer that is lost on one path is lost, though another path has it", () => {
    const lost = unknown({ ...FORBIDDEN, code: "body-timeout", phase: "body", side: "server" });
    const [one] = inspectedOf([
      inspection(VIP, PUB_ONE),
      inspection(ENI, PUB_ONE, { largeAnswer: lost }),
    ]);
    expect(one?.largeAnswer).toEqual(lost);
    const [two] = inspectedOf([
      inspection(VIP, PUB_ONE, { largeAnswer: skipped("not asked") }),
      inspection(ENI, PUB_ONE),
    ]);
    expect(two?.largeAnswer).toEqual(known({ bytes: 6_400 }));
  });

  test("a health check that fails through any path is the one that is shown", () => {
    const ill = known({ healthy: false, checks: 26, failing: ["etcd"] });
    const [one] = inspectedOf([
      inspection(VIP, PUB_ONE),
      inspection(ENI, PUB_ONE, { readyz: ill, livez: skipped("not asked") }),
    ]);
    expect(one?.readyz).toEqual(ill);
    expect(one?.livez).toMatchObject({ value: { healthy: true } });
  });

  test("the token's cost is that of whoever came first: later connections find it cached", () => {
    const cached = known({ firstMs: 3, secondMs: 3.5 });
    const [one] = inspectedOf([
      inspection(VIP, PUB_ONE, { tokenCost: cached }),
      inspection(ENI, PUB_ONE),
    ]);
    expect(one?.tokenCost).toEqual(known({ firstMs: 12.5, secondMs: 2.25 }));
    const [none] = inspectedOf([inspection(VIP, PUB_ONE, { tokenCost: denied })]);
    expect(none?.tokenCost).toEqual(unknown(FORBIDDEN));
  });

  test("the skew is the first that was measured", () => {
    const [one] = inspectedOf([
      inspection(VIP, PUB_ONE, { clockSkewMs: undefined }),
      inspection(ENI, PUB_ONE, { clockSkewMs: 300_000 }),
    ]);
    expect(one?.clockSkewMs).toBe(300_000);
  });
});
