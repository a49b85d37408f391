import { passed, problem, skippedCheck } from "../../checks/check.ts";
import { isExempt } from "../../checks/network/filters/no-proxy.ts";
import { HTTPS_PORT, portOfUrl } from "../../model/address.ts";
import { valueOf } from "../../model/fact.ts";
import { compareIps, isInCidrs } from "../../model/ip.ts";
import type { ProxySettings } from "../../model/local-settings.ts";
import type { NodeProcess } from "../../model/node/process.ts";
import { DAEMONS, KUBELET_PORT } from "../names.ts";
import {
  hostName,
  type NodeCheck,
  type NodeEvidence,
  type NodeOutcome,
  nextToSee,
  notSeen,
} from "./check.ts";
import { whoIs } from "./words.ts";

/** Proxies that are meant for images get into the environment of what talks to the control plane. */
export const kubeletGoesStraight: NodeCheck = {
  topic: "proxy",
  title: "no proxy stands between this worker's kubelet and the control plane",
  run: (evidence) => {
    const { processes } = evidence.snapshot;
    const kubelet = processes.find(({ name }) => name === "kubelet");
    if (kubelet === undefined) return kubeletNotSeen(evidence);
    const daemons = processes.filter(({ name }) => DAEMONS.has(name));
    const proxied = daemons.flatMap((process) => proxiedOf(process, evidence));
    const [first] = proxied;
    if (first !== undefined) return goesThrough(evidence, first, proxied);
    if (kubelet.proxy.kind !== "known") return notSeen(kubelet.proxy, evidence);
    const { httpsProxy } = kubelet.proxy.value;
    if (httpsProxy === undefined) return passed("kubelet's environment names no proxy");
    if (endpointOf(evidence) === undefined) return endpointNotKnown(httpsProxy);
    return passed(`kubelet's NO_PROXY leaves the endpoint out of ${httpsProxy}`);
  },
};

/** Clients of the endpoint; runtimes ask registries. */
const OF_ENDPOINT: ReadonlySet<string> = new Set(["kubelet", "kube-proxy"]);

interface Proxied {
  readonly process: NodeProcess;
  readonly settings: ProxySettings;
  readonly line: string;
  /** What of the control plane, or of the VPC, goes through it. */
  readonly lacks: readonly Place[];
}

interface Place {
  readonly kind: "endpoint" | "vpc";
  readonly host: string;
  readonly port: number;
}

function proxiedOf(process: NodeProcess, evidence: NodeEvidence): readonly Proxied[] {
  const settings = valueOf(process.proxy);
  if (settings === undefined) return [];
  const { httpsProxy, variable = "HTTPS_PROXY", noProxy, unreadable } = settings;
  const lacks = placesOf(process, evidence).filter(
    ({ host, port }) => !isExempt(noProxy, host, port),
  );
  if (lacks.length === 0) return [];
  if (httpsProxy === undefined) {
    const [odd] = unreadable;
    if (odd === undefined || !OF_ENDPOINT.has(process.name)) return [];
    const line = `${whoIs(process)}: ${odd} is set to what is no proxy's URL, which Go dials or fails by`;
    return [{ process, settings, line, lacks }];
  }
  const spaced = noProxy.some((part) => /\s/.test(part)) ? " (commas divide it, not spaces)" : "";
  const says = noProxy.length === 0 ? "is not set" : `has ${noProxy.join(",")}${spaced}`;
  const left = lacks.map(placeWords).join(" and ");
  const line = `${whoIs(process)}: ${variable} is ${httpsProxy}; NO_PROXY ${says}, which leaves ${left} to it`;
  return [{ process, settings, line, lacks }];
}

function placesOf(process: NodeProcess, evidence: NodeEvidence): readonly Place[] {
  const endpoint = OF_ENDPOINT.has(process.name) ? endpointOf(evidence) : undefined;
  const ip = ownIp(evidence);
  return [
    ...(endpoint === undefined ? [] : [endpoint]),
    ...(ip === undefined ? [] : [{ kind: "vpc", host: ip, port: HTTPS_PORT } as const]),
  ];
}

function placeWords({ kind, host }: Place): string {
  return kind === "endpoint" ? host : `the VPC's addresses (${host}, for one)`;
}

/** As it is known, else as kubelet's own kubeconfig has it. */
function endpointOf({ controlPlane, snapshot }: NodeEvidence): Place | undefined {
  const server = valueOf(snapshot.kubelet)?.server ?? "";
  const url = URL.canParse(server) ? new URL(server) : undefined;
  const host = controlPlane.endpointHost ?? url?.hostname;
  if (host === undefined || host === "") return undefined;
  return { kind: "endpoint", host, port: url === undefined ? HTTPS_PORT : portOfUrl(url) };
}

/** One of the VPC's addresses: this host's own. */
function ownIp({ snapshot, flows }: NodeEvidence): string | undefined {
  // In mode IPVS it has each ClusterIP at an interface of its own.
  const services = new Set((valueOf(snapshot.nat) ?? []).map(({ service }) => service.ip));
  return (
    valueOf(snapshot.kubelet)?.nodeIp ??
    flows[0]?.socket.local.ip ??
    snapshot.localIps
      .filter((ip) => !services.has(ip) && !isInCidrs(ip, NOT_OF_VPC))
      .toSorted(compareIps)[0]
  );
}

const NOT_OF_VPC = ["127.0.0.0/8", "169.254.0.0/16", "172.17.0.0/16", "::1/128", "fe80::/10"];

function goesThrough(
  evidence: NodeEvidence,
  first: Proxied,
  proxied: readonly Proxied[],
): NodeOutcome {
  const endpoint = proxied.filter(({ lacks }) => lacks.some(({ kind }) => kind === "endpoint"));
  const [worst = first] = endpoint;
  const names = [...new Set((endpoint.length > 0 ? endpoint : proxied).map(nameOf))].join(", ");
  const proxy = worst.settings.httpsProxy ?? "a proxy that is none";
  const go = names.includes(",") ? "go" : "goes";
  return problem(
    "warn",
    endpoint.length > 0
      ? `${names} ${go} to the endpoint through ${proxy}`
      : `${names} ${go} to addresses of the VPC through ${proxy}`,
    {
      details: [...proxied.map(({ line }) => line), ...noneOfItsOwn(evidence, endpoint)],
      side: "local",
      next: nextFor(worst, evidence),
    },
  );
}

function nameOf({ process }: Proxied): string {
  return process.name;
}

/** Who goes through a proxy has no connection to the control plane. */
function noneOfItsOwn({ flows }: NodeEvidence, proxied: readonly Proxied[]): readonly string[] {
  return proxied
    .filter(
      ({ process }) =>
        !flows.some(
          (flow) => flow.direction === "to-control-plane" && flow.process?.pid === process.pid,
        ),
    )
    .map(({ process }) => `${process.name} has no connection of its own to the control plane`);
}

/** Names, addresses, ranges and ports: whoever sets an environment must not write a command. */
function isPlain(part: string): boolean {
  return /^[\w.:/*[\]-]+$/.test(part);
}

function nextFor({ process, settings, lacks }: Proxied, evidence: NodeEvidence): string {
  const parts = settings.noProxy.flatMap((part) => part.split(/\s+/)).filter(isPlain);
  const more = lacks.map(({ kind, host }) => {
    if (kind === "vpc") return "VPC-CIDR";
    return host.endsWith(".eks.amazonaws.com") ? ".eks.amazonaws.com" : hostName(host, "ENDPOINT");
  });
  const service = valueOf(evidence.controlPlane.service)?.endpoint.ip;
  const list = [...parts, ...more, ...(service === undefined ? [] : [service])];
  const noProxy = [...new Set([...list, "169.254.169.254", "localhost", "127.0.0.1"])].join(",");
  const { owner, name } = process;
  return owner.kind === "unit"
    ? `sudo systemctl edit ${name}   # below [Service], or as NO_PROXY in its EnvironmentFile, which wins; then restart it: Environment="NO_PROXY=${noProxy}"`
    : `set NO_PROXY=${noProxy} where ${name} gets its environment, and restart it`;
}

function kubeletNotSeen(evidence: NodeEvidence): NodeOutcome {
  const sockets = evidence.snapshot.namespaces[0]?.sockets;
  const listens =
    sockets?.kind === "known" &&
    sockets.value.some(({ state, local }) => state === "listen" && local.port === KUBELET_PORT);
  if (!listens) return skippedCheck("no kubelet was seen here");
  return problem(
    "unknown",
    `kubelet listens at ${KUBELET_PORT}, and its process was not seen: root with CAP_SYS_PTRACE would show it`,
    { side: "local", next: nextToSee(evidence) },
  );
}

function endpointNotKnown(proxy: string): NodeOutcome {
  return problem("unknown", `kubelet's proxy is ${proxy}, and the endpoint's name is not known`, {
    side: "local",
    next: "grep server /var/lib/kubelet/kubeconfig   # does kubelet's NO_PROXY cover that name?",
  });
}
