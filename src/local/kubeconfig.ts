import { delimiter, join } from "node:path";
import { type Fact, known, skipped, unknown } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import type { KubeconfigEntry } from "../model/local-settings.ts";
import { meansAnother, meansByName } from "./cluster-names.ts";
import { readTextFile, shownPath } from "./files.ts";
import type { KubeconfigFile, MergedContext } from "./merged-context.ts";
import type { Environment } from "./proxy.ts";
import { serverUrl } from "./server-url.ts";

/** A kubeconfig of hundreds of clusters with their certificates has one. */
const MAX_BYTES = 5 * 1024 * 1024;

/** As PATH, KUBECONFIG has a few parts; contexts that mean one cluster are a few, too. */
const MAX_FILES = 100;
const MAX_ENTRIES = 50;

export interface Meant {
  readonly name: string;
  readonly endpointHost: string | undefined;
  /** Where they are known, they tell clusters of one name apart. */
  readonly arn?: string | undefined;
  readonly region?: string | undefined;
}

/**
 * The contexts of the user's kubeconfig that mean the cluster. YAML is read only where the text has
 * the endpoint's host or the cluster's name: what no kubeconfig mentions costs a look at the bytes.
 * Never rejects.
 *
 * Failures: `file-unreadable`, `file-invalid`; skipped where there is no kubeconfig.
 */
export async function readKubeconfig(
  meant: Meant,
  environment: Environment,
): Promise<Fact<readonly KubeconfigEntry[]>> {
  const paths = kubeconfigPaths(environment);
  if (paths.length === 0) return skipped("no kubeconfig: neither KUBECONFIG nor HOME is set");
  const read = await readTexts(paths);
  if (read.kind === "failed") return unknown(read.failure);
  const { texts } = read;
  if (texts.length === 0) {
    return skipped(`no kubeconfig: ${paths.map(shownPath).join(", ")} is not there`);
  }
  if (!texts.some(({ text }) => mentions(text, meant))) return known([]);
  const merged = await parseAll(texts);
  if (merged.kind === "failed") return unknown(merged.failure);
  const { readEntry } = await import("./kubeconfig-entry.ts");
  const entries = merged.contexts
    .flatMap((context) => {
      const matchedBy = matchOf(context, meant);
      return matchedBy === undefined ? [] : [{ context, matchedBy }];
    })
    .slice(0, MAX_ENTRIES)
    .map(({ context, matchedBy }) => readEntry(context, matchedBy, environment));
  return known(await Promise.all(entries));
}

/** KUBECONFIG's parts, else the one in the home folder; each once. */
function kubeconfigPaths(environment: Environment): readonly string[] {
  const listed = environment["KUBECONFIG"] ?? "";
  if (listed !== "") {
    const parts = listed.split(delimiter).filter((part) => part !== "");
    return [...new Set(parts)].slice(0, MAX_FILES);
  }
  const home = environment["HOME"] ?? environment["USERPROFILE"] ?? "";
  return home === "" ? [] : [join(home, ".kube", "config")];
}

interface RawFile {
  readonly path: string;
  readonly text: string;
}

/** Files that are not there are passed over, as by kubectl; one that cannot be read ends it. */
async function readTexts(
  paths: readonly string[],
): Promise<
  | { readonly kind: "ok"; readonly texts: readonly RawFile[] }
  | { readonly kind: "failed"; readonly failure: Failure }
> {
  const texts: RawFile[] = [];
  for (const path of paths) {
    // oxlint-disable-next-line eslint/no-await-in-loop -- mostly one; never more in memory than needed
    const read = await readTextFile(path, MAX_BYTES);
    if (read.kind === "failed") return read;
    if (read.kind === "text") texts.push({ path, text: read.text });
  }
  return { kind: "ok", texts };
}

function mentions(text: string, { name, endpointHost }: Meant): boolean {
  if (text.includes(name)) return true;
  return endpointHost !== undefined && text.toLowerCase().includes(endpointHost.toLowerCase());
}

/** Every context of the files, merged. */
async function parseAll(
  texts: readonly RawFile[],
): Promise<
  | { readonly kind: "ok"; readonly contexts: readonly MergedContext[] }
  | { readonly kind: "failed"; readonly failure: Failure }
> {
  const [{ parseKubeconfig }, { mergeContexts }] = await Promise.all([
    import("./kubeconfig-document.ts"),
    import("./merged-context.ts"),
  ]);
  const files: KubeconfigFile[] = [];
  for (const { path, text } of texts) {
    const parsed = parseKubeconfig(text, path);
    if (parsed.kind === "bad") return { kind: "failed", failure: parsed.failure };
    files.push({ path, document: parsed.document });
  }
  return { kind: "ok", contexts: mergeContexts(files) };
}

function matchOf(context: MergedContext, meant: Meant): KubeconfigEntry["matchedBy"] | undefined {
  const host = hostOf(context.cluster.value.server ?? "");
  if (host !== undefined && host === meant.endpointHost?.toLowerCase()) return "server";
  return meansByName(context, meant.name) && !meansAnother(context, meant) ? "name" : undefined;
}

function hostOf(server: string): string | undefined {
  const url = serverUrl(server);
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, "") : undefined;
}

/** One kubeconfig that the user named, whole; a file that is not there is a failure then. */
export async function readContextsOf(
  path: string,
): Promise<
  | { readonly kind: "ok"; readonly contexts: readonly MergedContext[] }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly failure: Failure }
> {
  const read = await readTextFile(path, MAX_BYTES);
  return read.kind === "text" ? parseAll([{ path, text: read.text }]) : read;
}
