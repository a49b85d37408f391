import { readExecArguments } from "./exec-user.ts";
import type { MergedContext } from "./merged-context.ts";

/** A cluster as a name in a kubeconfig tells it. */
export interface NamedCluster {
  readonly name: string;
  readonly region: string | undefined;
}

/** `aws eks update-kubeconfig` names contexts and clusters by ARN. */
const ARN = /^arn:aws[a-z-]{0,20}:eks:([a-z0-9-]{1,30}):\d{12}:cluster\/([0-9A-Za-z][\w-]{0,99})$/;

/** eksctl: the cluster is `NAME.REGION.eksctl.io`, its context `USER@NAME.REGION.eksctl.io`. */
const EKSCTL = /^(?:[^\s]{1,200}@)?([0-9A-Za-z][\w-]{0,99})\.([a-z0-9-]{1,30})\.eksctl\.io$/;

const PLAIN = /^[0-9A-Za-z][\w-]{0,99}$/;

/** The cluster that an ARN or a name of eksctl's names; undefined for any other text. */
export function readClusterName(text: string): NamedCluster | undefined {
  const arn = ARN.exec(text);
  const [region, name] = arn === null ? [] : [arn[1], arn[2]];
  if (name !== undefined) return { name, region };
  const eksctl = EKSCTL.exec(text);
  return eksctl?.[1] === undefined ? undefined : { name: eksctl[1], region: eksctl[2] };
}

/** Whether any name of the context says that it means the cluster of this name. */
export function meansByName(context: MergedContext, name: string): boolean {
  const ofExec = execClusterOf(context)?.name;
  return (
    [context.name, context.clusterRef].some(
      (text) => text === name || readClusterName(text)?.name === name,
    ) || ofExec === name
  );
}

/**
 * Whether the context says that it means a cluster of that name in another region or account: one
 * name in several of them is common.
 */
export function meansAnother(
  context: MergedContext,
  { arn, region }: { readonly arn?: string | undefined; readonly region?: string | undefined },
): boolean {
  const names = [context.name, context.clusterRef];
  if (arn !== undefined && names.some((text) => ARN.test(text) && text !== arn)) return true;
  if (region === undefined) return false;
  const { server = "" } = context.cluster.value;
  const regions = [
    ...names.map((text) => readClusterName(text)?.region),
    execClusterOf(context)?.region,
  ];
  return (
    regions.some((other) => other !== undefined && other !== region) ||
    (EKS_HOST.test(server) && !server.toLowerCase().includes(`.${region}.`))
  );
}

/** What EKS calls its endpoints, in any partition; the region is one of its labels. */
const EKS_HOST = /^(?:https:\/\/)?[0-9a-f]{32}\.[0-9a-z]+\.[a-z0-9-]+\.eks\./i;

/**
 * Which cluster the context means: what its command asks the token for, else what an ARN or eksctl's
 * name says. A name of the user's own says nothing.
 */
export function clusterOf(context: MergedContext): Partial<NamedCluster> {
  const named = readClusterName(context.clusterRef) ?? readClusterName(context.name);
  const ofExec = execClusterOf(context);
  const name = ofExec?.name ?? named?.name;
  const region = ofExec?.region ?? (named?.name === name ? named?.region : undefined);
  return { ...(name === undefined ? {} : { name }), region };
}

function execClusterOf({ user }: MergedContext): Partial<NamedCluster> | undefined {
  const exec = user?.value.exec;
  if (exec === undefined) return undefined;
  const { clusterName = "", region } = readExecArguments(exec);
  const named = readClusterName(clusterName);
  if (named !== undefined) return { name: named.name, region: region ?? named.region };
  return PLAIN.test(clusterName) ? { name: clusterName, region } : { region };
}
