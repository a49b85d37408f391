import { type Fact, known, triOf, unknown, valueOf } from "../../model/fact.ts";
import type { VpcDns } from "../../model/vpc.ts";
import { fieldsOf, itemsOf, textOf } from "../fields.ts";
import { type Outcome, ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { askEc2, asking, notAws } from "./ask.ts";

/** What EC2 calls the options of a VPC that has none. */
const NO_OPTIONS = "default";

/**
 * What the VPC's resolver needs. Each part stands alone: one that was not to be had is unknown, or
 * undefined; when none was, the first one's failure is the fact's. Fails as listClusterEnis does.
 */
export async function vpcDns(
  session: AwsSession,
  vpcId: string,
  signal: AbortSignal,
): Promise<Fact<VpcDns>> {
  const [support, hostnames, nameServers] = await Promise.all([
    askAttribute(session, vpcId, "enableDnsSupport", signal),
    askAttribute(session, vpcId, "enableDnsHostnames", signal),
    askNameServers(session, vpcId, signal),
  ]);
  const isLost = [support, hostnames, nameServers].every(({ kind }) => kind === "unknown");
  if (isLost && support.kind === "unknown") return support;
  return known({
    support: triOf(valueOf(support)),
    hostnames: triOf(valueOf(hostnames)),
    nameServers: valueOf(nameServers),
  });
}

function askAttribute(
  session: AwsSession,
  vpcId: string,
  attribute: "enableDnsSupport" | "enableDnsHostnames",
  signal: AbortSignal,
): Promise<Fact<boolean>> {
  const what = asking("ec2:DescribeVpcAttribute");
  return askEc2(session, what, signal, async ({ ec2, send }) => {
    const answer = await send(
      new ec2.DescribeVpcAttributeCommand({ VpcId: vpcId, Attribute: attribute }),
    );
    const { Value } = fieldsOf(
      attribute === "enableDnsSupport" ? answer.EnableDnsSupport : answer.EnableDnsHostnames,
    );
    if (typeof Value === "boolean") return known(Value);
    return factOf(notAws(what.action, `the answer does not say ${attribute}`));
  });
}

function askNameServers(
  session: AwsSession,
  vpcId: string,
  signal: AbortSignal,
): Promise<Fact<readonly string[]>> {
  const what = asking("ec2:DescribeVpcs");
  return askEc2(session, what, signal, async ({ ec2, send }) => {
    const { Vpcs } = await send(new ec2.DescribeVpcsCommand({ VpcIds: [vpcId] }));
    const vpc = itemsOf(Vpcs)
      .map(fieldsOf)
      .find(({ VpcId }) => VpcId === vpcId);
    const optionsId = textOf(vpc?.["DhcpOptionsId"]);
    if (optionsId === undefined) {
      return factOf(notAws(what.action, "the answer does not name the VPC's DHCP options"));
    }
    if (optionsId === NO_OPTIONS) return known([]);
    what.action = "ec2:DescribeDhcpOptions";
    const { DhcpOptions } = await send(
      new ec2.DescribeDhcpOptionsCommand({ DhcpOptionsIds: [optionsId] }),
    );
    const options = itemsOf(DhcpOptions)
      .map(fieldsOf)
      .find(({ DhcpOptionsId }) => DhcpOptionsId === optionsId);
    return factOf(readServers(options?.["DhcpConfigurations"]));
  });
}

/** `AmazonProvidedDNS` or addresses; options that name no server give an empty list. */
function readServers(configurations: unknown): Outcome<readonly string[]> {
  if (!Array.isArray(configurations)) {
    return notAws("ec2:DescribeDhcpOptions", "the answer lacks the VPC's DHCP options");
  }
  return ok(
    configurations
      .map(fieldsOf)
      .filter(({ Key }) => Key === "domain-name-servers")
      .flatMap(({ Values }) => itemsOf(Values))
      .flatMap((value) => textOf(fieldsOf(value)["Value"]) ?? []),
  );
}

function factOf<T>(outcome: Outcome<T>): Fact<T> {
  return outcome.kind === "ok" ? known(outcome.value) : unknown(outcome.failure);
}
