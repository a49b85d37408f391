import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../src/model/fact.ts";
import type { NodeSnapshot } from "../../../../src/model/node/snapshot.ts";
import { otherCluster } from "../../../../src/node/known/same-cluster.ts";
import { nodeWorld } from "../../../support/node-world.ts";
import { PUB_HOST } from "../../../support/snapshots.ts";

const PRI_HOST = "f14ded698ce1583e19d28678b846c0cd.yl4.ap-northeast-2.eks.amazonaws.com";
const PUB = { cluster: "gonz-eks-pub", endpointHost: PUB_HOST };
const PRI = { cluster: "gonz-eks-pri", endpointHost: PRI_HOST };

function kubeletAt(server: string, clusterName: string | undefined): Pick<NodeSnapshot, "kubelet"> {
  const { kubelet } = nodeWorld().snapshot;
  if (kubelet.kind !== "known") throw new Error("the world has a kubelet");
  return { kubelet: known({ ...kubelet.value, server, clusterName }) };
}

describe("what is known of a control plane is of another cluster", () => {
  test("where kubelet names another one and goes elsewhere", () => {
    expect(otherCluster(PRI, kubeletAt(`https://${PUB_HOST}`, "gonz-eks-pub"))).toBe(
      `gonz-eks-pri has the endpoint ${PRI_HOST}, and this worker's kubelet belongs to gonz-eks-pub at ${PUB_HOST}`,
    );
  });

  test("where kubelet names none, and goes to another endpoint of EKS", () => {
    expect(otherCluster(PRI, kubeletAt(`https://${PUB_HOST}`, undefined))).toBe(
      `gonz-eks-pri has the endpoint ${PRI_HOST}, and this worker's kubelet belongs to ${PUB_HOST}`,
    );
  });

  test("and of the same where the endpoint is, in whatever case, or the name", () => {
    expect(otherCluster(PUB, kubeletAt(`https://${PUB_HOST.toUpperCase()}`, "renamed"))).toBe(
      undefined,
    );
    expect(otherCluster(PUB, kubeletAt(`https://${PRI_HOST}`, "gonz-eks-pub"))).toBe(undefined);
  });

  test("and perhaps of the same behind a tunnel, or where nothing is told", () => {
    expect(otherCluster(PUB, kubeletAt("https://10.0.0.9:8443", undefined))).toBe(undefined);
    expect(otherCluster(PUB, kubeletAt("not a URL", undefined))).toBe(undefined);
    expect(otherCluster(PUB, { kubelet: skipped("none here") })).toBe(undefined);
    const unasked = { ...PRI, endpointHost: undefined };
    expect(otherCluster(unasked, kubeletAt(`https://${PUB_HOST}`, "gonz-eks-pub"))).toBe(undefined);
  });
});
