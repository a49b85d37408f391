import type { Eni } from "../model/cluster.ts";
import { canonicalIp } from "../model/ip.ts";
import { type InterfaceFacts, mayBeEksManaged, readMarks } from "./eni-marks.ts";
import { listOf, textOf } from "./fields.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";

/** The part of one network interface in EC2's answer that is read. */
export interface InterfaceAnswer {
  readonly NetworkInterfaceId?: unknown;
  readonly Description?: unknown;
  readonly InterfaceType?: unknown;
  readonly Status?: unknown;
  readonly RequesterId?: unknown;
  readonly OwnerId?: unknown;
  readonly SubnetId?: unknown;
  readonly VpcId?: unknown;
  readonly AvailabilityZone?: unknown;
  readonly PrivateIpAddress?: unknown;
  readonly PrivateIpAddresses?: readonly { readonly PrivateIpAddress?: unknown }[] | undefined;
  readonly Ipv6Addresses?: readonly { readonly Ipv6Address?: unknown }[] | undefined;
  readonly Groups?: readonly { readonly GroupId?: unknown }[] | undefined;
  readonly Attachment?:
    | { readonly InstanceId?: unknown; readonly InstanceOwnerId?: unknown }
    | undefined;
}

/** What EKS writes into the description of its interfaces in a cluster's VPC. */
export function eniDescription(clusterName: string): string {
  return `Amazon EKS ${clusterName}`;
}

/** The value of an EC2 filter that matches exactly this text: `*` and `?` are wildcards there. */
export function exactFilter(text: string): string {
  return text.replace(/[\\*?]/g, "\\$&");
}

/**
 * The interface, if it is one of the cluster's; undefined if it is not, or has no address yet.
 * Every status is kept: an upgrade holds old and new interfaces side by side.
 * Fails with aws-answer-invalid for an address that is none or an interface without an id.
 */
export function readEni(answer: InterfaceAnswer, clusterName: string): Outcome<Eni | undefined> {
  // Compared as sent: made safe to show, a foreign description might become this one.
  if (answer.Description !== eniDescription(clusterName)) return ok(undefined);
  const facts: InterfaceFacts = {
    interfaceType: textOf(answer.InterfaceType),
    instanceId: textOf(answer.Attachment?.InstanceId),
    requesterId: textOf(answer.RequesterId),
    ownerId: textOf(answer.OwnerId),
    attachmentOwnerId: textOf(answer.Attachment?.InstanceOwnerId),
  };
  if (!mayBeEksManaged(facts)) return ok(undefined);

  const id = textOf(answer.NetworkInterfaceId);
  if (id === undefined) return invalid("an interface has no id");
  const ips: string[] = [];
  for (const text of addressesOf(answer)) {
    const ip = canonicalIp(text);
    if (ip === undefined) return invalid(`${id} has an address that is not one`);
    if (!ips.includes(ip)) ips.push(ip);
  }
  const [privateIp, ...otherIps] = ips;
  if (privateIp === undefined) return ok(undefined);
  return ok({
    id,
    description: eniDescription(clusterName),
    privateIp,
    otherIps,
    subnetId: textOf(answer.SubnetId),
    vpcId: textOf(answer.VpcId),
    availabilityZone: textOf(answer.AvailabilityZone),
    securityGroupIds: listOf(answer.Groups?.map((group) => group.GroupId)),
    status: textOf(answer.Status),
    requesterId: facts.requesterId,
    attachmentOwnerId: facts.attachmentOwnerId,
    ownerId: facts.ownerId,
    marks: readMarks(facts),
  });
}

/** Primary, secondary, then IPv6 addresses, as given. */
function addressesOf(answer: InterfaceAnswer): readonly string[] {
  return [
    answer.PrivateIpAddress,
    ...(answer.PrivateIpAddresses ?? []).map((entry) => entry.PrivateIpAddress),
    ...(answer.Ipv6Addresses ?? []).map((entry) => entry.Ipv6Address),
  ].filter((text) => typeof text === "string");
}

function invalid(message: string): Outcome<never> {
  return failed(
    failureOf(
      "aws-answer-invalid",
      "describe-enis",
      "aws",
      `ec2:DescribeNetworkInterfaces: ${message}`,
    ),
  );
}
