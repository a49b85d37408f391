import { loadQuery } from "./name-port.ts";
import { loadAttempt } from "./socket-port.ts";

/**
 * Does what DNS questions and probes need once, so that a run does it while it waits for AWS anyway
 * and it never counts as network time.
 */
export async function preloadNet(): Promise<void> {
  const [[, { warmUpTrust }]] = await Promise.all([loadAttempt(), loadQuery()]);
  warmUpTrust();
}
