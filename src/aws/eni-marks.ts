import type { EniMarks } from "../model/cluster.ts";
import type { Tri } from "../model/fact.ts";

/** What tells an EKS-managed interface from another one with the same description. */
export interface InterfaceFacts {
  /** `interface`, `network_load_balancer`, `branch`, … */
  readonly interfaceType: string | undefined;
  /** Of the attachment: set when the interface belongs to an instance one can see. */
  readonly instanceId: string | undefined;
  /** `AROA…:AmazonEKS` on EKS's own: the role id varies, the session name does not. */
  readonly requesterId: string | undefined;
  readonly ownerId: string | undefined;
  /** Attachment.InstanceOwnerId: on EKS's own, the account that runs the control plane. */
  readonly attachmentOwnerId: string | undefined;
}

/** Which marks speak for an EKS-managed interface. A mark that is absent is unknown, not a no. */
export function readMarks(facts: InterfaceFacts): EniMarks {
  return {
    requestedByEks: askedByEks(facts.requesterId),
    attachedToForeignAccount: isForeign(facts.ownerId, facts.attachmentOwnerId),
  };
}

/**
 * Whether an interface described as `Amazon EKS <name>` may be one of EKS's. The description decides;
 * only a mark that speaks against it excludes: another type than `interface`, an instance in the
 * attachment, or a known requester other than EKS without an attachment to a foreign account. One
 * requester alone proves nothing: an IAM user on an unattached interface, since that is whom moto 5
 * names on every interface; the marks then still say that it was not EKS.
 * Source of the marks: the interfaces in the re:Invent 2018 NET410 workshop's listing.
 */
export function mayBeEksManaged(facts: InterfaceFacts): boolean {
  if (facts.interfaceType !== undefined && facts.interfaceType !== "interface") return false;
  if (facts.instanceId !== undefined) return false;
  const marks = readMarks(facts);
  if (marks.requestedByEks !== "no" || marks.attachedToForeignAccount === "yes") return true;
  return facts.attachmentOwnerId === undefined && isIamUser(facts.requesterId);
}

function isIamUser(requesterId: string | undefined): boolean {
  return requesterId !== undefined && /^AIDA[A-Z0-9]+$/.test(requesterId);
}

function askedByEks(requesterId: string | undefined): Tri {
  if (requesterId === undefined) return "unknown";
  return requesterId.endsWith(":AmazonEKS") ? "yes" : "no";
}

function isForeign(ownerId: string | undefined, attachmentOwnerId: string | undefined): Tri {
  if (ownerId === undefined || attachmentOwnerId === undefined) return "unknown";
  // Load balancers and the like are attached to a service's name (`amazon-elb`), to no account.
  if (!/^\d{12}$/.test(attachmentOwnerId)) return "unknown";
  return ownerId === attachmentOwnerId ? "no" : "yes";
}
