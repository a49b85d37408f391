import type * as pkiRoom from "../../src/lab/pki.ts";
import type { LabCluster } from "../../src/lab/scenario.ts";
import type { LaterLeaf } from "../../src/lab/timeline/leaves.ts";

/**
 * Not a stub: real keys, but those of each cluster are made once in a file of tests, as making them
 * is most of a lab's start. The certificates depend on what the key is made of, and on nothing else.
 *
 *     vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
 *       const { cachePki } = await import("../support/cached-pki.ts");
 *       return cachePki(await importOriginal());
 *     });
 */
export function cachePki(original: typeof pkiRoom): typeof pkiRoom {
  const minted = new Map<string, Promise<pkiRoom.ClusterPki>>();
  const mintClusterPki = (
    cluster: LabCluster,
    nowMs: number,
    later: readonly LaterLeaf[] = [],
  ): Promise<pkiRoom.ClusterPki> => {
    const { name, endpointHost, serviceIpv4Cidr, servers } = cluster;
    // Another day, as of a clock of a test's own, is another certificate.
    const day = Math.floor(nowMs / 86_400_000);
    const key = JSON.stringify([name, endpointHost, serviceIpv4Cidr, servers, later, day]);
    const pki = minted.get(key) ?? original.mintClusterPki(cluster, nowMs, later);
    minted.set(key, pki);
    return pki;
  };
  return { ...original, mintClusterPki };
}
