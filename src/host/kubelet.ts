import { dirname, posix } from "node:path";
import type { ClusterConfig } from "../local/kubeconfig-document.ts";
import type { MergedContext } from "../local/merged-context.ts";
import { type Fact, known, skipped, unknown } from "../model/fact.ts";
import { canonicalIp } from "../model/ip.ts";
import type { KubeletSettings } from "../model/node/kubelet.ts";
import { sanitizeText } from "../model/text.ts";
import { optionOf } from "../node/proc/command.ts";
import { hostFailure, problemFailure } from "./failure.ts";
import type { HostPlaces } from "./places.ts";
import { type HostText, type HostView, namesIn, textOf } from "./view.ts";

const MAX_KUBECONFIG_BYTES = 256 * 1024;
const MAX_CONFIG_BYTES = 256 * 1024;
const MAX_CA_BYTES = 1024 * 1024;
const MAX_CONFIGS = 50;
const MAX_PATH = 300;

/**
 * What kubelet is told of its cluster, by its arguments where they are known, else at the usual
 * places. Of its kubeconfig no token, key or certificate of a client is kept.
 */
export async function readKubelet(
  files: HostView,
  places: HostPlaces,
  command: readonly string[],
): Promise<Fact<KubeletSettings>> {
  const named = places.asOnMachine ? pathOption(command, "--kubeconfig") : undefined;
  const paths = [...(named === undefined ? [] : [named]), ...places.kubeconfig];
  const found = firstThere(files, paths);
  if (found === undefined) return withoutKubeconfig(files, places, command);
  const { path, text } = found;
  if (text.kind !== "text") return unknown(problemFailure(path, text, "root"));
  if (text.cut) return unknown(hostFailure("file-invalid", `${path} is too long for a kubeconfig`));
  const [{ parseKubeconfig }, { mergeContexts }] = await Promise.all([
    import("../local/kubeconfig-document.ts"),
    import("../local/merged-context.ts"),
  ]);
  const parsed = parseKubeconfig(text.text, path);
  if (parsed.kind === "bad") return unknown(parsed.failure);
  const [context] = mergeContexts([{ path, document: parsed.document }]);
  const server = context?.cluster.value.server;
  if (context === undefined || server === undefined) {
    return unknown(hostFailure("file-invalid", `${path} names no server`));
  }
  return known(await settingsOf(files, places, command, { path, server, context }));
}

async function withoutKubeconfig(
  files: HostView,
  places: HostPlaces,
  command: readonly string[],
): Promise<Fact<KubeletSettings>> {
  if (files.live || places.asOnMachine) {
    return skipped(`this ${files.live ? "machine" : "copy"} has no kubeconfig of kubelet`);
  }
  const { clusterOfBundle, regionOfBundle } = await import("./bundle/kubelet.ts");
  const cluster = clusterOfBundle(files);
  if (cluster === undefined) {
    return skipped(
      "the bundle has no kubeconfig of kubelet, and nothing else in it names the cluster",
    );
  }
  const region = cluster.region ?? regionOf(cluster.server) ?? regionOfBundle(files);
  return known({ ...cluster, region, ...(await ownSettings(files, places, command)) });
}

/** What has nothing to do with the kubeconfig. */
async function ownSettings(
  files: HostView,
  places: HostPlaces,
  command: readonly string[],
): Promise<Pick<KubeletSettings, "nodeIp" | "clusterDns">> {
  return {
    nodeIp: canonicalIp((optionOf(command, "--node-ip") ?? "").split(",", 1)[0] ?? ""),
    clusterDns: await clusterDnsFor(files, places, command),
  };
}

interface FoundKubeconfig {
  readonly path: string;
  readonly server: string;
  readonly context: MergedContext;
}

async function settingsOf(
  files: HostView,
  places: HostPlaces,
  command: readonly string[],
  { path, server, context }: FoundKubeconfig,
): Promise<KubeletSettings> {
  const [{ plainUrl }, { readExecArguments }] = await Promise.all([
    import("../local/kubeconfig-entry.ts"),
    import("../local/exec-user.ts"),
  ]);
  const exec = context.user?.value.exec;
  const asked = exec === undefined ? undefined : readExecArguments(exec);
  const url = plainUrl(server);
  return {
    server: url,
    certificateAuthority: await authorityOf(files, places, path, context.cluster.value),
    clusterName: asked?.clusterName,
    region: asked?.region ?? regionOf(url),
    ...(await ownSettings(files, places, command)),
    file: sanitizeText(path, MAX_PATH),
  };
}

/** `https://1368909F….yl4.ap-northeast-2.eks.amazonaws.com` */
function regionOf(url: string): string | undefined {
  return /\.([a-z]{2,4}(?:-[a-z]+)+-\d)\.(?:eks\.amazonaws\.com(?:\.cn)?|api\.aws)(?=[:/]|$)/.exec(
    url,
  )?.[1];
}

/** The first that is there, be it readable or not. */
function firstThere(
  files: HostView,
  paths: readonly string[],
): { readonly path: string; readonly text: HostText } | undefined {
  for (const path of paths) {
    const text = files.text(path, MAX_KUBECONFIG_BYTES);
    if (text.kind !== "absent") return { path, text };
  }
  return undefined;
}

/** An absolute path among the arguments: nothing else could be found from here. */
function pathOption(command: readonly string[], name: string): string | undefined {
  const path = optionOf(command, name);
  return path?.startsWith("/") === true ? path : undefined;
}

/** The data beats the file, as for client-go; a relative path starts at the kubeconfig's folder. */
async function authorityOf(
  files: HostView,
  { asOnMachine }: HostPlaces,
  path: string,
  { authorityData, authorityFile }: ClusterConfig,
): Promise<Fact<string>> {
  const { certificatesIn } = await import("../local/pem.ts");
  if (authorityData !== undefined) {
    // `kubectl config view` writes this in place of data.
    if (authorityData === "DATA+OMITTED") return skipped("the capture leaves the CA out");
    const pem = certificatesIn(Buffer.from(authorityData, "base64").toString("latin1"));
    if (pem !== undefined) return known(pem);
    return unknown(hostFailure("file-invalid", `${path} has a CA that is not base64 of PEM`));
  }
  if (authorityFile === undefined) return skipped("the kubeconfig names no CA");
  if (!asOnMachine) return skipped("the log collector leaves the CA out");
  const file = posix.resolve(dirname(path), authorityFile);
  const found = files.text(file, MAX_CA_BYTES);
  if (found.kind !== "text") return unknown(problemFailure(file, found, "root"));
  const pem = certificatesIn(found.text);
  if (pem !== undefined) return known(pem);
  return unknown(hostFailure("file-invalid", `${file} holds no PEM certificates`));
}

/** Of the arguments, else of the last configuration that has it: drop-ins beat the file. */
async function clusterDnsFor(
  files: HostView,
  places: HostPlaces,
  command: readonly string[],
): Promise<readonly string[]> {
  const argument = optionOf(command, "--cluster-dns");
  if (argument !== undefined) {
    return argument.split(",").flatMap((text) => canonicalIp(text.trim()) ?? []);
  }
  const { clusterDnsOf } = await import("../node/proc/kubelet-config.ts");
  const read = (path: string): readonly string[] | undefined => {
    const text = textOf(files, path, MAX_CONFIG_BYTES);
    return text === undefined ? undefined : clusterDnsOf(text);
  };
  const folder = places.asOnMachine ? pathOption(command, "--config-dir") : undefined;
  const folders = folder === undefined ? places.kubeletConfigFolders : [folder];
  const dropped = folders
    .flatMap((one) =>
      namesIn(files, one)
        .filter((name) => name.endsWith(".conf"))
        .toSorted()
        .slice(0, MAX_CONFIGS)
        .map((name) => `${one}/${name}`),
    )
    .toReversed();
  const config = places.asOnMachine ? pathOption(command, "--config") : undefined;
  const whole = [...(config === undefined ? [] : [config]), ...places.kubeletConfig];
  for (const path of [...dropped, ...whole]) {
    const servers = read(path);
    if (servers !== undefined) return servers;
  }
  return [];
}
