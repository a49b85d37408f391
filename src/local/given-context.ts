import type { KubeconfigEntry } from "../model/local-settings.ts";
import { bad, ok, type Parsed, quoteInput } from "../target/parsed.ts";
import { clusterOf } from "./cluster-names.ts";
import { readTextFile, shownPath } from "./files.ts";
import { readContextsOf } from "./kubeconfig.ts";
import { readEntry } from "./kubeconfig-entry.ts";
import { certificatesIn } from "./pem.ts";
import type { Environment } from "./proxy.ts";

/** The context of a kubeconfig that the user named, and which cluster it says it is. */
export interface GivenContext {
  readonly entry: KubeconfigEntry;
  /** As the command asks for the token, or an ARN or eksctl's name says. */
  readonly clusterName: string | undefined;
  readonly region: string | undefined;
}

const MAX_CA_BYTES = 1_000_000;
const MAX_NAMES_SHOWN = 5;

/** The context of that name, or the current one. Every problem names what is right. */
export async function readGivenContext(
  path: string,
  name: string | undefined,
  environment: Environment,
): Promise<Parsed<GivenContext>> {
  const read = await readContextsOf(path);
  if (read.kind === "absent") return bad(`${shownPath(path)} is not there; name a kubeconfig file`);
  if (read.kind === "failed") return bad(`${read.failure.message}; name a kubeconfig file`);
  const { contexts } = read;
  const chosen = contexts.find((one) => (name === undefined ? one.current : one.name === name));
  if (chosen === undefined) {
    const names = contexts.slice(0, MAX_NAMES_SHOWN).map((one) => quoteInput(one.name));
    const more = contexts.length > names.length ? ", …" : "";
    const has = names.length === 0 ? "it has none" : `it has ${names.join(", ")}${more}`;
    return bad(
      name === undefined
        ? `${shownPath(path)} has no current context that leads to a cluster; name one with --context: ${has}`
        : `${shownPath(path)} has no context ${quoteInput(name)} that leads to a cluster; ${has}`,
    );
  }
  const { name: clusterName, region } = clusterOf(chosen);
  const entry = await readEntry(chosen, "server", environment);
  return ok({ entry, clusterName, region });
}

/** The certificates of a PEM file. */
export async function readCaFile(path: string): Promise<Parsed<string>> {
  const read = await readTextFile(path, MAX_CA_BYTES);
  switch (read.kind) {
    case "absent":
      return bad(`${shownPath(path)} is not there; name a file with the cluster's CA in PEM`);
    case "failed":
      return bad(`${read.failure.message}; name a file with the cluster's CA in PEM`);
    case "text": {
      const pem = certificatesIn(read.text);
      return pem === undefined
        ? bad(`${shownPath(path)} holds no PEM certificate; name a file with the cluster's CA`)
        : ok(pem);
    }
  }
}
