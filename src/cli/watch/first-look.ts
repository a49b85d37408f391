import { examine } from "../../examine.ts";
import type { FailureCode } from "../../model/failure.ts";
import type { Deps } from "../../model/ports.ts";
import type { ProbeRequest } from "../../model/request.ts";
import type { ReportInput } from "../../report/input.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { startProgress } from "../progress.ts";
import { wantsProgress } from "../terminal.ts";

/** One run as `endpoints` makes it, before the watch begins. */
export async function firstLook(
  request: ProbeRequest,
  deps: Deps,
  io: Io,
  quiet: boolean,
): Promise<ReportInput> {
  const progress = wantsProgress(io, quiet) ? startProgress() : undefined;
  try {
    return await examine(request, deps, io.signal, {
      onProgress: (made) => progress?.show(made),
    });
  } finally {
    progress?.stop();
  }
}

/** What does not pass by waiting: somebody has to do something about it. */
const HOPELESS: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "access-denied",
  "no-credentials",
  "credentials-expired",
  "credentials-invalid",
  "cluster-not-found",
  "no-region",
]);

/** Whether there is nothing to watch, and will be nothing until somebody acts. */
export function isHopeless({ snapshot, verdict }: ReportInput): boolean {
  return (
    verdict.exitCode === EXIT.unknown &&
    snapshot.cluster.kind === "unknown" &&
    HOPELESS.has(snapshot.cluster.failure.code)
  );
}
