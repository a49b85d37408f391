import { rmSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { expectTypeOf } from "expect-type";
import { expect, test } from "vitest";
import {
  inspectNode,
  type ProbeClusterOptions,
  plainTheme,
  probeCluster,
  type ReportInput,
  renderJson,
  renderNodeJson,
  renderNodeText,
  renderText,
  renderWatchEvent,
  renderWatchSummary,
  type WatchClusterOptions,
  type WatchEvent,
  type WatchSummary,
  watchCluster,
} from "../../src/index.ts";
import { known } from "../../src/model/fact.ts";
import { type FakeWorld, fakeClock, fakeDeps } from "../support/fake-deps.ts";
import { notedFiles, writeCopy } from "../support/host-copy.ts";
import { PUB_HOST, PUB_ONE, PUB_TWO, seen } from "../support/snapshots.ts";

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

test("a worker's copy is held against a run, or against nothing, and asks nobody", async () => {
  const root = writeCopy(notedFiles());
  try {
    const run = await probeCluster({ cluster: "gonz-eks-pub", deps: fakeDeps() });
    const worker = await inspectNode({ root, known: run });
    expect(worker.controlPlane).toMatchObject({
      cluster: "gonz-eks-pub",
      source: { kind: "probe", verdict: run.verdict.summary },
    });
    expect(worker.flows.map(({ process, address }) => [process?.name, address?.kind])).toEqual([
      ["kubelet", "vip"],
      ["aws-k8s-agent", "eni"],
      // No entry of conntrack tells where it went.
      ["coredns", undefined],
      ["kubelet", "eni"],
    ]);
    const text = renderNodeText(worker, { quiet: true, verbose: false }, plainTheme());
    expect(text.trim()).toBe(worker.verdict.summary);
    const json: unknown = JSON.parse(renderNodeJson(worker, { name: "eks-probe", version: "0" }));
    expect(json).toMatchObject({ verdict: worker.verdict });

    const alone = await inspectNode({ root });
    expect(alone.controlPlane.source).toMatchObject({ kind: "none" });
    expect(alone.flows).toHaveLength(4);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("a cluster that the caller knows is not asked of EKS", async () => {
  const deps = fakeDeps();
  const given = {
    region: undefined,
    endpoint: { url: `https://${PUB_HOST}`, host: PUB_HOST, port: 443 },
    certificateAuthority: known("PEM"),
  };
  const { snapshot, verdict } = await probeCluster({ cluster: "gonz-eks-pub", given, deps });
  expect(verdict.exitCode).toBe(0);
  expect(snapshot.cluster).toMatchObject({ value: { source: "flags", name: "gonz-eks-pub" } });
  expect(deps.asked.filter((line) => line.startsWith("cluster"))).toEqual([]);
});

/** A VIP that refuses from its tenth connection on: in the third round. */
function goingDown(): FakeWorld {
  let made = 0;
  return {
    attempt: ({ dial }) => {
      const isOld = ["43.200.53.253", "10.0.20.41"].includes(dial.ip);
      const observation = seen(dial.ip, isOld ? PUB_ONE : PUB_TWO);
      if (dial.ip !== "43.200.53.253") return observation;
      made += 1;
      if (made < 10) return observation;
      const failure = {
        code: "tcp-refused",
        phase: "tcp",
        side: "server",
        message: "refused the connection",
      } as const;
      return { ...observation, http: undefined, tls: undefined, failure };
    },
  };
}

/** A watch of the library's, over a minute of a clock that is turned. */
async function watchAMinute(
  world: FakeWorld,
  more: Partial<WatchClusterOptions> = {},
): Promise<WatchSummary | undefined> {
  const clock = fakeClock();
  const deps = fakeDeps({ ...world, clock });
  const over = new AbortController();
  const ended = watchCluster({ cluster: "gonz-eks-pub", forMs: 60_000, deps, ...more }).finally(
    () => over.abort(),
  );
  while (!over.signal.aborted) {
    await turn();
    if (clock.waiting() > 0) clock.advance(1_000);
  }
  return ended;
}

test("a watch needs no more than the cluster's name either, and a time or a signal to end by", () => {
  expectTypeOf(watchCluster).parameter(0).toEqualTypeOf<WatchClusterOptions>();
  expectTypeOf(watchCluster).returns.resolves.toEqualTypeOf<WatchSummary | undefined>();
  expectTypeOf<{ cluster: string }>().toExtend<WatchClusterOptions>();
  expectTypeOf<{ forMs: number }>().not.toExtend<WatchClusterOptions>();
  // What only one run can be asked for would be passed over.
  expectTypeOf<WatchClusterOptions>().not.toHaveProperty("samples");
});

test("a watch hands over each event as it comes, then its round, and at the end the sum", async () => {
  const told: string[] = [];
  const events: WatchEvent[] = [];
  const summary = await watchAMinute(goingDown(), {
    onEvent: (event) => {
      events.push(event);
      told.push(event.kind);
    },
    onRound: ({ n }) => told.push(`round ${n}`),
  });
  expect(told).toEqual([
    "round 1",
    "round 2",
    "round 3",
    "path-down",
    ...[4, 5, 6].map((n) => `round ${n}`),
  ]);
  expect(summary).toMatchObject({ samples: 6, end: "time", events: { "path-down": 1 } });
  const [down] = events;
  if (down === undefined || summary === undefined) throw new Error("nothing was told");
  expect(renderWatchEvent(down, plainTheme(), { verbose: false })).toContain(
    "43.200.53.253 is down",
  );
  expect(renderWatchSummary(summary, plainTheme())).toContain("DOWN");
});

test("a watch of what does not change has its rounds and no event", async () => {
  const events: WatchEvent[] = [];
  const steady: FakeWorld = {
    attempt: ({ dial }) =>
      seen(dial.ip, ["43.200.53.253", "10.0.20.41"].includes(dial.ip) ? PUB_ONE : PUB_TWO),
  };
  const onEvent = (event: WatchEvent): void => void events.push(event);
  const summary = await watchAMinute(steady, { onEvent, intervalMs: 20_000 });
  expect([events, summary?.samples]).toEqual([[], 3]);
});

test("a watch whose signal has aborted before its first round comes to nothing", async () => {
  const signal = AbortSignal.abort();
  await expect(
    watchCluster({ cluster: "gonz-eks-pub", signal, deps: fakeDeps() }),
  ).resolves.toBeUndefined();
});
