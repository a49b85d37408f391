import type { LabCluster, LabPrincipal } from "../scenario.ts";
import { hexOf } from "../vpc.ts";
import { parseArn, roleArnOf } from "./arn.ts";
import { eksArn, listPage } from "./eks-find.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";

export function listAccessEntries(
  cluster: LabCluster,
  call: AwsCall,
  world: AwsWorld,
): ServiceResult {
  return refusal(cluster) ?? listPage("accessEntries", entriesOf(cluster, world), call);
}

export function describeAccessEntry(
  cluster: LabCluster,
  principalArn: string,
  call: AwsCall,
  world: AwsWorld,
): ServiceResult {
  const refused = refusal(cluster);
  if (refused !== undefined) return refused;
  if (!entriesOf(cluster, world).includes(principalArn)) {
    const message = "The specified principalArn could not be found.";
    return serviceError("ResourceNotFoundException", message, 404, { clusterName: cluster.name });
  }
  const user = world.scenario.principals.find((one) => entryArnOf(one) === principalArn);
  const { account, resource } = parseArn(principalArn) ?? { account: "", resource: "" };
  const uuid = hexOf(principalArn, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const path = `access-entry/${cluster.name}/${resource.split("/")[0]}/${account}/${resource.split("/").at(-1)}/${uuid}`;
  return ok(
    JSON.stringify({
      accessEntry: {
        clusterName: cluster.name,
        principalArn,
        kubernetesGroups: [],
        accessEntryArn: eksArn(call, world, path),
        createdAt: world.createdAtMs / 1000,
        modifiedAt: world.createdAtMs / 1000,
        tags: {},
        username: user?.kubernetesUser ?? principalArn,
        type: "STANDARD",
      },
    }),
  );
}

/** Users as they are; of a session the entry names the role. */
function entriesOf({ accessEntries }: LabCluster, { scenario }: AwsWorld): readonly string[] {
  const mapped = scenario.principals.filter(({ kubernetesUser }) => kubernetesUser !== undefined);
  return accessEntries ?? [...new Set(mapped.map(entryArnOf))];
}

function entryArnOf({ arn }: LabPrincipal): string {
  return roleArnOf(arn) ?? arn;
}

function refusal({ authenticationMode, name }: LabCluster): ServiceResult | undefined {
  if (authenticationMode !== "CONFIG_MAP") return undefined;
  const message =
    "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.";
  return serviceError("InvalidRequestException", message, 400, { clusterName: name });
}
