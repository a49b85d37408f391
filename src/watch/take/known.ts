import type { Address } from "../../model/address.ts";
import { addressId } from "../../model/address.ts";
import type { Eni } from "../../model/cluster.ts";
import { type Fact, skipped } from "../../model/fact.ts";
import { familyOf } from "../../model/ip.ts";
import type { ProbeRequest } from "../../model/request.ts";
import type { Resolution } from "../../model/resolution.ts";
import { collectAddresses, isAskedFor, resolverName } from "../../probe/addresses.ts";

/**
 * The addresses that are named now: by the latest usable answer of each resolver and by the latest
 * list of ENIs, however long ago that was; and those that were, for as long as they are followed.
 */
export interface KnownAddresses {
  learnName(answer: Resolution): void;
  learnEnis(enis: Fact<readonly Eni[]>): void;
  /** Named, and asked for by the user's choice of paths. */
  named(port: number): readonly Address[];
  /** Whether `byId` has it as it was named. */
  remembers(id: string): boolean;
  /** As it was named last; made up from its id where it was named before a resume. */
  byId(id: string): Address;
}

export function knowAddresses(request: ProbeRequest): KnownAddresses {
  const answers = new Map<string, Resolution>();
  const remembered = new Map<string, Address>();
  let enis: Fact<readonly Eni[]> = skipped("not asked yet");
  return {
    learnName: (answer) => {
      if (!isUsable(answer)) return;
      answers.set(
        `${answer.resolver.kind} ${resolverName(answer.resolver)} ${answer.type}`,
        answer,
      );
    },
    learnEnis: (fact) => {
      if (fact.kind !== "unknown") enis = fact;
    },
    named: (port) => {
      const named = collectAddresses([...answers.values()], enis, port, request).filter((address) =>
        isAskedFor(address, request),
      );
      for (const address of named) remembered.set(address.id, address);
      // Those that are followed are asked for by id soon after they were named.
      while (remembered.size > MAX_REMEMBERED) {
        const [oldest] = remembered.keys();
        if (oldest === undefined) break;
        remembered.delete(oldest);
      }
      return named;
    },
    remembers: (id) => remembered.has(id),
    byId: (id) => remembered.get(id) ?? fromId(id),
  };
}

const MAX_REMEMBERED = 2_048;

/** A denial says that nothing is named; what failed otherwise leaves things as they were. */
function isUsable({ answer }: Resolution): boolean {
  return answer.kind !== "failed" || answer.failure.code === "dns-nxdomain";
}

function fromId(id: string): Address {
  const [, ip = id, port = "443"] = /^\[?([^\]]+?)\]?:([0-9]+)$/.exec(id) ?? [];
  return {
    id: addressId(ip, Number(port)),
    ip,
    port: Number(port),
    family: familyOf(ip),
    kind: "other",
    sources: [{ kind: "system-lookup" }],
  };
}
