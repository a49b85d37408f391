import { compareIps } from "../../../model/ip.ts";
import type { EventDraft } from "../../../model/watch/event.ts";
import type { ListsSeen } from "../../../model/watch/sample.ts";
import { LEFT_SERVICE_AFTER } from "../../constants.ts";
import { draft, type Round, type Step } from "../step.ts";
import { shown, shownLine, shownList } from "../words.ts";
import { type Absence, absences } from "./absence.ts";

export interface ListsState {
  /**
   * IPs of `default/kubernetes`, in order; undefined until they could be read. One that is missing
   * stays until it has left.
   */
  readonly serviceIps: readonly string[] | undefined;
  /** ISO 8601: the latest list. */
  readonly listAt: string | undefined;
  /** By IP. */
  readonly missing: Readonly<Record<string, Absence>>;
}

export const NO_LISTS: ListsState = { serviceIps: undefined, listAt: undefined, missing: {} };

/**
 * Endpoints of the service `default/kubernetes` that come and go. One that is not ready gets no
 * traffic and is not counted in; the first list is how things are, and no event.
 */
export function trackLists(state: ListsState, round: Round): Step<ListsState> {
  const { lists, at } = round.sample;
  if (lists?.serviceEndpoints.kind !== "known") return { state, events: [] };
  const ready = lists.serviceEndpoints.value.addresses.filter(({ ready: is }) => is !== "no");
  const present = new Set(ready.map(({ ip }) => ip));
  const before = state.serviceIps ?? [];
  const missing = absences(state.missing, before, present, { lastListAt: state.listAt, at });
  const hasLeft = (ip: string): boolean => (missing.get(ip)?.lists ?? 0) >= LEFT_SERVICE_AFTER;
  const left = before.filter(hasLeft);
  const staying = before.filter((ip) => !hasLeft(ip));
  const serviceIps = [...new Set([...staying, ...present])].toSorted(compareIps);
  const next: ListsState = {
    serviceIps,
    listAt: at,
    missing: Object.fromEntries([...missing].filter(([ip]) => !hasLeft(ip))),
  };
  if (state.serviceIps === undefined) return { state: next, events: [] };
  const known = new Set(before);
  const joined = [...present].filter((ip) => !known.has(ip)).toSorted(compareIps);
  const sets = { was: shownList(before), is: shownList(serviceIps) };
  const evidence = listWords(lists, [...present].toSorted(compareIps));
  const event = (kind: Kind, ip: string, verb: string, more: Partial<EventDraft>): EventDraft =>
    draft(
      round,
      kind,
      "info",
      { address: shown(ip) },
      `${shown(ip)} ${verb} the endpoints of default/kubernetes`,
      { ...sets, evidence: [evidence], ...more },
    );
  return {
    state: next,
    events: [
      ...joined.map((ip) =>
        event("endpoint-joined-service", ip, "joined", { after: state.listAt }),
      ),
      ...left.map((ip) => {
        const absence = missing.get(ip);
        return event("endpoint-left-service", ip, "left", {
          at: absence?.since ?? at,
          after: absence?.after,
          evidence: [`${evidence}; ${absence?.lists ?? 0} lists in a row without it`],
        });
      }),
    ],
  };
}

type Kind = "endpoint-joined-service" | "endpoint-left-service";

function listWords({ address, serviceEndpoints }: ListsSeen, ips: readonly string[]): string {
  const source = serviceEndpoints.kind === "known" ? `${serviceEndpoints.value.source} ` : "";
  return shownLine(`${source}through ${shown(address)}: ${shownList(ips) ?? "none"}`);
}
