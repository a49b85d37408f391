import type { Endpoint } from "../../model/node/socket.ts";
import {
  type ContainerEnvironment,
  readContainerEnvironment,
} from "../../node/proc/container-environment.ts";
import { type HostView, textOf } from "../view.ts";
import { BUNDLE_LISTINGS } from "./listings.ts";

const MAX_CONTAINER_BYTES = 8 * 1024 * 1024;

/** What the VPC CNI is told of the cluster, by each file of a bundle that says so. */
export function cniEnvironments(
  view: HostView,
): readonly { readonly file: string; readonly environment: ContainerEnvironment }[] {
  return BUNDLE_LISTINGS.cni.map((file) => ({
    file,
    environment: readContainerEnvironment(textOf(view, file, MAX_CONTAINER_BYTES) ?? ""),
  }));
}

/** Where pods are told that the API servers are: the VPC CNI is one that a bundle has. */
export function serviceAddressesOf(view: HostView): readonly Endpoint[] {
  return cniEnvironments(view)
    .flatMap(({ environment }) => environment.service ?? [])
    .slice(0, 1);
}
