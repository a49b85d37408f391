import ipaddr from "ipaddr.js";
import { type Fact, known, unknown } from "../model/fact.ts";
import { sanitizeText } from "../model/text.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";
import { ATTEMPT_STEP, type AwsSession, callAws, noteAttempt } from "./session.ts";

const WHAT = { action: "ec2:DescribeVpcs", phase: "describe-vpc" } as const;

/** The part of one VPC in EC2's answer that is read. */
interface VpcAnswer {
  readonly CidrBlock?: string | undefined;
  readonly CidrBlockAssociationSet?:
    | readonly {
        readonly CidrBlock?: string | undefined;
        readonly CidrBlockState?: { readonly State?: string | undefined } | undefined;
      }[]
    | undefined;
  readonly Ipv6CidrBlockAssociationSet?:
    | readonly {
        readonly Ipv6CidrBlock?: string | undefined;
        readonly Ipv6CidrBlockState?: { readonly State?: string | undefined } | undefined;
      }[]
    | undefined;
}

/**
 * Every CIDR of a VPC, IPv4 then IPv6, without those that are no longer, or not yet, associated.
 * Fails as listClusterEnis does; aws-answer-invalid also when the VPC is not in the answer.
 */
export function vpcCidrs(
  session: AwsSession,
  vpcId: string,
  signal: AbortSignal,
): Promise<Fact<readonly string[]>> {
  return callAws(
    session,
    WHAT,
    signal,
    () => import("./ec2-client.ts"),
    async (ec2, prepared, progress, abortSignal) => {
      const client = (session.clients.ec2 ??= new ec2.EC2Client(prepared.optionsFor("ec2")));
      const command = new ec2.DescribeVpcsCommand({ VpcIds: [vpcId] });
      command.middlewareStack.add(
        (next) => (args) => noteAttempt(progress, args.request, () => next(args)),
        ATTEMPT_STEP,
      );
      const answer = await client.send(command, { abortSignal });
      const vpc = answer.Vpcs?.find((candidate) => candidate.VpcId === vpcId);
      const read = vpc === undefined ? invalid("the answer lacks the VPC") : readCidrs(vpc);
      return read.kind === "ok" ? known(read.value) : unknown(read.failure);
    },
  );
}

/** The CIDRs in one VPC of the answer. Fails with aws-answer-invalid when one is not a CIDR. */
function readCidrs(vpc: VpcAnswer): Outcome<readonly string[]> {
  const cidrs = [
    vpc.CidrBlock,
    ...(vpc.CidrBlockAssociationSet ?? [])
      .filter((entry) => isAssociated(entry.CidrBlockState?.State))
      .map((entry) => entry.CidrBlock),
    ...(vpc.Ipv6CidrBlockAssociationSet ?? [])
      .filter((entry) => isAssociated(entry.Ipv6CidrBlockState?.State))
      .map((entry) => entry.Ipv6CidrBlock),
  ].filter((cidr) => typeof cidr === "string");
  const bad = cidrs.find((cidr) => !ipaddr.isValidCIDR(cidr));
  if (bad !== undefined) return invalid(`${sanitizeText(bad, 60)} is not a CIDR`);
  return ok([...new Set(cidrs)]);
}

/** An absent state counts: emulators leave it out, and only a state can say "not any more". */
function isAssociated(state: string | undefined): boolean {
  return state === undefined || state === "associated";
}

function invalid(reason: string): Outcome<never> {
  return failed(failureOf("aws-answer-invalid", WHAT.phase, "aws", `${WHAT.action}: ${reason}`));
}
