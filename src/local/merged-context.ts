import type {
  ClusterConfig,
  ContextConfig,
  KubeconfigDocument,
  Named,
  UserConfig,
} from "./kubeconfig-document.ts";

export interface KubeconfigFile {
  readonly path: string;
  readonly document: KubeconfigDocument;
}

/** What a name of a kubeconfig stands for, and the file that says so. */
interface Sourced<T> {
  readonly path: string;
  readonly value: T;
}

/** One context with its cluster and user, as kubectl would use it. Holds secrets. */
export interface MergedContext {
  readonly name: string;
  readonly path: string;
  readonly current: boolean;
  /** Name of its cluster within the kubeconfig. */
  readonly clusterRef: string;
  readonly cluster: Sourced<ClusterConfig>;
  /** Undefined where the kubeconfig has none of that name. */
  readonly user: Sourced<UserConfig> | undefined;
}

/**
 * Several files as one, as kubectl merges them: the first file that has a name says all of it, the
 * first that names a current context chooses it. Contexts without a cluster are left out: no client
 * can use them. The current one comes first.
 */
export function mergeContexts(files: readonly KubeconfigFile[]): readonly MergedContext[] {
  const contexts = firstOf<ContextConfig>(files, ({ contexts: list }) => list);
  const clusters = firstOf<ClusterConfig>(files, ({ clusters: list }) => list);
  const users = firstOf<UserConfig>(files, ({ users: list }) => list);
  const currentName = files.map(({ document }) => document.currentContext).find(Boolean);
  const merged = [...contexts].flatMap(([name, { path, value }]): readonly MergedContext[] => {
    const clusterRef = value.cluster ?? "";
    const cluster = clusters.get(clusterRef);
    if (cluster === undefined) return [];
    const user = users.get(value.user ?? "");
    return [{ name, path, current: name === currentName, clusterRef, cluster, user }];
  });
  return merged.toSorted((a, b) => Number(b.current) - Number(a.current));
}

function firstOf<T>(
  files: readonly KubeconfigFile[],
  pick: (document: KubeconfigDocument) => readonly Named<T>[],
): ReadonlyMap<string, Sourced<T>> {
  const first = new Map<string, Sourced<T>>();
  for (const { path, document } of files) {
    for (const { name, value } of pick(document)) {
      if (!first.has(name)) first.set(name, { path, value });
    }
  }
  return first;
}
