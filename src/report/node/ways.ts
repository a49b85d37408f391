import { compareIps } from "../../model/ip.ts";
import type { KnownControlPlane } from "../../model/node/control-plane.ts";
import type { FlowAddress, NodeFlow, Translation } from "../../model/node/flow.ts";
import { type Endpoint, endpointId } from "../../model/node/socket.ts";
import { shortEndpoint } from "../../node/words.ts";
import { addressesOf, letterFor, type NamedServer, type PlacedAddress } from "./servers.ts";
import { shareWord } from "./words.ts";

/** One way that a connection goes, or may go where only the rules tell. */
export interface FlowWay {
  /** How it is translated: `–`, `tracked`, `rules 50%`, `?`. */
  readonly via: string;
  /** What is at its end: `VIP`; where it is translated with the address, `ENI 10.0.95.229`. */
  readonly end: string;
  /** Letter of the API server there; undefined where it is not known. */
  readonly letter: string | undefined;
  /** It leads to no address that the cluster has now. */
  readonly isGone: boolean;
}

/** What a way is held against. */
export interface WayContext {
  readonly controlPlane: KnownControlPlane;
  readonly servers: readonly NamedServer[];
  /** By `endpointId`. */
  readonly known: ReadonlyMap<string, PlacedAddress>;
}

/** What the ways of every connection of a report are held against. */
export function wayContext(
  controlPlane: KnownControlPlane,
  servers: readonly NamedServer[],
): WayContext {
  const known = new Map(addressesOf(controlPlane).map((one) => [endpointId(one.endpoint), one]));
  return { controlPlane, servers, known };
}

/** What an address is called in a report for people. */
export const KIND_WORD: Readonly<Record<FlowAddress["kind"], string>> = {
  vip: "VIP",
  eni: "ENI",
  "former-eni": "former ENI",
  unknown: "unknown",
};

/** Of the targets of rules as many as a row has room for. */
const MAX_WAYS = 6;

/** The ways of a connection: one, or each that the rules may have led it. */
export function waysOf(flow: NodeFlow, context: WayContext): readonly FlowWay[] {
  const { translation, address } = flow;
  const letter = letterFor(flow.apiServer, context.servers);
  const isGone = address?.kind === "former-eni";
  const kind = address === undefined ? undefined : KIND_WORD[address.kind];
  switch (translation.kind) {
    case "none":
      return [{ via: "–", end: kind ?? "?", letter, isGone }];
    case "tracked": {
      const end = [kind, shortEndpoint(translation.to)].filter(Boolean).join(" ");
      return [{ via: "tracked", end, letter, isGone }];
    }
    case "by-rules":
      return waysByRules(translation.candidates, context);
    case "unknown":
      return [{ via: "?", end: "not known", letter, isGone: false }];
  }
}

type Candidates = Extract<Translation, { readonly kind: "by-rules" }>["candidates"];

function waysByRules(candidates: Candidates, context: WayContext): readonly FlowWay[] {
  if (candidates.length === 0)
    return [{ via: "rules", end: "to nowhere", letter: undefined, isGone: true }];
  const ways = candidates.toSorted(compareCandidates).map(({ to, probability }): FlowWay => {
    const via = probability === undefined ? "rules" : `rules ${shareWord(probability)}`;
    return { via, ...endOf(to, context) };
  });
  const more = ways.length - MAX_WAYS;
  if (more <= 1) return ways;
  const isGone = ways.slice(MAX_WAYS).some((way) => way.isGone);
  const rest = { via: "rules", end: `and ${more} more`, letter: "", isGone };
  return [...ways.slice(0, MAX_WAYS), rest];
}

function compareCandidates(a: Candidates[number], b: Candidates[number]): number {
  return (
    compareIps(a.to.ip, b.to.ip) ||
    a.to.port - b.to.port ||
    (a.probability ?? 0) - (b.probability ?? 0)
  );
}

/** What rules lead to: an ENI, or something that is none where the ENIs are known. */
function endOf(to: Endpoint, { controlPlane, servers, known }: WayContext): Omit<FlowWay, "via"> {
  const met = known.get(endpointId(to));
  if (met !== undefined) {
    const end = `${KIND_WORD[met.kind]} ${shortEndpoint(to)}`;
    return { end, letter: letterFor(met.apiServer, servers), isGone: false };
  }
  const isGone = controlPlane.enis.kind === "known";
  const end = isGone ? `no ENI ${shortEndpoint(to)}` : shortEndpoint(to);
  return { end, letter: undefined, isGone };
}
