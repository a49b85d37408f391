import { fork } from "node:child_process";
import { once } from "node:events";
import type { LabCluster, LabClusterChange, Scenario } from "../../src/lab/scenario.ts";
import { GONZ_EKS_PRI } from "../../src/lab/scenarios/clusters.ts";
import { type Moment, timeline, withFront } from "../../src/lab/scenarios/timeline-parts.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { closeLab } from "../support/e2e.ts";
import { type FakeClock, fakeClock } from "../support/fake-deps.ts";
import { depsIn, requestIn } from "../support/in-process.ts";
import { INTERVAL_MS, type SoakWorld } from "./watch.ts";

/** What a silent address costs in real time. */
const TIMEOUT_MS = 2_000;

/** Rounds; in the second half of each everything is as it was at the start. */
export const CYCLE = 500;

const [KEPT, CHANGING] = ["10.0.58.12", "10.0.18.90"] as const;

/**
 * A private cluster of two addresses. In every cycle one of them leads elsewhere for a while, refuses
 * for a while, gets another ENI, and leaves DNS and EC2, answers on, and comes back.
 */
export function unrest(cycles: number): Scenario {
  const before = GONZ_EKS_PRI;
  const cycleSeconds = (CYCLE * INTERVAL_MS) / 1_000;
  const moments = Array.from({ length: cycles }, (_, cycle) => {
    const enis = before.enis.map((eni) =>
      eni.ip === CHANGING ? { ...eni, id: `eni-0c${String(cycle).padStart(15, "0")}` } : eni,
    );
    const refusing = withFront(before, CHANGING, { fault: { kind: "refuse" } });
    const changes: readonly (readonly [number, string, LabClusterChange])[] = [
      [200, "it leads elsewhere", { fronts: withFront(before, CHANGING, { servers: ["one"] }) }],
      [400, "it leads back", { fronts: before.fronts }],
      [600, "it refuses", { fronts: refusing }],
      [700, "it takes connections", { fronts: before.fronts }],
      [900, "it has another ENI", { enis }],
      [1_200, "it leaves EC2", { enis: enis.filter(({ ip }) => ip === KEPT) }],
      [1_260, "it leaves DNS", { dns: { ...before.dns, a: [KEPT] } }],
      [1_500, "it is gone", { fronts: refusing }],
      [1_700, "it is back", { fronts: before.fronts, enis, dns: before.dns }],
    ];
    return changes.map(([at, what, set]): Moment => [cycle * cycleSeconds + at, what, set]);
  });
  return timeline("unrest", "two addresses, one of them restless", before, moments.flat());
}

/** Where nothing happens. */
export function rest(): Scenario {
  return timeline("rest", "two addresses", GONZ_EKS_PRI, []);
}

/** A lab in this process: its sockets and its memory count, too. */
export async function worldHere(scenario: Scenario): Promise<SoakWorld> {
  const clock = fakeClock(Date.now());
  const lab = await startLab(scenario, { clock });
  return worldOf(lab, scenario, clock, {
    turn: () => lab.advance(),
    close: () => closeLab(lab),
  });
}

function worldOf(
  lab: Pick<Lab, "environment">,
  { clusters }: Scenario,
  clock: FakeClock,
  more: Pick<SoakWorld, "turn" | "close">,
): SoakWorld {
  const [cluster]: readonly LabCluster[] = clusters;
  const request = requestIn(lab, cluster?.name ?? "", { timeoutMs: TIMEOUT_MS });
  return { request, deps: depsIn(lab, TIMEOUT_MS, clock), clock, ...more };
}

/** What goes to the lab's process: the time that it is. It answers once that has come about. */
interface Turn {
  readonly wallMs: number;
}

/** The first of them. */
interface Start extends Turn {
  readonly scenario: Scenario;
}

/** A lab in a process of its own, that this script becomes when its first argument is `LAB`. */
export async function worldBeside(scenario: Scenario, script: string): Promise<SoakWorld> {
  const clock = fakeClock(Date.now());
  const child = fork(script, [LAB]);
  const answer = async (): Promise<unknown> => (await once(child, "message"))[0];
  child.send({ scenario, wallMs: clock.wallMs() } satisfies Start);
  const environment = await answer();
  return worldOf({ environment: textsOf(environment) }, scenario, clock, {
    turn: async () => {
      const done = answer();
      child.send({ wallMs: clock.wallMs() } satisfies Turn);
      await done;
    },
    close: async () => {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  });
}

export const LAB = "--lab";

/** The lab's side of `worldBeside`. */
export async function runLabBeside(): Promise<void> {
  const { scenario, wallMs } = await new Promise<Start>((resolve) => {
    process.once("message", resolve);
  });
  let nowMs = wallMs;
  const lab = await startLab(scenario, { clock: { wallMs: () => nowMs } });
  process.on("message", (turn: Turn) => {
    nowMs = turn.wallMs;
    void lab.advance().then(() => process.send?.({}));
  });
  process.once("disconnect", () => void closeLab(lab));
  process.send?.(lab.environment);
}

function textsOf(given: unknown): Readonly<Record<string, string>> {
  if (typeof given !== "object" || given === null) throw new Error("the lab says no environment");
  return Object.fromEntries(Object.entries(given).map(([name, text]) => [name, String(text)]));
}
