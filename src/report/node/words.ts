import type { NodeProcess, ProcessOwner } from "../../model/node/process.ts";
import { percent, podOf } from "../../node/words.ts";
import { cutAt } from "../lines.ts";
import { wrap } from "../words.ts";

/** Of a container's id as many digits as container tools show. */
const ID_LENGTH = 12;

/** Of a name in a table: two of Kubernetes' longest names would fill a screen. */
const MAX_LABEL = 64;

/** What runs a process: `kubelet.service`, `kube-system/aws-node-4x7bp`, `container 3f2a3f2a3f2a`. */
export function ownerWords({ owner, pid }: NodeProcess): string {
  switch (owner.kind) {
    case "unit":
      return owner.unit;
    case "pod":
      return podOf(owner) ?? namelessPod(owner);
    case "container":
      return `container ${owner.containerId.slice(0, ID_LENGTH)}`;
    case "session":
      return `login session, pid ${pid}`;
    case "unknown":
      return `pid ${pid}`;
  }
}

function namelessPod({
  podUid,
  containerId,
}: Extract<ProcessOwner, { readonly kind: "pod" }>): string {
  return containerId === undefined
    ? `pod ${podUid}`
    : `pod ${podUid.slice(0, 8)}, container ${containerId.slice(0, ID_LENGTH)}`;
}

/** A long name loses its middle: what tells one pod from the next is at its end. */
export function shorten(text: string, most: number = MAX_LABEL): string {
  if (text.length <= most) return text;
  const tail = Math.floor(most / 3);
  const from = text.length - tail;
  const cut = cutAt(text, from) < from ? from + 1 : from;
  return `${text.slice(0, cutAt(text, most - tail - 1))}…${text.slice(cut)}`;
}

const SECOND_MS = 1_000;
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["s", SECOND_MS],
  ["m", 60 * SECOND_MS],
  ["h", 3_600 * SECOND_MS],
];
const DAY_MS = 86_400 * SECOND_MS;

/**
 * `≤5d`: the kernel does not tell a connection's age, and it is no more than its process's. Rounded
 * up, so that it stays true; `?` where that is not known either.
 */
export function ageWords(ms: number | undefined): string {
  if (ms === undefined) return "?";
  const [name, unitMs] = UNITS.find(([, unit]) => ms <= 99 * unit) ?? ["d", DAY_MS];
  return `≤${Math.max(1, Math.ceil(ms / unitMs))}${name}`;
}

/** `33.3%`; what is next to nothing is not called none. */
export function shareWord(share: number): string {
  return share > 0 && share < 0.001 ? "<0.1%" : percent(share);
}

/** `517B`, `64kB`: one word, for a narrow column. */
export function bytesWord(bytes: number): string {
  if (bytes < 10_000) return `${bytes}B`;
  return bytes < 10_000_000 ? `${Math.round(bytes / 1_000)}kB` : `${Math.round(bytes / 1e6)}MB`;
}

/** Breaks between the parts of `a · b · c` where they fit, else between words. */
export function wrapParts(text: string, width: number, separator = " · "): readonly string[] {
  return wrap(text, width, separator).flatMap((line) =>
    line.length > width ? wrap(line, width) : [line],
  );
}
