import { valueOf } from "../../../model/fact.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import type { KeptSeen } from "../../../model/watch/sample.ts";
import { hostName } from "../paths/path-words.ts";
import { draft, type Round } from "../step.ts";

export interface VersionState {
  readonly gitVersion: string;
  /** ISO 8601: when it last said so. */
  readonly at: string;
}

/** The version that a server says it has. */
export function trackVersion(
  state: VersionState | undefined,
  round: Round,
  host: string,
  kept: readonly KeptSeen[],
): { readonly state: VersionState | undefined; readonly event: EventDraft | undefined } {
  const last = kept
    .flatMap(({ version, at }) => {
      const value = version && valueOf(version);
      return value === undefined ? [] : [{ gitVersion: value.gitVersion, at }];
    })
    .at(-1);
  if (last === undefined) return { state, event: undefined };
  if (state === undefined || state.gitVersion === last.gitVersion) {
    return { state: last, event: undefined };
  }
  const what = `API server ${hostName(host)} runs ${last.gitVersion} now`;
  const event = draft(round, "version-changed", "info", { server: host }, what, {
    at: last.at,
    after: state.at,
    reportedAt: last.at,
    was: state.gitVersion,
    is: last.gitVersion,
    evidence: ["as it answers GET /version"],
  });
  return { state: last, event };
}
