import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files and commands in a folder of their own. */
export interface TempFolder {
  readonly path: string;
  /** Writes a file, with the folders it needs, and returns its path. */
  write(name: string, content: string, mode?: number): string;
  remove(): void;
}

export function tempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), "eks-probe-local-"));
  return {
    path,
    write: (name, content, mode = 0o600) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      chmodSync(file, mode);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

interface KubeconfigParts {
  readonly currentContext?: string;
  readonly contexts?: readonly unknown[];
  readonly clusters?: readonly unknown[];
  readonly users?: readonly unknown[];
}

/** JSON is YAML: a kubeconfig of these parts. */
export function kubeconfigText({ currentContext, ...parts }: KubeconfigParts): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": currentContext ?? "",
    contexts: [],
    clusters: [],
    users: [],
    ...parts,
  });
}

/** A kubeconfig with one context, its cluster and its user. */
export function oneContext(
  cluster: Readonly<Record<string, unknown>>,
  user: Readonly<Record<string, unknown>> = {},
  names: { readonly context?: string; readonly cluster?: string; readonly current?: boolean } = {},
): string {
  const { context = "work", cluster: ref = "cluster-of-work", current = true } = names;
  return kubeconfigText({
    ...(current ? { currentContext: context } : {}),
    contexts: [{ name: context, context: { cluster: ref, user: "me" } }],
    clusters: [{ name: ref, cluster }],
    users: [{ name: "me", user }],
  });
}
