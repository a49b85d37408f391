import type { Address } from "../../model/address.ts";
import type { FailureSide } from "../../model/failure.ts";
import { isLoopback } from "../../probe/vantage.ts";
import {
  type Check,
  count,
  type Evidence,
  passed,
  problem,
  shortAddress,
  skippedCheck,
} from "../check.ts";
import { answers, deadAddresses, idsOf, stateOf } from "../dead.ts";
import { type Culprit, culpritOf, kindOf } from "./culprit.ts";

/** Somebody is there, and nothing listens. */
export const nobodyRefuses: Check = {
  topic: "refused",
  title: "no address refuses connections",
  explains: ["N01"],
  run: (evidence) => {
    const { snapshot, map } = evidence;
    const refusing = deadAddresses(evidence, ["tcp-refused"]);
    const [first] = refusing;
    if (first === undefined) {
      const any = snapshot.addresses.some(({ id }) => answers(map, id));
      return any ? passed("no address refuses") : skippedCheck("no address refuses, none answers");
    }
    const local = refusing.filter(({ address }) => isLocal(address));
    const tried = snapshot.observations
      .map(({ address }) => address)
      .filter((id) => stateOf(map, id)?.kind !== "skipped");
    const culprit = local.length > 0 ? "here" : culpritOf(refusing, new Set(tried), evidence);
    const many = refusing.length > 1 && (culprit === "everywhere" || culprit === "way");
    return problem(
      "fail",
      `${count(refusing.length, "address refuses", "addresses refuse")} the connection${many ? "" : ": something is there, nothing listens"}`,
      {
        details: many
          ? [
              refusing.map(({ address }) => shortAddress(address.id)).join(", "),
              `${culprit === "way" ? `only the ${kindOf(refusing)}, all of them` : "all at once"}: a firewall that rejects is likelier than API servers that start or end`,
            ]
          : refusing.map(
              ({ address }) => `${shortAddress(address.id)}: ${whatRefuses(address, culprit)}`,
            ),
        side: sideOf(culprit, many),
        next: nextFor(culprit, many, local[0]?.address ?? first.address, evidence),
        addresses: idsOf(refusing),
      },
    );
  },
};

type Where = Culprit | "here";

function sideOf(where: Where, many: boolean): FailureSide {
  if (where === "here") return "local";
  return many ? "network" : "server";
}

/** A hosts entry or a tunnel's end: what refuses is this host, not EKS. */
function isLocal({ ip, sources }: Address): boolean {
  return isLoopback(ip) || sources.every(({ kind }) => kind === "hosts-file");
}

function whatRefuses(address: Address, where: Where): string {
  if (isLoopback(address.ip))
    return `this very host${saidBy(address)}; the tunnel that should listen there is down`;
  if (isLocal(address)) return "only the hosts file says that the endpoint is there";
  if (where === "at-times")
    return "at times only: one of several API servers behind it is starting or ending";
  if (where === "way")
    return "every API server answers at its ENI: the load balancer here has none to send to, or a firewall rejects";
  return address.kind === "eni"
    ? "an API server that is starting or ending, or an ENI that is given up"
    : "an API server that is starting or ending: EKS replaces it within minutes";
}

function saidBy({ sources }: Address): string {
  return sources.some(({ kind }) => kind === "hosts-file") ? ", as the hosts file says" : "";
}

function nextFor(
  where: Where,
  many: boolean,
  { ip, port }: Address,
  { snapshot }: Evidence,
): string {
  if (where === "here")
    return `ss -ltn 'sport = :${port}'   # start the tunnel that should listen, or take the endpoint's line out of /etc/hosts`;
  if (many)
    return `ip route get ${ip}   # the way it takes: look for a firewall there, or on this host, that rejects TCP ${port}; an update that rolls the API servers passes within minutes`;
  return `eks-probe endpoints --cluster ${snapshot.request.cluster} -n 5   # an API server that is replaced refuses for a minute or two; if it stays, AWS support`;
}
