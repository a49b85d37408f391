import { describe, expect, test } from "vitest";
import type { ProbeRequest } from "../../../src/model/request.ts";
import { probeCluster } from "../../../src/probe/run.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { type FakeWorld, fakeDeps } from "../../support/fake-deps.ts";
import { failedAt, PUB_ONE, seen } from "../../support/snapshots.ts";

const VIP_ONE = "43.200.53.253";
const VIP_TWO = "52.79.39.107";

async function run(asked: Partial<ProbeRequest>, world: FakeWorld = {}) {
  const deps = fakeDeps(world);
  const stop = new AbortController();
  const snapshot = await probeCluster(
    makeRequest("gonz-eks-pub", { paths: ["vip"], ...asked }),
    deps,
    stop.signal,
  );
  const lines = (word: string): readonly string[] =>
    deps.asked.filter((line) => line.startsWith(word)).toSorted();
  return { snapshot, lines, asked: deps.asked };
}

describe("--deep", () => {
  test("is not done unasked", async () => {
    const { lines, snapshot } = await run({});
    expect([lines("inspect"), lines("reuse")]).toEqual([[], []]);
    expect([snapshot.inspections, snapshot.reuses]).toEqual([[], []]);
  });

  test("asks once through each address, after its samples: it is not to slow them", async () => {
    const { lines, snapshot, asked } = await run({ deep: true, samples: 3 });
    expect(lines("inspect")).toEqual([`inspect ${VIP_ONE}:443`, `inspect ${VIP_TWO}:443`]);
    expect(snapshot.inspections.map(({ address }) => address)).toEqual([
      `${VIP_ONE}:443`,
      `${VIP_TWO}:443`,
    ]);
    const lastDial = asked.lastIndexOf(`dial ${VIP_ONE}:443`);
    expect(asked.indexOf(`inspect ${VIP_ONE}:443`)).toBeGreaterThan(lastDial);
  });

  test("asks nothing of an address that does not answer", async () => {
    const { lines } = await run(
      { deep: true },
      { attempt: ({ dial }) => (dial.ip === VIP_ONE ? failedAt(VIP_ONE) : seen(VIP_TWO, PUB_ONE)) },
    );
    expect(lines("inspect")).toEqual([`inspect ${VIP_TWO}:443`]);
  });
});

describe("--compare-reuse", () => {
  test("asks as often over one connection as fresh ones were made, a hundred times at most", async () => {
    const few = await run({ compareReuse: true, samples: 7 });
    expect(few.lines("reuse")).toEqual([`reuse ${VIP_ONE}:443 7`, `reuse ${VIP_TWO}:443 7`]);
    const many = await run({ compareReuse: true, samples: 500 });
    expect(many.lines("reuse")).toEqual([`reuse ${VIP_ONE}:443 100`, `reuse ${VIP_TWO}:443 100`]);
  });

  test("keeps what each connection met by address", async () => {
    const { snapshot } = await run(
      { compareReuse: true },
      { reuse: ({ dial }) => [`${dial.ip}:met`] },
    );
    expect(snapshot.reuses).toEqual([
      { address: `${VIP_ONE}:443`, serverAddresses: [`${VIP_ONE}:met`] },
      { address: `${VIP_TWO}:443`, serverAddresses: [`${VIP_TWO}:met`] },
    ]);
  });
});
