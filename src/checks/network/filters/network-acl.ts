import { isInCidrs } from "../../../model/ip.ts";
import type { NetworkAcl, NetworkAclEntry } from "../../../model/vpc.ts";
import { isTcp, portsOf } from "./security-group.ts";

/** Where clients' own ports lie: an ACL has to let answers go back to them (VPC user guide). */
const EPHEMERAL = { from: 1_024, to: 65_535 } as const;

/** What an ACL does with a packet, and by which entry; without one by its end, which denies. */
export interface AclAnswer {
  readonly action: "allow" | "deny";
  readonly by: NetworkAclEntry | undefined;
}

/** ACLs know no connections: whether the packets back pass is a question of its own. */
export interface WayBack {
  readonly passes: "all" | "some" | "none";
  /** Ranges of this side's ports that no answer reaches, in order. */
  readonly denied: readonly PortRange[];
  /** What denies the first of them. */
  readonly by: NetworkAclEntry | undefined;
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** A packet from `ip` to a TCP port of the subnet. */
export function packetIn(acl: NetworkAcl, ip: string, port: number): AclAnswer {
  return decide(inOrder(acl, "ingress", ip), port);
}

/** Packets from the subnet back to any of the ports a client at `ip` may have. */
export function packetsBack(acl: NetworkAcl, ip: string): WayBack {
  const entries = inOrder(acl, "egress", ip);
  const denied: PortRange[] = [];
  let by: NetworkAclEntry | undefined;
  let denying = 0;
  for (const range of cut(entries)) {
    const answer = decide(entries, range.from);
    if (answer.action === "allow") continue;
    if (denying === 0) by = answer.by;
    denying += range.to - range.from + 1;
    const last = denied.at(-1);
    if (last !== undefined && last.to === range.from - 1)
      denied[denied.length - 1] = { from: last.from, to: range.to };
    else denied.push(range);
  }
  const whole = EPHEMERAL.to - EPHEMERAL.from + 1;
  if (denying === 0) return { passes: "all", denied, by };
  return { passes: denying === whole ? "none" : "some", denied, by };
}

/** Entries for TCP with this address, the one that decides first in front. */
function inOrder(
  { entries }: NetworkAcl,
  direction: NetworkAclEntry["direction"],
  ip: string,
): readonly NetworkAclEntry[] {
  return entries
    .filter(
      (entry) =>
        entry.direction === direction &&
        (entry.protocol === "-1" || isTcp(entry.protocol)) &&
        isInCidrs(ip, [entry.cidr]),
    )
    .toSorted((a, b) => a.number - b.number);
}

function decide(entries: readonly NetworkAclEntry[], port: number): AclAnswer {
  const by = entries.find((entry) => {
    const { from, to } = rangeOf(entry);
    return from <= port && port <= to;
  });
  return { action: by?.action ?? "deny", by };
}

function rangeOf(entry: NetworkAclEntry): PortRange {
  return entry.protocol === "-1" ? { from: 0, to: EPHEMERAL.to } : portsOf(entry);
}

/** The ephemeral ports, cut where any entry begins or ends: within a piece all ports fare alike. */
function cut(entries: readonly NetworkAclEntry[]): readonly PortRange[] {
  const starts = entries
    .map(rangeOf)
    .flatMap(({ from, to }) => [from, to + 1])
    .filter((port) => port > EPHEMERAL.from && port <= EPHEMERAL.to);
  const sorted = [...new Set([EPHEMERAL.from, ...starts])].toSorted((a, b) => a - b);
  return sorted.map((from, index) => ({ from, to: (sorted[index + 1] ?? EPHEMERAL.to + 1) - 1 }));
}
