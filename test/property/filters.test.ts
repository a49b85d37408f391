import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packetIn, packetsBack } from "../../src/checks/network/filters/network-acl.ts";
import { isExempt } from "../../src/checks/network/filters/no-proxy.ts";
import { routeBack } from "../../src/checks/network/filters/route.ts";
import { groupsLetIn } from "../../src/checks/network/filters/security-group.ts";
import { cidrsOverlap, isInCidrs, nthHostOf } from "../../src/model/ip.ts";
import type {
  NetworkAcl,
  NetworkAclEntry,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  VpcRoute,
} from "../../src/model/vpc.ts";

/**
 * The models here work on numbers and loops, bit by bit and port by port: slow, and nothing like
 * what they check. Addresses come from 10.0.0.0/29, so that ranges meet often.
 */
const numberOf = (ip: string): number =>
  ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const holds = (cidr: string, ip: string): boolean => {
  const [base = "", bits = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(ip) / size);
};

const firstOf = (cidr: string): string => {
  const [base = "", bits = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  const start = Math.floor(numberOf(base) / size) * size;
  return [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join(".");
};

const ips = fc.integer({ min: 0, max: 7 }).map((last) => `10.0.0.${last}`);
const cidrs = fc
  .tuple(ips, fc.constantFrom(0, 8, 29, 30, 31, 32))
  .map(([ip, bits]) => `${ip}/${bits}`);
const EDGES = [0, 1, 442, 443, 444, 1_023, 1_024, 1_025, 32_768, 65_534, 65_535] as const;
const ports = fc.constantFrom(...EDGES);
const protocols = fc.constantFrom("-1", "6", "17");
const maybePort = fc.option(ports, { nil: undefined });

describe("ranges", () => {
  test("hold what arithmetic says, and overlap where they hold an address in common", () => {
    fc.assert(
      fc.property(cidrs, cidrs, ips, (a, b, ip) => {
        expect(isInCidrs(ip, [a])).toBe(holds(a, ip));
        expect(cidrsOverlap(a, b)).toBe(holds(a, firstOf(b)) || holds(b, firstOf(a)));
      }),
    );
  });

  test("of two families, or malformed, have nothing in common", () => {
    expect(cidrsOverlap("0.0.0.0/0", "::/0")).toBe(false);
    expect(cidrsOverlap("10.0.0.0/33", "10.0.0.0/8")).toBe(false);
    expect(cidrsOverlap("::/0", "2600:1f16::/32")).toBe(true);
  });

  test("have their second address where the VPC's resolver is, unless they are too small", () => {
    expect(nthHostOf("10.0.0.0/16", 2)).toBe("10.0.0.2");
    expect(nthHostOf("10.0.0.77/28", 2)).toBe("10.0.0.66");
    expect(nthHostOf("10.0.0.0/31", 2)).toBeUndefined();
    expect(nthHostOf("10.0.0.0/30", 2)).toBe("10.0.0.2");
    expect(nthHostOf("10.0.0.0/30", 3)).toBeUndefined();
  });
});

const groupIds = fc.subarray(["sg-a", "sg-b", "sg-me"]);

const rules: fc.Arbitrary<SecurityGroupRule> = fc.record({
  direction: fc.constantFrom("ingress", "egress"),
  protocol: fc.constantFrom("-1", "6", "tcp", "17", "icmp"),
  fromPort: maybePort,
  toPort: maybePort,
  cidrs: fc.array(cidrs, { maxLength: 2 }),
  groupIds,
  prefixListIds: fc.subarray(["pl-1"]),
});

const group = fc.array(rules, { maxLength: 4 });

/** Whether a packet passes in the world where prefix lists hold everybody, or nobody. */
const passes = (
  all: readonly SecurityGroupRule[],
  ip: string,
  mine: readonly string[],
  port: number,
  listsHoldAll: boolean,
): boolean => {
  for (const rule of all) {
    if (rule.direction === "egress") continue;
    if (rule.protocol !== "-1") {
      if (rule.protocol !== "tcp" && rule.protocol !== "6") continue;
      if (rule.fromPort !== undefined && port < rule.fromPort) continue;
      if (rule.toPort !== undefined && port > rule.toPort) continue;
    }
    if (rule.cidrs.some((cidr) => holds(cidr, ip))) return true;
    for (const id of rule.groupIds) if (mine.includes(id)) return true;
    if (listsHoldAll && rule.prefixListIds.length > 0) return true;
  }
  return false;
};

describe("security groups", () => {
  test("let in what they let in in every world, keep out what they keep out in every world", () => {
    fc.assert(
      fc.property(
        fc.tuple(group, group),
        ips,
        fc.option(groupIds, { nil: undefined }),
        ports,
        ([one, two], ip, mine, port) => {
          const groups: readonly SecurityGroup[] = [
            { id: "sg-1", name: undefined, rules: one },
            { id: "sg-2", name: undefined, rules: two },
          ];
          const memberships = mine === undefined ? [[], ["sg-a", "sg-b", "sg-me"]] : [mine];
          const worlds = memberships.flatMap((ids) =>
            [true, false].map((lists) => passes([...one, ...two], ip, ids, port, lists)),
          );
          const expected = worlds.every(Boolean) ? "yes" : worlds.some(Boolean) ? "unknown" : "no";
          expect(groupsLetIn(["sg-1", "sg-2"], groups, { ip, groupIds: mine }, port)).toBe(
            expected,
          );
        },
      ),
    );
  });

  test("of which EC2 told only some are not known to keep anybody out", () => {
    const groups: readonly SecurityGroup[] = [{ id: "sg-1", name: undefined, rules: [] }];
    const caller = { ip: "10.0.0.1", groupIds: [] };
    expect(groupsLetIn(["sg-1"], groups, caller, 443)).toBe("no");
    expect(groupsLetIn(["sg-1", "sg-2"], groups, caller, 443)).toBe("unknown");
  });
});

const aclEntries: fc.Arbitrary<NetworkAclEntry> = fc.record({
  number: fc.integer({ min: 1, max: 32_767 }),
  direction: fc.constantFrom("ingress", "egress"),
  action: fc.constantFrom("allow", "deny"),
  protocol: protocols,
  cidr: cidrs,
  fromPort: maybePort,
  toPort: maybePort,
});

const acls: fc.Arbitrary<NetworkAcl> = fc
  .uniqueArray(aclEntries, { maxLength: 6, selector: ({ number }) => number })
  .map((all) => ({ id: "acl-1", subnetIds: ["subnet-1"], entries: all }));

/** The lowest number that matches, found by counting up. */
const allowed = (
  acl: NetworkAcl,
  direction: "ingress" | "egress",
  ip: string,
  port: number,
): boolean => {
  let best: NetworkAclEntry | undefined;
  for (const entry of acl.entries) {
    if (entry.direction !== direction || !holds(entry.cidr, ip)) continue;
    if (entry.protocol === "17") continue;
    if (entry.protocol === "6") {
      if (port < (entry.fromPort ?? 0) || port > (entry.toPort ?? 65_535)) continue;
    }
    if (best === undefined || entry.number < best.number) best = entry;
  }
  return best?.action === "allow";
};

describe("network ACLs", () => {
  test("go by the lowest number that matches, port by port, in and back", () => {
    fc.assert(
      fc.property(acls, ips, ports, (acl, ip, port) => {
        expect(packetIn(acl, ip, port).action === "allow").toBe(allowed(acl, "ingress", ip, port));
        const denied: number[] = [];
        for (let back = 1_024; back <= 65_535; back += 1)
          if (!allowed(acl, "egress", ip, back)) denied.push(back);
        const way = packetsBack(acl, ip);
        const expected = denied.length === 0 ? "all" : denied.length === 64_512 ? "none" : "some";
        expect(way.passes).toBe(expected);
        expect(way.denied.reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBe(
          denied.length,
        );
        expect(way.denied[0]?.from).toBe(denied[0]);
        expect(way.denied.at(-1)?.to).toBe(denied.at(-1));
      }),
      { numRuns: 25 },
    );
  });

  test("name the entry that decides, and none where only the end of the list denies", () => {
    const entry: NetworkAclEntry = {
      number: 100,
      direction: "ingress",
      action: "deny",
      protocol: "6",
      cidr: "0.0.0.0/0",
      fromPort: 443,
      toPort: 443,
    };
    const acl = { id: "acl-1", subnetIds: [], entries: [entry] };
    expect(packetIn(acl, "10.0.0.1", 443).by).toBe(entry);
    expect(packetIn(acl, "10.0.0.1", 444)).toEqual({ action: "deny", by: undefined });
  });
});

const routes: fc.Arbitrary<VpcRoute> = fc.record({
  destination: cidrs,
  target: fc.constantFrom("local", "tgw-1", undefined),
  state: fc.constantFrom("active", "blackhole", "unknown"),
});

const table = (change: Partial<RouteTable>): RouteTable => ({
  id: "rtb-main",
  subnetIds: [],
  isMain: true,
  routes: [{ destination: "10.0.0.0/16", target: "local", state: "active" }],
  ...change,
});

describe("route tables", () => {
  test("go by the longest prefix that matches, and a blackhole is no way", () => {
    fc.assert(
      fc.property(fc.array(routes, { maxLength: 6 }), ips, (all, ip) => {
        const only: RouteTable = { id: "rtb-1", subnetIds: [], isMain: true, routes: all };
        let longest = -1;
        let usable = false;
        for (const { destination, state } of all) {
          const bits = Number(destination.split("/")[1]);
          if (!holds(destination, ip) || bits < longest) continue;
          usable = (bits === longest && usable) || state !== "blackhole";
          longest = bits;
        }
        const expected = longest === -1 ? "none" : usable ? "active" : "blackhole";
        expect(routeBack([only], "subnet-1", ip).kind).toBe(expected);
      }),
    );
  });

  test("a subnet uses its own, and the main one only where it has none", () => {
    const own = table({ id: "rtb-own", isMain: false, subnetIds: ["subnet-1"], routes: [] });
    const tables = [table({}), own];
    expect(routeBack(tables, "subnet-1", "10.0.0.1")).toEqual({ kind: "none", tableId: "rtb-own" });
    expect(routeBack(tables, "subnet-2", "10.0.0.1").kind).toBe("active");
    expect(routeBack([own], "subnet-2", "10.0.0.1").kind).toBe("unknown");
  });

  test("what a prefix list may hold is not known, unless something else matches", () => {
    const byList: VpcRoute = { destination: "pl-1", target: "tgw-1", state: "active" };
    const tables = [table({ routes: [...table({}).routes, byList] })];
    expect(routeBack(tables, "subnet-1", "192.168.0.7").kind).toBe("unknown");
    expect(routeBack(tables, "subnet-1", "10.0.0.7").kind).toBe("active");
  });
});

const labels = fc.constantFrom("a", "eks", "amazonaws", "com");

const names = fc.array(labels, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));

/** By labels from the right, instead of by text. */
const covers = (entry: string, host: string, port: number): boolean => {
  const [name = "", onlyPort] = entry.split(":");
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
  const below = name.startsWith(".") || name.startsWith("*.");
  const wanted = name.replace(/^\*?\./, "").split(".");
  const given = host.split(".");
  const tail = given.slice(-wanted.length);
  if (tail.length < wanted.length || tail.some((label, i) => label !== wanted[i])) return false;
  return !below || given.length > wanted.length;
};

describe("NO_PROXY", () => {
  test("covers a name and what is below it, label by label", () => {
    const entries = fc
      .tuple(fc.constantFrom("", ".", "*."), names, fc.constantFrom("", ":443", ":8443"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 3 }), names, (all, host) => {
        expect(isExempt(all, host, 443)).toBe(all.some((entry) => covers(entry, host, 443)));
      }),
    );
  });

  test.each([
    [["*"], "abc.eks.amazonaws.com", true],
    [["EKS.amazonaws.com"], "ABC.eks.amazonaws.com", true],
    [[" .eks.amazonaws.com "], "abc.eks.amazonaws.com", true],
    [["seks.amazonaws.com"], "abc.eks.amazonaws.com", false],
    [[""], "abc.eks.amazonaws.com", false],
    [["10.0.0.0/8"], "10.1.2.3", true],
    [["10.0.0.0/8"], "11.1.2.3", false],
    [["10.0.0.0/8"], "abc.eks.amazonaws.com", false],
    [["10.1.2.3"], "10.1.2.3", true],
    [["10.1.2.3:443"], "10.1.2.3", true],
    [["10.1.2.3:444"], "10.1.2.3", false],
    [["fd00::1"], "fd00::1", true],
    [["[fd00::1]:443"], "fd00::1", true],
    [["[fd00::1]:444"], "fd00::1", false],
    [[], "localhost", true],
    [[], "127.0.0.1", true],
  ] as const)("%j leaves out %s: %s", (noProxy, host, expected) => {
    expect(isExempt(noProxy, host, 443)).toBe(expected);
  });
});
