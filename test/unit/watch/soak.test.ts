import { describe, expect, test } from "vitest";
import { fakeWorld } from "../../soak/fake-world.ts";
import { rest, worldHere } from "../../soak/real-world.ts";
import { soakedWatch } from "../../soak/watch.ts";
import { soak } from "../../support/soak.ts";

const MIB = 2 ** 20;

/** Descriptors of the connections that the SDK may open or let go between two samples. */
const AWS_POOL = 4;

describe("a watch that goes on", () => {
  test("keeps its memory flat while nothing in a control plane stays as it was", async () => {
    const subject = await soakedWatch(fakeWorld());
    const options = { rounds: 2_000, every: 100, limitBytes: 10 * MIB };
    const { memory, descriptors } = await soak(() => subject.round(), options);
    const account = await subject.close();
    expect(account).toContain('"rounds":2000');
    // It saw what there was to see.
    for (const kind of ["path-moved", "path-down", "address-dead", "server-gone", "update-started"])
      expect(account).toContain(`"${kind}":`);
    expect(memory).toMatchObject({ isFlat: true });
    expect(descriptors?.isConstant).not.toBe(false);
  }, 60_000);

  test("leaves no descriptor behind in 200 rounds over real connections", async () => {
    const subject = await soakedWatch(await worldHere(rest()));
    const options = { rounds: 200, every: 10, limitBytes: 10 * MIB };
    const { memory, descriptors } = await soak(() => subject.round(), options);
    expect(await subject.close()).toMatch(/"rounds":200,.*"events":\{\}/);
    expect(memory).toMatchObject({ isFlat: true });
    // One connection more to AWS is kept once the updates were asked, with both its ends here.
    const { least, most } = descriptors ?? { least: 0, most: 0 };
    expect(most - least).toBeLessThanOrEqual(AWS_POOL);
  }, 60_000);
});
