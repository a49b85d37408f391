import type { Endpoint } from "../../model/node/socket.ts";
import { readEnviron } from "./environ.ts";

/** What the VPC CNI's container is told of the cluster. */
export interface ContainerEnvironment {
  /** Of the EKS add-on; not set where it was installed otherwise. */
  readonly clusterName: string | undefined;
  readonly clusterEndpoint: string | undefined;
  /** KUBERNETES_SERVICE_HOST and _PORT. */
  readonly service: Endpoint | undefined;
}

/** Names and values here have nothing that JSON would escape. */
const VARIABLE =
  /"(CLUSTER_NAME|CLUSTER_ENDPOINT|KUBERNETES_SERVICE_HOST|KUBERNETES_SERVICE_PORT)=([^"\\\n]{1,300})"/g;

/**
 * Of `ctr container info` or `docker container inspect`, one document after another: these variables
 * of the environment alone, the first of each. Never throws.
 */
export function readContainerEnvironment(text: string): ContainerEnvironment {
  const found = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(VARIABLE)) {
    if (!found.has(name)) found.set(name, value);
  }
  const told = [...found].map(([name, value]) => `${name}=${value}`).join("\0");
  return {
    clusterName: found.get("CLUSTER_NAME"),
    clusterEndpoint: found.get("CLUSTER_ENDPOINT"),
    service: readEnviron(told).service,
  };
}
