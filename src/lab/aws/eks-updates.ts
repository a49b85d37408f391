import type { LabCluster } from "../scenario.ts";
import { listPage } from "./eks-find.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";

export function listUpdates({ updates }: LabCluster, call: AwsCall): ServiceResult {
  return listPage("updateIds", updates?.map(({ id }) => id) ?? [], call);
}

export function describeUpdate(
  { name, updates }: LabCluster,
  id: string,
  world: AwsWorld,
): ServiceResult {
  const update = updates?.find((one) => one.id === id);
  if (update === undefined) {
    const message = `No update found for ID: ${id}`;
    return serviceError("ResourceNotFoundException", message, 404, { clusterName: name });
  }
  const errors = (update.errors ?? []).map(({ code, message, resourceIds }) => ({
    errorCode: code,
    errorMessage: message,
    resourceIds,
  }));
  return ok(
    JSON.stringify({
      update: {
        id,
        status: update.status,
        type: update.type,
        params: update.params ?? [],
        createdAt: world.startedAtMs / 1000 - update.ageSeconds,
        errors,
      },
    }),
  );
}
