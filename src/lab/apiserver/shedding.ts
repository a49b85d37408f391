import { type Answer, type Flow, textAnswer } from "./answers.ts";
import { isAdmin, type Requester } from "./authenticate.ts";
import { isHealthPath } from "./roles.ts";

const WINDOW_MS = 1_000;

/** Of one server, over all its connections and variants. */
export interface Shedder {
  /** Counts the request, unless there were as many as there may be within the last second. */
  isFull(): boolean;
}

export function createShedder(perSecond: number | undefined, nowMs: () => number): Shedder {
  if (perSecond === undefined) return { isFull: () => false };
  /** When the latest ones came, each in the place of the one `perSecond` before it. */
  const taken: number[] = [];
  let count = 0;
  return {
    isFull: () => {
      const place = count % perSecond;
      const earliest = taken[place];
      if (earliest !== undefined && nowMs() - earliest < WINDOW_MS) return true;
      taken[place] = nowMs();
      count += 1;
      return false;
    },
  };
}

/** Whom flow control never holds up; denied ones do not come as far as that. */
export function isExempt(requester: Requester, path: string): boolean {
  return requester.kind === "denied" || isAdmin(requester) || isHealthPath(path);
}

/** The words and the header of a kube-apiserver with too many requests in flight. */
export function shedAnswer(flow: Flow): Answer {
  const answer = textAnswer(429, "Too many requests, please try again later.", flow);
  return { ...answer, headers: { "Retry-After": "1" } };
}
