import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeRequest } from "../../../src/target/request.ts";
import { AWS_INTERVAL_MS, INTERVAL_MS } from "../../../src/watch/pace/constants.ts";
import { fakeClock, fakeDeps } from "../../support/fake-deps.ts";
import { PUB_ONE, PUB_TWO, seen } from "../../support/snapshots.ts";
import { driveWatch } from "../../support/watch-driver.ts";

const DOCS = readFileSync(new URL("../../../docs/watch.md", import.meta.url), "utf8");

/** The last column of a row in the table of what AWS is asked an hour. */
function toldHourly(question: string): number {
  return Number(new RegExp(`^\\| ${question} \\|.*\\| (\\d+)`, "m").exec(DOCS)?.[1]);
}

test("an hour in which nothing changes asks AWS as often as docs/watch.md says, and no more", async () => {
  const clock = fakeClock();
  const deps = fakeDeps({
    clock,
    attempt: ({ dial }) =>
      seen(dial.ip, ["43.200.53.253", "10.0.20.41"].includes(dial.ip) ? PUB_ONE : PUB_TWO),
  });
  const watch = await driveWatch(
    {
      request: makeRequest("gonz-eks-pub"),
      intervalMs: INTERVAL_MS,
      awsIntervalMs: AWS_INTERVAL_MS,
    },
    deps,
    clock,
  );
  // The first round of the next hour is not of this one.
  await watch.run(3_600_000 - INTERVAL_MS);
  await watch.stop();
  const asked = (what: string): number => deps.asked.filter((one) => one.startsWith(what)).length;
  expect(watch.rounds).toHaveLength(360);
  expect([asked("enis"), asked("cluster"), asked("updates")]).toEqual([
    toldHourly("ENIs"),
    toldHourly("the cluster"),
    // A list, and five that are described.
    toldHourly("its updates") / 6,
  ]);
});
