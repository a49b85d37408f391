import type { LabClock } from "../timeline/play.ts";
import { startEgressService } from "./egress.ts";
import { type KubeconfigWorld, writeKubeconfig } from "./kubeconfig.ts";
import { startMetadataService } from "./metadata.ts";

export interface ClientWorld {
  /** What the client finds where it runs; nothing of it names an address beyond loopback. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The client's side of a scenario: its instance, its address, its kubeconfig, its variables. */
export async function startClientWorld(
  world: KubeconfigWorld,
  clock: LabClock,
): Promise<ClientWorld> {
  const { clientEnvironment, egressIp, instance, region } = world.scenario;
  const [metadata, egress, kubeconfig] = await Promise.all([
    instance && startMetadataService(instance, region, () => clock.wallMs()),
    egressIp === undefined ? undefined : startEgressService(egressIp),
    writeKubeconfig(world),
  ]);
  return {
    environment: {
      ...clientEnvironment,
      KUBECONFIG: kubeconfig?.path ?? "/dev/null",
      EKS_PROBE_METADATA: metadata?.url ?? "off",
      ...(egress && { EKS_PROBE_EGRESS_SERVICE: egress.url }),
    },
    close: async () => {
      metadata?.close();
      egress?.close();
      await kubeconfig?.remove();
    },
  };
}
