import { known, skipped } from "../model/fact.ts";
import { BLIND_TO_RULES, type ServiceNat } from "../model/node/nat.ts";
import { readIptablesListing } from "../node/nat/iptables-list.ts";
import { readIptablesSave } from "../node/nat/iptables-save.ts";
import { readIpvs } from "../node/nat/ipvs.ts";
import { readNftJson } from "../node/nat/nft-json.ts";
import { readNftText } from "../node/nat/nft-text.ts";
import type { RuleTable } from "../node/nat/rule.ts";
import { inOrder, servicesOf } from "../node/nat/services.ts";
import { BUNDLE_LISTINGS } from "./bundle/listings.ts";
import type { NatRead } from "./nat.ts";
import type { HostPlaces, PrintedPlaces } from "./places.ts";
import { type HostView, textOf } from "./view.ts";

/** Some 300,000 rules. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MODULES_BYTES = 64 * 1024;

/** Rules of a capture: what its tools printed, and IPVS. */
export function readPrintedNat(view: HostView, places: HostPlaces): NatRead {
  const ipvs = printedIpvs(view, places.ipvs);
  const tables = printedTables(view, places.printed);
  if (ipvs === undefined && tables === undefined) {
    return { nat: skipped("the capture has no rules of NAT"), blind: [] };
  }
  const services = inOrder([...servicesOf(tables ?? []), ...(ipvs ?? [])]);
  const missing = services.length > 0 ? undefined : unprinted(view, places.printed);
  return {
    nat: known(services),
    blind: missing === undefined ? [] : [BLIND_TO_RULES + missing],
  };
}

/** Where kube-proxy's rules may be, if not in what was printed; undefined if everything was. */
function unprinted(view: HostView, { nftJson, nftText }: PrintedPlaces): string | undefined {
  // Of IPVS's modules, those that are in use have a scheduler beside them.
  if (/^ip_vs_\w+ /m.test(textOf(view, BUNDLE_LISTINGS.modules, MAX_MODULES_BYTES) ?? "")) {
    return "the kernel has IPVS loaded, and the capture has no list of its services";
  }
  const printed = [...nftJson, ...nftText].some((path) => isThere(view, path));
  if (printed) return undefined;
  return "iptables has none of kube-proxy's, and the capture has no list of nftables, where newer versions keep them";
}

function isThere(view: HostView, path: string): boolean {
  return (textOf(view, path, 64) ?? "").trim() !== "";
}

/**
 * Undefined where nothing says that there is any: the log collector writes `ipvsadm not installed`,
 * and behind the rules twice as many lines of statistics, with other columns.
 */
function printedIpvs(view: HostView, paths: readonly string[]): readonly ServiceNat[] | undefined {
  const services = paths.flatMap((path) => {
    const text = textOf(view, path, MAX_BYTES) ?? "";
    return readIpvs(/^-A /m.test(text) ? (text.split(/^IP Virtual Server/m, 1)[0] ?? "") : text);
  });
  return services.length === 0 ? undefined : services;
}

/** Undefined where the capture has none of the files. */
function printedTables(view: HostView, places: PrintedPlaces): readonly RuleTable[] | undefined {
  const texts = (paths: readonly string[]): readonly string[] =>
    paths.flatMap((path) => {
      const text = textOf(view, path, MAX_BYTES) ?? "";
      return text.trim() === "" ? [] : [text];
    });
  const saved = places.iptablesSave.map(texts);
  const byNft = [texts(places.nftText), texts(places.nftJson)];
  const tables = firstOfEach([
    saved.flatMap((family) => firstOfEach(family.map((text) => readIptablesSave(text)))),
    // Of iptables' rules nft shows less, and of its own the same in both forms.
    ...byNft.map((form, index) => form.flatMap(index === 0 ? readNftText : readNftJson)),
  ]);
  if (tables.some(({ purpose }) => purpose === "nat")) return tables;
  const listed = texts(places.iptablesListing);
  const count = [...saved, ...byNft, listed].flat().length;
  return count === 0 ? undefined : [...tables, ...listed.flatMap(readListedOrSaved)];
}

/** Two tools may have printed the same rules: of each back end, those of the first that has any. */
function firstOfEach(sources: readonly (readonly RuleTable[])[]): readonly RuleTable[] {
  const taken: RuleTable[] = [];
  for (const tables of sources) {
    const before = new Set(
      taken.filter(({ purpose }) => purpose === "nat").map(({ backend }) => backend),
    );
    taken.push(...tables.filter(({ backend }) => !before.has(backend)));
  }
  return taken;
}

/** Both are kept under the same names. */
function readListedOrSaved(text: string): RuleTable[] {
  return /^\*nat/m.test(text) ? readIptablesSave(text) : readIptablesListing(text);
}
