import type { ChildProcess } from "node:child_process";
import type { LabClusterChange, LabStep, Scenario } from "../../src/lab/scenario.ts";
import { READER, scenario } from "../../src/lab/scenarios/base.ts";
import { GONZ_EKS_PUB } from "../../src/lab/scenarios/clusters.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { closeLab, runIn } from "./e2e.ts";
import type { Ended } from "./run-program.ts";

export const CLUSTER = "gonz-eks-pub";

/** Rounds and questions as fast as the program may be asked for. */
export const FAST: readonly string[] =
  `watch --cluster ${CLUSTER} --interval 300ms --aws-interval 1s`.split(" ");

/** No test lasts as long as one step of a timeline that is turned by hand. */
const STEP_SECONDS = 10_000;

/** What happens in a step: to the cluster, or to what is around it. */
export type Change = LabClusterChange & Pick<LabStep, "awsFaults">;

/** The public cluster, with DNS answers that are old after a second. */
export function quickScenario(changes: readonly Change[], more: Partial<Scenario> = {}): Scenario {
  const { dns } = GONZ_EKS_PUB;
  const cluster = { ...GONZ_EKS_PUB, dns: { ...dns, ttlSeconds: 1 } };
  const timeline = changes.map((change, index): LabStep => {
    const common = { atSeconds: (index + 1) * STEP_SECONDS, what: `step ${index + 1}` };
    return change.awsFaults === undefined
      ? { ...common, cluster: CLUSTER, set: change }
      : { ...common, awsFaults: change.awsFaults };
  });
  return scenario("quick", "changes when it is told to", {
    clusters: [cluster],
    principals: [READER],
    timeline,
    ...more,
  });
}

/** A lab whose steps come about when the test says so; nothing in it waits for real time. */
export async function inTurnedLab<Result>(
  world: Scenario,
  work: (lab: Lab, next: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  let [steps, aheadMs] = [0, 0];
  const lab = await startLab(world, { clock: { wallMs: () => Date.now() + aheadMs } });
  const next = async (): Promise<void> => {
    steps += 1;
    aheadMs = steps * STEP_SECONDS * 1_000;
    await lab.advance();
    aheadMs = 0;
  };
  try {
    return await work(lab, next);
  } finally {
    await closeLab(lab);
  }
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it said on stdout so far. */
  readonly out: () => string;
  /** Until stdout or stderr shows it; rejects when the program ends without. */
  until(shown: RegExp): Promise<void>;
}

/** Starts the program in a lab, to be watched while it runs. */
export function startIn(
  lab: Lab,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  let child: ChildProcess | undefined;
  let [out, all] = ["", ""];
  const waiting = new Set<() => void>();
  const hear = (text: string): void => {
    all += text;
    for (const look of waiting) look();
  };
  const onStart = (started: ChildProcess): void => {
    child = started;
    started.stdout?.on("data", (text: string) => {
      out += text;
      hear(text);
    });
    started.stderr?.on("data", hear);
  };
  const ended = runIn(lab, args, env, { onStart, timeoutMs: 60_000 });
  if (child === undefined) throw new Error("not started");
  return {
    child,
    ended,
    out: () => out,
    until: (shown) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!shown.test(all)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without ${shown}:\n${all}`)));
      }),
  };
}

/** The lines of `-o ndjson`. */
export function linesOf(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));
}
