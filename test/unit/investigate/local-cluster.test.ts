import { describe, expect, test } from "vitest";
import { investigate } from "../../../src/investigate/gather.ts";
import { known } from "../../../src/model/fact.ts";
import { fakeDeps } from "../../support/fake-deps.ts";
import { makeCluster, pubSnapshot } from "../../support/snapshots.ts";

const NEVER = new AbortController().signal;

describe("the token's replay", () => {
  test.each([
    [undefined, "replay gonz-eks-pub"],
    ["local-1", "replay local-1"],
  ])("is signed for the id of a local cluster (%s), else for the name", async (localId, asked) => {
    const deps = fakeDeps();
    const snapshot = pubSnapshot({ cluster: known(makeCluster({ localId })) });
    await investigate(new Set(["tokenReplay"]), snapshot, deps, NEVER);
    expect(deps.asked).toEqual([asked]);
  });
});
