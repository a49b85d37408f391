import { plainUrl } from "../../local/kubeconfig-entry.ts";
import { certificatesIn } from "../../local/pem.ts";
import { type Fact, known, skipped } from "../../model/fact.ts";
import { readNodeadmLog } from "../../node/proc/nodeadm-log.ts";
import { CLUSTER_NAME, REGION } from "../../target/names.ts";
import { type HostView, textOf } from "../view.ts";
import { cniEnvironments } from "./cni.ts";
import { BUNDLE_LISTINGS } from "./listings.ts";

/** Ten days of a service that runs once a boot. */
const MAX_LOG_BYTES = 8 * 1024 * 1024;

/** Of which cluster a bundle is, and who says so. */
export interface BundleCluster {
  readonly server: string;
  readonly certificateAuthority: Fact<string>;
  readonly clusterName: string | undefined;
  readonly region: string | undefined;
  readonly file: string;
}

/**
 * What stands in for kubelet's kubeconfig where the bundle has none. On Amazon Linux 2023 it never
 * has: the log collector looks for its path in kubelet.service, which there names none. nodeadm's
 * journal has what the kubeconfig is made of; the VPC CNI's container is of the same cluster.
 */
export function clusterOfBundle(view: HostView): BundleCluster | undefined {
  for (const file of BUNDLE_LISTINGS.nodeadm) {
    const found = readNodeadmLog(textOf(view, file, MAX_LOG_BYTES) ?? "");
    if (found === undefined || !isHttps(found.server)) continue;
    const { name, region, authorityData = "" } = found;
    const pem = certificatesIn(Buffer.from(authorityData, "base64").toString("latin1"));
    return {
      server: plainUrl(found.server),
      certificateAuthority: pem === undefined ? skipped(`${file} has no CA`) : known(pem),
      clusterName: matching(CLUSTER_NAME, name),
      region: matching(REGION, region),
      file,
    };
  }
  for (const { file, environment } of cniEnvironments(view)) {
    const { clusterEndpoint = "", clusterName } = environment;
    if (!isHttps(clusterEndpoint)) continue;
    return {
      server: plainUrl(clusterEndpoint),
      certificateAuthority: skipped("the log collector leaves the CA out"),
      clusterName: matching(CLUSTER_NAME, clusterName),
      region: undefined,
      file,
    };
  }
  return undefined;
}

/** Of the instance's metadata, as the log collector asked it. */
export function regionOfBundle(view: HostView): string | undefined {
  return matching(REGION, textOf(view, BUNDLE_LISTINGS.region, 256)?.trim());
}

function isHttps(text: string): boolean {
  return /^https:\/\/[^\s/]+/i.test(text) && URL.canParse(text);
}

function matching(form: RegExp, text: string | undefined): string | undefined {
  return text !== undefined && form.test(text) ? text : undefined;
}
