import { valueOf } from "../../model/fact.ts";
import type { Egress } from "../../model/investigation.ts";
import { familyOf, hostCidr, isInCidrs, isPublicIp } from "../../model/ip.ts";
import {
  type Check,
  type Evidence,
  type Outcome,
  passed,
  problem,
  skippedCheck,
} from "../check.ts";
import { answers, deadAddresses, idsOf, stateOf } from "../dead.ts";
import { notGathered, regionFlag } from "../evidence.ts";

/** The public endpoint's own allowlist has this host's address in it. */
export const allowlistHasThisHost: Check = {
  topic: "allowed",
  title: "the endpoint's publicAccessCidrs let this host's public address in",
  optional: true,
  needs: ["C01"],
  explains: ["N01"],
  run: (evidence) => {
    const { snapshot, map } = evidence;
    const cluster = valueOf(snapshot.cluster);
    if (cluster?.publicAccess === "no") return skippedCheck("public access is off");
    const vips = snapshot.addresses.filter(({ kind, ip }) => kind === "vip" && isPublicIp(ip));
    if (vips.some(({ id }) => answers(map, id)))
      return passed("the public endpoint lets this host in");
    const tried = vips.filter(({ id }) => stateOf(map, id)?.kind === "failed");
    if (tried.length === 0) return skippedCheck("no public address was tried");
    // The allowlist drops: who refuses, or breaks off later, has let this host through.
    const silent = deadAddresses(evidence, ["tcp-timeout"]).filter(({ address }) =>
      vips.includes(address),
    );
    if (silent.length < tried.length)
      return passed("a public address answers, if not well: no allowlist drops this host");
    return whySilent(cluster?.publicAccessCidrs, idsOf(silent), evidence);
  },
};

function whySilent(
  cidrs: readonly string[] | undefined,
  silent: readonly string[],
  evidence: Evidence,
): Outcome {
  const { investigation, request, addresses } = evidence.snapshot;
  if (cidrs === undefined)
    return problem("unknown", "the public addresses are silent; EKS does not say whom it lets in", {
      side: "aws",
      next: `aws eks describe-cluster --name ${request.cluster}${regionFlag(evidence)} --query cluster.resourcesVpcConfig.publicAccessCidrs`,
    });
  const families = new Set(
    addresses.filter(({ id }) => silent.includes(id)).map(({ family }) => family),
  );
  const isOpen = [...families].every((family) => isForAll(cidrs, family));
  if (isOpen) return passed("publicAccessCidrs let everyone in; something else drops the packets");
  const { egress } = investigation;
  if (egress.kind !== "known") return egressUnknown(cidrs, evidence);
  if (!families.has(familyOf(egress.value.ip)))
    return problem(
      "unknown",
      `which IPv${familyOf(egress.value.ip) === 4 ? 6 : 4} address this host has outside is not known`,
      {
        details: [`publicAccessCidrs: ${cidrs.join(", ")}`],
        side: "user",
        next: `eks-probe check --cluster ${request.cluster} --egress-ip IP`,
      },
    );
  if (isInCidrs(egress.value.ip, cidrs))
    return passed(`publicAccessCidrs let ${egress.value.ip} in (${SOURCE[egress.value.source]})`);
  return shutOut(egress.value, cidrs, silent, evidence);
}

/** What the user says of it beats what was seen, so the step is the user's. */
function egressUnknown(cidrs: readonly string[], evidence: Evidence): Outcome {
  const { egress } = evidence.snapshot.investigation;
  const why = egress.kind === "unknown" ? notGathered(egress, evidence).summary : undefined;
  return problem(
    "unknown",
    "the public addresses are silent, and whether the allowlist has this host is not known",
    {
      details: [
        `publicAccessCidrs: ${cidrs.join(", ")}`,
        why ?? "this host's address as AWS sees it is not known",
      ],
      side: "user",
      next: `eks-probe check --cluster ${evidence.snapshot.request.cluster} --egress-ip IP   # this host's public address; --egress-service URL asks a service of yours for it`,
    },
  );
}

function shutOut(
  { ip, source }: Egress,
  cidrs: readonly string[],
  silent: readonly string[],
  evidence: Evidence,
): Outcome {
  const { request } = evidence.snapshot;
  const list = [...cidrs, hostCidr(ip)].join(",");
  return problem("fail", `publicAccessCidrs do not let ${ip} in: every public address is silent`, {
    details: [
      `this host leaves as ${ip} (${SOURCE[source]})`,
      `publicAccessCidrs: ${cidrs.join(", ")}`,
    ],
    side: "user",
    next: `aws eks update-cluster-config --name ${request.cluster}${regionFlag(evidence)} --resources-vpc-config publicAccessCidrs=${list}   # adds it; inside the VPC private access is the better way`,
    addresses: silent,
  });
}

const SOURCE = {
  flag: "as --egress-ip says",
  metadata: "by the instance's metadata",
  "own-address": "an address of this host",
  service: "as the service of --egress-service sees it",
} as const satisfies Record<Egress["source"], string>;

function isForAll(cidrs: readonly string[], family: 4 | 6): boolean {
  return cidrs.includes(family === 4 ? "0.0.0.0/0" : "::/0");
}
