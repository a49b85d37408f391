import type { LabClock } from "../timeline/play.ts";
import { workerFiles } from "../worker/files.ts";
import { type WorkerCopy, writeCopy } from "../worker/write.ts";
import { startEgressService } from "./egress.ts";
import { type KubeconfigWorld, writeKubeconfig } from "./kubeconfig.ts";
import { startMetadataService } from "./metadata.ts";

export interface ClientWorld {
  /** What the client finds where it runs; nothing of it names an address beyond loopback. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The client's side of a scenario: its instance, its address, its files, its variables. */
export async function startClientWorld(
  world: KubeconfigWorld,
  clock: LabClock,
): Promise<ClientWorld> {
  const { clientEnvironment, egressIp, instance, region } = world.scenario;
  const [metadata, egress] = await Promise.all([
    instance && startMetadataService(instance, region, () => clock.wallMs()),
    egressIp === undefined ? undefined : startEgressService(egressIp),
  ]);
  const kubeconfig = await writeKubeconfig(world);
  const close = async (): Promise<void> => {
    metadata?.close();
    egress?.close();
    await kubeconfig?.remove();
  };
  let worker: WorkerCopy | undefined;
  try {
    const described = world.scenario.worker;
    worker = described && (await writeCopy(workerFiles(described, world)));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    environment: {
      ...clientEnvironment,
      KUBECONFIG: kubeconfig?.path ?? "/dev/null",
      EKS_PROBE_METADATA: metadata?.url ?? "off",
      ...(egress && { EKS_PROBE_EGRESS_SERVICE: egress.url }),
      ...(worker && { EKS_PROBE_ROOT: worker.path }),
    },
    close: async () => {
      await Promise.all([close(), worker?.remove()]);
    },
  };
}
