import type { Address } from "../../model/address.ts";
import { valueOf } from "../../model/fact.ts";
import { familyOf, hostCidr, isInCidrs } from "../../model/ip.ts";
import type { NetworkAcl, NetworkAclEntry } from "../../model/vpc.ts";
import {
  type Check,
  type Evidence,
  type Outcome,
  passed,
  problem,
  shortAddress,
  skippedCheck,
} from "../check.ts";
import { notGathered, regionFlag } from "../evidence.ts";
import { type PortRange, packetIn, packetsBack } from "./filters/network-acl.ts";
import { routeBack } from "./filters/route.ts";
import { originOf } from "./origin.ts";
import { type SilentEni, silentEnis } from "./silent-enis.ts";

/** What surrounds an ENI's subnet lets packets in, and answers back out. */
export const subnetsLetPacketsPass: Check = {
  topic: "subnet",
  title: "network ACL and route table of each ENI's subnet let packets in and answers back",
  optional: true,
  needs: ["C02"],
  explains: ["N01"],
  run: (evidence) => {
    const silent = silentEnis(evidence);
    if (silent.length === 0) return skippedCheck("no ENI that should answer is silent");
    const { networkAcls, routeTables } = evidence.snapshot.investigation;
    const missing = [networkAcls, routeTables].find((fact) => fact.kind !== "known");
    const verdicts = silent.map((one) => judge(one, evidence));
    const bad = verdicts.filter(({ obstacles }) => obstacles.length > 0);
    if (bad.length > 0) return blocked(bad);
    if (missing !== undefined) return notGathered(missing, evidence);
    const unsure = verdicts.flatMap(({ unknowns }) => unknowns);
    if (unsure.length > 0)
      return problem("unknown", `what surrounds the silent ENIs is not known: ${unsure[0] ?? ""}`, {
        details: unsure.slice(1),
        side: "aws",
        next: "aws ec2 describe-route-tables   # and describe-network-acls, for the ENIs' subnets",
      });
    return passed("ACLs and routes of the ENIs' subnets let packets in and answers back");
  },
};

interface Obstacle {
  readonly text: string;
  readonly next: string;
  /** Part of the answers pass: it may not be this. */
  readonly partly: boolean;
}

interface Judged {
  readonly address: Address;
  readonly obstacles: readonly Obstacle[];
  readonly unknowns: readonly string[];
}

function judge({ address, eni }: SilentEni, evidence: Evidence): Judged {
  const { subnetId } = eni;
  const origin = originOf(evidence.snapshot, address.family);
  const name = shortAddress(address.id);
  if (subnetId === undefined || origin === undefined) {
    const what = origin === undefined ? "this host's address" : "the ENI's subnet";
    return { address, obstacles: [], unknowns: [`${name}: ${what} is not known`] };
  }
  // Between hosts of one subnet no ACL is asked (VPC user guide), and no route is needed.
  if (isInSubnet(origin.ip, subnetId, evidence)) return { address, obstacles: [], unknowns: [] };
  const byAcl = throughAcl({ name, subnetId, ip: origin.ip, port: address.port }, evidence);
  const byRoute = backByRoute({ name, subnetId, ip: origin.ip }, evidence);
  return {
    address,
    obstacles: [...byAcl.obstacles, ...byRoute.obstacles],
    unknowns: [...byAcl.unknowns, ...byRoute.unknowns],
  };
}

function isInSubnet(ip: string, subnetId: string, { snapshot }: Evidence): boolean {
  const subnet = valueOf(snapshot.investigation.subnets)?.find(({ id }) => id === subnetId);
  const instance = valueOf(snapshot.investigation.instance);
  return (
    (subnet !== undefined && snapshot.vantage.insideVpc === "yes" && isInCidrs(ip, subnet.cidrs)) ||
    (instance?.subnetId === subnetId && instance.privateIp === ip)
  );
}

interface Trip {
  readonly name: string;
  readonly subnetId: string;
  /** This host's. */
  readonly ip: string;
}

const NOTHING: Pick<Judged, "obstacles" | "unknowns"> = { obstacles: [], unknowns: [] };

function throughAcl(
  { name, subnetId, ip, port }: Trip & { readonly port: number },
  evidence: Evidence,
): Pick<Judged, "obstacles" | "unknowns"> {
  const { networkAcls } = evidence.snapshot.investigation;
  if (networkAcls.kind !== "known") return NOTHING;
  const acl = networkAcls.value.find(({ subnetIds }) => subnetIds.includes(subnetId));
  if (acl === undefined)
    return { obstacles: [], unknowns: [`${name}: EC2 lists no ACL of ${subnetId}`] };
  const inward = packetIn(acl, ip, port);
  const back = packetsBack(acl, ip);
  const obstacles: Obstacle[] = [];
  if (inward.action === "deny") {
    const ports = { from: port, to: port };
    obstacles.push({
      text: `${name}: ${acl.id} of ${subnetId} denies TCP ${port} from ${ip} (${entryName(inward.by)})`,
      next: allow(acl, "ingress", inward.by, ip, ports, evidence),
      partly: false,
    });
  }
  if (back.passes !== "all") {
    obstacles.push({
      text: `${name}: ${acl.id} of ${subnetId} denies answers to ${ip} on ports ${back.denied.map(rangeText).join(", ")} (${entryName(back.by)})`,
      next: allow(acl, "egress", back.by, ip, { from: 1_024, to: 65_535 }, evidence),
      partly: back.passes === "some",
    });
  }
  return { obstacles, unknowns: [] };
}

function backByRoute(
  { name, subnetId, ip }: Trip,
  { snapshot }: Evidence,
): Pick<Judged, "obstacles" | "unknowns"> {
  const { routeTables } = snapshot.investigation;
  if (routeTables.kind !== "known") return NOTHING;
  const back = routeBack(routeTables.value, subnetId, ip);
  switch (back.kind) {
    case "active":
      return NOTHING;
    case "unknown":
      return { obstacles: [], unknowns: [`${name}: ${back.reason}`] };
    case "none":
      return {
        obstacles: [
          {
            text: `${name}: ${back.tableId} of ${subnetId} has no route back to ${ip}`,
            next: `aws ec2 describe-route-tables --route-table-ids ${back.tableId}   # add one by the peering, transit gateway or VPN that ${ip} comes through`,
            partly: false,
          },
        ],
        unknowns: [],
      };
    case "blackhole": {
      const { destination, target } = back.route;
      return {
        obstacles: [
          {
            text: `${name}: ${back.tableId} of ${subnetId} sends ${destination} to ${target ?? "a target"}, which is gone (blackhole)`,
            next: `aws ec2 describe-route-tables --route-table-ids ${back.tableId}   # replace the route to ${destination}, whose target is gone`,
            partly: false,
          },
        ],
        unknowns: [],
      };
    }
  }
}

function blocked(bad: readonly Judged[]): Outcome {
  const obstacles = bad.flatMap((one) => one.obstacles);
  const [decisive] = [...obstacles.filter(({ partly }) => !partly), ...obstacles];
  const sure = obstacles.some(({ partly }) => !partly);
  return problem(
    sure ? "fail" : "warn",
    sure
      ? `what surrounds ${bad.map(({ address }) => shortAddress(address.id)).join(", ")} drops the packets`
      : `what surrounds ${bad.map(({ address }) => shortAddress(address.id)).join(", ")} lets only some answers back`,
    {
      details: obstacles.map(({ text }) => text),
      side: "user",
      next: decisive?.next,
      addresses: bad.map(({ address }) => address.id),
    },
  );
}

/** The entry that ends every ACL has this number in EC2's answers, and a star in the console. */
const LAST_ENTRY = 32_767;

function entryName(by: NetworkAclEntry | undefined): string {
  return by === undefined || by.number === LAST_ENTRY ? "no entry allows it" : `entry ${by.number}`;
}

function rangeText({ from, to }: PortRange): string {
  return from === to ? `${from}` : `${from}-${to}`;
}

function allow(
  acl: NetworkAcl,
  direction: NetworkAclEntry["direction"],
  before: NetworkAclEntry | undefined,
  ip: string,
  { from, to }: PortRange,
  evidence: Evidence,
): string {
  const taken = new Set(
    acl.entries.filter((entry) => entry.direction === direction).map(({ number }) => number),
  );
  let number = Math.min(before?.number ?? LAST_ENTRY, 101) - 1;
  while (number > 0 && taken.has(number)) number -= 1;
  if (number < 1) {
    return `aws ec2 delete-network-acl-entry${regionFlag(evidence)} --network-acl-id ${acl.id} --rule-number ${before?.number ?? 1} --${direction}   # no number is free before it`;
  }
  const block = familyOf(ip) === 4 ? "--cidr-block" : "--ipv6-cidr-block";
  return `aws ec2 create-network-acl-entry${regionFlag(evidence)} --network-acl-id ${acl.id} --rule-number ${number} --protocol 6 --port-range From=${from},To=${to} ${block} ${hostCidr(ip)} --rule-action allow --${direction}`;
}
