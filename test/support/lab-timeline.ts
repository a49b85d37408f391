import type { Scenario } from "../../src/lab/scenario.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { type FakeClock, fakeClock } from "./fake-deps.ts";

export interface TurnableLab {
  readonly lab: Lab;
  /** For whoever lives in the lab's world: it shows the same time. */
  readonly clock: FakeClock;
  /**
   * Lets time pass. The world changes first: whoever waits for that time on `clock` finds it as it
   * is by then.
   */
  turn(seconds: number): Promise<void>;
}

/**
 * A lab whose time passes by hand alone. The clock starts at the machine's own time, since TLS goes
 * by that when it looks at certificates.
 */
export async function startTurnableLab(
  scenario: Scenario,
  clock: FakeClock = fakeClock(Date.now()),
): Promise<TurnableLab> {
  let aheadMs = 0;
  const lab = await startLab(scenario, { clock: { wallMs: () => clock.wallMs() + aheadMs } });
  return {
    lab,
    clock,
    turn: async (seconds) => {
      aheadMs = seconds * 1000;
      await lab.advance();
      aheadMs = 0;
      clock.advance(seconds * 1000);
    },
  };
}
