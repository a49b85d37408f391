import { passed, problem, skippedCheck } from "../../checks/check.ts";
import type { ServiceNat } from "../../model/node/nat.ts";
import { type Endpoint, endpointId } from "../../model/node/socket.ts";
import { leavesUntranslated } from "../nat/services.ts";
import { percent, shortEndpoint } from "../words.ts";
import { type NodeCheck, type NodeEvidence, type NodeOutcome, restartKubeProxy } from "./check.ts";
import { kubernetesNat, rulesNotRead } from "./kubernetes-nat.ts";
import { firstOf } from "./words.ts";

/** kube-proxy gives each of n endpoints 1/n; iptables writes it with ten digits. */
const TOLERANCE = 1e-4;

/** Each API server gets its share of new connections, and none of them is lost between the rules. */
export const sharesAddUp: NodeCheck = {
  topic: "shares",
  title: "every new connection to the ClusterIP is led to an API server, to each as often",
  run: (evidence) => {
    const notRead = rulesNotRead(evidence);
    if (notRead !== undefined) return notRead;
    const services = kubernetesNat(evidence).filter(({ targets }) => targets.length > 0);
    if (services.length === 0) return skippedCheck("no rule leads to an API server (W02)");
    const wrong = services.map(wrongWith);
    const lost = wrong.flatMap((one) => one.lost);
    const rules = wrong.flatMap((one) => one.odd);
    const left = twice(services);
    const odd = [...rules, ...left];
    const [first = odd[0]] = lost;
    if (first === undefined) return passed(services.map(sharesOf).join("; "));
    const next =
      lost.length + rules.length > 0
        ? restartKubeProxy(evidence)
        : clearLeftOver(services, evidence);
    return asFinding(first, lost, odd, next);
  },
};

function asFinding(
  first: string,
  lost: readonly string[],
  odd: readonly string[],
  next: string,
): NodeOutcome {
  const others = [...lost, ...odd].filter((line) => line !== first);
  return problem(lost.length > 0 ? "fail" : "warn", first, {
    details: firstOf(others),
    side: "local",
    next,
  });
}

interface Wrong {
  /** By which connections end nowhere. */
  readonly lost: readonly string[];
  readonly odd: readonly string[];
}

function wrongWith(service: ServiceNat): Wrong {
  const { targets, oddities, backend } = service;
  const ip = service.service.ip;
  const shares = targets.map(({ probability }) => probability);
  const whole = shares.reduce<number>((sum, share) => sum + (share ?? 0), 0);
  const told = shares.every((share) => share !== undefined);
  const missing = told && whole < 1 - TOLERANCE;
  const tells = oddities.map((oddity) => `${ip}: ${oddity}`);
  const lost = tells.filter(leavesUntranslated);
  return {
    lost:
      missing && lost.length === 0
        ? [`${ip}: the probabilities add up to ${percent(whole)}: the rest is led nowhere`]
        : lost,
    odd: [
      ...tells.filter((line) => !leavesUntranslated(line)),
      ...(told && whole > 1 + TOLERANCE
        ? [`${ip}: the probabilities add up to ${percent(whole)}`]
        : []),
      ...(told && !missing && backend !== "ipvs" ? uneven(service) : []),
    ],
  };
}

/** Not of IPVS, which may have weights. */
function uneven({ service, targets }: ServiceNat): readonly string[] {
  const byAddress = new Map<string, number>();
  for (const { to, probability = 0 } of targets) {
    const id = endpointId(to);
    byAddress.set(id, (byAddress.get(id) ?? 0) + probability);
  }
  const fair = 1 / byAddress.size;
  const unfair = [...byAddress.values()].some((share) => Math.abs(share - fair) > TOLERANCE);
  if (!unfair) return [];
  const list = targets.map(({ to, probability = 0 }) => shareWords(to, probability)).join(", ");
  return [`${service.ip}: new connections are not spread evenly: ${list}`];
}

/** What an earlier mode or version of kube-proxy left behind decides, or is decided for. */
function twice(services: readonly ServiceNat[]): readonly string[] {
  const byAddress = new Map<string, Set<string>>();
  for (const { service, backend } of services) {
    const backends = byAddress.get(service.ip) ?? new Set<string>();
    byAddress.set(service.ip, backends.add(backend));
  }
  return [...byAddress].flatMap(([ip, backends]) =>
    backends.size < 2
      ? []
      : [`${ip}: ${[...backends].join(" and ")} have rules for it: one of them is left over`],
  );
}

const TOOLS = {
  "iptables-legacy": "sudo iptables-legacy-save -t nat",
  "iptables-nft": "sudo iptables-nft-save -t nat",
  ipvs: "sudo ipvsadm -Ln",
} as const;

/**
 * kube-proxy clears away nftables that are left of that mode, and in that mode what is left of
 * others; between iptables' two back ends and IPVS it leaves everything where it is.
 */
function clearLeftOver(services: readonly ServiceNat[], evidence: NodeEvidence): string {
  const tools = services.map(({ backend }) => (backend === "nftables" ? backend : TOOLS[backend]));
  if (tools.includes("nftables")) return restartKubeProxy(evidence);
  return `${[...new Set(tools)].join("; ")}   # which is it that kube-proxy writes? Its restart leaves the other there, and a reboot of the node clears it`;
}

function sharesOf({ service, targets }: ServiceNat): string {
  const list = targets.map(({ to, probability }) =>
    probability === undefined ? shortEndpoint(to) : shareWords(to, probability),
  );
  return `${service.ip} leads to ${list.join(", ")}`;
}

function shareWords(to: Endpoint, share: number): string {
  return `${shortEndpoint(to)} ${percent(share)}`;
}
