import { type Fact, known, unknown } from "../model/fact.ts";
import { BLIND_TO_RULES, type ServiceNat } from "../model/node/nat.ts";
import { readIptablesSave } from "../node/nat/iptables-save.ts";
import { readIpvs } from "../node/nat/ipvs.ts";
import { readNftJson } from "../node/nat/nft-json.ts";
import { readNftText } from "../node/nat/nft-text.ts";
import type { RuleTable } from "../node/nat/rule.ts";
import { inOrder, kubernetesServices, servicesOf } from "../node/nat/services.ts";
import { hostFailure } from "./failure.ts";
import type { HostPlaces } from "./places.ts";
import { NEEDS_NET_ADMIN, type Rights } from "./rights.ts";
import type { ToolResult, ToolRunner } from "./tools.ts";
import { type HostView, textOf } from "./view.ts";

/** Some 300,000 rules. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The services that the rules are for, and which rules were not seen: one line each. */
export interface NatRead {
  readonly nat: Fact<readonly ServiceNat[]>;
  readonly blind: readonly string[];
}

/** The kernel's file; undefined where IPVS is not there. */
function ipvsOf(view: HostView, paths: readonly string[]): readonly ServiceNat[] | undefined {
  const text = paths.map((path) => textOf(view, path, MAX_BYTES)).find((one) => one !== undefined);
  return text === undefined ? undefined : readIpvs(text);
}

/**
 * Rules of this machine: IPVS by the kernel's file, iptables and nftables by their tools, since the
 * kernel shows them in no file. `ipv6`: whether those of IPv6 matter, too.
 */
export async function readLiveNat(
  view: HostView,
  places: HostPlaces,
  tools: ToolRunner,
  rights: Rights,
  ipv6: boolean,
): Promise<NatRead> {
  const ipvs = ipvsOf(view, places.ipvs) ?? [];
  const obstacle = obstacleOf(rights);
  const rules =
    obstacle === undefined
      ? await rulesByTools(view, tools, ipv6)
      : { tables: [], why: [obstacle], nftHidden: [] };
  const blind = rules.why.map(blindLine);
  if (rules.tables === undefined || (ipvs.length === 0 && obstacle !== undefined)) {
    return { nat: unknown(hostFailure("file-unreadable", blind.join("; "))), blind };
  }
  const services = [...servicesOf(rules.tables), ...ipvs];
  // kube-proxy has one mode: what nft would show is missed only where the rules are nowhere else.
  const isComplete = ipvs.length > 0 || kubernetesServices(services).length > 0;
  return {
    nat: known(inOrder(services)),
    blind: isComplete ? blind : [...blind, ...rules.nftHidden.map((why) => BLIND_TO_RULES + why)],
  };
}

function blindLine(why: string): string {
  return BLIND_TO_RULES + why;
}

function obstacleOf({ mayReadRules, inHostNetwork }: Rights): string | undefined {
  if (!mayReadRules) return `${NEEDS_NET_ADMIN} would show those of iptables and nftables`;
  if (!inHostNetwork) {
    return "iptables and nft would show this container's own: hostNetwork would show the worker's";
  }
  return undefined;
}

interface ToolRules {
  /** Undefined where no tool could say anything. */
  readonly tables: readonly RuleTable[] | undefined;
  readonly why: readonly string[];
  /** Why tables of kube-proxy's own nftables, if there are any, were not seen. */
  readonly nftHidden: readonly string[];
}

async function rulesByTools(view: HostView, tools: ToolRunner, ipv6: boolean): Promise<ToolRules> {
  const families = ipv6 ? (["ip", "ip6"] as const) : (["ip"] as const);
  const why: string[] = [];
  const tables: RuleTable[] = [];
  let answered = 0;
  const run = async (
    name: string,
    args: readonly string[],
    read: (text: string) => RuleTable[],
  ): Promise<"output" | "absent" | "failed"> => {
    const result = await tools(name, args);
    if (result.kind === "output") {
      answered += 1;
      tables.push(...read(result.text));
    } else if (result.kind === "failed") why.push(refusal(`${name}: ${result.reason}`));
    return result.kind;
  };
  const saved = await Promise.all(families.map((family) => savedRules(view, run, family, why)));
  // kube-proxy's own nftables have no form in iptables.
  const byNft = families.map(async (family) => {
    const result = await tools("nft", ["-j", "list", "table", family, "kube-proxy"]);
    if (result.kind === "output") tables.push(...readNftJson(result.text));
    return whyHidden(result);
  });
  const nftHidden = [...new Set((await Promise.all(byNft)).flatMap((one) => one ?? []))];
  if (saved.includes("absent") && answered === 0)
    await run("nft", ["list", "ruleset"], readNftText);
  if (answered > 0 || tables.length > 0) return { tables, why, nftHidden };
  if (why.length === 0) why.push("neither iptables-save nor nft is installed where this runs");
  return { tables: undefined, why, nftHidden };
}

/** That there is no such table is an answer. */
function whyHidden(result: ToolResult): string | undefined {
  switch (result.kind) {
    case "output":
      return undefined;
    case "absent":
      return "nft is not installed where this runs, and nothing else shows those of kube-proxy's mode nftables";
    case "failed":
      return /no such file/i.test(result.reason) ? undefined : refusal(`nft: ${result.reason}`);
  }
}

/** As root of a user namespace, which has the capability and may not use it here. */
function refusal(said: string): string {
  if (!/permission denied|not permitted|must be root/i.test(said)) return said;
  return `root of the worker itself would show those of iptables and nftables (${said})`;
}

type Run = (
  name: string,
  args: readonly string[],
  read: (text: string) => RuleTable[],
) => Promise<"output" | "absent" | "failed">;

/**
 * Whole, without `-t nat`: naming a table makes the kernel load it, and `filter` tells of services
 * that are refused.
 */
async function savedRules(
  view: HostView,
  run: Run,
  family: "ip" | "ip6",
  why: string[],
): Promise<"output" | "absent" | "failed"> {
  const hasLegacy = hasLegacyRules(view, family);
  const [byNft, byLegacy] = await Promise.all([
    run(`${family}tables-nft-save`, [], (text) => readIptablesSave(text, "iptables-nft")),
    hasLegacy
      ? run(`${family}tables-legacy-save`, [], (text) => readIptablesSave(text, "iptables-legacy"))
      : "absent",
  ]);
  if (byNft !== "absent" || byLegacy !== "absent") {
    if (hasLegacy && byLegacy === "absent") {
      why.push(
        `the kernel has a nat table of ${family}tables' legacy back end, and ${family}tables-legacy-save is not installed where this runs`,
      );
    }
    return byNft === "output" || byLegacy === "output" ? "output" : "failed";
  }
  return run(`${family}tables-save`, [], (text) => readIptablesSave(text));
}

function hasLegacyRules(view: HostView, family: "ip" | "ip6"): boolean {
  return ["/proc/1/net", "/proc/net"].some((folder) =>
    /^nat$/m.test(textOf(view, `${folder}/${family}_tables_names`, 4_096) ?? ""),
  );
}
