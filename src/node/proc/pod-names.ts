import type { ProcessOwner } from "../../model/node/process.ts";
import { sanitizeText } from "../../model/text.ts";

/** Names of pods by their uid, and of containers by their id. */
export interface PodNames {
  readonly pods: ReadonlyMap<string, { readonly namespace: string; readonly pod: string }>;
  readonly containers: ReadonlyMap<string, string>;
  /** All that a log's name says, by the container's id. */
  readonly logs: ReadonlyMap<
    string,
    { readonly namespace: string; readonly pod: string; readonly container: string }
  >;
}

/** Kubernetes' names are shorter; a folder's may be anything. */
const MAX_NAME = 253;

/** `NAMESPACE_POD_UID`: kubelet's folders in /var/log/pods. */
const FOLDER = /^([a-z0-9.-]+)_([a-z0-9.-]+)_([0-9a-f-]{32,36})$/;

/** `POD_NAMESPACE_CONTAINER-ID.log`: kubelet's links in /var/log/containers. */
const LOG = /^([a-z0-9.-]+)_([a-z0-9.-]+)_([a-z0-9.-]+)-([0-9a-f]{64})\.log$/;

/**
 * By the names of the folders in /var/log/pods and of the links in /var/log/containers. Names of
 * another form are passed over. Never throws.
 */
export function readPodNames(folders: readonly string[], logs: readonly string[]): PodNames {
  const pods = folders.flatMap((name) => {
    const [, namespace = "", pod = "", uid] = FOLDER.exec(name) ?? [];
    const named = { namespace: shown(namespace), pod: shown(pod) };
    return uid === undefined ? [] : [[uid, named] as const];
  });
  const named = logs.flatMap((name) => {
    const [, pod = "", namespace = "", container = "", id] = LOG.exec(name) ?? [];
    if (id === undefined) return [];
    const of = { namespace: shown(namespace), pod: shown(pod), container: shown(container) };
    return [[id, of] as const];
  });
  const containers = named.map(([id, { container }]) => [id, container] as const);
  return { pods: new Map(pods), containers: new Map(containers), logs: new Map(named) };
}

/** `… k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`: the last column of `docker ps --no-trunc`. */
const DOCKER =
  /^([0-9a-f]{64}) .* k8s_([a-z0-9.-]+)_([a-z0-9.-]+)_([a-z0-9.-]+)_([0-9a-f-]{32,36})_\d+ *$/gm;

/** Those of `docker ps --no-trunc`, with the names that were known before. */
export function withDockerNames(names: PodNames, text: string): PodNames {
  const [pods, containers, logs] = [
    new Map(names.pods),
    new Map(names.containers),
    new Map(names.logs),
  ];
  for (const [, id = "", container = "", pod = "", namespace = "", uid = ""] of text.matchAll(
    DOCKER,
  )) {
    const named = { namespace: shown(namespace), pod: shown(pod) };
    pods.set(uid, named);
    containers.set(id, shown(container));
    logs.set(id, { ...named, container: shown(container) });
  }
  return { pods, containers, logs };
}

/** The same owner, with the names that are known. */
export function withNames(owner: ProcessOwner, names: PodNames): ProcessOwner {
  if (owner.kind !== "pod") return owner;
  const named = names.pods.get(owner.podUid);
  const container =
    owner.containerId === undefined ? undefined : names.containers.get(owner.containerId);
  return { ...owner, namespace: named?.namespace, pod: named?.pod, container };
}

function shown(name: string): string {
  return sanitizeText(name, MAX_NAME);
}
